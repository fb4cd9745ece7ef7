"""Bounds of refcounts: never below what is met, exact where who holds a reference is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlcheck.explore.probe import proven
from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.search import WIDEST
from ovlcheck.symbolic import facts, inequalities
from ovlcheck.symbolic import refcount_bounds as refcount_bounds_module
from ovlcheck.symbolic.answer import Deadline
from ovlcheck.symbolic.equalities import equalities, sample, solve, spread, total
from ovlcheck.symbolic.facts import inductive
from ovlcheck.symbolic.features import AtRow, One, OwnSet, States, column, features_of
from ovlcheck.symbolic.inequalities import greatest_below, least_above
from ovlcheck.symbolic.refcount_bounds import RefcountBound, by_variable, refcount_bounds
from ovlcheck.symbolic.translation import translate
from ovlcheck.system.expr import Binary, Const, Load, Not
from ovlcheck.system.transition_system import Assume, TransitionSystem, Variable
from ovlcheck.system.types import Bits, Bool, Count
from tests.examples import examples
from tests.hand_built import SELF, eq, move, plus, process, set_, system
from tests.random_systems import transition_systems
from tests.symbolic.parameterised import locked, two_counts
from tests.symbolic.small_systems import WIDEST as WIDEST_EXPLORED
from tests.symbolic.small_systems import explored


def of(bounds: tuple[RefcountBound, ...], name: str) -> RefcountBound:
    return next(b for b in bounds if b.variable == name)


def every_state(made: TransitionSystem) -> States:
    return np.array(list(reachable(made)), dtype=np.int64).reshape(-1, made.cells)


def test_counters_are_what_stands_where() -> None:
    bounds = refcount_bounds(two_counts()(2)).counters
    opened, mapped = of(bounds, "opened"), of(bounds, "mapped")
    assert opened.proved
    assert mapped.proved
    assert (opened.bound, mapped.bound) == (2, 2)
    assert opened.equality is not None
    assert set(opened.equality.terms) == {(AtRow("task", 1), 1), (AtRow("task", 2), 1)}


def test_a_lock_keeps_a_counter_at_one_although_there_are_three_tasks() -> None:
    inside = of(refcount_bounds(locked()(3)).counters, "inside")
    assert inside.bound == 1
    assert inside.exact
    assert of(refcount_bounds(locked(False)(3)).counters, "inside").bound == 3


def test_a_counter_that_only_grows_has_no_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refcount_bounds_module, "_MOST_GROWTHS", 2)
    task, pc = process("task", 1, True)
    grown = system(
        move(task, 0, 0, set_("seen", plus(Load("seen"), 1))),
        variables=(pc, Variable("seen", Count(3))),
        processes=(task,),
    )
    found = refcount_bounds(grown)
    (seen,) = found.counters
    assert seen.bound is None
    assert not seen.proved
    assert found.reason == "not every reachable state is known"
    assert by_variable([seen]) == {}


def relayed() -> TransitionSystem:
    """A task that takes a reference, hands it over to a flag, and drops the flag's when it comes round again."""
    task, pc = process("task", 1, True, False, False)
    held, count = Load("kept"), Load("count")
    return system(
        move(task, 0, 1, Assume(eq(held, 0)), set_("count", plus(count, 1))),
        move(task, 0, 2, Assume(eq(held, 1))),
        move(task, 1, 0, set_("kept", 1)),
        move(task, 2, 0, set_("count", 0), set_("kept", 0)),
        variables=(pc, Variable("count", Count(3)), Variable("kept", Bool())),
        processes=(task,),
    )


def test_what_an_equality_lacks_is_learned_from_the_reached_states() -> None:
    made = relayed()
    alone = refcount_bounds(made, every_state(made), Deadline(60))
    (count,) = alone.counters
    assert count.proved, "position 2 is never met without the flag"
    assert (count.bound, count.exact, alone.reason) == (1, True, "")
    assert any("clauses" in figure for figure in alone.figures)


def test_where_not_every_state_is_known_others_join_until_what_is_claimed_holds() -> None:
    made = relayed()
    found = refcount_bounds(made, every_state(made)[:1], Deadline(60), every=False)
    (count,) = found.counters
    assert (count.bound, count.exact, count.proved) == (1, True, True)
    assert not found.every
    assert found.reason == ""
    assert any("the sample grew" in figure for figure in found.figures)


def test_without_time_to_learn_nothing_that_is_not_inductive_is_called_proved() -> None:
    made = relayed()
    states = every_state(made)
    found = refcount_bounds(made, states, Deadline(0.0))
    (count,) = found.counters
    assert found.states == len(states)
    assert count.equality is not None
    assert count.proved == (count.broken_by is None)
    assert count.proved or found.reason


def coarse() -> TransitionSystem:
    """A count that is 1 or 2 while its task is inside, whatever the task knows: no sum of who stands where."""
    task, pc = process("task", 1, True, False)
    return system(
        move(task, 0, 1, set_("count", 1)),
        move(task, 0, 1, set_("count", 2)),
        move(task, 1, 0, set_("count", 0)),
        variables=(pc, Variable("count", Count(3))),
        processes=(task,),
    )


def test_a_count_that_is_no_sum_lies_between_two() -> None:
    made = coarse()
    (count,) = refcount_bounds(made, every_state(made), Deadline(60)).counters
    assert count.equality is None
    assert count.bound == 2
    assert count.least == ((AtRow("task", 1), 1),)
    assert count.most == ((AtRow("task", 1), 2),)


def gathering(tasks: int) -> TransitionSystem:
    """Tasks that take a reference to each object they put into a set of their own, wherever they stand meanwhile."""
    task, pc = process("task", tasks, True)
    mine = Load("task.mine", (SELF,))
    moves = []
    for bit in (1, 2):
        has = Not(eq(Binary("&", mine, Const(bit)), 0))
        more = (set_("task.mine", Binary("|", mine, Const(bit)), SELF), set_("count", plus(Load("count"), 1)))
        less = (set_("task.mine", Binary("&~", mine, Const(bit)), SELF), set_("count", plus(Load("count"), -1)))
        moves += [move(task, 0, 0, Assume(Not(has)), *more), move(task, 0, 0, Assume(has), *less)]
    own = Variable("task.mine", Bits("set", ("a", "b")), (tasks,), "local", "task")
    here = replace(task, locations=(replace(task.locations[0], live=(own.name,)),))
    return system(*moves, variables=(pc, own, Variable("count", Count(3))), processes=(here,))


def test_what_tasks_have_in_sets_of_their_own_is_counted() -> None:
    made = gathering(2)
    (count,) = refcount_bounds(made, every_state(made), Deadline(60)).counters
    assert (count.bound, count.exact, count.proved) == (4, True, True)
    assert count.equality is not None
    assert set(count.equality.terms) == {(OwnSet("task", "task.mine", (), member), 1) for member in (0, 1)}


def test_counters_as_wide_as_the_bounds_are_wide_enough() -> None:
    made = two_counts()(3)
    most = by_variable(refcount_bounds(made).counters)
    assert most == {"opened": 3, "mapped": 3}
    assert Reference().search(proven(made, most, WIDEST)).complete


def test_a_variable_is_as_large_as_its_largest_counter_and_unknown_with_any_of_them() -> None:
    one, two, none = (RefcountBound("count", (i,), b, 0, None, False) for i, b in enumerate((1, 2, None)))
    assert by_variable([one, two]) == by_variable([two, one]) == {"count": 2}
    assert by_variable([one, none, two]) == {}


@settings(max_examples=examples(8, 300))
@given(transition_systems())
def test_what_is_proved_is_true_of_every_reachable_state(made: TransitionSystem) -> None:
    if explored(made) is None or not any(isinstance(v.type, Count) for v in made.variables):
        return
    wide = made.with_width(WIDEST_EXPLORED)
    states = every_state(wide)
    for known in (None, states, states[: 1 + len(states) // 4]):
        with pytest.MonkeyPatch.context() as patch:
            # Products of integers can keep Z3 busy: what it does not answer soon is not proved, and no matter here.
            for module, name, value in (
                (refcount_bounds_module, "WALKS", 1),
                (refcount_bounds_module, "_MOST_GROWTHS", 10),
                (refcount_bounds_module, "_LEAST_SECONDS", 0.5),
                (refcount_bounds_module, "MILLISECONDS", 300),
                (facts, "MILLISECONDS", 300),
                (inequalities, "_MILLISECONDS", 1000),
            ):
                patch.setattr(module, name, value)
            found = refcount_bounds(made, known, Deadline(1), every=known is states)
        for one in found.counters:
            values = states[:, wide.cell(one.variable, one.index)]
            most = int(values.max(initial=0))
            assert one.bound is None or one.bound >= most
            if known is states:
                assert one.met == most
                assert found.reason or one.exact, "the least bound, if everything is proved"
            if one.equality is not None and one.proved:
                assert (total(wide, one.equality.terms, states) == values).all()
            assert one.least is None or (total(wide, one.least, states) <= values).all()
            assert one.most is None or (total(wide, one.most, states) >= values).all()


@settings(max_examples=examples(20, 300))
@given(transition_systems())
def test_sums_are_what_they_say_in_every_state(made: TransitionSystem) -> None:
    if explored(made) is None:
        return
    wide = made.with_width(WIDEST_EXPLORED)
    states = every_state(wide)
    for equality in equalities(wide, states):
        values = states[:, wide.cell(equality.variable, equality.index)]
        assert (total(wide, equality.terms, states) == values).all()
        least = greatest_below(wide, states, equality.variable, equality.index)
        most = least_above(wide, states, equality.variable, equality.index)
        assert least is None or (total(wide, least, states) <= values).all()
        assert most is None or (total(wide, most, states) >= values).all()


def test_every_instance_is_counted_once_among_the_rows() -> None:
    made = two_counts()(3)
    states = every_state(made)
    rows = [f for f in features_of(made, states) if isinstance(f, AtRow)]
    away = sum(column(made, row, states) for row in rows)
    resting = column(made, AtRow("task", 0), states)
    assert (away + resting == 3).all()


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


@given(st.integers(0, 300), st.integers(1, 100))
def test_a_spread_has_the_first_and_the_last(count: int, most: int) -> None:
    chosen = spread(count, most)
    assert len(chosen) == min(count, most)
    assert all(0 <= n < count for n in chosen)
    assert not count or count > most or list(chosen) == list(range(count))


def test_a_constant_counter_is_a_constant() -> None:
    task, pc = process("task", 1, True, False)
    still = system(
        move(task, 0, 1), variables=(pc, Variable("still", Count(2), default=2)), processes=(task,)
    )
    (found,) = equalities(still, sample(still))
    assert found.terms == ((One(), 2),)


def test_without_time_nothing_is_called_inductive() -> None:
    symbolic = translate(two_counts()(2))
    assert inductive(symbolic, [symbolic.types], Deadline(60)) == [symbolic.types]
    assert inductive(symbolic, [symbolic.types], Deadline(0.0)) == []
