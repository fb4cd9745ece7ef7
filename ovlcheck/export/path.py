"""One step as a guard and straight-line code, both of which start from the state before the step.

Other checkers have guarded commands: whether a command can be taken is asked before any of it runs.  In a transition
system a path may meet a false ``Assume``, a fault or a failing ``Check`` after it has stored something.  So each
condition on the path is rewritten in terms of the state before the step; temporaries become their values, and loads
of what the path has stored by then become what was stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ovlcheck.export.folding import (
    conditional,
    conjunction,
    disjunction,
    fold,
    fold_all,
    negation,
    truth,
)
from ovlcheck.export.temporaries import without_needless
from ovlcheck.system.bounds import Bounds
from ovlcheck.system.evaluation import (
    DIVISION_BY_ZERO,
    INDEX_OUT_OF_RANGE,
    NULL_DEREFERENCE,
    REFCOUNT_BELOW_ZERO,
    USE_AFTER_FREE,
    VALUE_OUT_OF_RANGE,
    WORD,
)
from ovlcheck.system.expr import (
    FALSE,
    TRUE,
    And,
    Binary,
    Cond,
    Const,
    Deref,
    Expr,
    Load,
    Not,
    Or,
    Param,
    Temp,
    Unary,
    rebuild,
    walk,
)
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Let,
    Op,
    Parameter,
    TransitionSystem,
    expressions,
)
from ovlcheck.system.types import Count

COUNTER_OVERFLOW = "counter overflow"
"""The name under which a store is reported that a ``Count`` is too narrow for: the export is of no use then."""

Fault = tuple[str, Expr]
"""The name of a fault and the condition under which it does not happen, where those before it do not."""


@dataclass(frozen=True)
class Demand:
    """A condition that the path meets where those before it hold, in terms of the state before the step.

    ``role`` says what follows if it is false: ``assume``, there is no such step; ``fatal``, a violation of ``name``
    and no successor; ``soft``, a violation of ``name``, and the path goes on.
    """

    role: str
    name: str
    holds: Expr


@dataclass(frozen=True)
class Path:
    """``demands`` in their order, and ``body``: what the step does where every demand that is not soft holds.

    ``ranges`` knows the temporaries that ``body`` binds.
    """

    demands: tuple[Demand, ...]
    body: tuple[Let | Assign, ...]
    ranges: Bounds

    def succeeds(self) -> Expr:
        """The condition under which the step has a successor."""
        return conjunction(d.holds for d in self.demands if d.role != "soft")

    def violates(self, names: Collection[str]) -> Expr:
        """The condition under which there is such a step and it violates one of ``names``."""
        return self._reports(lambda demand: demand.name in names)

    def ends_fatally(self) -> Expr:
        """The condition under which there is such a step and it has no successor."""
        return self._reports(lambda demand: demand.role == "fatal")

    def _reports(self, counts: Callable[[Demand], bool]) -> Expr:
        """The condition under which there is such a step and a demand that ``counts`` fails in it."""
        taken: Expr = TRUE  # whether a path that came so far is a step, and
        found: Expr = FALSE  # whether something that counts fails from here on
        for demand in reversed(self.demands):
            fails = negation(demand.holds)
            if demand.role == "soft":
                if counts(demand):
                    found = disjunction([conjunction([fails, taken]), found])
            elif demand.role == "assume":
                found = conjunction([demand.holds, found])
                taken = conjunction([demand.holds, taken])
            else:
                found = disjunction([fails, found]) if counts(demand) else conjunction([demand.holds, found])
                taken = disjunction([fails, taken])
        return found

    def names(self) -> set[str]:
        """What the step may violate."""
        return {d.name for d in self.demands if d.role != "assume"}


def path_of(
    system: TransitionSystem,
    ops: tuple[Op, ...],
    parameters: tuple[Parameter, ...] = (),
    bindings: Mapping[str, int] | None = None,
) -> Path:
    """The path that runs ``ops``.  Parameters in ``bindings`` have that value, others stay open."""
    reader = _Reader(system, Bounds(system, parameters, widths=True), bindings or {})
    for op in ops:
        if not reader.pass_over(op):
            break
    return Path(tuple(reader.demands), without_needless(_without_unused(reader.body)), reader.ranges)


def condition_of(system: TransitionSystem, expr: Expr) -> Expr:
    """1 where ``expr`` can be evaluated and is non-zero, else 0."""
    return path_of(system, (Assume(expr),)).succeeds()


class _Reader:
    """Goes over the operations of one path."""

    def __init__(self, system: TransitionSystem, ranges: Bounds, bindings: Mapping[str, int]) -> None:
        self._system = system
        self._bindings = bindings
        self.ranges = ranges
        self.demands: list[Demand] = []
        self.body: list[Let | Assign] = []
        self._temps: dict[str, Expr] = {}
        self._constants: dict[str, Expr] = {}
        self._stored: list[tuple[str, tuple[Expr, ...], Expr]] = []
        self._holding: set[Expr] = set()
        self._over = False

    def pass_over(self, op: Op) -> bool:
        """Take ``op`` in; False if no path comes behind it."""
        match op:
            case Let(temp, expr):
                value = self._evaluate(expr)
                self._temps[temp] = value
                self.ranges.bind(temp, self.ranges.of(value))
                if isinstance(value, Const):
                    self._constants[temp] = value
                else:
                    self.body.append(Let(temp, self._running(expr)))
            case Assume(condition):
                self._demand("assume", "", self._evaluate(condition))
            case Check(condition, name, _, fatal):
                self._demand("fatal" if fatal else "soft", name, self._evaluate(condition))
            case Cover(_, condition):
                self._evaluate(condition)
            case Assign():
                self._store(op)
        return not self._over

    def _store(self, op: Assign) -> None:
        variable = self._system.variable[op.variable]
        value = self._evaluate(op.value)
        index = tuple(self._evaluate(i, size) for i, size in zip(op.index, variable.shape, strict=True))
        low, high = VALUE_OUT_OF_RANGE, VALUE_OUT_OF_RANGE
        if isinstance(variable.type, Count):
            low, high = REFCOUNT_BELOW_ZERO, COUNTER_OVERFLOW
        self._demand("fatal", low, self._fold(Binary(">=", value, Const(variable.type.lo))))
        self._demand("fatal", high, self._fold(Binary("<=", value, Const(variable.type.hi))))
        self._stored.append((op.variable, index, value))
        place = tuple(self._running(i) for i in op.index)
        self.body.append(replace(op, index=place, value=self._running(op.value)))

    def _evaluate(self, expr: Expr, below: int | None = None) -> Expr:
        """The value of ``expr``, for which everything that keeps it from faulting is demanded first."""
        faults, value = self._value(expr)
        if below is not None:
            faults = [*faults, (INDEX_OUT_OF_RANGE, self._inside(value, 0, below - 1))]
        for name, holds in faults:
            self._demand("fatal", name, holds)
        return value

    def _demand(self, role: str, name: str, holds: Expr) -> None:
        holds = self._given_the_rest(self._truth(holds))
        if holds == TRUE or self._over:
            return
        self.demands.append(Demand(role, name, holds))
        if role != "soft":
            self._holding.update(holds.items if isinstance(holds, And) else (holds,))
            self._over = holds == FALSE

    def _given_the_rest(self, expr: Expr) -> Expr:
        """``expr`` where every demand so far holds."""
        if expr in self._holding:
            return TRUE
        if self._not(expr) in self._holding:
            return FALSE
        match expr:
            case And(items):
                return self._all(self._given_the_rest(i) for i in items)
            case Or(items):
                return self._any(self._given_the_rest(i) for i in items)
        return expr

    def _fold(self, expr: Expr) -> Expr:
        return fold(expr, self.ranges)

    # Folded at once, so that what says the same is written the same, and recognised.

    def _all(self, items: Iterable[Expr]) -> Expr:
        return self._fold(conjunction(items))

    def _any(self, items: Iterable[Expr]) -> Expr:
        return self._fold(disjunction(items))

    def _not(self, expr: Expr) -> Expr:
        return self._fold(negation(expr))

    def _truth(self, expr: Expr) -> Expr:
        return self._fold(truth(expr))

    def _running(self, expr: Expr) -> Expr:
        """``expr`` as the body evaluates it, between its assignments."""

        def bind(e: Expr) -> Expr:
            match e:
                case Param(name) if name in self._bindings:
                    return Const(self._bindings[name])
                case Temp(name) if name in self._constants:
                    return self._constants[name]
            return rebuild(e, bind)

        return fold_all(bind(expr), self.ranges)

    def _value(self, expr: Expr) -> tuple[list[Fault], Expr]:
        """What can go wrong with ``expr`` in the order of evaluation, and its value if nothing does."""
        match expr:
            case Const(value):
                return [], Const(int(value))
            case Param(name):
                return [], Const(self._bindings[name]) if name in self._bindings else expr
            case Temp(name):
                return [], self._temps[name]
            case Load(variable, index):
                return self._load(variable, index)
            case Unary(op, operand):
                faults, inner = self._value(operand)
                return faults, self._fold(Unary(op, inner))
            case Not(operand):
                faults, inner = self._value(operand)
                return faults, self._not(inner)
            case Binary(op, left, right):
                faults, a = self._value(left)
                more, b = self._value(right)
                return [*faults, *more, *self._operand(op, b)], self._fold(Binary(op, a, b))
            case And(items) | Or(items):
                return self._connected(items, isinstance(expr, And))
            case Cond(test, then, orelse):
                faults, tested = self._value(test)
                yes, a = self._value(then)
                no, b = self._value(orelse)
                faults = faults + [(name, self._any([self._not(tested), holds])) for name, holds in yes]
                faults += [(name, self._any([tested, holds])) for name, holds in no]
                return faults, conditional(tested, a, b)
            case Deref(ref, population):
                return self._deref(ref, population)
        raise ValueError(f"not an expression: {expr!r}")

    def _connected(self, items: tuple[Expr, ...], all_: bool) -> tuple[list[Fault], Expr]:
        """``and`` or ``or``: an item that decides the value keeps those after it from being evaluated."""
        faults: list[Fault] = []
        values: list[Expr] = []
        for item in items:
            more, value = self._value(item)
            decided = self._not(self._all(values)) if all_ else self._any(values)
            faults += [(name, self._any([decided, holds])) for name, holds in more]
            values.append(value)
        return faults, self._all(values) if all_ else self._any(values)

    def _operand(self, op: str, right: Expr) -> Iterator[Fault]:
        if op in ("//", "%"):
            yield DIVISION_BY_ZERO, self._fold(Binary("!=", right, Const(0)))
        elif op in ("<<", ">>"):
            yield INDEX_OUT_OF_RANGE, self._inside(right, 0, WORD - 1)

    def _inside(self, expr: Expr, lo: int, hi: int) -> Expr:
        return self._all(
            [self._fold(Binary(">=", expr, Const(lo))), self._fold(Binary("<=", expr, Const(hi)))]
        )

    def _load(self, variable: str, index: tuple[Expr, ...]) -> tuple[list[Fault], Expr]:
        faults: list[Fault] = []
        places: list[Expr] = []
        for expr, size in zip(index, self._system.variable[variable].shape, strict=True):
            more, place = self._value(expr)
            faults += [*more, (INDEX_OUT_OF_RANGE, self._inside(place, 0, size - 1))]
            places.append(place)
        return faults, self._read(variable, tuple(places))

    def _read(self, variable: str, index: tuple[Expr, ...]) -> Expr:
        """What the cell holds by now: what the path stored there last, or what it held before the step."""
        value: Expr = Load(variable, index)
        for stored, place, new in self._stored:
            if stored == variable:
                same = self._all(self._fold(Binary("==", a, b)) for a, b in zip(index, place, strict=True))
                value = conditional(same, new, value)
        return value

    def _deref(self, ref: Expr, population: str) -> tuple[list[Fault], Expr]:
        objects = self._system.population[population]
        faults, value = self._value(ref)
        slot = self._fold(Deref(value, population))
        faults = [
            *faults,
            (NULL_DEREFERENCE, self._fold(Binary("!=", value, Const(0)))),
            (INDEX_OUT_OF_RANGE, self._inside(value, 0, objects.size)),
        ]
        if objects.alive is not None:
            faults.append((USE_AFTER_FREE, self._truth(self._read(objects.alive, (slot,)))))
        return faults, slot


def _without_unused(body: list[Let | Assign]) -> tuple[Let | Assign, ...]:
    kept: list[Let | Assign] = []
    used: set[str] = set()
    for op in reversed(body):
        if isinstance(op, Let) and op.temp not in used:
            continue
        kept.append(op)
        used |= {e.name for x in expressions(op) for e in walk(x) if isinstance(e, Temp)}
    return tuple(reversed(kept))
