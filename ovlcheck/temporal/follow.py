"""The product of a transition system with a scenario: its runs are the runs that follow the scenario.

A monitor variable counts the lines of the scenario that have happened.  Every edge is copied: once for each
way in which it can match lines, and once for the case that it passes in a gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ovlcheck.system.bounds import Bounds
from ovlcheck.system.definedness import defined, op_defined
from ovlcheck.system.expr import FALSE, TRUE, Binary, Const, Expr, Load, Param
from ovlcheck.system.logic import conjunction, disjunction, negation
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Edge,
    Invariant,
    Op,
    Parameter,
    Source,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Int
from ovlcheck.temporal.matching import HEAD, Conditions, Instance, Matches
from ovlcheck.temporal.scenario_file import Scenario

GOAL = "scenario"
"""The pseudo-invariant that is violated where the goal of a search is reached."""

_MONITOR = "scenario"
_BROKEN = "scenario_broken"

_OpsOf = Callable[[Edge, int | None], tuple[Op, ...]]


@dataclass(frozen=True)
class Product:
    """A product and, for each of its edges, the number of the edge of the original system that it copies."""

    system: TransitionSystem
    origins: tuple[int, ...]


def follow(system: TransitionSystem, scenario: Scenario) -> TransitionSystem:
    """``system`` restricted to runs that follow ``scenario``, with all its checks.

    The shortest run that follows it to the end is the shortest violation of the invariant ``scenario``.
    Raises ``CompileError`` for names in the scenario that the system does not have.
    """
    return _product(system, scenario, lambda edge, _: edge.ops, past_the_end=True).system


def following(system: TransitionSystem, scenario: Scenario) -> Product:
    """The product for the shortest run that follows ``scenario`` to its end, whatever it breaks on the way.

    No violation is left in it but those that say that the end is reached: the invariant ``scenario``, and
    failures in the very step of the last event, behind that event.
    """
    return _product(_silent(system), scenario, _ToEnd(system).ops, past_the_end=False)


def following_and_breaking(system: TransitionSystem, scenario: Scenario, names: frozenset[str]) -> Product:
    """The product for the shortest run that follows ``scenario`` to its end and has broken one of ``names``
    by then.

    ``names`` are invariants, checks or faults.  The goal shows as a violation of ``scenario`` or of one of
    ``names``.
    """
    to_break = _ToBreak(system, names)
    quiet = replace(_silent(system), variables=(*system.variables, Variable(_BROKEN, Bool(), kind="ghost")))
    product = _product(quiet, scenario, to_break.ops, past_the_end=True)
    goal = product.system.invariants[-1]
    invariants = (replace(goal, condition=disjunction([goal.condition, negation(to_break.broken_by_now)])),)
    initial = tuple(replace(i, ops=to_break.split(i.ops, i.parameters, len(i.ops))) for i in system.initial)
    return replace(product, system=replace(product.system, invariants=invariants, initial=initial))


def following_into_deadlock(system: TransitionSystem, scenario: Scenario) -> Product:
    """The product for the shortest run that follows ``scenario`` into a deadlock: its only terminal states
    are those of ``system`` at the scenario's end.

    Elsewhere a rule without effect, which is no edge of ``system`` (its origin is -1), keeps the run going;
    whatever is still possible at the end may also lead on to nowhere, so that the end is not taken for a
    deadlock.
    """
    product = _product(_silent(system), scenario, _ToEnd(system).ops, past_the_end=True)
    monitor = product.system.variable[_MONITOR]
    assert isinstance(monitor.type, Int)
    end, nowhere = monitor.type.high, monitor.type.high + 1
    edges, origins = list(product.system.edges), list(product.origins)
    at_end = Assume(Binary("==", Load(_MONITOR), Const(end)))
    leave = Assign(_MONITOR, (), Const(nowhere))
    edges += [replace(e, ops=(at_end, *e.ops, leave)) for e in system.edges]
    origins += range(len(system.edges))
    elsewhere = Assume(Binary("!=", Load(_MONITOR), Const(end)))
    edges.append(
        Edge("wait for the scenario", (elsewhere,), Source(scenario.file, 1, "", ""), fairness="none")
    )
    origins.append(-1)
    variables = (*product.system.variables[:-1], replace(monitor, type=Int(0, nowhere)))
    return Product(
        replace(product.system, variables=variables, edges=tuple(edges), invariants=()), tuple(origins)
    )


def _product(system: TransitionSystem, scenario: Scenario, ops_of: _OpsOf, *, past_the_end: bool) -> Product:
    matches = Matches(system, scenario)
    monitor = Load(_MONITOR)
    edges: list[Edge] = []
    origins: list[int] = []
    for number, edge in enumerate(system.edges):
        for way in matches.advances(edge):
            guards = [Assume(Binary("==", monitor, Const(way.start))), *_instance_guards(way.conditions)]
            ends = way.end == matches.length
            ops = ops_of(edge, way.last if ends else None)
            advance = Assign(_MONITOR, (), Const(way.end))
            edges.append(replace(edge, ops=(*guards, *ops, advance)))
            origins.append(number)
        for conditions, starts in matches.skips(edge).items():
            for ended in (False, True):
                here = [s for s in starts if (s == matches.length) == ended]
                if here and (past_the_end or not ended):
                    guard = Assume(_one_of(monitor, here))
                    ops = ops_of(edge, HEAD if ended else None)
                    edges.append(replace(edge, ops=(guard, *_instance_guards(conditions), *ops)))
                    origins.append(number)
    variable = Variable(_MONITOR, Int(0, matches.length), kind="ghost")
    goal = Invariant(
        GOAL, Binary("!=", monitor, Const(matches.length)), "a run follows the scenario to its end"
    )
    result = replace(
        system,
        variables=(*system.variables, variable),
        edges=tuple(edges),
        invariants=(*system.invariants, goal),
    )
    return Product(result, tuple(origins))


def _silent(system: TransitionSystem) -> TransitionSystem:
    """``system`` without what is observed of its states; the initial actions keep no failures either."""
    to_end = _ToEnd(system)
    initial = tuple(replace(i, ops=to_end.split(i.ops, i.parameters, len(i.ops))) for i in system.initial)
    return replace(system, invariants=(), covers=(), initial=initial)


def _instance_guards(conditions: Conditions) -> list[Op]:
    ordered = sorted(conditions, key=lambda c: (not c.equal, c.number))
    return [Assume(_is(c)) for c in ordered]


def _is(condition: Instance) -> Expr:
    return Binary("==" if condition.equal else "!=", Param("self"), Const(condition.number))


def _one_of(value: Expr, numbers: list[int]) -> Expr:
    """Whether ``value`` is one of ``numbers``, which ascend: a disjunction of ranges."""
    ranges: list[tuple[int, int]] = []
    for n in numbers:
        if ranges and ranges[-1][1] == n - 1:
            ranges[-1] = (ranges[-1][0], n)
        else:
            ranges.append((n, n))
    return disjunction(
        Binary("==", value, Const(a))
        if a == b
        else conjunction([Binary(">=", value, Const(a)), Binary("<=", value, Const(b))])
        for a, b in ranges
    )


class _ToEnd:
    """Rewrites operations for the search for the end: what fails ahead of it leaves no path."""

    def __init__(self, system: TransitionSystem) -> None:
        self._system = system

    def ops(self, edge: Edge, last: int | None) -> tuple[Op, ...]:
        """The operations of a copy of ``edge``; those behind position ``last`` lie behind the scenario's
        end."""
        end = len(edge.ops) if last is None else last + 1
        return self.split(edge.ops, edge.parameters, end)

    def split(self, ops: tuple[Op, ...], parameters: tuple[Parameter, ...], end: int) -> tuple[Op, ...]:
        """``ops``, of which those from position ``end`` on lie behind the scenario's end."""
        bounds = Bounds(self._system, parameters)
        result: list[Op] = []
        for position, op in enumerate(ops):
            if not isinstance(op, Cover):
                possible = op_defined(self._system, bounds, op)
                result += self._behind(op, possible) if position >= end else self._ahead(op, possible)
            bounds.pass_over(op)
        return tuple(result)

    def _ahead(self, op: Op, possible: Expr) -> list[Op]:
        if not isinstance(op, Check):
            return [*_assume(possible), op]
        return [*_assume(possible), *(_assume(op.condition) if op.fatal else [])]

    def _behind(self, op: Op, possible: Expr) -> list[Op]:
        match op:
            case Check(fatal=True):
                return [replace(op, name=GOAL)]
            case Check():
                return [] if possible == TRUE else [replace(op, name=GOAL, condition=possible, fatal=True)]
        return [op]


class _ToBreak(_ToEnd):
    """Rewrites operations for the search for a broken property: a latch keeps what was broken on the way."""

    def __init__(self, system: TransitionSystem, names: frozenset[str]) -> None:
        super().__init__(system)
        self._names = names
        self._latch = Load(_BROKEN)
        bounds = Bounds(system, ())
        self._wrong = disjunction(
            negation(conjunction([defined(system, bounds, i.condition), i.condition]))
            for i in system.invariants
            if i.name in names
        )
        self.broken_by_now = disjunction([self._latch, self._wrong])

    def ops(self, edge: Edge, last: int | None) -> tuple[Op, ...]:
        return (*self._set(self._wrong), *super().ops(edge, last))

    def _set(self, wrong: Expr) -> list[Op]:
        return [] if wrong == FALSE else [Assign(_BROKEN, (), disjunction([self._latch, wrong]))]

    def _watches(self, op: Op) -> bool:
        return isinstance(op, Check) and op.name in self._names

    def _ahead(self, op: Op, possible: Expr) -> list[Op]:
        if isinstance(op, Check) and self._watches(op) and not op.fatal:
            return [*_assume(possible), *self._set(negation(op.condition))]
        return super()._ahead(op, possible)

    def _behind(self, op: Op, possible: Expr) -> list[Op]:
        # A step that fails here is the last of the run: what was broken before counts, and its own name does.
        lost: list[Op] = []
        if possible != TRUE:
            lost = [self._end_if_broken(possible, "the step fails here")]
        match op:
            case Check(condition, fatal=False):
                return [
                    *lost,
                    *_assume(possible),
                    *(self._set(negation(condition)) if self._watches(op) else []),
                ]
            case Check() if self._watches(op):
                return [*lost, replace(op, name=GOAL)]
            case Check(condition, _, message):
                return [*lost, *_assume(possible), self._end_if_broken(condition, message), Assume(condition)]
        return [*lost, op]

    def _end_if_broken(self, condition: Expr, message: str) -> Check:
        return Check(disjunction([condition, negation(self._latch)]), GOAL, message)


def _assume(condition: Expr) -> list[Op]:
    return [] if condition == TRUE else [Assume(condition)]
