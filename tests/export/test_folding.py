"""No value of an expression lies outside the interval that is folded and sized with; folding keeps the value."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ovlcheck.export.folding import fold_all, truth
from ovlcheck.export.notation import Notation, Text
from ovlcheck.export.problems import NotExportable
from ovlcheck.system.bounds import Bounds
from ovlcheck.system.evaluation import Fault, compile_expression
from ovlcheck.system.expr import And, Binary, Cond, Const, Expr, Load, Not, Or, Unary
from ovlcheck.system.transition_system import Variable
from ovlcheck.system.types import Int
from tests.hand_built import system

MADE = system(variables=(Variable("a", Int(-5, 6)), Variable("b", Int(0, 7)), Variable("c", Int(2, 3))))
OPERATORS = ("+", "-", "*", "//", "%", "&", "|", "^", "&~", ">>", "==", "!=", "<", "<=", ">", ">=")

LEAVES = st.one_of(st.sampled_from("abc").map(Load), st.integers(-4, 9).map(Const))


def _larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Binary, st.sampled_from(OPERATORS), inner, inner),
        st.builds(Binary, st.just("<<"), inner, st.integers(0, 4).map(Const)),
        st.builds(Unary, st.sampled_from(("-", "popcount")), inner),
        st.builds(Not, inner),
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Cond, inner, inner, inner),
    )


EXPRESSIONS: st.SearchStrategy[Expr] = st.recursive(LEAVES, _larger, max_leaves=8)
STATES = st.tuples(st.integers(-5, 6), st.integers(0, 7), st.integers(2, 3))


def value(expr: Expr, state: tuple[int, ...]) -> int:
    try:
        return compile_expression(MADE, expr, {})(state, {})
    except Fault:
        assume(False)
        raise


@given(EXPRESSIONS, STATES)
def test_a_value_lies_in_its_range(expr: Expr, state: tuple[int, ...]) -> None:
    lo, hi = Bounds(MADE, widths=True).of(expr)
    assert lo <= value(expr, state) <= hi


@given(EXPRESSIONS, STATES)
def test_folding_keeps_the_value(expr: Expr, state: tuple[int, ...]) -> None:
    expected = value(expr, state)
    assert value(fold_all(expr, Bounds(MADE, widths=True)), state) == expected
    assert value(truth(expr), state) == int(expected != 0)


class Plain(Notation):
    def load(self, load: Load) -> Text:
        return Text(load.variable)


def test_more_than_32_bits_are_refused() -> None:
    square = Binary("*", Load("a"), Load("a"))
    for _ in range(4):
        square = Binary("*", square, square)
    with pytest.raises(NotExportable, match="32 bits"):
        Plain(Bounds(MADE, widths=True)).number(square)
