"""Which of the enabled steps a random run takes.

A coin for each step would spend most runs in the process with the most choices.  So it is first drawn who moves, then
what he does.  Two ways of drawing take turns, since they find different things: one switches at every step, the other
hardly ever within a call.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Protocol

from ovlcheck.system.action import Action, State
from ovlcheck.system.step import Outcome

_CHANGES = 3
"""Steps of a run at which whoever moves is made to wait, on the average."""


class Chooser(Protocol):
    """Chooses one of the outcomes that are possible in ``state``; it sees every step of one run, in order."""

    def choose(self, state: State, outcomes: Sequence[Outcome]) -> Outcome: ...


class Taken:
    """How often each edge was taken in all runs so far: what was taken least is drawn most."""

    def __init__(self) -> None:
        self._times: dict[int, int] = {}

    def draw(self, chance: random.Random, outcomes: Sequence[Outcome]) -> Outcome:
        """One of ``outcomes``, and one more time that its edge is taken."""
        weights = [1 / (1 + self._times.get(o.action.edge, 0)) for o in outcomes]
        (chosen,) = chance.choices(outcomes, weights)
        self._times[chosen.action.edge] = self._times.get(chosen.action.edge, 0) + 1
        return chosen

    def __len__(self) -> int:
        return len(self._times)


class EvenHanded:
    """Everybody who can move is as likely to, at every step."""

    def __init__(self, chance: random.Random, actor: Callable[[Action], str], taken: Taken) -> None:
        self._chance = chance
        self._actor = actor
        self._taken = taken

    def choose(self, state: State, outcomes: Sequence[Outcome]) -> Outcome:
        by_actor = _by_actor(self._actor, outcomes)
        return self._taken.draw(self._chance, by_actor[self._chance.choice(list(by_actor))])


class Priorities:
    """Who has the highest priority moves, and loses it when a call ends or at one of a few random steps.

    After the probabilistic concurrency testing of Burckhardt, Kothari, Musuvathi and Nagarakatti (ASPLOS 2010), with
    two differences: processes here make calls for ever, so priorities are drawn again at the end of each, and whoever
    does not get on by his step is made to wait.  ``at_rest`` says of a state and an action whether its process is at
    rest there.
    """

    def __init__(
        self,
        chance: random.Random,
        actor: Callable[[Action], str],
        taken: Taken,
        depth: int,
        at_rest: Callable[[State, Action], bool],
    ) -> None:
        self._chance = chance
        self._actor = actor
        self._taken = taken
        self._change = _CHANGES / max(depth, 1)
        self._at_rest = at_rest
        self._priority: dict[str, float] = {}

    def choose(self, state: State, outcomes: Sequence[Outcome]) -> Outcome:
        by_actor = _by_actor(self._actor, outcomes)
        for actor in by_actor:
            self._priority.setdefault(actor, self._chance.random())
        actor = max(by_actor, key=self._priority.__getitem__)
        if self._chance.random() < self._change:
            self._wait(actor)
            actor = max(by_actor, key=self._priority.__getitem__)
        chosen = self._taken.draw(self._chance, by_actor[actor])
        if chosen.state is not None and self._at_rest(chosen.state, chosen.action):
            self._priority[actor] = self._chance.random()
        elif chosen.state == state:
            self._wait(actor)
        return chosen

    def _wait(self, actor: str) -> None:
        self._priority[actor] = min(self._priority.values()) - 1


def _by_actor(actor: Callable[[Action], str], outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(actor(outcome.action), []).append(outcome)
    return found
