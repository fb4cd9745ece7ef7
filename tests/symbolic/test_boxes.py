"""Boxes and numbers: every bag that fits is kept, whatever is concluded, and joins keep the bags of both."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ovlcheck.symbolic.boxes import Box, Numbers, Weights, at_least, least, minimal, plus

ROWS = 4
Bag = tuple[int, ...]

weights = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=ROWS, max_size=ROWS)
codes = st.one_of(st.integers(0, 3), st.integers(0, 3).map(at_least))
masks = st.integers(0, (1 << ROWS) - 1)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    may = draw(masks)
    return Box(may, draw(masks) & may, minimal({draw(masks) & may for _ in range(draw(st.integers(0, 3)))}))


def has(box: Box, bag: Bag) -> bool:
    """Whether ``bag`` is one of those of ``box``."""
    for row, number in enumerate(bag):
        if (number and not box.may >> row & 1) or (number > 1 and not box.many >> row & 1):
            return False
    return all(any(bag[r] for r in range(ROWS) if clause >> r & 1) for clause in box.clauses)


def gives(table: Weights, bag: Bag, numbers: Numbers) -> bool:
    for number, code in enumerate(numbers):
        total = sum(n * table.of[row][number] for row, n in enumerate(bag))
        if total != code if code >= 0 else total < least(code):
            return False
    return True


def bags() -> list[Bag]:
    return list(product(range(3), repeat=ROWS))


def table_of(each: list[tuple[int, int]]) -> Weights:
    table = Weights((1, 0))
    for one in each:
        table.add(one)
    return table


@given(weights, boxes(), st.tuples(codes, codes))
def test_narrowing_keeps_every_bag_that_gives_the_numbers(
    each: list[tuple[int, int]], box: Box, numbers: Numbers
) -> None:
    table = table_of(each)
    narrowed = table.narrowed(numbers, box)
    for bag in bags():
        if has(box, bag) and gives(table, bag, numbers):
            assert narrowed is not None
            assert has(narrowed, bag)


@given(boxes(), boxes())
def test_a_join_has_the_bags_of_both(first: Box, second: Box) -> None:
    joined = first.joined(second)
    assert all(has(joined, bag) for bag in bags() if has(first, bag) or has(second, bag))


@given(boxes(), st.integers(0, ROWS - 1), st.integers(0, ROWS - 1))
def test_a_move_of_one_instance_keeps_the_others(box: Box, origin: int, target: int) -> None:
    moved = box.without(origin).with_one(target)
    for bag in bags():
        if has(box, bag) and bag[origin]:
            after = list(bag)
            after[origin] -= 1
            after[target] += 1
            assert has(moved, tuple(after))


@given(st.tuples(codes, codes))
def test_cases_are_all_of_the_numbers_and_each_is_told_apart(numbers: Numbers) -> None:
    table = Weights((1, 0))
    cases = table.cases(numbers)
    assert len(set(cases)) == len(cases)
    for total in product(range(6), repeat=2):
        inside = all(t == c if c >= 0 else t >= least(c) for t, c in zip(total, numbers, strict=True))
        covered = any(
            all(t == c if c >= 0 else t >= least(c) for t, c in zip(total, case, strict=True)) for case in cases
        )
        assert covered or not inside


def test_a_number_from_which_one_is_taken_stays_natural() -> None:
    assert plus(at_least(0), -1) == at_least(0)
    assert plus(at_least(2), -1) == at_least(1)
    assert plus(3, -1) == 2
