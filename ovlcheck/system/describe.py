"""Cells, actions and process instances of a transition system in words, and what a step changed."""

from __future__ import annotations

from dataclasses import dataclass

from ovlcheck.system.action import Action, State
from ovlcheck.system.transition_system import Source, TransitionSystem, Variable


@dataclass(frozen=True)
class Change:
    """The cell of ``variable`` at ``index`` went from ``old`` to ``new``."""

    variable: Variable
    index: tuple[int, ...]
    old: int
    new: int


def cell_index(variable: Variable, cell: int) -> tuple[int, ...]:
    """The index of the ``cell``-th cell of ``variable``, counted from 0 in row-major order."""
    index: list[int] = []
    for size in reversed(variable.shape):
        cell, i = divmod(cell, size)
        index.append(i)
    return tuple(reversed(index))


def changes(system: TransitionSystem, before: State, after: State) -> tuple[Change, ...]:
    """The cells that differ, in the order of the state."""
    found: list[Change] = []
    for variable in system.variables:
        first = system.offset[variable.name]
        for cell in range(variable.cells):
            old, new = before[first + cell], after[first + cell]
            if old != new:
                found.append(Change(variable, cell_index(variable, cell), old, new))
    return tuple(found)


def cell_name(variable: Variable, index: tuple[int, ...]) -> str:
    return variable.name + "".join(f"[{i}]" for i in index)


def format_value(system: TransitionSystem, variable: Variable, value: int) -> str:
    """``value`` as the variable's type shows it; a position by the name of its location."""
    if variable.kind == "pc" and variable.process is not None:
        locations = system.process[variable.process].locations
        if 0 <= value < len(locations):
            return locations[value].name
    return variable.type.format(value) if variable.type.contains(value) else str(value)


def format_cell(system: TransitionSystem, variable: Variable, index: tuple[int, ...], value: int) -> str:
    """``lock[1] = True``."""
    return f"{cell_name(variable, index)} = {format_value(system, variable, value)}"


def format_state(system: TransitionSystem, state: State) -> str:
    """Every cell of ``state``, separated by commas."""
    return ", ".join(
        format_cell(system, variable, cell_index(variable, cell), state[system.offset[variable.name] + cell])
        for variable in system.variables
        for cell in range(variable.cells)
    )


def format_source(source: Source) -> str:
    """``model.py:12 `wait(not self.busy)```; the place alone where the text is not known."""
    return f"{source} `{source.text.strip()}`" if source.text.strip() else str(source)


def format_action(system: TransitionSystem, action: Action) -> str:
    """``writer0: open`` for a process, ``evict(inode=1)`` for a rule, and the place in the model."""
    edge = system.edges[action.edge]
    values = dict(zip((p.name for p in edge.parameters), action.arguments, strict=True))
    actor = "" if edge.process is None else f"{edge.process}{values.pop('self', 0)}: "
    shown = ", ".join(
        f"{p.name}={p.type.format(values[p.name]) if p.type is not None else values[p.name]}"
        for p in edge.parameters
        if p.name in values
    )
    return f"{actor}{edge.name}{f'({shown})' if shown else ''} at {format_source(edge.source)}"
