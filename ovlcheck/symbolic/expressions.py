"""Expressions and operations of the transition system, run on a state that is not known.

What ``evaluation`` and ``step`` do with numbers is done here with symbolic values, in the same order: operands from
left to right, each fault as a condition, nothing behind a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from ovlcheck.symbolic.terms import Condition, conj, disj, neg
from ovlcheck.symbolic.values import (
    Cases,
    Value,
    as_cases,
    combined,
    constant,
    either,
    gathered,
    is_value,
    negative,
    popcount,
    truth,
    truth_value,
    within,
)
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
)
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Event,
    Let,
    Op,
    TransitionSystem,
)
from ovlcheck.system.types import Count


@dataclass
class Run:
    """A run of operations from the state ``values``, which it changes.

    ``going``: the run has come so far.  ``ended``: a fault or a fatal check ended it.  ``failures`` are, by name, the
    conditions under which something is violated on the way, which counts only where the run is not blocked later.
    """

    system: TransitionSystem
    values: list[Value]
    bindings: Mapping[str, int]
    temps: dict[str, Value] = field(default_factory=dict)
    going: Condition = True
    ended: Condition = False
    failures: dict[str, Condition] = field(default_factory=dict)
    met: dict[str, Condition] = field(default_factory=dict)

    def do(self, op: Op) -> None:
        """One operation.  Raises ``ValueError`` for what does not belong to the system."""
        if self.going is False:
            return
        match op:
            case Let(temp, value):
                self.temps[temp] = self.evaluate(value)
            case Assume(condition):
                holds = truth(self.evaluate(condition))
                self.going = conj(self.going, holds)
            case Assign(variable, index, value):
                self._assign(variable, index, value)
            case Check(condition, name, _, fatal):
                fails = neg(truth(self.evaluate(condition)))
                if fatal:
                    self._end(name, fails)
                else:
                    self._note(name, conj(self.going, fails))
            case Cover(name, condition):
                met = conj(truth(self.evaluate(condition)), self.going)
                self.met[name] = disj(self.met.get(name, False), met)
            case Event():
                pass
            case _:
                raise ValueError(f"not an operation: {op!r}")

    @property
    def enabled(self) -> Condition:
        """Whether no condition of the step blocks it: a step that ends in a fault is enabled."""
        return disj(self.going, self.ended)

    def violations(self) -> dict[str, Condition]:
        """What the step violates, by name."""
        return self._taken(self.failures)

    def covers(self) -> dict[str, Condition]:
        """The covers that the step meets, by name."""
        return self._taken(self.met)

    def _taken(self, found: Mapping[str, Condition]) -> dict[str, Condition]:
        """What is ``found`` in the step where no later condition blocks it."""
        enabled = self.enabled
        there = {name: conj(condition, enabled) for name, condition in found.items()}
        return {name: condition for name, condition in there.items() if condition is not False}

    def evaluate(self, expr: Expr) -> Value:
        """The value of ``expr`` where evaluating it does not fault; where it does, the run ends."""
        return self._value(expr, True)

    def _note(self, name: str, condition: Condition) -> None:
        if condition is not False:
            self.failures[name] = disj(self.failures.get(name, False), condition)

    def _end(self, name: str, fails: Condition) -> None:
        """The run ends in a violation of ``name`` where it has come so far and ``fails``."""
        condition = conj(self.going, fails)
        if condition is False:
            return
        self._note(name, condition)
        self.ended = disj(self.ended, condition)
        self.going = conj(self.going, neg(fails))

    def _value(self, expr: Expr, asked: Condition) -> Value:
        """The value of ``expr``, which is evaluated only where ``asked``."""
        match expr:
            case Const(value):
                return constant(value)
            case Param(name):
                if name not in self.bindings:
                    raise ValueError(f"parameter {name!r} has no value")
                return constant(self.bindings[name])
            case Temp(name):
                if name in self.bindings and name not in self.temps:
                    return constant(self.bindings[name])
                return self.temps[name]
            case Load(variable, index):
                return self._load(variable, index, asked)
            case Unary("-", operand):
                return negative(self._value(operand, asked))
            case Unary("popcount", operand):
                return popcount(self._value(operand, asked))
            case Not(operand):
                return truth_value(neg(truth(self._value(operand, asked))))
            case And(items):
                return self._connected(items, asked, stops_at=False)
            case Or(items):
                return self._connected(items, asked, stops_at=True)
            case Cond(test, then, orelse):
                holds = truth(self._value(test, asked))
                if isinstance(holds, bool):
                    return self._value(then if holds else orelse, asked)
                first = self._value(then, conj(asked, holds))
                return either(holds, first, self._value(orelse, conj(asked, neg(holds))))
            case Deref(ref, population):
                return self._slot(ref, population, asked)
            case Binary(op, left, right):
                a = self._value(left, asked)
                b = self._value(right, asked)
                if op in ("//", "%"):
                    self._end(DIVISION_BY_ZERO, conj(asked, is_value(b, 0)))
                elif op in ("<<", ">>"):
                    self._end(INDEX_OUT_OF_RANGE, conj(asked, neg(within(b, 0, WORD - 1))))
                return combined(op, a, b)
        raise ValueError(f"not an expression: {expr!r}")

    def _connected(self, items: tuple[Expr, ...], asked: Condition, *, stops_at: bool) -> Value:
        conditions: list[Condition] = []
        for item in items:
            holds = truth(self._value(item, asked))
            conditions.append(holds)
            asked = conj(asked, neg(holds) if stops_at else holds)
            if asked is False:
                break
        return truth_value(disj(*conditions) if stops_at else conj(*conditions))

    def _slot(self, ref: Expr, population: str, asked: Condition) -> Value:
        reference = self._value(ref, asked)
        objects = self.system.population[population]
        self._end(NULL_DEREFERENCE, conj(asked, is_value(reference, 0)))
        inside = disj(within(reference, 1, objects.size), is_value(reference, 0))
        self._end(INDEX_OUT_OF_RANGE, conj(asked, neg(inside)))
        if objects.alive is not None:
            first = self.system.offset[objects.alive]
            free = disj(
                *(
                    conj(is_value(reference, i + 1), neg(truth(self.values[first + i])))
                    for i in range(objects.size)
                )
            )
            self._end(USE_AFTER_FREE, conj(asked, free))
        return gathered((i, is_value(reference, i + 1)) for i in range(objects.size))

    def _places(
        self, name: str, index: tuple[Expr, ...], asked: Condition
    ) -> tuple[tuple[int, Condition], ...]:
        """The cells that ``name`` at ``index`` may be, with their conditions."""
        if name not in self.system.variable:
            raise ValueError(f"unknown variable {name!r}")
        shape, base = self.system.variable[name].shape, self.system.offset[name]
        if len(index) != len(shape):
            raise ValueError(f"{name} has {len(shape)} axes, not {len(index)}")
        axes: list[Cases] = []
        for expr, size in zip(index, shape, strict=True):
            at = self._value(expr, asked)
            self._end(INDEX_OUT_OF_RANGE, conj(asked, neg(within(at, 0, size - 1))))
            axes.append(_inside(at, size))
        places: list[tuple[int, Condition]] = []
        for picked in product(*(axis.table.items() for axis in axes)):
            cell = 0
            for (value, _), size in zip(picked, shape, strict=True):
                cell = cell * size + value
            places.append((base + cell, conj(*(condition for _, condition in picked))))
        return tuple(places)

    def _load(self, name: str, index: tuple[Expr, ...], asked: Condition) -> Value:
        places = self._places(name, index, asked)
        if not places:
            return constant(self.system.variable[name].type.lo)
        (last, _), *others = reversed(places)
        value: Value = self.values[last]
        for cell, condition in others:
            value = either(condition, self.values[cell], value)
        return value

    def _assign(self, name: str, index: tuple[Expr, ...], expr: Expr) -> None:
        """The value first, then the place, then whether the value fits."""
        value = self.evaluate(expr)
        places = self._places(name, index, True)
        type_ = self.system.variable[name].type
        if isinstance(type_, Count):
            self._end(REFCOUNT_BELOW_ZERO, neg(within(value, 0, None)))
        else:
            fits = within(value, type_.lo, type_.hi)
            self._end(VALUE_OUT_OF_RANGE, neg(fits))
            cases = None if fits is True else as_cases(value)
            if cases is not None:
                value = Cases({v: c for v, c in cases.table.items() if type_.contains(v)} or {type_.lo: True})
        for cell, condition in places:
            self.values[cell] = either(condition, value, self.values[cell])


def _inside(value: Value, size: int) -> Cases:
    """The indices that ``value`` may be, of an axis of ``size``."""
    cases = as_cases(value)
    if cases is not None:
        inside = {v: c for v, c in cases.table.items() if 0 <= v < size}
        return Cases(inside) if len(inside) != 1 else constant(next(iter(inside)))
    return Cases({i: is_value(value, i) for i in range(size)})
