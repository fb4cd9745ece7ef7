"""``no_deadlock``: is there a reachable state from which a process inside a call can never move again?

In CTL: every process ``p`` that is not at rest must satisfy ``EF moves(p)``.  One backward pass over the
explored graph answers it for all instances at once, a bit for each.  A move is a step of the process that
changes the state: a process that only spins on the spot does not move.  Behind a step that ends in a violation
anything may happen: who is kept waiting by it is not reported, the violation is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ovlcheck.system.action import State
from ovlcheck.system.describe import cell_name, format_cell, format_source
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.expr import Expr, Load, show, walk
from ovlcheck.system.semantics import Semantics

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME = "no_deadlock"
Instance = tuple[str, int]

_WORD = 64


def first_stuck(
    states: int,
    expanded: int,
    instances: int,
    transitions: tuple[Sequence[int], Sequence[int], Sequence[int]],
    at_rest: Callable[[int, int], bool],
) -> tuple[int, tuple[int, ...]] | None:
    """The first state in which an instance is stuck, and the instances that are; None if there is none.

    States are numbered from 0, those from ``expanded`` on have successors that are not known: there every
    instance may move, and so it may where a step ends in a violation, since nothing is known behind it.
    ``transitions`` are sources, targets (-1: a step that ends in a violation) and the instances that move
    (-1: a rule), self-loops left out.  ``at_rest`` says of a state and an instance whether it needs to move.
    """
    import numpy as np

    sources, targets, movers = (np.asarray(column, dtype=np.int64) for column in transitions)
    words = -(-instances // _WORD)
    can_move: NDArray[np.uint64] = np.zeros((states, words), dtype=np.uint64)
    moved = movers >= 0
    bits = np.left_shift(np.uint64(1), (movers[moved] % _WORD).astype(np.uint64))
    np.bitwise_or.at(can_move, (sources[moved], movers[moved] // _WORD), bits)
    can_move[expanded:] = np.iinfo(np.uint64).max
    can_move[sources[targets < 0]] = np.iinfo(np.uint64).max
    _spread_backwards(can_move, sources[targets >= 0], targets[targets >= 0])
    needed = [min(instances - word * _WORD, _WORD) for word in range(words)]
    everyone = np.array([(1 << count) - 1 for count in needed], dtype=np.uint64)
    for state in np.flatnonzero((can_move & everyone != everyone).any(axis=1)).tolist():
        stuck = tuple(
            i
            for i in range(instances)
            if not int(can_move[state, i // _WORD]) >> (i % _WORD) & 1 and not at_rest(state, i)
        )
        if stuck:
            return state, stuck
    return None


def _spread_backwards(mask: NDArray[np.uint64], sources: NDArray[Any], targets: NDArray[Any]) -> None:
    """Gives each source the bits of its targets until nothing changes."""
    import numpy as np

    if not len(sources):
        return
    order = np.argsort(sources, kind="stable")
    sources, targets = sources[order], targets[order]
    starts = np.flatnonzero(np.diff(sources, prepend=-1))
    heads = sources[starts]
    while True:
        gathered = mask[heads] | np.bitwise_or.reduceat(mask[targets], starts, axis=0)
        if np.array_equal(gathered, mask[heads]):
            return
        mask[heads] = gathered


def explain(semantics: Semantics, state: State, stuck: Sequence[Instance]) -> str:
    """What each stuck instance waits for in ``state``, and the cycle in which they wait for each other."""
    waits: dict[Instance, list[Instance]] = {}
    lines: list[str] = []
    for process, i in stuck:
        reasons, holders = _waits_for(semantics, state, process, i)
        waits[process, i] = [holder for holder in holders if holder in stuck]
        locations = semantics.system.process[process].locations
        at = locations[semantics.location(state, process, i)].source
        lines.append(f"{process}{i} at {format_source(at)} {' or '.join(reasons) or 'has no way on'}")
    cycle = _cycle(waits)
    if cycle:
        lines.append("cycle: " + " -> ".join(f"{process}{i}" for process, i in cycle))
    return "; ".join(lines)


def _waits_for(semantics: Semantics, state: State, process: str, i: int) -> tuple[list[str], list[Instance]]:
    """What keeps the instance from each of its next steps, in words, and who holds the locks among that."""
    reasons: dict[str, None] = {}
    holders: dict[Instance, None] = {}
    for action in semantics.actions_at(process, i, semantics.location(state, process, i)):
        blocked = semantics.blocker(state, action)
        if blocked is None:
            reasons["spins on the spot"] = None
            continue
        condition, reached, values = blocked
        held = _held(semantics, condition, reached, values)
        holders.update(dict.fromkeys(holder for _, holder in held))
        for lock, holder in held:
            reasons[f"waits for {lock}, held by {holder[0]}{holder[1]}"] = None
        if not held:
            reasons[f"waits until {show(condition)}{_where(semantics, condition, reached, values)}"] = None
    return list(reasons), list(holders)


def _cells(
    semantics: Semantics, condition: Expr, state: State, values: dict[str, int]
) -> list[tuple[str, tuple[int, ...], int]]:
    """The cells that ``condition`` mentions, and their values; without those that cannot be reached."""
    found: dict[tuple[str, tuple[int, ...]], int] = {}
    for part in walk(condition):
        if isinstance(part, Load):
            try:
                index = tuple(semantics.evaluate(axis, state, values) for axis in part.index)
                found[part.variable, index] = semantics.evaluate(part, state, values)
            except Fault:
                continue
    return [(name, index, value) for (name, index), value in found.items()]


def _held(
    semantics: Semantics, condition: Expr, state: State, values: dict[str, int]
) -> list[tuple[str, Instance]]:
    """The locks in ``condition`` that someone holds.  A ``held`` variable's first axis is the holder."""
    held: list[tuple[str, Instance]] = []
    for name, index, value in _cells(semantics, condition, state, values):
        variable = semantics.system.variable[name]
        if variable.kind == "held" and variable.process is not None and value:
            holder = (variable.process, index[0] if index else 0)
            held.append((cell_name(variable, index[1:]), holder))
    return held


def _where(semantics: Semantics, condition: Expr, state: State, values: dict[str, int]) -> str:
    system = semantics.system
    shown = [
        format_cell(system, system.variable[name], index, value)
        for name, index, value in _cells(semantics, condition, state, values)
    ]
    return f" ({', '.join(shown)})" if shown else ""


def _cycle(waits: dict[Instance, list[Instance]]) -> list[Instance]:
    """Instances of which each waits for the next, the first one repeated at the end; empty if none do."""

    def search(path: list[Instance]) -> list[Instance]:
        for holder in waits.get(path[-1], ()):
            if holder in path:
                return [*path[path.index(holder) :], holder]
            found = search([*path, holder])
            if found:
                return found
        return []

    for start in waits:
        found = search([start])
        if found:
            return found
    return []
