"""Searches under reductions answer about the system as it was: steps, traces, edges taken, and counters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ovlcheck.explore.reductions import (
    EVERY,
    FUSION,
    PARTIAL_ORDER,
    SLICING,
    SYMMETRY,
    Reduction,
    ReductionError,
    with_shortest,
)
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.replay import ReplayError, replay
from ovlcheck.explore.result import Limits, Progress, SearchResult, Violation, at_state_limit
from ovlcheck.explore.search import explore
from ovlcheck.system.action import Action
from ovlcheck.system.expr import Binary, Const, Load
from ovlcheck.system.transition_system import Assign, Check, Edge, Initial, TransitionSystem, Variable
from ovlcheck.system.types import Int
from tests.examples import examples
from tests.hand_built import eq, move, process, set_, source, system
from tests.locking_programs import locking_programs
from tests.random_systems import transition_systems
from tests.system.fusion_cases import CASES, properly_locked

SOFT = {"always 0", "deadlock"}


def compared(whole: TransitionSystem, names: tuple[str, ...]) -> None:
    """Holds a search under ``names`` against one without; passes over systems that are too large to see."""
    limits = Limits(states=2000)
    _, full = explore(whole, Reference(), limits=limits, widest=4)
    _, reduced = explore(whole, Reference(), limits=limits, widest=4, reductions=names)
    assume(full.complete)
    assert reduced.complete
    assert {v.name: len(v.path) for v in full.violations} == {v.name: len(v.path) for v in reduced.violations}
    assert full.covered == reduced.covered
    assert {**full.largest, **reduced.largest} == full.largest
    assert full.fired <= reduced.fired
    if {v.name for v in full.violations} <= SOFT:
        assert full.fired == reduced.fired
    assert reduced.states <= full.states


@pytest.mark.parametrize(
    "names", [(SLICING,), (FUSION,), (SYMMETRY,), (PARTIAL_ORDER,), (SYMMETRY, PARTIAL_ORDER), EVERY]
)
def test_reductions_change_no_verdict_of_programs_that_lock(names: tuple[str, ...]) -> None:
    @settings(max_examples=examples(20, 40), deadline=None, suppress_health_check=list(HealthCheck))
    @given(locking_programs())
    def on(whole: TransitionSystem) -> None:
        compared(whole, names)

    on()


@settings(max_examples=examples(20, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(locking_programs(), st.sets(st.sampled_from(EVERY), min_size=2))
def test_any_reductions_go_together(whole: TransitionSystem, some: set[str]) -> None:
    compared(whole, tuple(name for name in EVERY if name in some))


@settings(max_examples=examples(20, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(transition_systems())
def test_reductions_change_no_verdict_of_any_system(whole: TransitionSystem) -> None:
    compared(whole, EVERY)


def test_many_random_programs_get_smaller() -> None:
    """Tests that nothing was reduced in would prove nothing."""
    smaller: list[bool] = []

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(locking_programs())
    def on(whole: TransitionSystem) -> None:
        try:
            full = Reference().search(whole, limits=Limits(states=1000))
            reduced = Reference().search(Reduction(whole, EVERY).reduced, limits=Limits(states=1000))
        except Exception:
            return
        if full.complete:
            smaller.append(reduced.states < full.states)

    on()
    assert len(smaller) >= 30
    assert sum(smaller) * 3 >= len(smaller)


def late_failure() -> TransitionSystem:
    """A run of three private steps, the second of which breaks a property and the third of which fails."""
    a, pc = process("a", 1, True, False, False, True)
    edges = (
        move(a, 0, 1, set_("p", 1)),
        move(a, 1, 2, Check(eq(Load("p"), 0), "soft", "", fatal=False)),
        move(a, 2, 3, Check(eq(Load("p"), 0), "hard", "")),
    )
    return system(*edges, variables=(pc, Variable("p", Int(0, 3))), processes=(a,))


def test_a_path_of_fused_steps_is_told_in_original_steps_and_ends_where_the_violation_shows() -> None:
    whole = late_failure()
    reduction = Reduction(whole, (FUSION,))
    assert any(len(parts) > 1 for parts in reduction.fused)
    result = reduction.result(Reference().search(reduction.reduced))
    assert {v.name: v.path for v in result.violations} == {
        "soft": (Action(0, (0,)), Action(1, (0,))),
        "hard": (Action(0, (0,)), Action(1, (0,)), Action(2, (0,))),
    }
    for violation in result.violations:
        replay(whole, violation)


def test_a_sliced_initial_state_is_told_as_one_of_the_original() -> None:
    a, pc = process("a", 1, True, True)
    edge = move(a, 0, 1, Check(eq(Load("x"), 1), "one", ""), set_("unread", 2))
    whole = replace(
        system(edge, variables=(Variable("unread", Int(0, 9)), pc, Variable("x", Int(0, 3))), processes=(a,)),
        initial=(Initial((set_("unread", 7), set_("x", 1))), Initial((set_("unread", 8), set_("x", 2)))),
    )
    _, result = explore(whole, Reference(), reductions=(SLICING,))
    (violation,) = result.violations
    assert violation.initial == (8, 0, 2)
    assert result.notes == ("slicing: left out unread (4 bits, 3 assignments)",)


def test_the_trace_is_shortest_in_single_steps_though_fused_steps_are_longer() -> None:
    """One fused step of five leads there, and so do two single steps of another process."""
    a, pc = process("a", 1, True, False, False, False, True)
    b, pd = process("b", 1, True, False, True)
    seen = Check(eq(Load("goal"), 1), "there", "", fatal=False)
    edges = (
        *(move(a, i, i + 1, set_("p", i % 3)) for i in range(3)),
        move(a, 3, 4, seen),
        move(b, 0, 1, set_("shared", 1)),
        move(b, 1, 2, Assign("shared", (), Binary("+", Load("goal"), Const(0))), seen),
    )
    private, shared, goal = (
        Variable("p", Int(0, 3)),
        Variable("shared", Int(0, 3)),
        Variable("goal", Int(0, 3)),
    )
    c, pe = process("c", 1, True, True)
    look = move(c, 0, 1, Assign("c_saw", (), Load("shared")))
    kept = move(c, 0, 1, Check(Binary("<", Load("c_saw"), Const(3)), "c", ""))
    whole = system(
        *edges,
        look,
        kept,
        variables=(pc, pd, pe, private, shared, goal, Variable("c_saw", Int(0, 3))),
        processes=(a, b, c),
    )
    reduction = Reduction(whole, (FUSION,))
    (first,) = reduction.result(Reference().search(reduction.reduced)).violations
    _, result = explore(whole, Reference(), reductions=(FUSION,))
    (shortest,) = result.violations
    assert (len(first.path), len(shortest.path)) == (4, 2)


def test_no_deadlock_and_a_limit_on_steps_switch_off_what_does_not_keep_them() -> None:
    _, result = explore(properly_locked(), Reference(), deadlock_free=True, reductions=EVERY)
    assert (result.states, result.reductions) == (17, ())
    assert result.notes == (
        "slicing: switched off, no_deadlock looks at single steps",
        "fusion: switched off, no_deadlock looks at single steps",
        "symmetry: switched off, no_deadlock looks at single steps",
        "partial-order: switched off, no_deadlock looks at single steps",
    )
    _, result = explore(properly_locked(), Reference(), limits=Limits(depth=2), reductions=EVERY)
    assert result.reductions == (SLICING, SYMMETRY)
    assert "fusion: switched off, the depth limit counts single steps" in result.notes
    assert "partial-order: switched off, the depth limit counts the steps of shortest runs" in result.notes


def test_counters_get_wide_enough_under_reductions() -> None:
    whole = CASES["counter_is_high_half_way"]()
    first = whole.edges[0]
    more = (set_("n", Binary("+", Load("n"), Const(5))),)
    wide = replace(whole, edges=(replace(first, ops=more), *whole.edges[1:]))
    found, result = explore(wide, Reference(), reductions=EVERY)
    assert result.largest == {"n": 5}
    assert found.variable["n"].type.bits == 3


def test_a_counter_without_end_is_told_with_its_single_steps() -> None:
    a, pc = process("a", 1, True, False)
    up = Assign("n", (), Binary("+", Load("n"), Const(1)))
    edges = (move(a, 0, 1, set_("p", 1)), move(a, 1, 0, set_("p", 0), up))
    from ovlcheck.system.types import Count

    reader = Check(Binary(">=", Load("n"), Const(0)), "n", "")
    watched = (edges[0], replace(edges[1], ops=(*edges[1].ops, reader)))
    whole = system(
        *watched, variables=(pc, Variable("p", Int(0, 1)), Variable("n", Count(1))), processes=(a,)
    )
    _, result = explore(whole, Reference(), widest=3, reductions=(FUSION,))
    assert result.stopped == "n grows beyond 7"
    assert (
        result.notes[1]
        == "these 2 steps add 1 to n and change nothing but counters, on the way to the overflow:"
    )


class Changing:
    """The reference with something of its answer changed: an engine that is wrong."""

    name = "changing"

    def __init__(self, change: Callable[[SearchResult], SearchResult]) -> None:
        self.change = change

    def search(
        self,
        system: TransitionSystem,
        *,
        limits: Limits = Limits(),
        deadlock_free: bool = False,
        stop_early: frozenset[str] = frozenset(),
        progress: Callable[[Progress], None] | None = None,
    ) -> SearchResult:
        return self.change(Reference().search(system, limits=limits, stop_early=stop_early))


def test_a_step_that_the_reduced_system_does_not_have_is_an_internal_error() -> None:
    def longer(result: SearchResult) -> SearchResult:
        bad = tuple(replace(v, path=(Action(99), *v.path)) for v in result.violations)
        return replace(result, violations=bad)

    with pytest.raises(ReplayError, match="no action of the reduced system"):
        explore(late_failure(), Changing(longer), reductions=EVERY)


def test_a_violation_that_only_the_unreduced_search_finds_is_an_internal_error() -> None:
    reduced = Reference().search(properly_locked())
    seen = replace(reduced, violations=(Violation("lost", "", (), ()),))
    with pytest.raises(ReductionError, match="lost: violated, but not under fusion"):
        with_shortest(replace(reduced, reductions=(FUSION,)), seen, Limits(depth=5), frozenset())


def test_a_trace_that_may_not_be_shortest_is_said_to_be_so() -> None:
    found = Reference().search(late_failure())
    cut = replace(found, violations=(), levels=(1,), complete=False, stopped="state limit of 1 reached")
    result = with_shortest(found, cut, Limits(depth=2), frozenset({"hard"}))
    assert result.violations == found.violations
    assert result.notes[0] == (
        "hard: there may be a shorter trace, the search for it was cut short: state limit of 1 reached"
    )


def test_a_trace_that_no_shorter_one_was_found_for_as_deep_as_it_goes_is_shortest() -> None:
    found = Reference().search(late_failure())
    deep = replace(found, violations=(), levels=(1, 1, 1), complete=False, stopped="depth limit of 2 reached")
    assert with_shortest(found, deep, Limits(depth=2), frozenset({"hard"})) == found


def test_lines_of_a_fused_step_are_those_of_its_parts() -> None:
    whole = properly_locked()
    reduction = Reduction(whole, (FUSION,))
    at = [source(10 + i, f"worker line {i}") for i in range(4)]
    (worker,) = (e for e in reduction.reduced.edges if e.process == "worker")
    assert worker.lines == tuple(at)


@pytest.mark.parametrize(("beyond", "states", "names"), [(0, 4, EVERY), (16, 4, EVERY), (17, 17, ())])
def test_only_systems_with_many_states_are_reduced(beyond: int, states: int, names: tuple[str, ...]) -> None:
    _, result = explore(properly_locked(), Reference(), reductions=EVERY, reduce_beyond=beyond)
    assert (result.states, result.reductions, result.complete) == (states, names, True)


class Hasty(Reference):
    """Stops a little short of a limit on states, as threads do that share one."""

    def search(self, system: TransitionSystem, *, limits: Limits = Limits(), **others: Any) -> SearchResult:
        fewer = replace(limits, states=limits.states and limits.states - 2)
        result = super().search(system, limits=fewer, **others)
        return result if result.complete else replace(result, stopped=at_state_limit(limits.states))


def test_a_first_look_that_stops_short_of_its_limit_is_not_the_answer() -> None:
    _, result = explore(properly_locked(), Hasty(), reductions=EVERY, reduce_beyond=16)
    assert (result.states, result.reductions, result.complete) == (4, EVERY, True)


def test_initial_states_that_look_alike_without_what_is_left_out_are_told_apart_by_what_they_break() -> None:
    first, second = (Check(Const(0), name, "no", fatal=True) for name in ("first", "second"))
    third = Check(eq(Load("x"), 1), "third", "no")
    made = replace(
        system(
            Edge("look", (third,), source(1)), variables=(Variable("x", Int(0, 1)), Variable("unread", Int(0, 2)))
        ),
        initial=(Initial((set_("unread", 1), first)), Initial((set_("unread", 2), second)), Initial(())),
    )
    _, found = explore(made, Reference(), reductions=(SLICING,))
    starts = {v.name: v.initial for v in found.violations}
    assert starts == {"first": (0, 1), "second": (0, 2), "third": (0, 0)}
