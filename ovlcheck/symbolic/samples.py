"""States that can be reached, found quickly: what holds in none of them is no invariant."""

from __future__ import annotations

import random

from ovlcheck.symbolic.answer import Deadline
from ovlcheck.symbolic.translation import SymbolicSystem
from ovlcheck.system.action import State

_BREADTH = 0.5
"""The part of the sample that lies closest to the initial states; the rest is met on random walks."""

_STEPS = 200
"""The length of a walk."""


def sample(symbolic: SymbolicSystem, most: int, deadline: Deadline) -> tuple[tuple[State, ...], bool]:
    """At most ``most`` reachable states, the same each time, and whether they are all there are."""
    semantics = symbolic.semantics
    found = dict.fromkeys(symbolic.initial_states)
    queue = list(found)
    for state in queue:
        if len(found) >= most * _BREADTH or deadline.passed:
            break
        for outcome in semantics.successors(state):
            if outcome.state is not None and outcome.state not in found:
                found[outcome.state] = None
                queue.append(outcome.state)
    else:
        return tuple(found), True
    chance = random.Random(1)
    walks = 0
    while len(found) < most and walks * _STEPS < 4 * most and not deadline.passed:
        walks += 1
        state = chance.choice(symbolic.initial_states)
        for _ in range(_STEPS):
            ways = [o.state for o in semantics.successors(state) if o.state is not None and o.state != state]
            if not ways:
                break
            state = chance.choice(ways)
            found.setdefault(state)
    return tuple(found), False
