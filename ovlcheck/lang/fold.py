"""Building expressions, with what is known already worked out.

Every rule here keeps the value and never adds a fault; faults that evaluation would have met may only vanish where
an operand is not evaluated in Python either (``and``, ``or``, conditional expressions with a known test).
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from ovlcheck.system.expr import (
    FALSE, TRUE, And, Binary, Cond, Const, Deref, Expr, Load, Not, Or, Param, Temp, Unary, rebuild, walk,
)  # fmt: skip

_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": operator.lshift,
    ">>": operator.rshift, "&~": lambda a, b: a & ~b,
}  # fmt: skip

_COMPLEMENT = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def faultless(expr: Expr) -> bool:
    """Whether evaluating ``expr`` can never fault."""
    return not any(
        isinstance(e, Deref)
        or (isinstance(e, Binary) and e.op in ("//", "%"))
        or (isinstance(e, Load) and any(not isinstance(i, Const) for i in e.index))
        for e in walk(expr)
    )


def is_boolean(expr: Expr) -> bool:
    """Whether the value is certainly 0 or 1."""
    match expr:
        case Const(value):
            return value in (0, 1)
        case Binary(op, left, right):
            return op in _COMPLEMENT or (op == "&" and (is_boolean(left) or is_boolean(right)))
        case Not():
            return True
        case And(items) | Or(items):
            return all(is_boolean(i) for i in items)
        case Cond(_, then, orelse):
            return is_boolean(then) and is_boolean(orelse)
    return False


def unary(op: str, operand: Expr) -> Expr:
    if isinstance(operand, Const):
        return Const(-operand.value if op == "-" else operand.value.bit_count())
    return Unary(op, operand)


def binary(op: str, left: Expr, right: Expr) -> Expr:
    match left, right:
        case Const(a), Const(b) if not (op in ("//", "%") and b == 0):
            return Const(int(_OPERATORS[op](a, b)))
        case _, Const(0) if op in ("+", "-", "|", "^", "<<", ">>", "&~"):
            return left
        case Const(0), _ if op in ("+", "|", "^"):
            return right
        case Binary("+", inner, Const(a)), Const(b) if op == "-":
            return binary("+", inner, Const(a - b))
        case Binary("+", inner, Const(a)), Const(b) if op in ("==", "!="):
            return binary(op, inner, Const(b - a))
        case Binary("-", inner, Const(a)), Const(b) if op == "+":
            return binary("+", inner, Const(b - a))
        case (Const(0), other) | (other, Const(0)) if op in ("&", "*") and faultless(other):
            return Const(0)
        case Binary(">>", Binary("&~", rest, Const(gone)), Const(bit)), Const(1) if op == "&":
            if gone >> bit & 1 and faultless(rest):
                return Const(0)
        case Binary("&~", rest, Const(gone)), Const(mask) if op == "&" and mask & ~gone == 0 and faultless(rest):
            return Const(0)
        case Const(), Cond(test, Const() as then, Const() as orelse):
            return cond(test, binary(op, left, then), binary(op, left, orelse))
        case Cond(test, Const() as then, Const() as orelse), Const():
            return cond(test, binary(op, then, right), binary(op, orelse, right))
    if op in ("==", "<=", ">=") and left == right and faultless(left):
        return TRUE
    if op in ("!=", "<", ">") and left == right and faultless(left):
        return FALSE
    return Binary(op, left, right)


def negate(expr: Expr) -> Expr:
    match expr:
        case Const(value):
            return Const(int(not value))
        case Not(operand) if is_boolean(operand):
            return operand
        case Binary(op, left, right) if op in _COMPLEMENT:
            return Binary(_COMPLEMENT[op], left, right)
    return Not(expr)


def conjunction(*items: Expr) -> Expr:
    flat: list[Expr] = []
    for item in items:
        for part in item.items if isinstance(item, And) else (item,):
            if isinstance(part, Const):
                if not part.value:
                    return FALSE if all(map(faultless, flat)) else And((*flat, FALSE))
            elif part not in flat:
                flat.append(part)
    if not flat:
        return TRUE
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def disjunction(*items: Expr) -> Expr:
    flat: list[Expr] = []
    for item in items:
        for part in item.items if isinstance(item, Or) else (item,):
            if isinstance(part, Const):
                if part.value:
                    return TRUE if all(map(faultless, flat)) else Or((*flat, TRUE))
            elif part not in flat:
                flat.append(part)
    if not flat:
        return FALSE
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def cond(test: Expr, then: Expr, orelse: Expr) -> Expr:
    if isinstance(test, Const):
        return then if test.value else orelse
    if then == orelse and faultless(test):
        return then
    if then == TRUE and orelse == FALSE and is_boolean(test):
        return test
    if then == FALSE and orelse == TRUE:
        return negate(test)
    return Cond(test, then, orelse)


def deref(ref: Expr, population: str, dynamic: bool) -> Expr:
    """The slot of ``ref``; known references into populations that never free need no check."""
    if not dynamic:
        match ref:
            case Const(value) if value > 0:
                return Const(value - 1)
            case Binary("+", Param() as inner, Const(1)):
                return inner
    return Deref(ref, population)


def substitute(expr: Expr, replace: Callable[[Expr], Expr | None]) -> Expr:
    """``expr`` with every node for which ``replace`` gives something replaced by it, and folded again."""
    found = replace(expr)
    if found is not None:
        return found
    match expr:
        case Const() | Temp() | Param():
            return expr
        case Unary(op, operand):
            return unary(op, substitute(operand, replace))
        case Binary(op, left, right):
            return binary(op, substitute(left, replace), substitute(right, replace))
        case Not(operand):
            return negate(substitute(operand, replace))
        case And(items):
            return conjunction(*(substitute(i, replace) for i in items))
        case Or(items):
            return disjunction(*(substitute(i, replace) for i in items))
        case Cond(test, then, orelse):
            known = substitute(test, replace)
            if isinstance(known, Const):
                return substitute(then if known.value else orelse, replace)
            return cond(known, substitute(then, replace), substitute(orelse, replace))
    return rebuild(expr, lambda e: substitute(e, replace))
