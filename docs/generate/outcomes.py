"""What the runs came to, kept beside the claims: a page is made from this, and a test repeats the runs.

Times are not kept: everything here is the same on any machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from docs.generate.declared import CLAIMS, Run

FILE = CLAIMS / "outcomes.json"


@dataclass(frozen=True)
class Verdict:
    """The verdict on one property; of a broken one the length of the shortest run in words, its context switches,
    and, where the page shows it, the run itself as lines of text."""

    verdict: str
    length: str = ""
    switches: int = 0
    trace: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What one run came to: the states it found, and a verdict for each property that was asked for.

    ``complete`` is false where the run ended as soon as everything asked for was broken, and ``states`` are those
    found until then.  ``reductions`` are those that the count is under.
    """

    states: int
    complete: bool
    reductions: tuple[str, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)

    def surprises(self, run: Run) -> list[str]:
        """What is not as ``run`` expects it, each in a line."""
        found = {name: verdict.verdict for name, verdict in self.verdicts.items()}
        return [
            f"{name}: expected {verdict}, found {found.get(name, 'no verdict')}"
            for name, verdict in run.expect.items()
            if found.get(name) != verdict
        ]


def load_outcomes(file: Path = FILE) -> dict[str, Outcome]:
    """The recorded outcomes by the keys of their runs; none where nothing has been recorded."""
    if not file.exists():
        return {}
    return {key: _outcome(value) for key, value in json.loads(file.read_text(encoding="utf-8")).items()}


def save_outcomes(outcomes: Mapping[str, Outcome], file: Path = FILE) -> None:
    """Writes ``outcomes``, in the order of their keys."""
    table = {key: asdict(outcomes[key]) for key in sorted(outcomes)}
    file.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _outcome(table: dict[str, object]) -> Outcome:
    verdicts = table["verdicts"]
    reductions = table["reductions"]
    assert isinstance(verdicts, dict) and isinstance(reductions, list)
    assert isinstance(table["states"], int)
    return Outcome(
        states=table["states"],
        complete=bool(table["complete"]),
        reductions=tuple(reductions),
        verdicts={n: Verdict(**(v | {"trace": tuple(v["trace"])})) for n, v in verdicts.items()},
    )
