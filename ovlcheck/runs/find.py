"""The shortest way from a state to another that one wants to see.

What is near is found by the interpreter, which begins at once.  What is farther away is looked for by an engine: in the
system that begins in this state, and in which it is a violation to be where one wants to be.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import product

from ovlcheck.engines import make_engine
from ovlcheck.explore.result import Limits
from ovlcheck.explore.search import explore
from ovlcheck.runs.moves import Moves
from ovlcheck.system.action import Action, State
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.expr import Const, Expr, Not
from ovlcheck.system.step import Outcome
from ovlcheck.system.transition_system import Assign, Initial, Invariant, TransitionSystem

NEAR = 2_000
"""States that the interpreter looks at before an engine is asked."""

_THERE = "$there"


@dataclass(frozen=True)
class Goal:
    """A state in which ``condition`` is true, or a step or state that breaks one of ``checks``."""

    condition: Expr | None = None
    checks: tuple[str, ...] = ()

    def met(self, moves: Moves, outcome: Outcome) -> bool:
        if any(failure.name in self.checks for failure in moves.broken_by(outcome)):
            return True
        if self.condition is None or outcome.state is None:
            return False
        try:
            return bool(moves.semantics.evaluate(self.condition, outcome.state))
        except Fault:
            return False


class TooManyStates(Exception):
    """A search was given up after as many states as it was allowed."""


def shortest_way(moves: Moves, state: State, goal: Goal, most: int) -> tuple[Action, ...] | None:
    """The fewest steps from ``state`` whose last one meets ``goal``; None if no steps do.

    Raises ``TooManyStates`` when there is none among the first ``most`` states, and ``GrowsWithoutEnd``.
    """
    try:
        return _near(moves, state, goal, min(most, NEAR))
    except TooManyStates:
        if most <= NEAR or len(goal.checks) > 1:
            raise
    path = _far(moves, state, goal, most)
    if path is None or _leads(moves, state, path, goal):
        return path
    # The engine takes a state in which the condition has no value for one in which it is true.
    return _near(moves, state, goal, most)


def _near(moves: Moves, state: State, goal: Goal, most: int) -> tuple[Action, ...] | None:
    parents: dict[State, tuple[State, Action] | None] = {state: None}
    queue = deque([state])
    while queue:
        current = queue.popleft()
        for outcome in moves.successors(current):
            if goal.met(moves, outcome):
                return (*_way(parents, current), outcome.action)
            if outcome.state is not None and outcome.state not in parents:
                if len(parents) >= most:
                    raise TooManyStates
                parents[outcome.state] = (current, outcome.action)
                queue.append(outcome.state)
    return None


def _way(parents: dict[State, tuple[State, Action] | None], state: State) -> tuple[Action, ...]:
    actions: list[Action] = []
    parent = parents[state]
    while parent is not None:
        actions.append(parent[1])
        parent = parents[parent[0]]
    return tuple(reversed(actions))


def _far(moves: Moves, state: State, goal: Goal, most: int) -> tuple[Action, ...] | None:
    system = replace(moves.system, initial=(_beginning_in(moves.system, state),), covers=())
    wanted = goal.checks[0] if goal.checks else _THERE
    if goal.condition is not None:
        system = replace(system, invariants=(*system.invariants, Invariant(_THERE, Not(goal.condition))))
    _, search = explore(
        system, make_engine("auto"), limits=Limits(states=most), stop_early=frozenset({wanted}), room=True
    )
    for violation in search.unless_interrupted().violations:
        if violation.name == wanted:
            return violation.path
    if search.complete:
        return None
    raise TooManyStates


def _beginning_in(system: TransitionSystem, state: State) -> Initial:
    ops = []
    for variable in system.variables:
        first = system.offset[variable.name]
        for cell, index in enumerate(product(*(range(n) for n in variable.shape))):
            if state[first + cell] != variable.default:
                ops.append(Assign(variable.name, tuple(map(Const, index)), Const(state[first + cell])))
    return Initial(tuple(ops))


def _leads(moves: Moves, state: State, path: tuple[Action, ...], goal: Goal) -> bool:
    """Whether the last step of ``path`` meets ``goal``."""
    for number, action in enumerate(path, 1):
        outcome = moves.fire(state, action)
        if outcome is None:
            return False
        if number == len(path):
            return goal.met(moves, outcome)
        if outcome.state is None:
            return False
        state = outcome.state
    return False
