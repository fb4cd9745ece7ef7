"""Reachable states to try things in: all of them where they are few, else those that random runs come through."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ovlcheck.system.action import State
from ovlcheck.system.semantics import CountOverflow, Semantics

SEED = 1
"""Where random runs begin: the same for every audit, so that it can be repeated."""

_LONGEST = 400
"""Steps of one random run; one that has been half of the time where it was already ends earlier."""

_KEPT = 0.25
"""Of the states of a random run so many are kept: one next to the other they are much alike."""

_PATIENCE = 50
"""Random runs in a row that may come through no new state."""


@dataclass(frozen=True)
class Sample:
    """``states`` in the order in which they were found; ``whole``: these are all that can be reached."""

    states: tuple[State, ...]
    whole: bool


def sample(semantics: Semantics, most: int) -> Sample:
    """At most ``most`` reachable states.

    If there are more, they are those of random runs, each of which gives every process the same chance to move next.
    """
    found = dict.fromkeys(semantics.initial_states())
    queue = list(found)
    for state in queue:
        if len(found) > most:
            break
        for after in _successors(semantics, state):
            if after not in found:
                found[after] = None
                queue.append(after)
    else:
        return Sample(tuple(found), True)
    return Sample(tuple(_walked(semantics, most)), False)


def _walked(semantics: Semantics, most: int) -> dict[State, None]:
    random = Random(SEED)
    starts = semantics.initial_states()
    found: dict[State, None] = {}
    in_vain = 0
    while len(found) < most and in_vain < _PATIENCE:
        known = len(found)
        state = random.choice(starts)
        passed: set[State] = set()
        for step in range(_LONGEST):
            if random.random() < _KEPT:
                found[state] = None
            passed.add(state)
            if step > 2 * len(passed):
                break
            by_actor: dict[tuple[str, int] | None, list[State]] = {}
            try:
                for outcome in semantics.successors(state):
                    if outcome.state is not None:
                        by_actor.setdefault(semantics.instance(outcome.action), []).append(outcome.state)
            except CountOverflow:
                break
            if not by_actor or len(found) >= most:
                break
            state = random.choice(random.choice(list(by_actor.values())))
        in_vain = in_vain + 1 if len(found) == known else 0
    return found


def _successors(semantics: Semantics, state: State) -> list[State]:
    try:
        return [o.state for o in semantics.successors(state) if o.state is not None]
    except CountOverflow:
        return []
