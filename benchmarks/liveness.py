"""Properties of whole behaviours: ovlcheck's search for fair cycles against its own search for states, and Spin's.

Each run is a process of its own, on one thread.  Both checkers get the system after slicing, without other
reductions, and must come to the verdict that is known; where Spin knows the same fairness it must count the same
states and transitions.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.behaviour_cases import ALONE, FAIR, PREMISE, Case
from benchmarks.budget import FAILURES, Budget, reason
from benchmarks.systems import ROOT
from benchmarks.tool import ToolFailed
from ovlcheck.export.measured import run
from ovlcheck.export.peers import run_spin

STATES, BEHAVIOURS, SPIN_STATES, SPIN_BEHAVIOURS = "states", "behaviours", "Spin, states", "Spin, behaviours"
_LIMIT = 150.0
"""Seconds that one run of a checker may take."""
_MEGABYTES = 8_000
_STACK = 8
"""Spin's search may go so many times as deep as there are states: it goes through several copies of them."""
_REPEATED = 2
_QUICKER_TO_COMPILE = ("-O1",)
"""For a claim with a premise, which is one function of many thousand guards: with ``-O3`` gcc takes minutes."""


@dataclass(frozen=True)
class Run:
    """What one search found, or why not.

    ``violated`` is None for a search of states alone.  ``seconds`` are those of the search, without compiling.
    ``peak_bytes`` is the largest resident set of the process.
    """

    of: str
    states: int = 0
    transitions: int = 0
    violated: bool | None = None
    seconds: float = 0.0
    peak_bytes: int = 0
    error: str | None = None


def measured(
    case: Case,
    budget: Budget,
    tell: Callable[[str], None],
    *,
    repeated: int = _REPEATED,
    flags: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The runs of ``case``; ``repeated`` is how often ovlcheck's are made, of which the fastest counts.

    ``flags`` are for the C compiler of Spin's.
    """
    runs: list[Run] = []
    text = cache(lambda: str(_asked(case, "premise" if case.against == PREMISE else "claim", budget).output))
    searches: list[tuple[str, Callable[[], Run]]] = [
        (STATES, lambda: _ours(case, STATES, budget, repeated)),
        (BEHAVIOURS, lambda: _ours(case, BEHAVIOURS, budget, repeated)),
    ]
    if case.against == FAIR:
        searches.append((SPIN_STATES, lambda: _spin(text(), case, SPIN_STATES, budget, flags)))
    if case.against != ALONE:
        searches.append((SPIN_BEHAVIOURS, lambda: _spin(text(), case, SPIN_BEHAVIOURS, budget, flags)))
    for of, search in searches:
        tell(f"{case.title}: {case.demand}: {of}")
        try:
            runs.append(_judged(search(), case, runs))
        except FAILURES as error:
            runs.append(Run(of, error=reason(error)))
    return {
        "title": case.title,
        "property": case.demand,
        "violated": case.violated,
        "against": case.against,
        "runs": [asdict(found) for found in runs],
    }


def _judged(found: Run, case: Case, before: list[Run]) -> Run:
    """``found``, with an error if it is not what is known or what the search of states counted."""
    if found.error is not None:
        return found
    if found.violated not in (None, case.violated):
        return replace(found, error=f"verdict differs: {'violated' if found.violated else 'holds'}")
    if found.of != SPIN_BEHAVIOURS and before and before[0].error is None:
        counted, known = (found.states, found.transitions), (before[0].states, before[0].transitions)
        if counted != known:
            return replace(found, error=f"counts differ: {counted[0]:,} states, {counted[1]:,} transitions")
    return found


def _ours(case: Case, of: str, budget: Budget, repeated: int) -> Run:
    best: Run | None = None
    for _ in range(repeated):
        done = _asked(case, of, budget)
        said: Mapping[str, Any] = json.loads(done.output)
        found = Run(
            of,
            said["states"],
            said["transitions"],
            said.get("violated"),
            said["search_seconds"],
            done.peak_bytes,
            said["stopped"] or ("the property says nothing" if said.get("vacuous") else None),
        )
        if best is None or found.seconds < best.seconds:
            best = found
    assert best is not None
    return best


def _spin(text: str, case: Case, of: str, budget: Budget, flags: tuple[str, ...]) -> Run:
    with TemporaryDirectory(prefix="ovlcheck-bench-") as directory:
        figures = run_spin(
            text,
            Path(directory),
            megabytes=_MEGABYTES,
            depth=_STACK * case.states + 10_000,
            hash_bits=max(case.states.bit_length() + 1, 16),
            claim=of == SPIN_BEHAVIOURS,
            fair=of == SPIN_BEHAVIOURS and case.against == FAIR,
            flags=(*flags, *_QUICKER_TO_COMPILE) if case.against == PREMISE else flags,
            seconds=budget.left(_LIMIT),
        )
    violated = figures.violated if of == SPIN_BEHAVIOURS else None
    # The way into the initial state is a transition to Spin.
    return Run(
        of, figures.states, figures.transitions - 1, violated, figures.seconds, figures.search.peak_bytes
    )


def _asked(case: Case, what: str, budget: Budget) -> Any:
    command = [sys.executable, "-m", "benchmarks.behaviours", what, *case.arguments]
    done = run(command, ROOT, seconds=budget.left(_LIMIT))
    if done.code:
        raise ToolFailed(f"exit code {done.code}\n{done.errors.strip()}")
    return done
