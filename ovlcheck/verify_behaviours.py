"""The part of ``ovlcheck verify`` that is about whole behaviours: a graph and its verdict for each such property."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ovlcheck.errors import UsageError
from ovlcheck.explore.liveness.check import check_requirements
from ovlcheck.explore.liveness.finding import Finding, LivenessResult
from ovlcheck.explore.native.problems import NativeUnavailable
from ovlcheck.explore.reorder import reordered
from ovlcheck.explore.result import Limits, Progress
from ovlcheck.judge import About
from ovlcheck.prepare import APART
from ovlcheck.report.verdict import (
    HOLDS,
    NOT_VACUOUS,
    UNKNOWN,
    VIOLATED,
    How,
    ModelResult,
    PropertyVerdict,
)
from ovlcheck.system.formula import Possibility
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count
from ovlcheck.trace.build import TraceBuilder

MOST_STATES = 1_000_000
"""Where the user gives no limit: the reference engine holds the graph in the memory of this process."""

FEW_STATES = 10_000
"""A system of no more states the reference engine is through with before anything could be compiled."""

BYTES_PER_STATE = 1200
"""What a state and its steps take of it in a system of the usual size: about 5 steps, 70 cells."""

INTERRUPTED = "interrupted"
SINGLE_STEPS = (
    "without fusion, symmetry and partial order, since who must move is said of single steps and instances"
)
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
    engine: str = "reference",
) -> ModelResult:
    """``result`` with a verdict on the property in each of ``systems``.

    ``engine`` is ``native``, ``reference``, or ``auto`` for whichever can be had.  ``limits.seconds`` covers the search
    that ``result`` is of, and all of these together.  Raises ``UsageError`` where only another engine could run.
    """
    began = time.monotonic()
    rows: list[PropertyVerdict] = []
    notes: list[str] = []
    for system in systems:
        spent = result.seconds + time.monotonic() - began
        left = None if limits.seconds is None else max(limits.seconds - spent, 0.0)
        answer, why = _answer(system, replace(limits, seconds=left), progress, engine)
        rows += [_row(answer, finding, about) for finding in answer.findings]
        if answer.stopped == INTERRUPTED:
            limits = replace(limits, seconds=0.0)
            result = replace(result, stopped=INTERRUPTED)
        notes += [*why, _figures(answer), *answer.notes]
    listed = {row.name for row in rows}
    kept = tuple(p for p in result.properties if p.selected or p.name not in listed)
    others = tuple(note for note in result.notes if not note.endswith(APART))
    return replace(result, properties=(*kept, *rows), notes=(*others, *notes))


def _answer(
    system: TransitionSystem, limits: Limits, progress: Callable[[Progress], None] | None, engine: str
) -> tuple[LivenessResult, tuple[str, ...]]:
    """What an engine finds, and why it is not the one that was wanted."""
    why: tuple[str, ...] = ()
    if engine == "auto":
        few = replace(limits, states=min(FEW_STATES, _most_states(limits)), threads=None, memory=None)
        answer = check_requirements(system, limits=few, progress=progress)
        if answer.states < FEW_STATES:
            return answer, why
    if engine != "reference":
        from ovlcheck.explore.liveness.native import check_natively

        try:
            return check_natively(system, limits=limits, progress=progress), why
        except NativeUnavailable as problem:
            if engine == "native":
                remedy = "set CC to a C compiler, or use --engine reference, which is slower"
                raise UsageError(f"--engine native: {problem}", remedy) from problem
            why = (f"behaviours looked at by the reference engine, which is slower: {problem}",)
    within = replace(limits, states=_most_states(limits), threads=None, memory=None)
    return check_requirements(system, limits=within, progress=progress), why


def _most_states(limits: Limits) -> int:
    most = MOST_STATES if limits.states is None else limits.states
    return most if limits.memory is None else min(most, limits.memory // BYTES_PER_STATE)


def _method(possible: bool, engine: str) -> str:
    if not possible:
        return "fair cycles of the product with an automaton"
    return (
        "backward reachability"
        if engine == "reference"
        else "reachability over strongly connected components"
    )


def _row(answer: LivenessResult, finding: Finding, about: About) -> PropertyVerdict:
    info = next(p for p in answer.system.properties if p.name == finding.name)
    demands = [r.demand for r in answer.system.requirements if r.name == finding.name]
    possible = all(isinstance(demand, Possibility) for demand in demands)
    row = PropertyVerdict(
        info.name,
        info.doc,
        HOLDS,
        listed=info.name in about.expected,
        listed_vacuous=info.name in about.vacuous,
        fairness=finding.fairness,
        how=How(
            engine=answer.engine,
            method=_method(possible, answer.engine),
            complete=answer.stopped is None,
            reductions=answer.reductions,
        ),
    )
    if finding.violation is not None:
        (violation,) = reordered(answer.system, (finding.violation,))
        trace = TraceBuilder(answer.system, about.path).build(violation, doc=info.doc)
        return replace(row, verdict=VIOLATED, message=trace.message, trace=trace)
    if finding.unknown is not None:
        return replace(row, verdict=UNKNOWN, message=finding.unknown)
    if not finding.vacuous:
        return replace(row, message=NOT_VACUOUS) if row.listed_vacuous else row
    unheard = any(note.startswith(f"{info.name}: this model has no ") for note in answer.system.notes)
    if unheard and not row.listed and not about.by_name:
        return replace(
            row, applies=False, fairness=(), message="this model has not all of the events that it is about"
        )
    return replace(row, vacuous=True, message=VACUOUS)


def _figures(answer: LivenessResult) -> str:
    compiling = f", {answer.compile_seconds:.2f} s of them compiling" if answer.compile_seconds else ""
    return (
        f"{', '.join(finding.name for finding in answer.findings)}: looked at by the {answer.engine} engine: "
        f"{answer.states:,} states, {answer.transitions:,} transitions, {answer.seconds:.2f} s{compiling}; "
        f"{SINGLE_STEPS}"
    )
