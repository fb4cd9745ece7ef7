"""What Z3 is told of any number of instances is what the interpreter says of one, two and three."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
import z3
from hypothesis import HealthCheck, given, settings

from ovlcheck.explore.reference import DEADLOCK
from ovlcheck.symbolic.counted_translation import ELSEWHERE, CountedSystem, row_name, rows_named
from ovlcheck.symbolic.counter_abstraction import Counted, NotCountable, Row, counted
from ovlcheck.system.expr import Const, Load, Not, Or
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.symmetry import interchangeable
from ovlcheck.system.transition_system import Assume, Initial, TransitionSystem
from tests.examples import examples
from tests.random_systems import transition_systems
from tests.symbolic.bags import bags
from tests.symbolic.parameterised import (
    Family,
    any_number,
    last_one_frees,
    locked,
    permits,
    two_counts,
)
from tests.symbolic.small_systems import MOST, WIDEST, explored, image, reached, within


def begins(counted_: Counted) -> list[Row]:
    return [
        (number, tuple(v.default for v in counted_.own(name) for _ in range(v.cells)))
        for number, name in enumerate(counted_.processes)
    ]


def agree(counted_: Counted, named: TransitionSystem) -> bool:
    """The same states are reached, and the same is violated, by instances that are counted and that have names.

    False if that is not known: there are too many states.
    """
    explicit = explored(named)
    if explicit is None:
        return False
    wide = named.with_width(WIDEST)
    found = [bags(counted_, named, state) for state in reached(Semantics(wide), MOST + 1)]
    rows = list(dict.fromkeys([*begins(counted_), *(row for _, there in found for row in there)]))
    symbolic = CountedSystem(counted_, rows)
    for number, name in enumerate(counted_.processes):
        there = [symbolic.instances(row) for row in rows if row[0] == number]
        symbolic.initial = z3.And(symbolic.initial, z3.Sum(there) == named.process[name].instances)
    expected = {symbolic.state(shared, [there[row] for row in rows]) for shared, there in found}
    assert image(symbolic, 2 * MOST) == expected
    violated = {
        name
        for name, bad in symbolic.bad.items()
        if any(satisfiable(within(symbolic, bad, state)) for state in expected)
    }
    assert violated | symbolic.initially_bad == {v.name for v in explicit.violations} - {DEADLOCK}
    return True


def satisfiable(*formulas: z3.BoolRef) -> bool:
    solver = z3.Solver()
    solver.add(*formulas)
    return bool(solver.check() == z3.sat)


@pytest.mark.parametrize("tasks", [1, 2, 3])
@pytest.mark.parametrize(
    "family", [locked(), locked(False), last_one_frees(True), last_one_frees(False), permits(2), two_counts()]
)
def test_so_many_instances_reach_what_named_ones_reach(family: Family, tasks: int) -> None:
    assert agree(any_number(family), family(tasks))


unhurried = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
)


@settings(unhurried, max_examples=examples(8, 80))
@given(transition_systems())
def test_instances_of_random_systems_reach_what_named_ones_reach(named: TransitionSystem) -> None:
    names = [p.name for p in named.processes if interchangeable(named, p)]
    if names:
        with contextlib.suppress(NotCountable):
            agree(counted(named, names), named)


def locked_rows() -> tuple[Row, ...]:
    return ((0, (0, 0)), (0, (1, 1)))


def test_a_row_that_is_not_listed_is_elsewhere() -> None:
    outside, inside = locked_rows()
    assert ELSEWHERE not in CountedSystem(any_number(locked()), (outside, inside)).bad
    fewer = CountedSystem(any_number(locked()), (outside,))
    assert satisfiable(fewer.initial, fewer.bad[ELSEWHERE])
    assert not satisfiable(fewer.transition)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (((0, (1, 1)),), r"task\(0,0\) is not listed"),
        (((0, (0, 0)), (0, (0, 0))), "listed twice"),
        (((0, (0, 0)), (0, (2, 0))), r"nobody can be at task\(2,0\)"),
        (((0, (0, 0)), (0, (1,))), r"nobody can be at task\(1\)"),
    ],
)
def test_rows_that_cannot_be_all_there_are_are_refused(rows: tuple[Row, ...], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        CountedSystem(any_number(locked()), rows)


def test_rows_are_read_from_the_names_of_constants() -> None:
    symbolic = CountedSystem(any_number(locked()), locked_rows())
    names = [constant.decl().name() for constant in symbolic.pre]
    assert row_name(symbolic.counted, locked_rows()[1]) == "task(1,1)"
    assert rows_named(symbolic.counted, [*names, "other(1)", "task(", "task(x)"]) == locked_rows()


def test_any_number_may_begin_and_nobody_may() -> None:
    symbolic = CountedSystem(any_number(locked()), locked_rows())
    outside, inside = map(symbolic.instances, locked_rows())
    for number in (0, 1, 1000):
        assert satisfiable(symbolic.initial, outside == number)
    assert not satisfiable(symbolic.initial, z3.Or(outside < 0, inside != 0))


def test_making_initial_states_by_what_instances_do_is_refused() -> None:
    named = locked()(2)
    nobody = Not(Or(tuple(Load("task.holds.lock", (Const(i),)) for i in range(2))))
    asking = replace(named, initial=(Initial((Assume(nobody),)),))
    with pytest.raises(NotCountable, match="initial states depend on the number"):
        CountedSystem(counted(asking, ["task"]), locked_rows())
