"""States that can be reached, found quickly: what holds in none of them is no invariant."""

from __future__ import annotations

import random

from ovlcheck.symbolic.answer import Deadline, Run
from ovlcheck.symbolic.translation import SymbolicSystem
from ovlcheck.system.action import Action, State

_BREADTH = 0.5
"""The part of the sample that lies closest to the initial states; the rest is met on random walks."""

_STEPS = 200
"""The length of a walk."""


class Sample:
    """Reachable states of ``symbolic``, the same each time, and how each was come to.

    ``complete``: there are no others.
    """

    def __init__(self, symbolic: SymbolicSystem) -> None:
        self._semantics = symbolic.semantics
        self._came: dict[State, tuple[State, Action] | None] = dict.fromkeys(symbolic.initial_states)
        self._chance = random.Random(1)
        self.complete = False

    def __contains__(self, state: State) -> bool:
        return state in self._came

    @property
    def states(self) -> tuple[State, ...]:
        return tuple(self._came)

    def grow(self, most: int, deadline: Deadline) -> None:
        """Half of ``most`` states by breadth first search, the others on random walks."""
        queue = list(self._came)
        for state in queue:
            if len(self._came) >= most * _BREADTH or deadline.passed:
                break
            queue += self._after(state)
        else:
            self.complete = True
            return
        initial = [state for state, came in self._came.items() if came is None]
        walks = 0
        while len(self._came) < most and walks * _STEPS < 4 * most and not deadline.passed:
            walks += 1
            self._walk(self._chance.choice(initial))

    def grow_from(self, state: State, walks: int) -> bool:
        """Every successor of ``state``, which is in the sample, and random walks; False if that is nothing new."""
        before = len(self._came)
        self._after(state)
        for _ in range(walks):
            self._walk(state)
        return len(self._came) > before

    def run_to(self, state: State) -> Run:
        """A run to ``state``, which is in the sample."""
        path: list[Action] = []
        while (came := self._came[state]) is not None:
            state, action = came
            path.append(action)
        return Run(state, tuple(reversed(path)))

    def _after(self, state: State) -> list[State]:
        """Those states after ``state`` that are new."""
        new = []
        for outcome in self._semantics.successors(state):
            if outcome.state is not None and outcome.state not in self._came:
                self._came[outcome.state] = state, outcome.action
                new.append(outcome.state)
        return new

    def _walk(self, state: State) -> None:
        for _ in range(_STEPS):
            ways = [o for o in self._semantics.successors(state) if o.state is not None and o.state != state]
            if not ways:
                return
            way = self._chance.choice(ways)
            assert way.state is not None
            self._came.setdefault(way.state, (state, way.action))
            state = way.state
