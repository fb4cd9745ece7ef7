"""Bounds of refcounts: never below what is met, exact where who holds a reference is known."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlcheck.explore.reference import Reference
from ovlcheck.symbolic.bounds_text import as_text, limit
from ovlcheck.symbolic.equalities import AtRow, One, equalities, sample, solve
from ovlcheck.symbolic.refcount_bounds import RefcountBound, refcount_bounds, widths
from ovlcheck.system.expr import Load
from ovlcheck.system.transition_system import TransitionSystem, Variable
from ovlcheck.system.types import Count
from tests.hand_built import move, plus, process, set_, system
from tests.random_systems import transition_systems
from tests.symbolic.parameterised import locked, two_counts
from tests.symbolic.small_systems import explored


def of(bounds: list[RefcountBound], name: str) -> RefcountBound:
    return next(b for b in bounds if b.variable == name)


def test_counters_are_what_stands_where() -> None:
    bounds = refcount_bounds(two_counts()(2))
    opened, mapped = of(bounds, "opened"), of(bounds, "mapped")
    assert opened.proved
    assert mapped.proved
    assert (opened.bound, mapped.bound) == (2, 2)
    assert opened.equality is not None
    assert set(opened.equality.terms) == {(AtRow("task", 1), 1), (AtRow("task", 2), 1)}


def test_a_lock_keeps_a_counter_at_one_although_there_are_three_tasks() -> None:
    inside = of(refcount_bounds(locked()(3)), "inside")
    assert inside.bound == 1
    assert inside.exact
    assert of(refcount_bounds(locked(False)(3)), "inside").bound == 3


def test_a_counter_that_only_grows_has_no_bound() -> None:
    task, pc = process("task", 1, True)
    grown = system(
        move(task, 0, 0, set_("seen", plus(Load("seen"), 1))),
        variables=(pc, Variable("seen", Count(3))),
        processes=(task,),
    )
    (seen,) = refcount_bounds(grown)
    assert seen.bound is None
    assert not seen.proved
    assert "no bound proved" in limit(seen)
    assert widths([seen]) == {}


def test_widths_are_those_of_the_bounds() -> None:
    bounds = refcount_bounds(two_counts()(3))
    assert widths(bounds) == {"opened": 2, "mapped": 2}
    wide = two_counts()(3).with_widths(widths(bounds))
    assert Reference().search(wide).complete


def test_the_text_names_places_and_objects() -> None:
    made = two_counts()(1)
    text = as_text(made, refcount_bounds(made))
    assert "opened: at most 1, which is reached\n    = each task at task.1, task.2\n" in text
    assert "(proved: every step keeps it)" in text


@settings(max_examples=25)
@given(transition_systems())
def test_no_bound_is_below_a_value_that_is_met(system: TransitionSystem) -> None:
    found = explored(system)
    if found is None or not any(isinstance(v.type, Count) for v in system.variables):
        return
    for bound in refcount_bounds(system):
        if bound.bound is not None:
            assert bound.bound >= bound.met
    most: dict[str, int] = {}
    for bound in refcount_bounds(system):
        most[bound.variable] = max(most.get(bound.variable, 0), 99 if bound.bound is None else bound.bound)
    assert all(value <= most[name] for name, value in found.largest.items() if name in most)


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=1, max_size=8),
    st.lists(st.integers(-3, 3), min_size=3, max_size=3),
)
def test_what_is_a_sum_is_found_to_be_one(rows: list[list[int]], factors: list[int]) -> None:
    matrix = np.array(rows, dtype=np.int64)
    target = matrix @ np.array(factors, dtype=np.int64)
    (solution,) = solve(matrix, target.reshape(-1, 1))
    if solution is not None:
        assert (matrix @ np.array(solution) == target).all()


def test_what_is_no_sum_is_not_found_to_be_one() -> None:
    matrix = np.array([[1, 1], [1, 1]], dtype=np.int64)
    assert solve(matrix, np.array([[1], [2]], dtype=np.int64)) == [None]


def test_a_constant_counter_is_a_constant() -> None:
    task, pc = process("task", 1, True, False)
    still = system(
        move(task, 0, 1), variables=(pc, Variable("still", Count(2), default=2)), processes=(task,)
    )
    (found,) = equalities(still, sample(still))
    assert found.terms == ((One(), 2),)
