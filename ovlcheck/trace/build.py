"""From a path that an engine found to a trace, by replaying it: nothing is shown that does not
happen again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ovlcheck.explore.replay import replay, replay_path
from ovlcheck.explore.result import Violation
from ovlcheck.system.action import Action, State
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.expr import Expr, Load
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.step import Outcome
from ovlcheck.system.transition_system import Assign, Check, Event, Let, Source, TransitionSystem
from ovlcheck.system.types import Ref, Type
from ovlcheck.trace.accesses import accesses
from ovlcheck.trace.analyse import analysed
from ovlcheck.trace.explain import Reason, explain
from ovlcheck.trace.fingerprint import fingerprint
from ovlcheck.trace.place import shown_file
from ovlcheck.trace.reads import Reads
from ovlcheck.trace.trace import Call, Change, Choice, Step, Stuck, Trace
from ovlcheck.trace.waiting import waiting
from ovlcheck.trace.words import Words


@dataclass(frozen=True)
class _Cause:
    """What broke the property: the condition and its values, the message, and the event that it is about."""

    reason: Reason
    message: str
    event: Call | None = None


class TraceBuilder:
    """Makes the traces of one search of ``system``, the system that was searched in the end (with
    its last widths).

    ``path`` is the model's file as reports name it.
    """

    def __init__(self, system: TransitionSystem, path: str) -> None:
        self._system = system
        self._path = shown_file(path)
        self._semantics = Semantics(system)
        self._words = Words(system)

    @cached_property
    def _fingerprint(self) -> str:
        return fingerprint(self._system)

    def build(self, violation: Violation, *, name: str | None = None, doc: str = "") -> Trace:
        """The trace of ``violation``, reported as ``name`` (its own, unless told).

        Raises ``ReplayError``.
        """
        states = replay(self._system, violation, self._semantics)
        shown_name = violation.name if name is None else name
        steps, last = self._steps(states, violation.path, shown_name)
        cause = self._cause(violation, states, last)
        trace = replace(
            self._trace(violation.initial, steps, shown_name, doc, cause),
            stuck=self._stuck(violation, states[-1]),
            loop_start=violation.loop_start,
        )
        return analysed(trace, self._semantics, states, violation)

    def build_run(
        self,
        initial: State,
        path: tuple[Action, ...],
        *,
        name: str,
        doc: str = "",
        message: str = "",
        breaks: str = "",
    ) -> Trace:
        """The trace of a run that need not break anything.  Raises ``ReplayError``.

        If it breaks the check ``breaks`` at its end, that is explained.
        """
        states, _ = replay_path(self._semantics, initial, path)
        steps, last = self._steps(states, path, name)
        violation = Violation(breaks, "", initial, path)
        cause = replace(self._cause(violation, states, last), message=message)
        return analysed(self._trace(initial, steps, name, doc, cause), self._semantics, states, violation)

    def _trace(self, initial: State, steps: tuple[Step, ...], name: str, doc: str, cause: _Cause) -> Trace:
        return Trace(
            model=self._system.name,
            path=self._path,
            model_hash=self._fingerprint,
            constants=dict(self._system.constants),
            property_name=name,
            doc=doc,
            message=cause.message,
            initial=Words(self._system, name).values(initial),
            cells=initial,
            steps=steps,
            relevant=cause.reason.relevant,
            failed=cause.reason.failed,
            event=cause.event,
        )

    def _steps(
        self, states: list[State], path: tuple[Action, ...], name: str
    ) -> tuple[tuple[Step, ...], Outcome | None]:
        """The steps of a path that was replayed through ``states``, and the outcome of the last one."""
        words = Words(self._system, name)
        steps: list[Step] = []
        outcome: Outcome | None = None
        for state, action in zip(states, path, strict=False):
            outcome = self._semantics.fire(state, action)
            assert outcome is not None, "replayed before"
            after = outcome.state if outcome.state is not None else outcome.partial
            assert after is not None, "a step that fails leaves the state in which it did"
            steps.append(self._step(words, state, action, after, partial=outcome.state is None))
        return tuple(steps), outcome

    def _step(self, words: Words, before: State, action: Action, after: State, *, partial: bool) -> Step:
        edge = self._system.edges[action.edge]
        who = self._semantics.instance(action)
        parameters = {
            p.name: _parameter(p.type, p.size, value)
            for p, value in zip(edge.parameters, action.arguments, strict=True)
            if p.type is not None and not (p.name == "self" and who is not None)
        }
        old, new, first = words.values(before), words.values(after), words.first_values()
        names = [*new, *(name for name in old if name not in new)]
        calls, moments = self._flow(words, before, action)
        seen_by_others = any(old.get(name) != new.get(name) for name in names if name not in words.locals)
        return Step(
            process=who[0] if who is not None else edge.name,
            instance=who[1] if who is not None else None,
            choice=Choice(action.edge, action.arguments, parameters),
            function=edge.source.function,
            file=shown_file(edge.source.file),
            line=edge.source.line,
            source=edge.source.text.strip(),
            changes=tuple(
                Change(
                    name, old.get(name), new.get(name), name not in old and new.get(name) == first.get(name)
                )
                for name in names
                if old.get(name) != new.get(name)
            ),
            stack=edge.calls,
            calls=calls,
            partial=partial,
            accesses=() if seen_by_others else accesses(self._semantics, before, action),
            moments={n: at for n, at in moments.items() if old.get(n) != new.get(n)},
        )

    def _flow(self, words: Words, state: State, action: Action) -> tuple[tuple[Call, ...], dict[str, int]]:
        """The functions that the step calls or returns from, and for each value that it writes how many of these
        calls came before; operations on sets are seen in the values.
        """
        reads = Reads(self._semantics)
        calls: list[Call] = []
        moments: dict[str, int] = {}
        for op, there, scope in self._semantics.walk(state, action):
            match op:
                case Event() if "." not in op.name:
                    calls.append(self._call(op, there, scope))
                case Assign(name, index):
                    cell = reads.index(Load(name, index), there, scope)
                    if cell is not None:
                        moments[words.cell(self._system.variable[name], cell)] = len(calls)
        return tuple(calls), moments

    def _call(self, event: Event, there: State, scope: Mapping[str, int]) -> Call:
        arguments = {
            name: self._argument(value, type_, there, scope) for name, value, type_ in event.arguments
        }
        return Call(event.phase, event.name, arguments)

    def _argument(self, value: Expr, type_: Type | None, there: State, scope: Mapping[str, int]) -> str:
        try:
            return _format(type_, self._semantics.evaluate(value, there, scope))
        except Fault:
            return "?"

    def _cause(self, violation: Violation, states: list[State], outcome: Outcome | None) -> _Cause:
        """Why the last state or step breaks the property, and the message of what broke it."""
        for invariant in self._system.invariants:
            if invariant.name == violation.name and self._is_false(invariant.condition, states[-1], {}):
                reason = explain(self._semantics, invariant.condition, states[-1], {}, {})
                return _Cause(reason, invariant.message or violation.message)
        if outcome is not None:
            before = states[-1] if outcome.state is None else states[-2]
            definitions: dict[str, Expr] = {}
            event: Call | None = None
            for op, there, scope in self._semantics.walk(before, outcome.action):
                if isinstance(op, Let):
                    definitions[op.temp] = op.value
                elif isinstance(op, Event):
                    event = self._call(op, there, scope)
                elif (
                    isinstance(op, Check)
                    and op.name == violation.name
                    and self._is_false(op.condition, there, scope)
                ):
                    reason = explain(self._semantics, op.condition, there, scope, definitions)
                    return _Cause(reason, op.message, event)
        if violation.blocked:
            message, relevant = waiting(self._semantics, violation, states[-1])
            return _Cause(Reason("", relevant), message)
        return _Cause(Reason("", {}), violation.message)

    def _is_false(self, condition: Expr, state: State, scope: Mapping[str, int]) -> bool:
        try:
            return not self._semantics.evaluate(condition, state, scope)
        except Fault:
            return False

    def _stuck(self, violation: Violation, state: State) -> tuple[Stuck, ...]:
        stuck = []
        for process, instance in violation.blocked:
            location = self._words.location(state, process, instance)
            source = location.source if location is not None else Source("", 0, "", "")
            stuck.append(
                Stuck(
                    process,
                    instance,
                    source.function,
                    shown_file(source.file),
                    source.line,
                    source.text.strip(),
                )
            )
        return tuple(stuck)


def _parameter(type_: Type, size: int, value: int) -> str:
    """A parameter's value in words: one that ranges over the objects of a population has no None."""
    if isinstance(type_, Ref) and size == type_.size:
        value += 1
    return _format(type_, value)


def _format(type_: Type | None, value: int) -> str:
    return type_.format(value) if type_ is not None and type_.contains(value) else str(value)
