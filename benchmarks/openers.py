"""Any number of openers against a given number: what each search has to look at.

``python -m benchmarks.openers`` prints the table; ``--out FILE`` writes it.  Both searches decide the same properties,
and both run in this process, one after the other, so that the ratio of their times means something.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ovlcheck.engines import make_engine
from ovlcheck.explore.result import Limits
from ovlcheck.explore.search import explore
from ovlcheck.prepare import Options
from ovlcheck.symbolic.focus import focused
from ovlcheck.verify_any_number import OpenModel, prove

MODELS = ("upstream", "list_holds_reference_gc", "proposed")
PROPERTIES = ("no_evicted_inode_is_open_for_write", "no_use_after_free")
MOST_WRITERS = 4
MOST_STATES = 5_000_000
MOST_SECONDS = 60.0


@dataclass(frozen=True)
class Measured:
    """One search: states, or control states of the symbolic one; ``complete`` says whether it came to its end."""

    writers: str
    states: int
    seconds: float
    complete: bool


def measure(name: str, tell: Callable[[str], None], most_writers: int = MOST_WRITERS) -> Iterator[Measured]:
    """The explicit search of ``name`` with more and more writers, until it is cut short, then the symbolic one."""
    model = OpenModel(Path(name), Options(properties=PROPERTIES))
    for writers in range(1, most_writers + 1):
        tell(f"{name}: {writers} writers")
        system = focused(model.at({**dict.fromkeys(model.sizes, 1), "writers": writers}), PROPERTIES)
        began = time.monotonic()
        limits = Limits(states=MOST_STATES, seconds=MOST_SECONDS)
        _, found = explore(system, make_engine("auto"), limits=limits)
        yield Measured(str(writers), found.states, time.monotonic() - began, found.complete)
        if not found.complete:
            break
    tell(f"{name}: any number of writers and readers")
    began = time.monotonic()
    proof = prove(model, PROPERTIES)
    controls = sum(s.controls for s in proof.searches)
    yield Measured("any", controls, time.monotonic() - began, not proof.unproved)


def table(rows: Sequence[tuple[str, Measured]]) -> str:
    """The figures as a table of Markdown."""
    lines = [
        "| model | writers | readers | states, or control states | seconds | |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in rows:
        readers = "any" if one.writers == "any" else "1"
        remark = "" if one.complete else "not proved" if one.writers == "any" else "cut short"
        lines.append(f"| {name} | {one.writers} | {readers} | {one.states:,} | {one.seconds:.1f} | {remark} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--writers", type=int, default=MOST_WRITERS)
    asked = parser.parse_args(arguments)

    def tell(what: str) -> None:
        print(what, file=sys.stderr)

    rows = [(name, one) for name in asked.models for one in measure(name, tell, asked.writers)]
    text = table(rows)
    if asked.out is None:
        print(text, end="")
    else:
        asked.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
