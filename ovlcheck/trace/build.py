"""From a path that an engine found to a trace, by replaying it: nothing is shown that does not
happen again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ovlcheck.explore.result import Action, State, Violation
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.expr import Expr
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.step import Outcome
from ovlcheck.system.transition_system import Check, Event, Let, Source, TransitionSystem
from ovlcheck.system.types import Type
from ovlcheck.trace.explain import Reason, explain
from ovlcheck.trace.fingerprint import fingerprint
from ovlcheck.trace.trace import Call, Change, Choice, Step, Stuck, Trace
from ovlcheck.trace.words import Words


class NotReplayed(Exception):
    """An engine reported a run that the semantics does not have, or that does not end as reported."""


@dataclass(frozen=True)
class _Moment:
    """Where a step's operations have come to: what conditions are evaluated in."""

    state: State
    scope: Mapping[str, int]
    definitions: Mapping[str, Expr]


class TraceBuilder:
    """Makes the traces of one search of ``system``, the system that was searched in the end (with
    its last widths).

    ``path`` is the model's file as reports name it.
    """

    def __init__(self, system: TransitionSystem, path: str) -> None:
        self._system = system
        self._path = path
        self._semantics = Semantics(system)
        self._words = Words(system)
        self._hash = fingerprint(system)

    def build(self, violation: Violation, *, name: str | None = None, doc: str = "") -> Trace:
        """The trace of ``violation``, reported as ``name`` (its own, unless told).

        Raises ``NotReplayed``.
        """
        states = [violation.initial]
        if violation.initial not in self._semantics.initial_states() and violation.path:
            raise NotReplayed(f"{violation.name}: the run does not begin in an initial state")
        steps: list[Step] = []
        outcome: Outcome | None = None
        for number, action in enumerate(violation.path, 1):
            if outcome is not None and outcome.state is None:
                raise NotReplayed(f"{violation.name}: nothing follows step {number - 1}, which ends the run")
            outcome = self._semantics.fire(states[-1], action)
            if outcome is None:
                raise NotReplayed(f"{violation.name}: step {number} is not enabled")
            after = outcome.state if outcome.state is not None else outcome.partial
            if after is None:
                raise NotReplayed(f"{violation.name}: step {number} leads nowhere")
            steps.append(self._step(states[-1], action, after, partial=outcome.state is None))
            states.append(after)
        reason, message = self._reason(violation, states, outcome)
        return Trace(
            model=self._system.name,
            path=self._path,
            model_hash=self._hash,
            constants=dict(self._system.constants),
            property_name=name or violation.name,
            doc=doc,
            message=message,
            initial=self._words.values(violation.initial),
            cells=violation.initial,
            steps=tuple(steps),
            relevant=reason.relevant,
            failed=reason.failed,
            stuck=self._stuck(violation, states[-1]),
        )

    def _step(self, before: State, action: Action, after: State, *, partial: bool) -> Step:
        edge = self._system.edges[action.edge]
        who = self._semantics.instance(action)
        parameters = {
            p.name: _format(p.type, value)
            for p, value in zip(edge.parameters, action.arguments, strict=True)
            if not (p.name == "self" and who is not None)
        }
        old, new = self._words.values(before), self._words.values(after)
        names = [*new, *(name for name in old if name not in new)]
        return Step(
            process=who[0] if who is not None else edge.name,
            instance=who[1] if who is not None else None,
            choice=Choice(action.edge, action.arguments, parameters),
            function=edge.source.function,
            file=edge.source.file,
            line=edge.source.line,
            source=edge.source.text.strip(),
            changes=tuple(
                Change(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
            ),
            stack=edge.calls,
            calls=self._calls(before, action),
            partial=partial,
        )

    def _calls(self, state: State, action: Action) -> tuple[Call, ...]:
        """The functions that the step calls or returns from; operations on sets are seen in the
        values.
        """
        calls: list[Call] = []
        for op, there, scope in self._semantics.walk(state, action):
            if isinstance(op, Event) and "." not in op.name:
                arguments = {
                    name: self._argument(value, type_, there, scope) for name, value, type_ in op.arguments
                }
                calls.append(Call(op.phase, op.name, arguments))
        return tuple(calls)

    def _argument(self, value: Expr, type_: Type | None, there: State, scope: Mapping[str, int]) -> str:
        try:
            return _format(type_, self._semantics.evaluate(value, there, scope))
        except Fault:
            return "?"

    def _reason(
        self, violation: Violation, states: list[State], outcome: Outcome | None
    ) -> tuple[Reason, str]:
        """Why the last state or step breaks the property, and the message of what broke it."""
        nothing = Reason("", ())
        for invariant in self._system.invariants:
            if invariant.name == violation.name:
                moment = _Moment(states[-1], {}, {})
                if self._semantics.evaluate(invariant.condition, moment.state) == 0:
                    return self._explain(invariant.condition, moment), invariant.message or violation.message
        if outcome is None:
            return nothing, violation.message
        failure = next((f for f in outcome.faults if f.name == violation.name), None)
        if failure is None:
            # Deadlocks are of a state, not of a step: the engine that names one lists who is stuck.
            if violation.blocked or not self._is_of_a_step(violation.name):
                return nothing, violation.message
            raise NotReplayed(f"{violation.name}: the last step does not break it")
        definitions: dict[str, Expr] = {}
        for op, there, scope in self._semantics.walk(states[-2], outcome.action):
            if isinstance(op, Let):
                definitions[op.temp] = op.value
            elif isinstance(op, Check) and op.name == violation.name:
                moment = _Moment(there, scope, definitions)
                if self._semantics.evaluate(op.condition, there, scope) == 0:
                    return self._explain(op.condition, moment), failure.message
        return nothing, failure.message

    def _is_of_a_step(self, name: str) -> bool:
        return any(
            isinstance(op, Check) and op.name == name for edge in self._system.edges for op in edge.ops
        )

    def _explain(self, condition: Expr, moment: _Moment) -> Reason:
        return explain(self._semantics, condition, moment.state, moment.scope, moment.definitions)

    def _stuck(self, violation: Violation, state: State) -> tuple[Stuck, ...]:
        stuck = []
        for process, instance in violation.blocked:
            location = self._words.location(state, process, instance)
            source = location.source if location is not None else Source("", 0, "", "")
            stuck.append(
                Stuck(process, instance, source.function, source.file, source.line, source.text.strip())
            )
        return tuple(stuck)


def _format(type_: Type | None, value: int) -> str:
    return type_.format(value) if type_ is not None and type_.contains(value) else str(value)
