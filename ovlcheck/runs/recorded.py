"""Runs and traces: a run told as a ``Trace``, and the run of a model that a saved trace tells of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ovlcheck.errors import UsageError
from ovlcheck.explore.reference import DEADLOCK
from ovlcheck.explore.result import Violation
from ovlcheck.runs.moves import Moves
from ovlcheck.runs.walk import Walk
from ovlcheck.system.action import Action, State
from ovlcheck.system.step import Failure, Outcome
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.trace.build import TraceBuilder
from ovlcheck.trace.trace import Step, Trace
from ovlcheck.trace.words import Words

BY_HAND = "walk by hand"


class Narrator:
    """Steps and runs of ``moves`` in words; ``path`` is the model's file as reports name it."""

    def __init__(self, moves: Moves, path: str) -> None:
        self._moves = moves
        self._path = path
        self._system: TransitionSystem | None = None

    def step(self, state: State, action: Action) -> Step:
        """What ``action``, which is enabled in ``state``, does there."""
        return self._builder().build_run(state, (action,), name="").steps[0]

    def values(self, state: State, *, ghosts: bool = False) -> dict[str, str]:
        """Every value of the model that means something in ``state``, by name; with ``ghosts``, of properties too."""
        return Words(self._moves.system, None if ghosts else "").values(state)

    def trace(self, walk: Walk) -> Trace:
        """``walk`` as a trace: of what its last step broke, if it broke something."""
        actions = walk.actions
        broken = walk.broken or _deadlock(self._moves, walk)
        if not broken:
            return self._builder().build_run(walk.initial, actions, name=BY_HAND)
        failure = broken[0]
        info = next((p for p in self._moves.system.properties if failure.name in (p.check, p.name)), None)
        stuck = self._moves.stuck(walk.state) if failure.name == DEADLOCK else ()
        return self._builder().build(
            Violation(failure.name, failure.message, walk.initial, actions, stuck),
            name=info.name if info is not None else None,
            doc=info.doc if info is not None else "",
        )

    def _builder(self) -> TraceBuilder:
        if self._system is not self._moves.system:
            self._system = self._moves.system
            self._told = TraceBuilder(self._system, self._path)
        return self._told


def _deadlock(moves: Moves, walk: Walk) -> tuple[Failure, ...]:
    """What is wrong where the walk is, if nobody can move there."""
    failure = None if walk.over or walk.choices() else moves.deadlock(walk.state)
    return () if failure is None else (failure,)


def recall(moves: Moves, narrator: Narrator, trace: Trace) -> tuple[Outcome, tuple[Action, ...]]:
    """The start and the actions of the run that ``trace`` tells of, whichever properties were checked in it.

    A step is known again by who takes it, the text of its line, and what it changes: the model may have moved within
    its file since.  Raises ``UsageError`` where the model has no such run.
    """
    starts = (o for o in moves.initial() if o.state is not None or not trace.steps)
    start = next((o for o in starts if _agree(narrator, _state(o), trace.initial)), None)
    if start is None:
        raise UsageError("the trace begins in no initial state of this model", _remedy(trace))
    state, actions, ghosts = _state(start), list[Action](), f"{trace.property_name}."
    for number, told in enumerate(trace.steps, 1):
        outcomes = () if start.state is None else moves.successors(state)
        found = _find(moves, narrator, state, outcomes, told, ghosts)
        if found is None:
            place = f"{told.actor} {told.function} {told.file}:{told.line}"
            raise UsageError(f"this model cannot take step {number} of the trace: {place}", _remedy(trace))
        actions.append(found.action)
        if found.state is None:
            break
        state = found.state
    return start, tuple(actions)


def _find(
    moves: Moves, narrator: Narrator, state: State, outcomes: Sequence[Outcome], told: Step, ghosts: str
) -> Outcome | None:
    """The outcome that ``told`` tells of; the engine's own choice is tried first, since it mostly is the one."""
    choice = told.choice.edge, told.choice.arguments
    own = [o for o in outcomes if moves.actor(o.action) == told.actor]
    for outcome in sorted(own, key=lambda o: (o.action.edge, o.action.arguments) != choice):
        if _essence(narrator.step(state, outcome.action), ghosts) == _essence(told, ghosts):
            return outcome
    return None


def _state(outcome: Outcome) -> State:
    return outcome.state if outcome.state is not None else outcome.partial or ()


def _agree(narrator: Narrator, state: State, values: Mapping[str, str]) -> bool:
    """Whether what ``values`` and ``state`` both name is the same."""
    own = narrator.values(state)
    return all(own[name] == value for name, value in values.items() if name in own)


def _essence(step: Step, ghosts: str) -> tuple[object, ...]:
    """What makes a step that step: without changes of ghosts, whose names begin with ``ghosts``."""
    changes = {c.name: (c.old, c.new) for c in step.changes if not c.name.startswith(ghosts)}
    return step.actor, step.function, step.source, dict(step.choice.parameters), changes


def _remedy(trace: Trace) -> str:
    constants = " ".join(f"--set {name}={value}" for name, value in trace.constants.items())
    return f"it is a trace of {trace.path}" + (f" with {constants}" if constants else "")
