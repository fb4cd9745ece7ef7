"""When a predicate says something: how a property whose premise never holds is found.

A property is vacuous when it holds only because its last obligation is never reached: ``nlink == 0 or not
dirty`` says nothing in a model in which every nlink is 0.  (The notion is that of Beer, Ben-David, Eisner
and Rodeh, "Efficient detection of vacuity in temporal model checking", 2001, for the last operand in
Python's order.)
"""

from __future__ import annotations

from collections.abc import Iterable

from ovlcheck.system.expr import FALSE, TRUE, And, Cond, Const, Expr, Not, Or
from ovlcheck.system.logic import conditional, conjunction, disjunction, is_constant, negation, replace_loads


def exercised(predicate: Expr, fixed: Iterable[tuple[str, int]] = ()) -> Expr:
    """The condition under which evaluating ``predicate`` reaches its last obligation.

    ``d1 or ... or dn``: none of d1 ... dn-1 holds, and dn is exercised.  ``c1 and ... and cn``: some
    conjunct is reached and exercised.  A constant is never exercised, anything else always is.  ``fixed``
    names variables whose cells all keep the given value for ever: they count as constants.

    The condition evaluates only what evaluating ``predicate`` in the same state evaluates, so it faults
    only where ``predicate`` does.
    """
    values = dict(fixed)
    known = replace_loads(
        predicate, lambda load: Const(values[load.variable]) if load.variable in values else None
    )
    return _exercised(known, positive=True)


def _exercised(predicate: Expr, *, positive: bool) -> Expr:
    """As ``exercised``, of ``predicate`` or, unless ``positive``, of its negation."""
    match predicate:
        case Not(operand):
            return _exercised(operand, positive=not positive)
        case Cond(test, then, orelse):
            return conditional(
                test, _exercised(then, positive=positive), _exercised(orelse, positive=positive)
            )
        case Or(items) if positive:
            return _last_alternative(items, positive=True)
        case And(items) if not positive:
            return _last_alternative(items, positive=False)
        case And(items) | Or(items):
            return _some_conjunct(items, positive=positive)
    return FALSE if is_constant(predicate) else TRUE


def _truth(item: Expr, *, positive: bool) -> Expr:
    return item if positive else negation(item)


def _last_alternative(items: tuple[Expr, ...], *, positive: bool) -> Expr:
    """A disjunction; constants that are false take no part in it."""
    alternatives = [i for i in items if _truth(i, positive=positive) != FALSE]
    if not alternatives:
        return FALSE
    *premises, obligation = alternatives
    reached = [_truth(p, positive=not positive) for p in premises]
    return conjunction([*reached, _exercised(obligation, positive=positive)])


def _some_conjunct(items: tuple[Expr, ...], *, positive: bool) -> Expr:
    result: Expr = FALSE
    for item in reversed(items):
        rest = FALSE if result == FALSE else conjunction([_truth(item, positive=positive), result])
        result = disjunction([_exercised(item, positive=positive), rest])
    return result
