"""The search for any number of instances: right where the answer is known, and never less than the explicit one."""

from __future__ import annotations

import pytest
from hypothesis import given

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import Limits, WidthOverflow
from ovlcheck.symbolic.counter_abstraction import NotCountable, counted
from ovlcheck.symbolic.symbolic_result import SymbolicResult
from ovlcheck.symbolic.symbolic_search import search
from ovlcheck.system.expr import Const
from ovlcheck.system.symmetry import interchangeable
from ovlcheck.system.transition_system import Assume, TransitionSystem
from tests.random_systems import transition_systems
from tests.symbolic.parameterised import (
    Family,
    any_number,
    inside_at_most,
    last_one_frees,
    locked,
    permits,
    two_counts,
)


def proved(result: SymbolicResult, name: str) -> bool:
    return result.complete and name not in result.suspicions


def violations(system: TransitionSystem) -> set[str]:
    return {v.name for v in Reference().search(system).violations}


@pytest.mark.parametrize(
    ("family", "name"),
    [
        (locked(), "one_inside"),
        (locked(), "lock misuse"),
        (last_one_frees(True), "use after free"),
        (last_one_frees(True), "freed_unused"),
        (permits(1), "two_inside"),
        (two_counts(), "mapped_by_openers"),
        (two_counts(), "bounded"),
        (inside_at_most(lambda tasks: tasks), "few_inside"),
        (inside_at_most(lambda tasks: 0, Assume(Const(0))), "few_inside"),
    ],
)
def test_what_holds_for_every_number_is_proved(family: Family, name: str) -> None:
    assert proved(search(any_number(family)), name)
    assert all(name not in violations(family(tasks)) for tasks in (1, 2, 3))


@pytest.mark.parametrize(
    ("family", "name", "fewest"),
    [
        (locked(False), "one_inside", 2),
        (last_one_frees(False), "use after free", 2),
        (inside_at_most(lambda tasks: 2), "few_inside", 3),
        (inside_at_most(lambda tasks: tasks - 1), "few_inside", 1),
        (two_counts(), "too_tight", 1),
        (permits(3), "two_inside", 3),
    ],
)
def test_what_breaks_with_some_number_is_never_proved(family: Family, name: str, fewest: int) -> None:
    for precision in (0, 1, 2, 3):
        result = search(any_number(family), precision=precision)
        assert result.complete
        assert name in result.suspicions
    broken = [tasks for tasks in (1, 2, 3) if name in violations(family(tasks))]
    assert min(broken) == fewest


def test_what_one_precision_cannot_tell_apart_a_greater_one_can() -> None:
    assert not proved(search(any_number(permits(2)), precision=1), "two_inside")
    assert proved(search(any_number(permits(2)), precision=3), "two_inside")


def test_the_number_of_control_states_does_not_depend_on_the_number_of_tasks() -> None:
    result = search(any_number(locked()))
    assert result.controls == 2
    assert result.rows == 2


def test_counters_are_found_to_be_sums_over_positions() -> None:
    (opened, mapped) = search(any_number(two_counts())).equalities
    assert opened[0].variable == "opened"
    assert sorted(weight for _, weight in opened[1]) == [1, 1]
    assert sorted(weight for _, weight in mapped[1]) == [1]
    assert opened[2] == mapped[2] == {0}


def test_a_limit_ends_the_search_without_a_proof() -> None:
    result = search(any_number(last_one_frees(True)), most_controls=0)
    assert not result.complete
    assert result.stopped == "limit of 0 control states reached"


@given(transition_systems())
def test_every_violation_of_a_random_system_is_suspected(system: TransitionSystem) -> None:
    names = [p.name for p in system.processes if interchangeable(system, p)]
    wide = system.with_width(6)
    try:
        explicit = Reference().search(wide, limits=Limits(states=400))
        result = search(counted(system, names), most_controls=400)
    except (NotCountable, WidthOverflow):
        return
    if result.complete:
        found = {v.name for v in explicit.violations} - {"deadlock"}
        assert found <= result.suspicions.keys()
        assert explicit.fired <= result.fired
        assert explicit.covered <= result.covered


def test_the_control_states_that_prove_it_are_kept_when_asked_for() -> None:
    assert search(any_number(last_one_frees(True))).reached is None
    reached = search(any_number(last_one_frees(True)), keep=True).reached
    assert reached is not None
    (count,) = (at for at, quantity in enumerate(reached.quantities) if quantity.variable == "count")
    holding = [row for row, (_, values) in enumerate(reached.row_values) if values[0] == 1]
    assert [row for row, weight in enumerate(reached.weights) if weight[count]] == holding
    assert all(
        state.box.may & ~(1 << holding[0]) == state.box.may
        for state in reached.controls
        if state.numbers[count] == 0
    )
    assert any(state.box.may >> holding[0] & 1 for state in reached.controls)
