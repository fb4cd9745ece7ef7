"""Every counterexample is run again by the step semantics before anyone sees it: no engine is believed."""

from __future__ import annotations

from ovlcheck.explore import deadlock
from ovlcheck.explore.liveness.replay import shows_behaviour
from ovlcheck.explore.reference import DEADLOCK
from ovlcheck.explore.result import Violation
from ovlcheck.system.action import Action, State
from ovlcheck.system.describe import format_action
from ovlcheck.system.expr import Expr
from ovlcheck.system.semantics import CountOverflow, Fault, Outcome, Semantics
from ovlcheck.system.transition_system import TransitionSystem


class ReplayError(Exception):
    """An engine reported a run that the model does not have: a defect of the checker, never of the model."""


def replay_path(
    semantics: Semantics, initial: State, path: tuple[Action, ...]
) -> tuple[list[State], Outcome | None]:
    """The states that ``path`` leads through, and the outcome of its last action (None if it is empty).

    The states begin with ``initial`` and end before a step that fails.  Raises ``ReplayError``.
    """
    states: list[State] = [initial]
    outcome: Outcome | None = None
    for number, action in enumerate(path):
        try:
            outcome = semantics.fire(states[-1], action)
        except CountOverflow as overflow:
            raise ReplayError(f"step {number + 1} overflows {overflow.variable}") from None
        except (KeyError, IndexError, ValueError):
            raise ReplayError(f"step {number + 1} is no action of the system: {action}") from None
        if outcome is None:
            raise ReplayError(f"step {number + 1} is not enabled: {format_action(semantics.system, action)}")
        if outcome.state is not None:
            states.append(outcome.state)
        elif number + 1 < len(path):
            raise ReplayError(
                f"step {number + 1} has no successor: {format_action(semantics.system, action)}"
            )
    return states, outcome


def replay(system: TransitionSystem, violation: Violation, semantics: Semantics | None = None) -> list[State]:
    """The states of ``violation``'s path, the initial one first.

    Raises ``ReplayError`` unless the path is one of ``system`` and its end shows the violation.  For
    ``no_deadlock`` it is shown that the blocked instances cannot move at once; that they never can again is
    a matter of the whole graph.
    """
    semantics = semantics or Semantics(system)
    starts = list(semantics.initial_outcomes())
    if not any(violation.initial in (start.state, start.partial) for start in starts):
        raise ReplayError(f"{violation.name}: the path does not begin in an initial state")
    try:
        states, outcome = replay_path(semantics, violation.initial, violation.path)
    except ReplayError as error:
        raise ReplayError(f"{violation.name}: {error}") from None
    last = (
        [outcome] if outcome is not None else [s for s in starts if violation.initial in (s.state, s.partial)]
    )
    if any(failure.name == violation.name for step in last for failure in step.faults):
        return states
    if any(step.state is not None for step in last) and (
        _shows(semantics, violation, states[-1]) or shows_behaviour(semantics, violation, states)
    ):
        return states
    raise ReplayError(f"{violation.name}: the end of the path does not show it")


def _shows(semantics: Semantics, violation: Violation, state: State) -> bool:
    """Whether ``state`` itself is what ``violation`` says."""
    for invariant in semantics.system.invariants:
        if invariant.name == violation.name and not _holds(semantics, invariant.condition, state):
            return True
    stuck = [who for who in semantics.instances if not semantics.at_rest(state, *who)]
    if violation.name == DEADLOCK:
        return bool(stuck) and next(semantics.successors(state), None) is None
    if violation.name == deadlock.NAME:
        moving = {semantics.instance(o.action) for o in semantics.successors(state) if o.state != state}
        return bool(violation.blocked) and all(
            who in stuck and who not in moving for who in violation.blocked
        )
    return False


def _holds(semantics: Semantics, condition: Expr, state: State) -> bool:
    try:
        return bool(semantics.evaluate(condition, state))
    except Fault:
        return False
