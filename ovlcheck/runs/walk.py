"""A run that is made by hand: the steps that were taken, and those that were taken back and can be taken again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovlcheck.errors import UsageError
from ovlcheck.runs.moves import Moves
from ovlcheck.system.action import Action, State
from ovlcheck.system.step import Failure, Outcome


@dataclass(frozen=True)
class Taken:
    """A step of a walk: what it did, and what it broke."""

    outcome: Outcome
    broken: tuple[Failure, ...]


class Walk:
    """A run of ``moves`` from its first initial state.  What cannot be done raises ``UsageError``."""

    def __init__(self, moves: Moves) -> None:
        self.moves = moves
        self.starts = moves.initial()
        if not self.starts:
            raise UsageError(f"{moves.system.name}: has no initial state")
        self._initial = self.starts[0]
        self.taken: list[Taken] = []
        self.ahead: list[Action] = []

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(step.outcome.action for step in self.taken)

    @property
    def initial(self) -> State:
        return _behind(self._initial)

    @property
    def state(self) -> State:
        """Where the walk is; where a violation ended the last step, half way through it."""
        return self.state_after(len(self.taken))

    @property
    def over(self) -> bool:
        """Whether a violation ended the last step, so that nothing comes after it."""
        return (self.taken[-1].outcome if self.taken else self._initial).state is None

    @property
    def broken(self) -> tuple[Failure, ...]:
        """What the last step broke, or the state where the walk begins."""
        return self.taken[-1].broken if self.taken else self.moves.broken_by(self._initial)

    def state_after(self, steps: int) -> State:
        """The state after so many steps.  Raises ``UsageError`` where the walk has fewer."""
        if not 0 <= steps <= len(self.taken):
            raise UsageError(f"the walk has {len(self.taken)} steps, so there is no {steps}")
        return _behind(self.taken[steps - 1].outcome) if steps else self.initial

    def choices(self) -> tuple[Outcome, ...]:
        """What can happen next, each actor's steps together, in the order of the system."""
        if self.over:
            return ()
        outcomes = self.moves.successors(self.state)
        first: dict[str, int] = {}
        for outcome in outcomes:
            first.setdefault(self.moves.actor(outcome.action), len(first))
        return tuple(sorted(outcomes, key=lambda o: first[self.moves.actor(o.action)]))

    def take(self, action: Action) -> Taken:
        """Takes the step ``action``, which has to be enabled."""
        outcome = None if self.over else self.moves.fire(self.state, action)
        if outcome is None:
            raise UsageError("that step cannot be taken here")
        step = Taken(outcome, self.moves.broken_by(outcome))
        self.taken.append(step)
        self.ahead = self.ahead[1:] if self.ahead[:1] == [action] else []
        return step

    def undo(self, steps: int = 1) -> None:
        """Takes back the last ``steps`` steps."""
        if steps > len(self.taken):
            raise UsageError(f"only {len(self.taken)} steps can be taken back")
        for _ in range(steps):
            self.ahead.insert(0, self.taken.pop().outcome.action)

    def redo(self, steps: int = 1) -> list[Taken]:
        """Takes again ``steps`` of the steps that were taken back."""
        if steps > len(self.ahead):
            raise UsageError(f"only {len(self.ahead)} steps can be taken again")
        return [self.take(self.ahead[0]) for _ in range(steps)]

    def goto(self, step: int) -> None:
        """Back, or forward again, to where ``step`` steps have been taken."""
        most = len(self.taken) + len(self.ahead)
        if not 0 <= step <= most:
            raise UsageError(f"there is no step {step}", f"steps go from 0 to {most}")
        if step < len(self.taken):
            self.undo(len(self.taken) - step)
        else:
            self.redo(step - len(self.taken))

    def restart(self, start: Outcome, ahead: Sequence[Action] = ()) -> None:
        """Begins again at ``start``, one of ``starts``, with the steps ``ahead`` to be taken by ``redo``."""
        self._initial = start
        self.taken = []
        self.ahead = list(ahead)


def _behind(outcome: Outcome) -> State:
    return outcome.state if outcome.state is not None else outcome.partial or ()
