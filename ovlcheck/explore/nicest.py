"""Among the runs that break a property, the one that is easiest to read; and runs that differ in what is called.

Shortest first, then fewest context switches, then fewest user calls, or in another order.  A budget is looked for
from zero upwards with the search that found the violation, so that the answer is exact; few switches make few states.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from ovlcheck.explore.budgets import UNLIMITED, Budget, Spender
from ovlcheck.explore.reorder import reordered
from ovlcheck.explore.replay import replay
from ovlcheck.explore.result import Engine, Limits, SearchResult, Violation, WidthOverflow
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import TransitionSystem

ORDERS = ("steps", "switches", "calls")
"""What is fewest first; the others break ties, in this order."""

MOST_STATES = 1_000_000
"""A budget's search stops at this many states, unless the user set a lower limit."""

_SECONDS = 60.0


@dataclass(frozen=True)
class Nicest:
    """``violations`` in the order they came in, each with the best run found; ``notes`` say which of them may not be
    the best there is, and why.
    """

    violations: tuple[Violation, ...]
    notes: tuple[str, ...] = ()


def nicest(
    system: TransitionSystem,
    violations: tuple[Violation, ...],
    engine: Engine,
    order: str = "steps",
    limits: Limits = Limits(),
) -> Nicest:
    """``violations`` of ``system`` with the best runs in ``order``, one of ``ORDERS``.

    For ``steps`` the runs that come in have to be shortest.  Runs that end because somebody is stuck, or go on for
    ever, are only ``reordered``.  Raises ``ReplayError`` if what is found is no run of ``system``.
    """
    violations = reordered(system, violations)
    search = _Search(system, engine, limits)
    better: list[Violation] = []
    notes: list[str] = []
    for violation in violations:
        if violation.blocked or violation.loop_start is not None or not violation.path:
            better.append(violation)
            continue
        best, note = search.best(violation, order)
        better.append(best)
        notes += [note] if note else []
    return Nicest(tuple(better), tuple(notes))


class _Search:
    def __init__(self, system: TransitionSystem, engine: Engine, limits: Limits) -> None:
        self._system = system
        self._spender = Spender(system)
        self._semantics = Semantics(system)
        self._engine = engine
        self._most = min(MOST_STATES, limits.states or MOST_STATES)
        self._limits = limits
        self._until = time.monotonic() + min(_SECONDS, limits.seconds or _SECONDS)

    def best(self, violation: Violation, order: str) -> tuple[Violation, str]:
        """The best run for one violation, and why there may be a better one."""
        best = violation
        depth = len(violation.path) if order == "steps" else self._limits.depth
        budget = Budget()
        for key in sorted(ORDERS[1:], key=lambda key: key != order):
            spent = self._spent(best, key)
            for least in range(spent):
                found = self._within(replace(budget, **{key: least}), violation.name, depth)
                if isinstance(found, str):
                    return best, f"{violation.name}: there may be a run with fewer {_WORDS[key]}: {found}"
                if found is not None:
                    best = found
                    break
            budget = replace(budget, **{key: self._spent(best, key)})
            depth = len(best.path)
        return best, ""

    def _spent(self, violation: Violation, key: str) -> int:
        spent: int = getattr(self._spender.spent(violation.path), key)
        return min(spent, UNLIMITED - 1)

    def _within(self, budget: Budget, name: str, depth: int | None) -> Violation | str | None:
        """The shortest run within ``budget`` that breaks ``name``; None if there is none, else why it is not known."""
        left = self._until - time.monotonic()
        if left <= 0:
            return "the time for it is over"
        system = self._spender.within(budget)
        limits = replace(self._limits, states=self._most, seconds=left, depth=depth)
        try:
            found = self._engine.search(system, limits=limits, stop_early=frozenset((name,)))
        except WidthOverflow as overflow:
            return f"{overflow.variable} outgrew its width"
        violation = next((v for v in found.violations if v.name == name), None)
        if violation is not None:
            return self._told(violation)
        return None if _was_thorough(found, depth) else found.stopped or "it was cut short"

    def _told(self, violation: Violation) -> Violation:
        """``violation`` of the system without budgets."""
        told = replace(violation, initial=violation.initial[: self._system.cells])
        replay(self._system, told, self._semantics)
        return told


_WORDS = {"switches": "context switches", "calls": "user calls"}


def _was_thorough(found: SearchResult, depth: int | None) -> bool:
    """Whether every run of at most ``depth`` steps was looked at."""
    return found.complete or (depth is not None and found.depth >= depth)
