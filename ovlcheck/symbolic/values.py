"""Symbolic values: what an expression comes to where the state is not known.

Three forms, since a solver reasons best about conditions: ``Cases`` lists the few values that there may be, each with
its condition; ``Word`` is a natural number, bit by bit; ``Number`` is an integer of Z3, for counters and wide ranges.
The conditions of ``Cases`` exclude each other and one of them holds, in every state whose cells are in their types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Union

import z3

from ovlcheck.symbolic.terms import Condition, choice, conj, disj, equal, formula, neg

MOST_CASES = 64
_MOST_PAIRS = 4096
_MOST_FREE_BITS = 6

_MACHINE = 128
"""Bits in which words that are not known to be natural numbers are combined: values have no more than 64."""


@dataclass(frozen=True)
class Cases:
    table: dict[int, Condition]


@dataclass(frozen=True)
class Word:
    bits: tuple[Condition, ...]


@dataclass(frozen=True)
class Number:
    term: z3.ArithRef


Value = Union[Cases, Word, Number]


def constant(value: int) -> Cases:
    return Cases({value: True})


def truth_value(condition: Condition) -> Value:
    return Word((condition,))


def truth(value: Value) -> Condition:
    """Whether ``value`` is not 0."""
    if isinstance(value, Cases):
        return holding(value, lambda v: v != 0)
    if isinstance(value, Word):
        return disj(*value.bits)
    return value.term != 0


def holding(cases: Cases, wanted: Callable[[int], bool]) -> Condition:
    """Whether the value is one of those ``wanted``."""
    chosen = [c for v, c in cases.table.items() if wanted(v)]
    others = [c for v, c in cases.table.items() if not wanted(v)]
    if not others:
        return True
    if len(others) < len(chosen):
        return neg(disj(*others))
    return disj(*chosen)


def gathered(pairs: Iterable[tuple[int, Condition]]) -> Cases:
    """One case for each value; what cannot be is left out.  Where nothing can be, it is 0."""
    table: dict[int, list[Condition]] = {}
    for value, condition in pairs:
        if condition is not False:
            table.setdefault(value, []).append(condition)
    if len(table) < 2:
        return constant(next(iter(table), 0))
    return Cases({value: disj(*conditions) for value, conditions in table.items()})


def known(value: Value) -> int | None:
    """The value itself, if there is only one."""
    if isinstance(value, Cases) and len(value.table) == 1:
        only: int = next(iter(value.table))
        return only
    if isinstance(value, Word) and all(isinstance(b, bool) for b in value.bits):
        return sum(1 << i for i, b in enumerate(value.bits) if b)
    return None


def as_cases(value: Value) -> Cases | None:
    """``value`` by cases, None if there are too many."""
    if isinstance(value, Cases):
        return value
    if isinstance(value, Number):
        return constant(value.term.as_long()) if z3.is_int_value(value.term) else None
    free = [i for i, bit in enumerate(value.bits) if not isinstance(bit, bool)]
    if len(free) > _MOST_FREE_BITS:
        return None
    base = sum(1 << i for i, bit in enumerate(value.bits) if bit is True)
    table: list[tuple[int, Condition]] = [(base, True)]
    for i in free:
        bit = value.bits[i]
        table = [
            (v | picked << i, conj(c, bit if picked else neg(bit))) for v, c in table for picked in (0, 1)
        ]
    return gathered(table)


def as_word(value: Value) -> Word | None:
    """``value`` bit by bit, None if it may be negative or beyond any bound."""
    if isinstance(value, Word):
        return value
    if isinstance(value, Number) or min(value.table) < 0:
        return None
    width = max(value.table).bit_length()
    return Word(tuple(holding(value, lambda v, i=i: bool(v >> i & 1)) for i in range(width)))  # type: ignore[misc]


def as_term(value: Value) -> z3.ArithRef:
    """``value`` as an integer of Z3."""
    if isinstance(value, Number):
        return value.term
    if isinstance(value, Word):
        fixed = sum(1 << i for i, b in enumerate(value.bits) if b is True)
        parts = [z3.If(b, 1 << i, 0) for i, b in enumerate(value.bits) if not isinstance(b, bool)]
        return z3.Sum([z3.IntVal(fixed), *parts]) if parts else z3.IntVal(fixed)
    *others, (last, _) = value.table.items()
    term = z3.IntVal(last)
    for number, condition in others:
        term = z3.If(formula(condition), z3.IntVal(number), term)
    return term


def either(test: Condition, then: Value, orelse: Value) -> Value:
    """``then`` where ``test`` holds, else ``orelse``."""
    if isinstance(test, bool):
        return then if test else orelse
    if isinstance(then, Word) or isinstance(orelse, Word):
        a, b = as_word(then), as_word(orelse)
        if a is not None and b is not None:
            return Word(tuple(choice(test, x, y) for x, y in _paired(a, b)))
    first, second = as_cases(then), as_cases(orelse)
    if first is not None and second is not None and len(first.table | second.table) <= MOST_CASES:
        return Cases(
            {
                v: choice(test, first.table.get(v, False), second.table.get(v, False))
                for v in (first.table | second.table)
            }
        )
    return Number(z3.If(test, as_term(then), as_term(orelse)))


def equals(a: Value, b: Value) -> Condition:
    if isinstance(a, Word) and isinstance(b, Word):
        return conj(*(equal(x, y) for x, y in _paired(a, b)))
    for one, other in ((a, b), (b, a)):
        value = known(other)
        if value is not None:
            return is_value(one, value)
    first, second = as_cases(a), as_cases(b)
    if first is not None and second is not None:
        return disj(*(conj(c, second.table.get(v, False)) for v, c in first.table.items()))
    return as_term(a) == as_term(b)


def is_value(value: Value, wanted: int) -> Condition:
    """Whether ``value`` is ``wanted``."""
    if isinstance(value, Cases):
        return value.table.get(wanted, False)
    if isinstance(value, Word):
        if wanted < 0 or wanted >> len(value.bits):
            return False
        return conj(*(b if wanted >> i & 1 else neg(b) for i, b in enumerate(value.bits)))
    return value.term == wanted


def combined(op: str, a: Value, b: Value) -> Value:
    """``a op b``, which is any value where ``//``, ``%`` or a shift has no result."""
    operand = known(b)
    if operand is not None and not has_result(op, operand):
        return constant(0)
    if op in ("==", "!="):
        same = equals(a, b)
        return truth_value(same if op == "==" else neg(same))
    if op in ("&", "|", "^", "&~") and (isinstance(a, Word) or isinstance(b, Word)):
        left, right = as_word(a), as_word(b)
        if left is not None and right is not None:
            return Word(tuple(_BITWISE[op](x, y) for x, y in _paired(left, right)))
    if op in ("<<", ">>") and isinstance(a, Word):
        if operand is not None:
            return Word((False,) * operand + a.bits if op == "<<" else a.bits[operand:])
    first, second = as_cases(a), as_cases(b)
    if first is not None and second is not None and len(first.table) * len(second.table) <= _MOST_PAIRS:
        found = gathered(
            (_PYTHON[op](v, w), conj(c, d))
            for v, c in first.table.items()
            for w, d in second.table.items()
            if has_result(op, w)
        )
        if len(found.table) <= MOST_CASES:
            return found
    return _arithmetic(op, as_term(a), as_term(b))


def has_result(op: str, right: int) -> bool:
    """Whether ``op`` has a result where this is its right operand."""
    if op in ("//", "%"):
        return right != 0
    return op not in ("<<", ">>") or 0 <= right < 64


def negative(value: Value) -> Value:
    cases = as_cases(value)
    if cases is not None:
        return Cases({-v: c for v, c in cases.table.items()})
    return Number(-as_term(value))


def popcount(value: Value) -> Value:
    """The number of one bits of a natural number."""
    word = as_word(value)
    if word is None:
        bits = z3.Int2BV(as_term(value), _MACHINE)
        return Number(z3.Sum([z3.If(z3.Extract(i, i, bits) == 1, 1, 0) for i in range(64)]))
    counts: dict[int, Condition] = {0: True}
    for bit in word.bits:
        if bit is False:
            continue
        counts = {
            n: disj(conj(counts.get(n, False), neg(bit)), conj(counts.get(n - 1, False), bit))
            for n in range(len(counts) + 1)
        }
    return gathered(counts.items())


def within(value: Value, lo: int, hi: int | None) -> Condition:
    """Whether ``value`` is at least ``lo`` and, unless there is no bound, at most ``hi``."""
    cases = as_cases(value)
    if cases is not None:
        return holding(cases, lambda v: lo <= v and (hi is None or v <= hi))
    if isinstance(value, Word):
        if lo <= 0 and (hi is None or hi >= (1 << len(value.bits)) - 1):
            return True
        if lo <= 0 and hi is not None and hi & (hi + 1) == 0:
            return neg(disj(*value.bits[hi.bit_length() :]))
    term = as_term(value)
    return conj(term >= lo, True if hi is None else term <= hi)


def _paired(a: Word, b: Word) -> list[tuple[Condition, Condition]]:
    width = max(len(a.bits), len(b.bits))
    return list(
        zip(a.bits + (False,) * (width - len(a.bits)), b.bits + (False,) * (width - len(b.bits)), strict=True)
    )


def _arithmetic(op: str, a: z3.ArithRef, b: z3.ArithRef) -> Value:
    match op:
        case "+":
            return Number(a + b)
        case "-":
            return Number(a - b)
        case "*":
            return Number(a * b)
        case "<":
            return truth_value(a < b)
        case "<=":
            return truth_value(a <= b)
        case ">":
            return truth_value(a > b)
        case ">=":
            return truth_value(a >= b)
        case "//":
            # The remainder of SMT-LIB is never negative; Python's has the sign of the divisor.
            return Number(_by_sign(b, a / b, (-a) / (-b)))
        case "%":
            return Number(_by_sign(b, a % b, -((-a) % (-b))))
        case "<<":
            return Number(_shifted(b, lambda n: a * (1 << n)))
        case ">>":
            return Number(_shifted(b, lambda n: a / (1 << n)))
    x, y = z3.Int2BV(a, _MACHINE), z3.Int2BV(b, _MACHINE)
    result = {"&": x & y, "|": x | y, "^": x ^ y, "&~": x & ~y}[op]
    return Number(z3.BV2Int(result, is_signed=True))


def _by_sign(divisor: z3.ArithRef, positive: z3.ArithRef, other: z3.ArithRef) -> z3.ArithRef:
    if z3.is_int_value(divisor):
        return positive if divisor.as_long() > 0 else other
    return z3.If(divisor > 0, positive, other)


def _shifted(count: z3.ArithRef, by: Callable[[int], z3.ArithRef]) -> z3.ArithRef:
    if z3.is_int_value(count):
        return by(count.as_long())
    term = by(63)
    for n in range(63):
        term = z3.If(count == n, by(n), term)
    return term


_BITWISE: dict[str, Callable[[Condition, Condition], Condition]] = {
    "&": conj,
    "|": disj,
    "^": lambda x, y: neg(equal(x, y)),
    "&~": lambda x, y: conj(x, neg(y)),
}

_PYTHON: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&~": lambda a, b: a & ~b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
}
