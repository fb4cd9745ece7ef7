"""What a method of proof answers: proved, violated or unknown, with what makes it credible."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import Enum

import z3

from ovlcheck.system.action import Action, State


class Verdict(Enum):
    PROVED = "proved"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Run:
    """A run of the translated system: an initial state and the actions from there."""

    initial: State
    path: tuple[Action, ...]


@dataclass(frozen=True)
class Answer:
    """What ``method`` found out.

    A proof comes with ``invariant``, a formula over the constants of the state before that holds initially, is kept by
    every step and excludes what was to be excluded.  A violation comes with ``run``.  ``reason`` says why nothing was
    found out.  ``figures`` are for people.  ``confused`` is a state that had to be excluded, and that looks like one
    that is known to be reached.
    """

    verdict: Verdict
    method: str
    reason: str = ""
    invariant: z3.BoolRef | None = None
    run: Run | None = None
    figures: tuple[str, ...] = ()
    confused: State | None = None


@dataclass
class Deadline:
    """How long something may take, in seconds of wall time; None for ever."""

    seconds: float | None
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float | None:
        """Seconds that are left, never less than 0."""
        return None if self.seconds is None else max(self.seconds - (time.monotonic() - self.began), 0.0)

    @property
    def passed(self) -> bool:
        return self.left == 0.0

    def limit(self, solver: z3.Solver) -> None:
        """Tell ``solver`` to give up when the time is over."""
        left = self.left
        solver.set("timeout", _FOREVER if left is None else max(int(left * 1000), 1))

    def share(self, part: float) -> Deadline:
        """A deadline for ``part`` of what is left."""
        left = self.left
        return Deadline(None if left is None else left * part)


def ask(solver: z3.Solver, *assumptions: z3.BoolRef) -> z3.CheckSatResult:
    """The answer of ``solver``.  Raises ``KeyboardInterrupt`` where the user ended it: Z3 would call that unknown."""
    return asked(solver, solver.check(*assumptions))


def asked(solver: z3.Solver, result: z3.CheckSatResult) -> z3.CheckSatResult:
    """``result``, which ``solver`` has just given; raises ``KeyboardInterrupt`` as ``ask`` does."""
    if result == z3.unknown and "keyboard" in solver.reason_unknown():
        raise KeyboardInterrupt
    return result


_FOREVER = (1 << 32) - 1
"""Milliseconds; what Z3 takes for no limit."""
