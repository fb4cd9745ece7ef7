"""Counterexamples about whole behaviours, confirmed without the graph, the automaton or the search that found them."""

from __future__ import annotations

from ovlcheck.explore.result import Violation
from ovlcheck.system.action import Action, State
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.expr import Expr
from ovlcheck.system.fairness import NONE, STRONG, fairness_of
from ovlcheck.system.formula import Formula, Possibility, Requirement
from ovlcheck.system.semantics import Semantics
from ovlcheck.temporal.lasso_word import holds_of_lasso


def shows_behaviour(semantics: Semantics, violation: Violation, states: list[State]) -> bool:
    """Whether ``violation``, whose path leads through ``states``, breaks a requirement of its name.

    For a behaviour that goes on for ever: it is fair, and the formula does not hold of it.  For a possibility: the
    premise holds in the last state and the goal does not; that no way leads on is a matter of the whole graph.
    """
    return any(
        _breaks(semantics, requirement, violation, states)
        for requirement in semantics.system.requirements
        if requirement.name == violation.name
    )


def _breaks(
    semantics: Semantics, requirement: Requirement, violation: Violation, states: list[State]
) -> bool:
    demand = requirement.demand
    if not all(_evaluates(semantics, condition, states[-1]) for condition in requirement.conditions):
        return True
    if isinstance(demand, Possibility):
        premise = semantics.evaluate(demand.premise, states[-1])
        return bool(premise) and not semantics.evaluate(demand.goal, states[-1])
    start = violation.loop_start
    if start is None or states[start] != states[-1]:
        return False
    loop = list(zip(states[start:], violation.path[start:], strict=False))
    return _is_fair(semantics, requirement, states[-1], loop) and not _holds(semantics, demand, states, start)


def _evaluates(semantics: Semantics, condition: Expr, state: State) -> bool:
    try:
        semantics.evaluate(condition, state)
    except Fault:
        return False
    return True


def _is_fair(
    semantics: Semantics, requirement: Requirement, last: State, loop: list[tuple[State, Action]]
) -> bool:
    """Whether the behaviour that goes round ``loop`` for ever, or stays in ``last`` if that is empty, is fair."""
    fairness = fairness_of(semantics, requirement)
    index = {action: i for i, action in enumerate(semantics.actions)}
    took = {fairness.group[index[action]] for _, action in loop}
    all_the_time: set[int] | None = None
    again: set[int] = set()
    for state in [state for state, _ in loop] or [last]:
        enabled = [index[action] for action in semantics.enabled(state)]
        fair = {fairness.group[a] for a in enabled if fairness.kind[a] != NONE}
        again |= {fairness.group[a] for a in enabled if fairness.kind[a] == STRONG}
        all_the_time = fair if all_the_time is None else all_the_time & fair
    return not ((all_the_time or set()) | again) - took


def _holds(semantics: Semantics, formula: Formula, states: list[State], start: int) -> bool:
    length = max(len(states) - 1, start + 1)
    return holds_of_lasso(
        formula, length, start, lambda condition, at: bool(semantics.evaluate(condition, states[at]))
    )
