"""Spin and Rumur find a property violated where we do, and only there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ovlcheck.explore.reference import DEADLOCK
from ovlcheck.export.problems import NotExportable
from ovlcheck.export.promela import to_promela
from ovlcheck.system.evaluation import (
    INDEX_OUT_OF_RANGE,
    NULL_DEREFERENCE,
    REFCOUNT_BELOW_ZERO,
    USE_AFTER_FREE,
)
from ovlcheck.system.expr import And, Const, Deref, Load, Or
from ovlcheck.system.transition_system import (
    Assume,
    Check,
    Initial,
    Invariant,
    Population,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Int, Ref
from tests.export.agreement import KINDS, WAYS, assert_same_verdict
from tests.hand_built import (
    crossed_locks,
    die_hard,
    eq,
    freed_object,
    mcs_lock,
    one_lock,
    plus,
    rule,
    set_,
    soft_and_hard_checks,
    system,
    underflow,
    worker,
)

N = Load("n")


def blocked_after_a_soft_check() -> TransitionSystem:
    """The check fails, but a condition behind it keeps the step from being one."""
    return system(
        rule("no", Check(Const(0), "soft", "", fatal=False), set_("n", 1), Assume(eq(N, 0))),
        variables=(Variable("n", Int(0, 1)),),
    )


def fatal_after_a_soft_check() -> TransitionSystem:
    """Both are violated; the state is not terminal."""
    return system(
        rule("both", Check(Const(0), "soft", "", fatal=False), Check(Const(0), "hard", "")),
        variables=(Variable("n", Int(0, 1)),),
    )


def unevaluable_invariant() -> TransitionSystem:
    """The reference is None in the second state, where the invariant looks through it."""
    thing = Load("field", (Deref(Load("ref"), "thing"),))
    return system(
        rule("clear", set_("ref", 0)),
        variables=(Variable("ref", Ref("thing", 1), default=1), Variable("field", Bool(), (1,))),
        populations=(Population("thing", 1),),
        invariants=(
            Invariant("looks", eq(thing, 0)),
            Invariant("looks before", Or((eq(Load("ref"), 0), eq(thing, 0)))),
            Invariant("looks too late", And((eq(thing, 0), eq(Load("ref"), 0)))),
        ),
    )


def broken_start() -> TransitionSystem:
    """One of the two families of initial states faults."""
    return replace(
        system(rule("up", Assume(eq(N, 0)), set_("n", 1)), variables=(Variable("n", Int(0, 1)),)),
        initial=(Initial(()), Initial((set_("n", plus(Const(1), 1)),))),
    )


def out_of_bounds() -> TransitionSystem:
    return system(
        rule("up", set_("x", 1, N), set_("n", plus(N, 1))),
        variables=(Variable("x", Bool(), (2,)), Variable("n", Int(0, 9))),
    )


CASES: tuple[tuple[Callable[[], TransitionSystem], str], ...] = (
    (die_hard, "never_four"),
    (mcs_lock, "one_in_critical_section"),
    (one_lock, "mutual_exclusion"),
    (one_lock, DEADLOCK),
    (lambda: crossed_locks(bystander=False), DEADLOCK),
    (lambda: crossed_locks(bystander=True), DEADLOCK),
    (lambda: worker(last_rests=False), DEADLOCK),
    (lambda: worker(last_rests=True), DEADLOCK),
    (freed_object, USE_AFTER_FREE),
    (freed_object, NULL_DEREFERENCE),
    (underflow, REFCOUNT_BELOW_ZERO),
    (underflow, DEADLOCK),
    (soft_and_hard_checks, "below_two"),
    (soft_and_hard_checks, "below_three"),
    (blocked_after_a_soft_check, "soft"),
    (blocked_after_a_soft_check, DEADLOCK),
    (fatal_after_a_soft_check, "soft"),
    (fatal_after_a_soft_check, "hard"),
    (fatal_after_a_soft_check, DEADLOCK),
    (unevaluable_invariant, "looks"),
    (unevaluable_invariant, "looks before"),
    (unevaluable_invariant, "looks too late"),
    (broken_start, "value out of range"),
    (broken_start, INDEX_OUT_OF_RANGE),
    (out_of_bounds, INDEX_OUT_OF_RANGE),
    (out_of_bounds, "value out of range"),
)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("make", "name"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_verdicts_agree(make: Callable[[], TransitionSystem], name: str, way: str) -> None:
    assert_same_verdict(make(), way, name)


def test_every_kind_of_fault_can_be_asserted() -> None:
    for kind in KINDS:
        assert f"Asserted: {kind}." in to_promela(one_lock(), flat=True, asserting=(kind,)).text


def test_a_name_that_nothing_has_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(NotExportable, match="mutual_exclusion"):
        to_promela(one_lock(), flat=True, asserting=("mutual_exlusion",))


def test_what_no_assertion_can_say_is_refused() -> None:
    with pytest.raises(NotExportable, match="no_deadlock"):
        to_promela(one_lock(), flat=True, asserting=("no_deadlock",))
