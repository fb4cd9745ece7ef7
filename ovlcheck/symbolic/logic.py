"""Which logic of SMT-LIB 2.6 a proof is written in.

To solvers the logic is advice: it changes no meaning, but picks their heuristics.  With everything allowed (``ALL``)
cvc5 1.4.2 decides only on what would justify the truth of some assertion (``--decision=justification``), and for the
many clauses of an invariant that takes it minutes where the plain decisions that it has for ``QF_LIA`` take a second.
"""

from __future__ import annotations

from collections.abc import Iterable

import z3

LINEAR = "QF_LIA"
"""Truth values, and linear arithmetic of integers: no quantifiers, no division, products with a numeral only."""

EVERYTHING = "ALL"

LOGICS = (LINEAR, EVERYTHING)

_LINEAR = frozenset(
    {
        z3.Z3_OP_TRUE,
        z3.Z3_OP_FALSE,
        z3.Z3_OP_AND,
        z3.Z3_OP_OR,
        z3.Z3_OP_NOT,
        z3.Z3_OP_XOR,
        z3.Z3_OP_IMPLIES,
        z3.Z3_OP_EQ,
        z3.Z3_OP_DISTINCT,
        z3.Z3_OP_ITE,
        z3.Z3_OP_LE,
        z3.Z3_OP_LT,
        z3.Z3_OP_GE,
        z3.Z3_OP_GT,
        z3.Z3_OP_ADD,
        z3.Z3_OP_SUB,
        z3.Z3_OP_UMINUS,
        z3.Z3_OP_ANUM,
    }
)


def logic(formulas: Iterable[z3.ExprRef]) -> str:
    """The narrowest of ``LOGICS`` that all ``formulas`` belong to."""
    seen: set[int] = set()
    waiting = list(formulas)
    while waiting:
        part = waiting.pop()
        if part.get_id() in seen:
            continue
        seen.add(part.get_id())
        if not _is_linear(part):
            return EVERYTHING
        waiting += part.children()
    return LINEAR


def _is_linear(part: z3.ExprRef) -> bool:
    """Whether ``part`` is in linear arithmetic if its arguments are."""
    if not z3.is_app(part) or not (z3.is_bool(part) or z3.is_int(part)):
        return False
    kind = part.decl().kind()
    if kind == z3.Z3_OP_MUL:
        return sum(not _is_numeral(factor) for factor in part.children()) <= 1
    return kind in _LINEAR or z3.is_const(part)


def _is_numeral(term: z3.ExprRef) -> bool:
    """Whether ``term`` is a number, as SMT-LIB writes it: a negative one is the minus of one."""
    if z3.is_app(term) and term.decl().kind() == z3.Z3_OP_UMINUS:
        term = term.arg(0)
    return bool(z3.is_int_value(term))
