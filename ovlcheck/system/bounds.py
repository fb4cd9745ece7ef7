"""Between which values an expression lies, from the types alone: which faults cannot happen need no
condition."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import NamedTuple

from ovlcheck.system.expr import Binary, Cond, Const, Deref, Expr, Load, Param, Temp, Unary
from ovlcheck.system.transition_system import Let, Op, Parameter, TransitionSystem
from ovlcheck.system.types import Count


class Interval(NamedTuple):
    """All integers from ``lo`` to ``hi``; an infinite end is no bound."""

    lo: float
    hi: float

    def within(self, lo: float, hi: float) -> bool:
        return lo <= self.lo and self.hi <= hi


ANY = Interval(-inf, inf)
TRUTH = Interval(0, 1)


class Bounds:
    """Intervals of expressions in one step; a temporary has those of the value it was bound to."""

    def __init__(self, system: TransitionSystem, parameters: tuple[Parameter, ...]) -> None:
        self._system = system
        self._parameters: Mapping[str, Interval] = {p.name: Interval(0, p.size - 1) for p in parameters}
        self._temps: dict[str, Interval] = {}

    def pass_over(self, op: Op) -> None:
        if isinstance(op, Let):
            self._temps[op.temp] = self.of(op.value)

    def of(self, expr: Expr) -> Interval:
        match expr:
            case Const(value):
                return Interval(value, value)
            case Load(variable, _):
                domain = self._system.variable[variable].type
                return Interval(domain.lo, inf if isinstance(domain, Count) else domain.hi)
            case Param(name):
                return self._parameters.get(name, ANY)
            case Temp(name):
                return self._temps.get(name, ANY)
            case Deref(_, population):
                return Interval(0, self._system.population[population].size - 1)
            case Unary("-", operand):
                inner = self.of(operand)
                return Interval(-inner.hi, -inner.lo)
            case Unary(_, operand):
                inner = self.of(operand)
                return Interval(0, int(inner.hi).bit_length() if inner.hi < inf else inf)
            case Cond(_, then, orelse):
                return _hull(self.of(then), self.of(orelse))
            case Binary(op, left, right):
                return _binary(op, self.of(left), self.of(right))
        return TRUTH


def _hull(a: Interval, b: Interval) -> Interval:
    return Interval(min(a.lo, b.lo), max(a.hi, b.hi))


def _binary(op: str, a: Interval, b: Interval) -> Interval:
    match op:
        case "==" | "!=" | "<" | "<=" | ">" | ">=":
            return TRUTH
        case "+":
            return Interval(a.lo + b.lo, a.hi + b.hi)
        case "-":
            return Interval(a.lo - b.hi, a.hi - b.lo)
        case "%" if b.lo > 0:
            return Interval(0, b.hi - 1)
    if a.lo < 0 or b.lo < 0:
        return ANY
    match op:
        case "&":
            return Interval(0, min(a.hi, b.hi))
        case "&~" | "//" | ">>":
            return Interval(0, a.hi)
        case "|" | "^" | "*" | "<<" if max(a.hi, b.hi) == inf:
            return Interval(0, inf)
        case "|" | "^":
            return Interval(0, (1 << max(int(a.hi), int(b.hi)).bit_length()) - 1)
        case "*":
            return Interval(a.lo * b.lo, a.hi * b.hi)
        case "<<" if b.hi < 64:
            return Interval(0, int(a.hi) << int(b.hi))
    return ANY
