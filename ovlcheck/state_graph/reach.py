"""All reachable states and steps of a system, as numbers: what a state graph is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from ovlcheck.errors import UsageError
from ovlcheck.runs.moves import GrowsWithoutEnd, Moves
from ovlcheck.system.action import Action, State


@dataclass
class Reached:
    """States in the order of a breadth-first search, with their depths; steps by the numbers of their states.

    ``target`` of a step that a violation cuts short is None.  ``violates`` are the properties that do not hold in a
    state, or in a step.
    """

    states: list[State] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    initial: int = 0
    violates: list[tuple[str, ...]] = field(default_factory=list)
    steps: list[tuple[int, Action, int | None, tuple[str, ...]]] = field(default_factory=list)

    @property
    def transitions(self) -> int:
        return sum(target is not None for _, _, target, _ in self.steps)


def reach(moves: Moves, most: int) -> Reached:
    """The reachable part of ``moves``.

    Raises ``UsageError`` when it has more than ``most`` states, or a counter that grows without end.
    """
    try:
        return _reach(moves, most)
    except GrowsWithoutEnd as why:
        raise UsageError(f"{moves.system.name}: the graph has no end: {why}") from None


def _reach(moves: Moves, most: int) -> Reached:
    found = Reached()
    number: dict[State, int] = {}

    def add(state: State, depth: int) -> int:
        known = number.setdefault(state, len(number))
        if known == len(found.states):
            if known >= most:
                raise _too_large(moves, most)
            found.states.append(state)
            found.depths.append(depth)
            found.violates.append(tuple(failure.name for failure in moves.broken_in(state)))
        return known

    for start in moves.initial():
        if start.state is not None:
            add(start.state, 0)
    found.initial = len(found.states)
    for source, state in enumerate(found.states):  # grows while it is gone through
        for outcome in moves.successors(state):
            target = None if outcome.state is None else add(outcome.state, found.depths[source] + 1)
            names = tuple(dict.fromkeys(failure.name for failure in outcome.faults))
            found.steps.append((source, outcome.action, target, names))
    return found


def _too_large(moves: Moves, most: int) -> UsageError:
    return UsageError(
        f"{moves.system.name} has more than {most:,} states",
        "take a smaller --config or --set calls=1, or let --max-states be larger and merge states with --by",
    )
