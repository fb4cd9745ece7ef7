"""What Z3's C interface joins is what z3py joins, the very same formula."""

from __future__ import annotations

import pytest
import z3

from ovlcheck.symbolic.connectives import conjunction, disjunction, negation

NAMES = [z3.Bool(f"x{i}") for i in range(4)]


@pytest.mark.parametrize("number", range(1, 5))
def test_formulas_are_joined_as_z3py_joins_them(number: int) -> None:
    some = NAMES[:number]
    assert conjunction(some).eq(z3.And(some))
    assert disjunction(some).eq(z3.Or(some))


def test_a_formula_is_negated_as_z3py_negates_it() -> None:
    for item in (NAMES[0], z3.Not(NAMES[0]), z3.BoolVal(True), z3.Int("n") < 3):
        assert negation(item).eq(z3.Not(item))


def test_formulas_outlive_what_they_are_made_of() -> None:
    made = [conjunction([z3.Int(f"n{i}") < i, z3.Bool(f"b{i}")]) for i in range(500)]
    assert [item.sexpr() for item in made] == [f"(and (< n{i} {i}) b{i})" for i in range(500)]


def test_formulas_stay_in_the_context_that_they_are_of() -> None:
    other = z3.Context()
    item = z3.Bool("x", other)
    assert all(made.ctx is other for made in (conjunction([item]), disjunction([item]), negation(item)))
