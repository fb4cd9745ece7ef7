"""When an expression or an assignment has a value: its faults as conditions that can be asked for
beforehand."""

from __future__ import annotations

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
    Load,
    Not,
    Or,
    Unary,
)
from ovlcheck.system.logic import conditional, conjunction, disjunction, negation
from ovlcheck.system.transition_system import Assign, Assume, Check, Cover, Let, Op, TransitionSystem
from ovlcheck.system.types import Count

WORD = 64


def defined(system: TransitionSystem, bounds: Bounds, expr: Expr) -> Expr:
    """The condition under which evaluating ``expr`` does not fault; evaluating the condition never faults.

    It is true for ever (``TRUE``) where the types say so.
    """

    def at(e: Expr) -> Expr:
        match e:
            case Load(variable, index):
                shape = system.variable[variable].shape
                return conjunction(
                    c
                    for i, n in zip(index, shape, strict=True)
                    for c in (at(i), _between(bounds, i, 0, n - 1))
                )
            case Deref(ref, population):
                return conjunction([at(ref), _allocated(system, bounds, ref, population)])
            case Unary(_, operand) | Not(operand):
                return at(operand)
            case Binary(op, left, right):
                return conjunction([at(left), at(right), _operand(bounds, op, right)])
            case And(items):
                return _in_turn(items, stop_at=FALSE)
            case Or(items):
                return _in_turn(items, stop_at=TRUE)
            case Cond(test, then, orelse):
                return conjunction([at(test), conditional(test, at(then), at(orelse))])
        return TRUE

    def _in_turn(items: tuple[Expr, ...], stop_at: Expr) -> Expr:
        """Each item is defined, unless an earlier one has decided the value."""
        result: Expr = TRUE
        for item in reversed(items):
            if result != TRUE:
                decided = negation(item) if stop_at == FALSE else item
                result = disjunction([decided, result])
            result = conjunction([at(item), result])
        return result

    return at(expr)


def fits(system: TransitionSystem, bounds: Bounds, op: Assign) -> Expr:
    """The condition under which the value and the place of ``op``, which are defined, lie in the variable's
    ranges.

    An overflow of a ``Count`` is no fault.
    """
    variable = system.variable[op.variable]
    high = None if isinstance(variable.type, Count) else variable.type.hi
    place = (_between(bounds, i, 0, n - 1) for i, n in zip(op.index, variable.shape, strict=True))
    return conjunction([_between(bounds, op.value, variable.type.lo, high), *place])


def op_defined(system: TransitionSystem, bounds: Bounds, op: Op) -> Expr:
    """The condition under which ``op`` does not fault."""
    match op:
        case Assign(_, index, value):
            parts = [defined(system, bounds, part) for part in (value, *index)]
            return conjunction([*parts, fits(system, bounds, op)])
        case Let(_, expr) | Assume(expr) | Check(expr) | Cover(_, expr):
            return defined(system, bounds, expr)
    return TRUE


def _between(bounds: Bounds, expr: Expr, lo: int, hi: int | None) -> Expr:
    known = bounds.of(expr)
    conditions: list[Expr] = []
    if known.lo < lo:
        conditions.append(Binary(">=", expr, Const(lo)))
    if hi is not None and known.hi > hi:
        conditions.append(Binary("<=", expr, Const(hi)))
    return conjunction(conditions)


def _allocated(system: TransitionSystem, bounds: Bounds, ref: Expr, population: str) -> Expr:
    objects = system.population[population]
    conditions = [_between(bounds, ref, 1, objects.size)]
    if objects.alive is not None:
        conditions.append(Load(objects.alive, (Binary("-", ref, Const(1)),)))
    return conjunction(conditions)


def _operand(bounds: Bounds, op: str, right: Expr) -> Expr:
    if op in ("//", "%"):
        known = bounds.of(right)
        return TRUE if known.lo > 0 or known.hi < 0 else Binary("!=", right, Const(0))
    if op in ("<<", ">>"):
        return _between(bounds, right, 0, WORD - 1)
    return TRUE
