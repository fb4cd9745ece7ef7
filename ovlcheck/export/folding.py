"""Expressions made smaller as they are built, so that exported text shows what can vary and nothing else.

Everything here is about expressions that do not fault where they are evaluated; the conditions for that come first
(``path``).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from math import inf

from ovlcheck.system.bounds import Bounds
from ovlcheck.system.expr import (
    FALSE,
    TRUE,
    And,
    Binary,
    Cond,
    Const,
    Deref,
    Expr,
    Not,
    Or,
    Unary,
    rebuild,
)
from ovlcheck.system.intervals import TRUTH

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_COMPUTE: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
    "&": operator.and_, "|": operator.or_, "^": operator.xor, "&~": lambda a, b: a & ~b,
    "<<": operator.lshift, ">>": operator.rshift,
}  # fmt: skip


def is_truth(expr: Expr) -> bool:
    """Whether the value is 0 or 1 by the form of the expression."""
    match expr:
        case Const(value):
            return value in (0, 1)
        case Binary(op, _, _):
            return op in _OPPOSITE
        case Cond(_, then, orelse):
            return is_truth(then) and is_truth(orelse)
    return isinstance(expr, (Not, And, Or))


def conjunction(items: Iterable[Expr]) -> Expr:
    """1 if all are non-zero, looked at in turn, else 0."""
    return _connect(items, And, stop_at=0)


def disjunction(items: Iterable[Expr]) -> Expr:
    """1 if one is non-zero, looked at in turn, else 0."""
    return _connect(items, Or, stop_at=1)


def _connect(items: Iterable[Expr], kind: type[And] | type[Or], stop_at: int) -> Expr:
    kept: list[Expr] = []
    for item in items:
        if isinstance(item, Const):
            if bool(item.value) == bool(stop_at):
                # What comes before cannot fault, and the value is known.
                return Const(stop_at)
            continue
        for part in item.items if isinstance(item, kind) else (item,):
            if negation(part) in kept:
                return Const(stop_at)
            if part not in kept:
                kept.append(part)
    if not kept:
        return Const(1 - stop_at)
    return kind(tuple(kept)) if len(kept) > 1 else truth(kept[0])


def truth(expr: Expr) -> Expr:
    """1 if ``expr`` is non-zero, else 0."""
    if isinstance(expr, Const):
        return TRUE if expr.value else FALSE
    return expr if is_truth(expr) else Binary("!=", expr, Const(0))


def negation(expr: Expr) -> Expr:
    match expr:
        case Const(value):
            return FALSE if value else TRUE
        case Not(operand):
            return truth(operand)
        case Binary(op, left, right) if op in _OPPOSITE:
            return Binary(_OPPOSITE[op], left, right)
    return Not(expr)


def conditional(test: Expr, then: Expr, orelse: Expr) -> Expr:
    if isinstance(test, Const):
        return then if test.value else orelse
    if then == orelse:
        return then
    if (then, orelse) == (TRUE, FALSE):
        return truth(test)
    if (then, orelse) == (FALSE, TRUE):
        return negation(test)
    return Cond(test, then, orelse)


def fold(expr: Expr, ranges: Bounds) -> Expr:
    """``expr``, whose direct subexpressions are folded already, as small as they allow."""
    match expr:
        case Not(operand):
            return negation(operand)
        case And(items):
            return conjunction(items)
        case Or(items):
            return disjunction(items)
        case Cond(test, then, orelse):
            return conditional(test, then, orelse)
        case Deref(Const(value), _):
            return Const(value - 1)
        case Unary("-", Const(value)):
            return Const(-value)
        case Unary("popcount", Const(value)):
            return Const(value.bit_count())
        case Binary(op, left, right) if op in _OPPOSITE:
            return _comparison(op, left, right, ranges)
        case Binary(op, Const(left), Const(right)):
            if not (op in ("//", "%") and right == 0) and not (op in ("<<", ">>") and not 0 <= right < 64):
                return Const(_COMPUTE[op](left, right))
        case Binary("-" | "+" | "<<" | ">>" | "|" | "^" | "&~", left, Const(0)):
            return left
        case Binary("+" | "|" | "^", Const(0), right):
            return right
        case Binary("&", _, Const(0)) | Binary("&", Const(0), _):
            return FALSE
        case Binary("&" | "&~" | ">>" as op, left, Const(by)) if by >= 0:
            return _masked(op, left, by, ranges)
    return expr


def _masked(op: str, expr: Expr, by: int, ranges: Bounds) -> Expr:
    """``expr & by``, ``expr &~ by`` or ``expr >> by``, without what has none of the bits that are left.

    Sets that are built from their members bit by bit, only to be asked for one of them, become that member.
    """
    whole = Binary(op, expr, Const(by))
    there = _possible_bits(expr, ranges)
    if there is None or by > _LONGEST:
        return whole
    left = there >> by << by if op == ">>" else there & by if op == "&" else there & ~by
    if not left:
        return FALSE
    match expr:
        case Cond(test, Const(yes), Const(no)):
            return conditional(test, Const(_COMPUTE[op](yes, by)), Const(_COMPUTE[op](no, by)))
        case Binary("|", a, b):
            for member, rest in ((a, b), (b, a)):
                bits = _possible_bits(member, ranges)
                if bits is not None and not bits & left:
                    return fold(Binary(op, rest, Const(by)), ranges)
        case Binary("<<", inner, Const(up)) if op == ">>":
            return fold(
                Binary("<<", inner, Const(up - by)) if up >= by else Binary(">>", inner, Const(by - up)),
                ranges,
            )
    return expr if left == there and op != ">>" else whole


_LONGEST = 1 << 20
"""Masks beyond this, and shifts, are left alone: no set has so many members."""


def _possible_bits(expr: Expr, ranges: Bounds) -> int | None:
    """A number with every bit that ``expr`` may have; None if it may be negative or of any size."""
    values = ranges.of(expr)
    if values.lo < 0 or values.hi == inf:
        return None
    every = (1 << int(values.bits)) - 1
    match expr:
        case Const(value):
            return value
        case Binary("<<", inner, Const(up)) if 0 <= up < 64:
            bits = _possible_bits(inner, ranges)
            return every if bits is None else bits << up
        case Binary("|" | "^", left, right) | Cond(_, left, right):
            a, b = _possible_bits(left, ranges), _possible_bits(right, ranges)
            return every if a is None or b is None else a | b
    return every


def fold_all(expr: Expr, ranges: Bounds) -> Expr:
    """``expr`` folded from its leaves up."""
    return fold(rebuild(expr, lambda e: fold_all(e, ranges)), ranges)


def _comparison(op: str, left: Expr, right: Expr, ranges: Bounds) -> Expr:
    a, b = ranges.of(left), ranges.of(right)
    if left == right:
        return TRUE if op in ("==", "<=", ">=") else FALSE
    if op in ("==", "!="):
        if a.hi < b.lo or b.hi < a.lo:
            return TRUE if op == "!=" else FALSE
        if a.lo == a.hi == b.lo == b.hi:
            return TRUE if op == "==" else FALSE
        if right == FALSE and (is_truth(left) or a == TRUTH):
            return negation(left) if op == "==" else left
    elif op in ("<", ">="):
        if a.hi < b.lo:
            return TRUE if op == "<" else FALSE
        if a.lo >= b.hi:
            return FALSE if op == "<" else TRUE
    else:
        if a.hi <= b.lo:
            return TRUE if op == "<=" else FALSE
        if a.lo > b.hi:
            return FALSE if op == "<=" else TRUE
    return Binary(op, left, right)
