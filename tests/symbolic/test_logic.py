"""Proofs are written in the narrowest logic that they belong to: solvers pick their heuristics by it."""

from __future__ import annotations

import pytest
import z3

from ovlcheck.symbolic.logic import EVERYTHING, LINEAR, logic
from tests.symbolic.test_certificate import cvc5_answers

X, Y = z3.Ints("x y")
P, Q = z3.Bools("p q")

IN_LINEAR = (
    z3.And(P, z3.Or(z3.Not(Q), z3.Xor(P, Q)), z3.Implies(P, Q), z3.BoolVal(True)),
    z3.If(P, X, Y + 1) >= 2 * X - 3 * Y,
    z3.Distinct(X, Y, z3.IntVal(4)),
    z3.Sum(X, Y, z3.IntVal(-2)) > -X * -3,
)
BEYOND = (
    X * Y > 0,
    X / 2 == Y,
    X % 2 == 0,
    z3.Int2BV(X, 8) == 1,
    z3.ForAll([X], X > Y),
    z3.ToReal(X) > 0.5,
)


@pytest.mark.parametrize("formula", IN_LINEAR, ids=str)
def test_linear_formulas_are_told_as_such_and_cvc5_agrees(formula: z3.BoolRef) -> None:
    assert logic([formula, P]) == LINEAR
    solver = z3.Solver()
    solver.add(formula)
    text = solver.to_smt2().replace("(set-info :status unknown)", f"(set-logic {LINEAR})")
    assert cvc5_answers(pytest.importorskip("cvc5"), text) == [str(solver.check())]


@pytest.mark.parametrize("formula", BEYOND, ids=str)
def test_one_formula_beyond_is_enough(formula: z3.BoolRef) -> None:
    assert logic([P, z3.And(P, z3.Or(Q, formula))]) == EVERYTHING
