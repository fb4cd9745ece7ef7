"""What ``--engine auto`` does where the states are too many: the symbolic search, for any number of tasks.

What it proves holds for the numbers that were asked for as well.  It finds no runs, so what it does not prove stays
unknown.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ovlcheck.explore.result import Limits, Progress, SearchResult, at_state_limit
from ovlcheck.judge import About
from ovlcheck.prepare import Options, Prepared
from ovlcheck.report.verdict import UNKNOWN, ModelResult
from ovlcheck.verify_any_number import OpenModel, open_numbers, prove, rows_of

LEAST_STATES = 100_000
"""Who ends a search before so many states wants an answer soon, not another search."""


def out_of_reach(search: SearchResult, limits: Limits) -> bool:
    """Whether ``search`` ended because there are too many states, not because of a limit of time or depth."""
    if search.complete or search.stopped is None or search.states < LEAST_STATES:
        return False
    return search.stopped == at_state_limit(limits.states) or search.stopped.startswith("memory limit")


def with_proofs(
    result: ModelResult,
    path: Path,
    options: Options,
    prepared: Prepared,
    known: About,
    progress: Callable[[Progress], None] | None = None,
) -> ModelResult:
    """``result`` with what can be proved for any number of tasks of the properties that it leaves unknown.

    ``options.limits`` hold for this search too, its time for both together.
    """
    began = time.monotonic()
    names = tuple(row.name for row in result.properties if row.verdict == UNKNOWN and not row.listed)
    if not names or not open_numbers(prepared.model, prepared.constants):
        return result

    def watch(controls: int, waiting: int) -> None:
        if progress is not None:
            progress(Progress(0, controls, waiting, time.monotonic() - began))

    limits = options.limits
    if limits.seconds is not None:
        limits = replace(limits, seconds=limits.seconds - result.seconds)
    model = OpenModel(path, options)
    proof = prove(model, names, limits, watch)
    rows = rows_of(model, proof, known)
    proved = {name: rows[name] for name in names if name not in proof.unproved}
    more = [row for name, row in rows.items() if name not in names and name in proof.unproved] if proved else []
    controls = sum(search.controls for search in proof.searches)
    told = f"{len(proved)} of {len(names)} properties that this left open are proved"
    note = f"{told} by a search of {controls:,} control states, for any number of {', '.join(model.sizes)}"
    return replace(
        result,
        properties=(*(proved.get(row.name, row) for row in result.properties), *more),
        notes=(*result.notes, note),
        seconds=result.seconds + time.monotonic() - began,
    )
