"""Arithmetic of intervals: between which integers the result of an operator lies.

The compiler types expressions with it, the analyses find out what cannot happen, and the exporters how many bits a
number needs.  Every function is right for any operands and exact for many; a fault has no result.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import NamedTuple

from ovlcheck.system.evaluation import WORD


class Interval(NamedTuple):
    """All integers from ``lo`` to ``hi``, both included; an infinite end is no bound, every other is an ``int``."""

    lo: float
    hi: float

    def within(self, lo: float, hi: float) -> bool:
        return lo <= self.lo and self.hi <= hi

    @property
    def bits(self) -> float:
        """Bits that hold the magnitude of every value."""
        return max(inf if abs(end) == inf else abs(int(end)).bit_length() for end in self)


ANY = Interval(-inf, inf)
TRUTH = Interval(0, 1)


def hull(ends: Iterable[float]) -> Interval:
    """The smallest interval that has all ``ends``; there is at least one."""
    ends = list(ends)
    return Interval(min(ends), max(ends))


def of_unary(op: str, a: Interval) -> Interval:
    """Where ``op a`` lies, for ``-`` and ``popcount``."""
    if op == "-":
        return Interval(-a.hi, -a.lo)
    return Interval(0, a.bits)


def of_binary(op: str, a: Interval, b: Interval) -> Interval:
    """Where ``a op b`` lies.  A shift counts from 0 to 63: any other is a fault."""
    match op:
        case "==" | "!=" | "<" | "<=" | ">" | ">=":
            return TRUTH
        case "+":
            return Interval(a.lo + b.lo, a.hi + b.hi)
        case "-":
            return Interval(a.lo - b.hi, a.hi - b.lo)
        case "*":
            return hull(x * y if x and y else 0 for x in a for y in b)
        case "//":
            divisors = [d for d in (b.lo, -1, 1, b.hi) if d and b.lo <= d <= b.hi]
            return hull([_quotient(x, d) for x in a for d in divisors] or [0])
        case "%":
            if b.lo > 0:
                return Interval(0, min(a.hi, b.hi - 1) if a.lo >= 0 else b.hi - 1)
            return Interval(min(b.lo + 1, 0), max(b.hi - 1, 0))
        case "<<" | ">>":
            counts = [int(max(0, min(end, WORD - 1))) for end in b]
            return hull(_shifted(op, x, n) for x in a for n in counts)
        case "&" if a.lo >= 0 or b.lo >= 0:
            return Interval(0, min(i.hi for i in (a, b) if i.lo >= 0))
        case "&~" if a.lo >= 0:
            return Interval(0, a.hi)
    natural = op in "|^" and min(a.lo, b.lo) >= 0
    most = max(a.bits, b.bits)
    if most == inf:
        return Interval(0, inf) if natural else ANY
    span = 1 << int(most)
    return Interval(0 if natural else -span, span - 1)


def _quotient(x: float, d: float) -> float:
    if abs(x) == inf:
        return x if d > 0 else -x
    if abs(d) == inf:
        return -1 if x and (x < 0) != (d < 0) else 0
    return x // d


def _shifted(op: str, x: float, count: int) -> float:
    if abs(x) == inf:
        return x
    return int(x) << count if op == "<<" else int(x) >> count
