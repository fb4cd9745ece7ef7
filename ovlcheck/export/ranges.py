"""Between which integers an expression lies, given that it does not fault.

Other checkers compute in 32 bits and have no floor division, so an exporter must know the sign and the size of every
operand.  Every variable is finite, hence every interval here is.  A ``Deref`` stands for the slot of a reference that
was looked at before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ovlcheck.system.evaluation import WORD
from ovlcheck.system.expr import And, Binary, Cond, Const, Deref, Expr, Load, Not, Or, Param, Temp, Unary
from ovlcheck.system.transition_system import Parameter, TransitionSystem


class Interval(NamedTuple):
    """All integers from ``lo`` to ``hi``, both included."""

    lo: int
    hi: int


TRUTH = Interval(0, 1)


class Ranges:
    """Intervals of expressions over the variables of ``system``, the ``parameters`` and the temps bound so far."""

    def __init__(self, system: TransitionSystem, parameters: tuple[Parameter, ...] = ()) -> None:
        self._system = system
        self._parameters = {p.name: Interval(0, p.size - 1) for p in parameters}
        self._temps: dict[str, Interval] = {}
        self._known: dict[int, tuple[Expr, Interval]] = {}

    def bind(self, temp: str, value: Interval) -> None:
        self._temps[temp] = value

    def of(self, expr: Expr) -> Interval:
        """Raises ``ValueError`` for a name that means nothing here."""
        known = self._known.get(id(expr))
        if known is None:
            # The expression is kept, so that its id is not given to another one.
            known = self._known[id(expr)] = (expr, self._of(expr))
        return known[1]

    def _of(self, expr: Expr) -> Interval:
        match expr:
            case Const(value):
                return Interval(value, value)
            case Load(variable, _):
                type_ = self._system.variable[variable].type
                return Interval(type_.lo, type_.hi)
            case Param(name) if name in self._parameters:
                return self._parameters[name]
            case Temp(name) if name in self._temps:
                return self._temps[name]
            case Unary("-", operand):
                lo, hi = self.of(operand)
                return Interval(-hi, -lo)
            case Unary("popcount", operand):
                return Interval(0, _bits([self.of(operand)]))
            case Cond(_, then, orelse):
                return hull([*self.of(then), *self.of(orelse)])
            case Deref(ref, population):
                lo, hi = self.of(ref)
                last = self._system.population[population].size - 1
                return Interval(min(max(lo - 1, 0), last), max(0, min(hi - 1, last)))
            case Binary(op, left, right):
                return _binary(op, self.of(left), self.of(right))
            case Not() | And() | Or():
                return TRUTH
        raise ValueError(f"no meaning here: {expr!r}")


def hull(values: Iterable[int]) -> Interval:
    values = list(values)
    return Interval(min(values), max(values))


def _bits(intervals: Iterable[Interval]) -> int:
    """Bits that hold the magnitude of every value."""
    return max(abs(end).bit_length() for interval in intervals for end in interval)


def _binary(op: str, a: Interval, b: Interval) -> Interval:
    match op:
        case "==" | "!=" | "<" | "<=" | ">" | ">=":
            return TRUTH
        case "+":
            return Interval(a.lo + b.lo, a.hi + b.hi)
        case "-":
            return Interval(a.lo - b.hi, a.hi - b.lo)
        case "*":
            return hull(x * y for x in a for y in b)
        case "//":
            divisors = [d for d in (b.lo, -1, 1, b.hi) if d and b.lo <= d <= b.hi]
            return hull([x // d for x in a for d in divisors] or [0])
        case "%":
            if a.lo >= 0 and b.lo > 0:
                return Interval(0, min(a.hi, b.hi - 1))
            return Interval(min(b.lo + 1, 0), max(b.hi - 1, 0))
        case "<<" | ">>":
            counts = [max(0, min(end, WORD - 1)) for end in b]
            return hull((x << n if op == "<<" else x >> n) for x in a for n in counts)
        case "&":
            bounds = [interval.hi for interval in (a, b) if interval.lo >= 0]
            if bounds:
                return Interval(0, min(bounds))
        case "&~":
            if a.lo >= 0:
                return Interval(0, a.hi)
        case "|" | "^":
            if a.lo >= 0 and b.lo >= 0:
                return Interval(0, (1 << _bits([a, b])) - 1)
        case _:
            raise ValueError(f"unknown operator {op!r}")
    span = 1 << _bits([a, b])
    return Interval(-span, span - 1)
