"""The starts of runs: every initial state is one, whatever making another one broke half way."""

from __future__ import annotations

from ovlcheck.explore.reference import Reference
from ovlcheck.runs.moves import Moves
from ovlcheck.system.expr import Const
from ovlcheck.system.transition_system import Check, Initial, Op, TransitionSystem, Variable
from ovlcheck.system.types import Int
from tests.hand_built import rule, set_, system


def begun(*families: tuple[Op, ...]) -> TransitionSystem:
    return system(
        rule("reset", set_("x", 0)),
        variables=(Variable("x", Int(0, 3)),),
        initial=tuple(Initial(ops) for ops in families),
    )


def broken(name: str, *, fatal: bool) -> Check:
    return Check(Const(0), name, "no", fatal=fatal)


def test_a_state_that_a_violation_left_half_made_hides_no_equal_initial_state() -> None:
    made = begun((broken("first", fatal=True),), (broken("second", fatal=True),), ())
    starts = Moves(made).initial()
    assert [(start.state, start.partial) for start in starts] == [(None, (0,)), ((0,), None)]
    assert [[failure.name for failure in start.faults] for start in starts] == [["first", "second"], []]
    assert {violation.name for violation in Reference().search(made).violations} == {"first", "second"}


def test_what_several_families_break_on_the_way_to_one_state_is_told_together() -> None:
    made = begun((broken("first", fatal=False),), (set_("x", 1),), (broken("second", fatal=False),))
    starts = Moves(made).initial()
    assert [start.state for start in starts] == [(0,), (1,)]
    assert [[failure.name for failure in start.faults] for start in starts] == [["first", "second"], []]
