"""C text for values, with the interval each lies in and whether computing it can fault.

The interval proves checks unnecessary: an index that cannot leave its array, a value that fits its variable.
A fault gives 0, which lies in every interval derived from it, so that what is computed afterwards does no
harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Term:
    """C text for an ``int64_t`` between ``lo`` and ``hi``.

    ``atom``: it needs no parentheses as an operand.  ``truth``: it is a truth value by its form, fit to be a
    condition as it stands; ``negates``: it is one by a leading exclamation mark alone.
    """

    text: str
    lo: int
    hi: int
    faults: bool = False
    atom: bool = False
    truth: bool = False
    negates: bool = False

    @property
    def operand(self) -> str:
        return self.text if self.atom else f"({self.text})"

    @property
    def condition(self) -> str:
        return self.text if self.truth else f"{self.operand} != 0"

    @property
    def constant(self) -> int | None:
        return self.lo if self.lo == self.hi and not self.faults else None

    @property
    def nested_condition(self) -> str:
        if self.negates:
            return self.text
        return self.operand if self.truth else f"({self.condition})"


def literal(value: int, truth: bool = False) -> Term:
    text = str(value) if abs(value) < 1 << 31 else f"INT64_C({value})"
    return Term(text, value, value, atom=value >= 0, truth=truth)


def call(name: str, arguments: list[str]) -> str:
    return f"{name}({', '.join(arguments)})"


def after(before: list[str], term: Term) -> Term:
    """``term``, once the assignments ``before`` are done."""
    if not before:
        return term
    return replace(term, text=f"({', '.join([*before, term.operand])})", atom=True, negates=False)


def negated(a: Term) -> Term:
    lo, hi = int(a.hi == 0 and a.lo == 0), int(a.lo <= 0 <= a.hi)
    if a.truth or a.atom:
        return Term(f"!{a.operand}", lo, hi, a.faults, truth=True, negates=True)
    return Term(f"{a.operand} == 0", lo, hi, a.faults, truth=True)


def connected(op: str, items: list[Term], neutral: int) -> Term:
    kept = [t for t in items if t.constant is None or bool(t.constant) != bool(neutral)]
    if not kept:
        return literal(neutral, truth=True)
    if kept[0].constant is not None:
        return literal(1 - neutral, truth=True)
    faults = any(t.faults for t in kept)
    if len(kept) == 1:
        only = kept[0]
        return Term(only.condition, 0, 1, faults, only.truth and only.atom, truth=True, negates=only.negates)
    return Term(f" {op} ".join(t.nested_condition for t in kept), 0, 1, faults, truth=True)


def choice(test: Term, then: Term, orelse: Term) -> Term:
    if test.constant is not None:
        return then if test.constant else orelse
    text = f"{test.nested_condition} ? {then.operand} : {orelse.operand}"
    faults = test.faults or then.faults or orelse.faults
    return Term(text, min(then.lo, orelse.lo), max(then.hi, orelse.hi), faults)


def unary(op: str, a: Term) -> Term:
    if op == "-":
        return Term(f"-{a.operand}" if a.atom else f"-({a.text})", -a.hi, -a.lo, a.faults)
    if op == "popcount":
        most = max(abs(a.lo), abs(a.hi)).bit_length()
        return Term(f"popcount({a.text})", 0, most, a.faults, atom=True)
    raise ValueError(f"unknown operator {op!r}")


COMPARISONS: dict[str, Callable[[Term, Term], bool | None]] = {
    "==": lambda a, b: False if a.hi < b.lo or b.hi < a.lo else None,
    "!=": lambda a, b: True if a.hi < b.lo or b.hi < a.lo else None,
    "<": lambda a, b: True if a.hi < b.lo else False if a.lo >= b.hi else None,
    "<=": lambda a, b: True if a.hi <= b.lo else False if a.lo > b.hi else None,
    ">": lambda a, b: True if a.lo > b.hi else False if a.hi <= b.lo else None,
    ">=": lambda a, b: True if a.lo >= b.hi else False if a.hi < b.lo else None,
}


def compare(op: str, a: Term, b: Term) -> Term:
    faults = a.faults or b.faults
    known = COMPARISONS[op](a, b)
    if (a.text == b.text or (a.lo == a.hi == b.lo == b.hi)) and known is None:
        known = op in ("==", "<=", ">=")
    if known is not None and not faults:
        return literal(int(known), truth=True)
    return Term(f"{a.operand} {op} {b.operand}", 0, 1, faults, truth=True)


def _plain(op: str, a: Term, b: Term, lo: int, hi: int) -> Term:
    return Term(f"{a.operand} {op} {b.operand}", lo, hi, a.faults or b.faults)


def _times(a: Term, b: Term) -> Term:
    corners = [x * y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return _plain("*", a, b, min(corners), max(corners))


def _divide(a: Term, b: Term) -> Term:
    most = max(abs(a.lo), abs(a.hi))
    if a.lo >= 0 and b.lo > 0:
        return _plain("/", a, b, 0, a.hi)
    lo = 0 if a.lo >= 0 and b.lo >= 0 else -most
    return Term(call("floor_div", [a.text, b.text, "&fault"]), lo, most, True, atom=True)


def _remainder(a: Term, b: Term) -> Term:
    if a.lo >= 0 and b.lo > 0:
        return _plain("%", a, b, 0, min(a.hi, b.hi - 1))
    return Term(
        call("floor_mod", [a.text, b.text, "&fault"]), min(b.lo + 1, 0), max(b.hi - 1, 0), True, atom=True
    )


def _span(a: Term, b: Term) -> int:
    """A power of two that exceeds every magnitude of both."""
    return 1 << max(abs(a.lo), abs(a.hi), abs(b.lo), abs(b.hi)).bit_length()


def _and(a: Term, b: Term) -> Term:
    bounds = [t.hi for t in (a, b) if t.lo >= 0]
    span = _span(a, b)
    return _plain("&", a, b, 0 if bounds else -span, min(bounds) if bounds else span - 1)


def _or(op: str) -> Callable[[Term, Term], Term]:
    def combine(a: Term, b: Term) -> Term:
        span = _span(a, b)
        return _plain(op, a, b, 0 if a.lo >= 0 and b.lo >= 0 else -span, span - 1)

    return combine


def _without(a: Term, b: Term) -> Term:
    span = _span(a, b)
    lo, hi = (0, a.hi) if a.lo >= 0 else (-span, span - 1)
    return Term(f"{a.operand} & ~{b.operand}", lo, hi, a.faults or b.faults)


def _left(a: Term, b: Term) -> Term:
    corners = [x << y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return Term(
        f"{a.operand} * ((int64_t)1 << {b.operand})", min(corners), max(corners), a.faults or b.faults
    )


def _right(a: Term, b: Term) -> Term:
    corners = [x >> y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return _plain(">>", a, b, min(corners), max(corners))


ARITHMETIC: dict[str, Callable[[Term, Term], Term]] = {
    "+": lambda a, b: _plain("+", a, b, a.lo + b.lo, a.hi + b.hi),
    "-": lambda a, b: _plain("-", a, b, a.lo - b.hi, a.hi - b.lo),
    "*": _times,
    "//": _divide,
    "%": _remainder,
    "&": _and,
    "|": _or("|"),
    "^": _or("^"),
    "&~": _without,
    "<<": _left,
    ">>": _right,
}
