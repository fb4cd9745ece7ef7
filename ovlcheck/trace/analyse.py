"""Why a run ends as it does: which steps matter, and which of them raced.

A trace is analysed when it is made, because that takes the transition system; the answer is part of the trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ovlcheck.explore.result import Violation
from ovlcheck.system.action import State
from ovlcheck.system.describe import cell_index
from ovlcheck.system.expr import Load
from ovlcheck.system.semantics import Semantics
from ovlcheck.trace.dependence import Stale, slice_run
from ovlcheck.trace.reads import Reads
from ovlcheck.trace.trace import Race, Role, Trace
from ovlcheck.trace.words import Words, is_unnamed


def analysed(trace: Trace, semantics: Semantics, states: list[State], violation: Violation) -> Trace:
    """``trace``, which was made from ``violation`` and its ``states``, with roles and races.

    It stays as it is where nothing says which values the end came from: a run that breaks nothing, or goes on
    for ever.
    """
    names = _names(semantics)
    cells = {name: cell for cell, name in names.items()}
    wanted = {cells[name] for name in trace.relevant if name in cells}
    partial = bool(trace.steps) and trace.steps[-1].partial
    if violation.blocked:
        wanted |= set(_blocking(semantics, states[-1], violation.blocked))
    if trace.loop_start is not None or not (wanted or partial):
        return trace
    found = slice_run(
        semantics, states, violation.path, violation.name, wanted, locks=bool(violation.blocked)
    )
    steps = tuple(
        replace(step, role=Role(_told(found.changes[number], names), _told(found.looked_at[number], names)))
        if number in found.changes
        else step
        for number, step in enumerate(trace.steps)
    )
    races = tuple(
        Race(names[s.cell], _value(trace, s.read, names[s.cell]), s.read, s.changed, s.used)
        for s in found.stale
        if s.cell in names and _is_race(trace, names[s.cell], s)
    )
    return replace(trace, steps=steps, analysed=True, races=races)


def _is_race(trace: Trace, name: str, stale: Stale) -> bool:
    """Whether the reader was still in the call in which it had looked, and had not changed the value itself."""
    read, used = trace.steps[stale.read], trace.steps[stale.used]
    outer = read.outermost
    left = any(
        call.phase == "return" and call.name == outer
        for step in trace.steps[stale.read : stale.used]
        if step.actor == read.actor
        for call in step.calls
    )
    return outer == used.outermost and not left and all(change.name != name for change in read.changes)


def _names(semantics: Semantics) -> dict[int, str]:
    """The cells that have a name which readers know."""
    system, words = semantics.system, Words(semantics.system)
    return {
        system.offset[variable.name] + cell: words.cell(variable, cell_index(variable, cell))
        for variable in system.variables
        if variable.kind != "pc" and not is_unnamed(variable)
        for cell in range(variable.cells)
    }


def _told(cells: Iterable[int], names: dict[int, str]) -> tuple[str, ...]:
    return tuple(names[cell] for cell in sorted(cells) if cell in names)


def _value(trace: Trace, number: int, name: str) -> str:
    """The value called ``name`` when step ``number`` read it."""
    return trace.state(number).get(name, "free")


def _blocking(semantics: Semantics, state: State, stuck: Iterable[tuple[str, int]]) -> Iterator[int]:
    """The cells that keep each of ``stuck`` from moving in ``state``."""
    system, reads = semantics.system, Reads(semantics)
    offsets = {
        (variable.name, cell_index(variable, cell)): system.offset[variable.name] + cell
        for variable in system.variables
        for cell in range(variable.cells)
    }
    for process, instance in stuck:
        for action in semantics.actions_at(process, instance, semantics.location(state, process, instance)):
            blocker = semantics.blocker(state, action)
            if blocker is None:
                continue
            condition, there, scope = blocker
            for part in reads.of(condition, there, scope):
                if isinstance(part, Load):
                    index = reads.index(part, there, scope)
                    if index is not None:
                        yield offsets[part.variable, index]
