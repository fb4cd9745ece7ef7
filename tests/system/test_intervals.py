"""No result of an operator lies outside of its interval, with and without ends; simple ones are exact."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ovlcheck.system.evaluation import Fault, compile_expression
from ovlcheck.system.expr import Binary, Const, Unary
from ovlcheck.system.intervals import ANY, TRUTH, Interval, hull, of_binary, of_unary
from tests.hand_built import system

NOTHING = system(variables=())
OPERATORS = ("+", "-", "*", "//", "%", "&", "|", "^", "&~", "<<", ">>", "==", "!=", "<", "<=", ">", ">=")
EXACT = ("+", "-", "*", ">>", "<<")
"""Each end of their interval is the result for some operands, where no shift is too far."""
NUMBERS = st.integers(-70, 70)


@st.composite
def around(draw: st.DrawFn, value: int) -> Interval:
    """An interval that has ``value``, and may have no end."""
    lo = draw(st.one_of(st.just(-inf), st.integers(-80, value)))
    hi = draw(st.one_of(st.just(inf), st.integers(value, 80)))
    return Interval(lo, hi)


def result(op: str, left: int, right: int) -> int:
    try:
        return compile_expression(NOTHING, Binary(op, Const(left), Const(right)), {})((), {})
    except Fault:
        assume(False)
        raise


@given(st.sampled_from(OPERATORS), NUMBERS, NUMBERS, st.data())
def test_a_result_lies_in_the_interval_of_its_operands(op: str, a: int, b: int, data: st.DataObject) -> None:
    lo, hi = of_binary(op, data.draw(around(a)), data.draw(around(b)))
    assert lo <= result(op, a, b) <= hi
    assert all(abs(end) == inf or isinstance(end, int) for end in (lo, hi))


@given(st.sampled_from(("-", "popcount")), NUMBERS, st.data())
def test_a_result_lies_in_the_interval_of_its_operand(op: str, a: int, data: st.DataObject) -> None:
    lo, hi = of_unary(op, data.draw(around(a)))
    assert lo <= compile_expression(NOTHING, Unary(op, Const(a)), {})((), {}) <= hi


@given(st.sampled_from(EXACT), st.tuples(*[st.integers(0, 9)] * 4))
def test_sums_products_and_shifts_have_exact_ends(op: str, ends: tuple[int, int, int, int]) -> None:
    a, b = hull(ends[:2]), hull(ends[2:])
    corners = [result(op, int(x), int(y)) for x in a for y in b]
    assert of_binary(op, a, b) == hull(corners)


@pytest.mark.parametrize(
    ("op", "a", "b", "expected"),
    [
        ("%", ANY, Interval(3, 3), Interval(0, 2)),
        ("%", Interval(0, 1), Interval(1, 9), TRUTH),
        ("&", ANY, Interval(0, 6), Interval(0, 6)),
        ("&~", Interval(0, 6), ANY, Interval(0, 6)),
        ("|", Interval(0, 4), Interval(0, 3), Interval(0, 7)),
        ("|", Interval(0, inf), TRUTH, Interval(0, inf)),
        ("//", Interval(0, inf), Interval(1, inf), Interval(0, inf)),
        ("*", Interval(0, 0), ANY, Interval(0, 0)),
        ("<", ANY, ANY, TRUTH),
    ],
)
def test_what_is_known_is_not_given_away(op: str, a: Interval, b: Interval, expected: Interval) -> None:
    assert of_binary(op, a, b) == expected


def test_only_what_lies_between_both_ends_is_within() -> None:
    assert Interval(0, 3).within(0, 3)
    assert not Interval(0, 3).within(0, 2)
    assert not Interval(0, inf).within(0, 1 << 70)
