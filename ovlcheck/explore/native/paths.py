"""Paths: from the states on the way to the actions between them, as the interpreter has them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ovlcheck.explore.replay import ReplayError
from ovlcheck.explore.result import Violation
from ovlcheck.system.action import Action, State
from ovlcheck.system.expr import And, show
from ovlcheck.system.semantics import CountOverflow, Fault, Outcome, Semantics

Path = tuple[Action, ...]


class Paths:
    """The meaning of a line of states, an initial state first.

    Every method raises ``ReplayError`` where the interpreter does not find what the compiled search found.
    """

    def __init__(self, semantics: Semantics) -> None:
        self._semantics = semantics

    def to_state(self, line: list[State]) -> tuple[State, State, Path]:
        """The last state of the line, the first, and the first actions, in the order of edges, that lead
        along it.
        """
        return line[-1], line[0], tuple(self._action(a, b) for a, b in pairwise(line))

    def in_step(self, line: list[State], name: str) -> Violation:
        """The violation of ``name`` in the first step from the last state that has it."""
        state, initial, path = self.to_state(line)
        for outcome in self._outcomes(state):
            for failure in outcome.faults:
                if failure.name == name:
                    return Violation(name, failure.message, initial, (*path, outcome.action))
        raise ReplayError(f"no step from {state} violates '{name}'")

    def in_state(self, line: list[State], name: str) -> Violation:
        """The violation of an invariant in the last state."""
        state, initial, path = self.to_state(line)
        for invariant in self._semantics.system.invariants:
            if invariant.name != name:
                continue
            try:
                if self._semantics.evaluate(invariant.condition, state):
                    continue
                condition = invariant.condition
                parts = condition.items if isinstance(condition, And) else (condition,)
                failed = next((p for p in parts if not self._semantics.evaluate(p, state)), condition)
                message = invariant.message or show(failed)
            except Fault as fault:
                message = f"{fault.kind} while the predicate is evaluated: {fault.message}"
            return Violation(name, message, initial, path)
        raise ReplayError(f"'{name}' holds in {state}")

    def to_overflow(self, line: list[State], variable: str) -> tuple[State, Path, str]:
        """The initial state, the path whose last action overflows, and the variable that this action
        overflows.
        """
        state, initial, path = self.to_state(line)
        try:
            for _ in self._semantics.successors(state):
                continue
        except CountOverflow as overflow:
            if overflow.action is not None:
                return initial, (*path, overflow.action), overflow.variable
        raise ReplayError(f"no step from {state} overflows '{variable}'")

    def _outcomes(self, state: State) -> Iterator[Outcome]:
        """What the actions in ``state`` do, save those that overflow."""
        for action in self._semantics.actions:
            try:
                outcome = self._semantics.fire(state, action)
            except CountOverflow:
                continue
            if outcome is not None:
                yield outcome

    def _action(self, source: State, target: State) -> Action:
        for outcome in self._semantics.successors(source):
            if outcome.state == target:
                return outcome.action
        raise ReplayError(f"no step leads from {source} to {target}")
