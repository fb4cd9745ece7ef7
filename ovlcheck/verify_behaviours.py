"""The part of ``ovlcheck verify`` that is about whole behaviours: a graph and its verdict for each such property."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ovlcheck.explore.liveness.check import Finding, LivenessResult, check_requirements
from ovlcheck.explore.result import Limits, Progress
from ovlcheck.judge import About
from ovlcheck.prepare import APART
from ovlcheck.report.verdict import HOLDS, UNKNOWN, VIOLATED, How, ModelResult, PropertyVerdict
from ovlcheck.system.formula import Possibility
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count
from ovlcheck.trace.build import TraceBuilder

MOST_STATES = 1_000_000
"""Where the user gives no limit: the graph of a behaviour check is held in the memory of this process."""

BYTES_PER_STATE = 1200
"""What a state and its steps take of it in a system of the usual size: about 5 steps, 70 cells."""

INTERRUPTED = "interrupted"
VACUOUS = "it would hold as well if what it demands at last could never be: it says nothing about this model"


def as_wide_as(searched: TransitionSystem, system: TransitionSystem) -> TransitionSystem:
    """``system`` with the widths of counters that the search of ``searched`` found: not to find them again."""
    known = searched.variable
    widths = {
        v.name: known[v.name].type.bits
        for v in system.variables
        if isinstance(v.type, Count) and v.name in known and isinstance(known[v.name].type, Count)
    }
    return system.with_widths(widths)


def with_behaviours(
    result: ModelResult,
    systems: tuple[TransitionSystem, ...],
    about: About,
    limits: Limits,
    progress: Callable[[Progress], None] | None = None,
) -> ModelResult:
    """``result`` with a verdict on the property in each of ``systems``.

    ``limits.seconds`` covers the search that ``result`` is of, and all of these together.
    """
    began = time.monotonic()
    rows: list[PropertyVerdict] = []
    notes: list[str] = []
    for system in systems:
        spent = result.seconds + time.monotonic() - began
        left = None if limits.seconds is None else max(limits.seconds - spent, 0.0)
        within = Limits(_most_states(limits), limits.depth, left)
        answer = check_requirements(system, limits=within, progress=progress)
        rows += [_row(answer, finding, about) for finding in answer.findings]
        if answer.stopped == INTERRUPTED:
            limits = replace(limits, seconds=0.0)
            result = replace(result, stopped=INTERRUPTED)
        notes.append(_figures(answer))
    listed = {row.name for row in rows}
    kept = tuple(p for p in result.properties if p.selected or p.name not in listed)
    others = tuple(note for note in result.notes if not note.endswith(APART))
    return replace(result, properties=(*kept, *rows), notes=(*others, *notes))


def _most_states(limits: Limits) -> int:
    most = MOST_STATES if limits.states is None else limits.states
    return most if limits.memory is None else min(most, limits.memory // BYTES_PER_STATE)


def _row(answer: LivenessResult, finding: Finding, about: About) -> PropertyVerdict:
    info = next(p for p in answer.system.properties if p.name == finding.name)
    demands = [r.demand for r in answer.system.requirements if r.name == finding.name]
    possible = all(isinstance(demand, Possibility) for demand in demands)
    row = PropertyVerdict(
        info.name,
        info.doc,
        HOLDS,
        listed=info.name in about.expected,
        fairness=finding.fairness,
        how=How(
            engine="reference",
            method="backward reachability" if possible else "fair cycles of the product with an automaton",
            complete=answer.stopped is None,
        ),
    )
    if finding.violation is not None:
        trace = TraceBuilder(answer.system, about.path).build(finding.violation, doc=info.doc)
        return replace(row, verdict=VIOLATED, message=trace.message, trace=trace)
    if finding.unknown is not None:
        return replace(row, verdict=UNKNOWN, message=finding.unknown)
    if not finding.vacuous:
        return row
    unheard = any(note.startswith(f"{info.name}: this model has no ") for note in answer.system.notes)
    if unheard and not row.listed and not about.by_name:
        return replace(
            row, applies=False, fairness=(), message="this model has not all of the events that it is about"
        )
    return replace(row, vacuous=True, message=VACUOUS)


def _figures(answer: LivenessResult) -> str:
    return (
        f"{', '.join(finding.name for finding in answer.findings)}: looked at by the reference engine, without "
        f"reductions: {answer.states:,} states, {answer.transitions:,} transitions, {answer.seconds:.2f} s"
    )
