"""Numbers of which only a least value is known: they answer where every such number would, and nowhere else."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlcheck.symbolic.at_least import UNBOUNDED, Ambiguous, AtLeast

COMPARISONS = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)
small = st.integers(-2, 6)


@given(st.integers(-1, 4), small, st.integers(-2, 2), st.sampled_from(COMPARISONS), st.booleans())
def test_a_comparison_answers_what_it_answers_for_every_number(
    low: int, bound: int, added: int, compare: Callable[[Any, Any], Any], reflected: bool
) -> None:
    def ask(number: object) -> bool:
        return bool(compare(bound, number) if reflected else compare(number, bound))

    answers = {ask(number + added) for number in range(low, low + 12)}
    try:
        assert answers == {ask(AtLeast(low, 0) + added)}
    except Ambiguous as doubt:
        assert doubt.origin == 0
        assert len(answers) == 2


def test_it_is_below_no_bound_but_that_of_every_number() -> None:
    assert AtLeast(3, 0) <= UNBOUNDED
    with pytest.raises(Ambiguous):
        assert AtLeast(3, 0) <= 100


@pytest.mark.parametrize(
    "calculate",
    [
        lambda n: n - n,
        lambda n: 3 - n,
        lambda n: n * 0,
        lambda n: n & 1,
        lambda n: n // 2,
        lambda n: -n,
        lambda n: [1, 2, 3][n],
        lambda n: n == n + 0,
    ],
)
def test_what_is_not_monotone_is_ambiguous(calculate: Callable[[Any], object]) -> None:
    with pytest.raises(Ambiguous):
        calculate(AtLeast(1, 7))


def test_sums_and_multiples_are_at_least_theirs() -> None:
    assert AtLeast(1, 0) + AtLeast(2, 1) > 2
    assert AtLeast(2, 0) * 3 > 5
    assert bool(AtLeast(1, 0))
    with pytest.raises(Ambiguous):
        bool(AtLeast(0, 0))
