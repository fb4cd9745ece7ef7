"""Building expressions, with what is known already worked out.

Every rule here keeps the value and the faults.  Reads of the state are left out or merged only ``within_step``: until
the steps are cut each of them may be a step of its own, and two reads of one cell may give two values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator

from ovlcheck.system import logic
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
    children,
    rebuild,
    walk,
)  # fmt: skip

_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": operator.lshift,
    ">>": operator.rshift, "&~": lambda a, b: a & ~b,
}  # fmt: skip

_COMPLEMENT = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def is_hazard(expr: Expr) -> bool:
    """Whether evaluating this node, apart from its operands, can fault."""
    match expr:
        case Deref():
            return True
        case Binary("//" | "%" | "<<" | ">>", _, right):
            return not (isinstance(right, Const) and 0 < right.value < 64)
        case Load(_, index):
            return any(not isinstance(i, (Const, Deref)) and i != Param("self") for i in index)
    return False


def may_fault(expr: Expr) -> bool:
    """Whether evaluating ``expr`` can be a violation."""
    return any(map(is_hazard, walk(expr)))


def inert(expr: Expr, within_step: bool) -> bool:
    """Whether it makes no difference if ``expr`` is evaluated: it cannot fault and, but for ``within_step``, reads no
    state."""
    return not any(is_hazard(e) or (isinstance(e, Load) and not within_step) for e in walk(expr))


def strictly(expr: Expr) -> Iterator[Expr]:
    """The parts of ``expr`` that are evaluated whenever it is, and does not fault."""
    yield expr
    match expr:
        case And((first, *_)) | Or((first, *_)) | Cond(first):
            yield from strictly(first)
        case _:
            for child in children(expr):
                yield from strictly(child)


def is_boolean(expr: Expr) -> bool:
    """Whether the value is certainly 0 or 1."""
    match expr:
        case Const(value):
            return value in (0, 1)
        case Binary(op, left, right):
            either, both = is_boolean(left) or is_boolean(right), is_boolean(left) and is_boolean(right)
            return op in _COMPLEMENT or (op == "&" and either) or (op in ("|", "^") and both)
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


def binary(op: str, left: Expr, right: Expr, within_step: bool = False) -> Expr:
    match left, right:
        case Const(a), Const(b) if not (
            (op in ("//", "%") and b == 0) or (op in ("<<", ">>") and not 0 <= b < 64)
        ):
            return Const(int(_OPERATORS[op](a, b)))
        case _, Const(0) if op in ("+", "-", "|", "^", "<<", ">>", "&~"):
            return left
        case Const(0), _ if op in ("+", "|", "^"):
            return right
        case Binary("+", inner, Const(a)), Const(b) if op == "-":
            return binary("+", inner, Const(a - b), within_step)
        case Binary("+", inner, Const(a)), Const(b) if op in ("==", "!="):
            return binary(op, inner, Const(b - a), within_step)
        case Binary("-", inner, Const(a)), Const(b) if op == "+":
            return binary("+", inner, Const(b - a), within_step)
        case (Const(0), other) | (other, Const(0)) if op in ("&", "*") and inert(other, within_step):
            return Const(0)
        case Binary(">>", Binary("&~", rest, Const(gone)), Const(bit)), Const(1) if op == "&":
            if gone >> bit & 1 and inert(rest, within_step):
                return Const(0)
        case Binary("&~", rest, Const(gone)), Const(mask) if (
            op == "&" and mask & ~gone == 0 and inert(rest, within_step)
        ):
            return Const(0)
        case Const(), Cond(test, Const() as then, Const() as orelse):
            return cond(test, binary(op, left, then), binary(op, left, orelse), within_step)
        case Cond(test, Const() as then, Const() as orelse), Const():
            return cond(test, binary(op, then, right), binary(op, orelse, right), within_step)
    if op in ("==", "<=", ">=") and left == right and inert(left, within_step):
        return TRUE
    if op in ("!=", "<", ">") and left == right and inert(left, within_step):
        return FALSE
    return Binary(op, left, right)


def negate(expr: Expr) -> Expr:
    match expr:
        case Const(value):
            return Const(int(not value))
        case Cond(test, then, orelse) if then == orelse:
            return Cond(test, negate(then), negate(orelse))
        case Not(operand) if is_boolean(operand):
            return operand
        case Binary(op, left, right) if op in _COMPLEMENT:
            return Binary(_COMPLEMENT[op], left, right)
    return Not(expr)


def conjunction(*items: Expr, within_step: bool = False) -> Expr:
    return logic.conjunction(items, lambda e: inert(e, within_step))


def disjunction(*items: Expr, within_step: bool = False) -> Expr:
    return logic.disjunction(items, lambda e: inert(e, within_step))


def cond(test: Expr, then: Expr, orelse: Expr, within_step: bool = False) -> Expr:
    if isinstance(test, Const):
        return then if test.value else orelse
    if then == orelse and inert(test, within_step):
        return then
    known = logic.certain(test)
    if known is not None:  # only the faults of the test matter
        match then if known else orelse:
            case Const() as value:
                return Cond(test, value, value)
            case Cond(inner, Const() as value, same) if value == same:
                return Cond(Binary("|", test, inner), value, value)
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
    """``expr``, evaluated in one step, folded again with what ``replace`` gives for its nodes, outermost first."""
    found = replace(expr)
    if found is not None:
        return found
    match expr:
        case Const() | Temp() | Param():
            return expr
        case Unary(op, operand):
            return unary(op, substitute(operand, replace))
        case Binary(op, left, right):
            return binary(op, substitute(left, replace), substitute(right, replace), within_step=True)
        case Not(operand):
            return negate(substitute(operand, replace))
        case And(items):
            return conjunction(*(substitute(i, replace) for i in items), within_step=True)
        case Or(items):
            return disjunction(*(substitute(i, replace) for i in items), within_step=True)
        case Cond(test, then, orelse):
            known = substitute(test, replace)
            if isinstance(known, Const):
                return substitute(then if known.value else orelse, replace)
            return cond(known, substitute(then, replace), substitute(orelse, replace), within_step=True)
    return rebuild(expr, lambda e: substitute(e, replace))
