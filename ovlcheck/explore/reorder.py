"""The same steps in another order, with fewer context switches: quick, and never wrong, but not the fewest there are.

A stretch of steps of one process is moved next to another stretch of it wherever the run stays one, and breaks the same
property in its last step.  The fewest of all shortest runs are looked for by ``nicest``, which takes another search.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from ovlcheck.explore.replay import ReplayError, replay, replay_path
from ovlcheck.explore.result import Violation
from ovlcheck.system.action import Action, State
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import TransitionSystem

Path = tuple[Action, ...]


def reordered(system: TransitionSystem, violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
    """``violations`` along runs of the same steps with as few context switches as moving stretches gives.

    Where somebody is stuck, or the run goes on for ever, it still comes to the same state.
    """
    semantics = Semantics(system)
    return tuple(_Order(semantics, violation).best() for violation in violations)


class _Order:
    def __init__(self, semantics: Semantics, violation: Violation) -> None:
        self._semantics = semantics
        self._violation = violation
        self._free = len(violation.path) if violation.loop_start is None else violation.loop_start
        """The steps that may change places: all, or those before the loop."""
        self._end = self._last_state(violation.path[: self._free]) if self._keeps_end() else None

    def best(self) -> Violation:
        path = self._violation.path[: self._free]
        while True:
            better = next((p for p in self._merged(path) if self._is_run(p)), None)
            if better is None:
                return replace(self._violation, path=path + self._violation.path[self._free :])
            path = better

    def _keeps_end(self) -> bool:
        return bool(self._violation.blocked) or self._violation.loop_start is not None

    def _merged(self, path: Path) -> Iterator[Path]:
        """``path`` with one stretch moved next to another of the same process; later stretches first, and those that
        join two others before those that do not.
        """
        stretches = [tuple(group) for _, group in groupby(path, key=self._mover)]
        movers = [self._mover(stretch[0]) for stretch in stretches]
        moves = [
            (source, target)
            for source in range(len(stretches))
            for target in range(len(stretches) + 1)
            if target not in (source, source + 1)
            and movers[source] in movers[max(target - 1, 0) : target + 1]
        ]
        found = []
        for source, target in moves:
            rest = [stretch for number, stretch in enumerate(stretches) if number != source]
            at = target - (target > source)
            moved = (*rest[:at], stretches[source], *rest[at:])
            flat = tuple(action for stretch in moved for action in stretch)
            found.append((self._switches(flat), -source, target, flat))
        before = self._switches(path)
        yield from (flat for switches, _, _, flat in sorted(found) if switches < before)

    def _is_run(self, path: Path) -> bool:
        """Whether the steps can be taken in this order, and come to the same end."""
        if self._end is not None:
            return self._last_state(path) == self._end
        try:
            replay(self._semantics.system, replace(self._violation, path=path), self._semantics)
        except ReplayError:
            return False
        return True

    def _last_state(self, path: Path) -> State | None:
        try:
            states, _ = replay_path(self._semantics, self._violation.initial, path)
        except ReplayError:
            return None
        return states[-1]

    def _switches(self, path: Path) -> int:
        return sum(1 for _ in groupby(path, key=self._mover)) - 1

    def _mover(self, action: Action) -> tuple[str, int]:
        who = self._semantics.instance(action)
        return (f"rule {self._semantics.system.edges[action.edge].name}", 0) if who is None else who
