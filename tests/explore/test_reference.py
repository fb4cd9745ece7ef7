"""The reference engine on systems whose state spaces are known."""

from __future__ import annotations

import itertools

import pytest

from ovlcheck.explore.reference import Reference, reachable, transitions
from ovlcheck.explore.replay import replay
from ovlcheck.explore.result import Limits, Progress, SearchResult, Violation, WidthOverflow
from ovlcheck.system.action import Action
from ovlcheck.system.expr import FALSE, TRUE, And, Binary, Const, Deref, Load, Param
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import (
    Assume,
    Check,
    Cover,
    Initial,
    Invariant,
    Parameter,
    Population,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Count, Int, Ref
from tests.hand_built import (
    counter,
    crossed_locks,
    die_hard,
    freed_object,
    mcs_lock,
    one_lock,
    plus,
    references,
    rule,
    set_,
    soft_and_hard_checks,
    system,
    underflow,
    worker,
)

N = Load("n")


def search(of: TransitionSystem, limits: Limits = Limits()) -> SearchResult:
    return Reference().search(of, limits=limits)


def violation(result: SearchResult, name: str) -> Violation:
    (found,) = [v for v in result.violations if v.name == name]
    return found


def names(result: SearchResult) -> list[str]:
    return [v.name for v in result.violations]


def test_the_jugs_have_sixteen_states_and_hold_four_gallons_after_six_steps() -> None:
    result = search(die_hard())
    assert (result.states, result.transitions, result.complete) == (16, 96, True)
    assert len(violation(result, "never_four").path) == 6
    assert result.fired == frozenset(range(6))


def test_the_queue_lock_has_the_state_space_that_its_rules_are_known_for() -> None:
    result = search(mcs_lock(3))
    assert (result.states, result.transitions) == (7597, 22791)
    assert (result.violations, result.complete) == ((), True)
    assert sum(result.levels) == result.states


def test_a_lock_keeps_its_holders_apart() -> None:
    result = search(one_lock(3))
    assert (result.states, result.transitions, result.violations) == (4, 6, ())


def test_figures_agree_with_a_plain_enumeration() -> None:
    for of in (die_hard(), one_lock(3), crossed_locks(bystander=True), worker(last_rests=True)):
        result, distance = search(of), reachable(of)
        assert result.states == len(distance)
        assert result.transitions == sum(1 for _ in transitions(of))
        depths = list(distance.values())
        assert list(result.levels) == [depths.count(d) for d in range(max(depths) + 1)]


def test_self_loops_and_parallel_edges_are_counted() -> None:
    result = search(
        system(
            rule("loop"),
            rule("one", set_("n", 1)),
            rule("also one", set_("n", 1)),
            rule("any", parameters=(Parameter("i", 3),)),
            variables=(Variable("n", Int(0, 1)),),
        )
    )
    assert (result.states, result.transitions, result.depth) == (2, 12, 1)


def test_initial_states_are_counted_at_depth_nothing() -> None:
    i = Param("i")
    of = system(
        rule("down", Assume(Binary(">", N, Const(0))), set_("n", plus(N, -1))),
        variables=(Variable("n", Int(0, 9)),),
        initial=(Initial((set_("n", i),), (Parameter("i", 4),)), Initial((set_("n", 2),))),
    )
    result = search(of)
    assert (result.states, result.transitions, result.levels) == (4, 3, (4,))


def test_a_system_without_an_initial_state_has_no_states() -> None:
    result = search(system(rule("go"), initial=(Initial((Assume(FALSE),)),)))
    assert (result.states, result.levels, result.depth, result.complete) == (0, (), 0, True)


def test_an_invariant_is_looked_at_in_initial_states_too() -> None:
    of = system(rule("go"), invariants=(Invariant("never", FALSE, "told so"),))
    assert violation(search(of), "never") == Violation("never", "told so", (), ())


def test_the_search_goes_on_behind_a_state_that_breaks_an_invariant() -> None:
    of = counter(5)
    of = system(
        *of.edges,
        variables=of.variables,
        invariants=tuple(Invariant(f"not_{k}", Binary("!=", N, Const(k))) for k in (1, 4)),
    )
    result = search(of)
    assert [(v.name, len(v.path)) for v in result.violations] == [("not_1", 1), ("not_4", 4)]
    assert (result.states, result.complete) == (6, True)


def test_an_invariant_without_words_names_its_false_conjunct() -> None:
    both = And((Binary(">=", N, Const(0)), Binary("<", N, Const(1))))
    of = counter(2)
    result = search(system(*of.edges, variables=of.variables, invariants=(Invariant("small", both),)))
    assert violation(result, "small").message == "n < 1"


def test_a_fault_in_a_predicate_breaks_the_predicate() -> None:
    of = system(
        rule("forget", set_("ref", 0)),
        variables=(Variable("ref", Ref("thing", 1), default=1), Variable("x", Int(0, 1), (1,), default=1)),
        populations=(Population("thing", 1),),
        invariants=(Invariant("marked", Load("x", (Deref(Load("ref"), "thing"),)), "not marked"),),
    )
    result = search(of)
    found = violation(result, "marked")
    assert "null dereference" in found.message and len(found.path) == 1
    assert (result.states, names(result)) == (2, ["marked"])


def test_a_reference_count_below_zero_is_found_unasked() -> None:
    found = violation(search(underflow()), "refcount below zero")
    assert found.path == (Action(0), Action(0))


def test_use_of_a_freed_object_is_found_unasked_with_the_shortest_path() -> None:
    result = search(freed_object())
    assert violation(result, "use after free").path == (Action(0), Action(1))
    assert (result.states, result.transitions, result.complete) == (4, 4, True)


def test_a_value_outside_its_type_is_found_unasked() -> None:
    assert len(violation(search(counter(5, type_top=3)), "value out of range").path) == 4


def test_a_fatal_outcome_is_taken_but_is_no_transition_and_its_state_is_not_terminal() -> None:
    result = search(soft_and_hard_checks())
    assert (result.states, result.transitions) == (3, 2)
    assert [(v.name, len(v.path)) for v in result.violations] == [("below_two", 2), ("below_three", 3)]
    assert result.fired == frozenset({0})


def test_failures_of_initial_actions_are_violations_without_a_path() -> None:
    of = system(
        variables=(Variable("n", Int(0, 5)),),
        initial=(
            Initial((set_("n", 1), Check(FALSE, "soft", "", fatal=False))),
            Initial((set_("n", 2), set_("n", 9))),
        ),
    )
    result = search(of)
    assert [(v.name, v.initial, v.path) for v in result.violations] == [
        ("soft", (1,), ()),
        ("value out of range", (2,), ()),
    ]
    assert result.states == 1
    for found in result.violations:
        assert replay(of, found) == [found.initial]


def test_covers_of_states_and_of_steps_are_reported_when_met() -> None:
    of = system(
        rule(
            "up",
            Assume(Binary("<", N, Const(2))),
            set_("n", plus(N, 1)),
            Cover("step", Binary("==", N, Const(2))),
        ),
        rule("never", Assume(FALSE), Cover("unmet step", TRUE)),
        variables=(Variable("n", Int(0, 2)),),
        covers=(
            Cover("state", Binary("==", N, Const(1))),
            Cover("unmet state", Binary("==", N, Const(9))),
            Cover("faulty", Binary("//", Const(1), Const(0))),
        ),
    )
    result = search(of)
    assert result.covered == {"state", "step"}
    assert result.fired == {0}
    assert result.violations == ()


def test_the_largest_value_of_a_count_is_reported() -> None:
    assert search(references(5, width=3)).largest == {"refs": 5}


def test_a_count_that_outgrows_its_width_is_told_with_the_way_there() -> None:
    with pytest.raises(WidthOverflow) as caught:
        search(references(5, width=2))
    overflow = caught.value
    assert (overflow.variable, overflow.initial, overflow.path) == ("refs", (0,), (Action(0),) * 4)
    assert overflow.partial is not None and overflow.partial.states == 4
    assert not overflow.partial.complete


def test_an_initial_count_that_is_too_large_is_told_without_a_way() -> None:
    with pytest.raises(WidthOverflow) as caught:
        search(system(variables=(Variable("n", Count(1), default=3),)))
    assert (caught.value.variable, caught.value.path) == ("n", ())


def test_a_terminal_state_is_a_deadlock_unless_everyone_is_at_rest() -> None:
    found = violation(search(worker(last_rests=False)), "deadlock")
    assert found.blocked == (("worker", 0), ("worker", 1))
    assert len(found.path) == 4
    assert search(worker(last_rests=True)).violations == ()


def test_rules_alone_may_come_to_an_end() -> None:
    assert search(counter(3)).violations == ()


def test_a_deadlock_names_what_each_waits_for() -> None:
    found = violation(search(crossed_locks(bystander=False)), "deadlock")
    assert found.path == (Action(0, (0,)), Action(3, (0,)))
    assert "left0 at model.py:11 `left line 1` waits for right.b, held by right0" in found.message
    assert found.message.endswith("cycle: left0 -> right0 -> left0")


def test_every_violation_can_be_replayed() -> None:
    for of in (die_hard(), underflow(), freed_object(), soft_and_hard_checks(), worker(last_rests=False)):
        for found in search(of).violations:
            assert replay(of, found)[0] in Semantics(of).initial_states()


def test_a_limit_on_states_stops_before_the_first_one_too_many() -> None:
    result = search(die_hard(), Limits(states=10))
    assert (result.states, result.complete, result.stopped) == (10, False, "state limit of 10 reached")
    assert sum(result.levels) == 10
    assert search(die_hard(), Limits(states=16)).complete


def test_a_limit_on_states_below_the_initial_ones_is_kept() -> None:
    of = system(
        variables=(Variable("n", Int(0, 9)),),
        initial=(Initial((set_("n", Param("i")),), (Parameter("i", 4),)),),
    )
    result = search(of, Limits(states=2))
    assert (result.states, result.levels, result.complete) == (2, (2,), False)


def test_a_limit_on_depth_leaves_the_last_layer_unexpanded() -> None:
    result = search(die_hard(), Limits(depth=2))
    assert (result.levels, result.complete, result.stopped) == ((1, 2, 3), False, "depth limit of 2 reached")
    assert search(die_hard(), Limits(depth=8)).complete


def test_a_limit_on_time_is_kept() -> None:
    result = search(die_hard(), Limits(seconds=0))
    assert (result.complete, result.stopped) == (False, "time limit reached")


def test_the_search_ends_early_once_everything_asked_for_is_violated() -> None:
    of = soft_and_hard_checks()
    early = Reference().search(of, stop_early=frozenset({"below_two"}))
    assert (names(early), early.complete) == (["below_two"], False)
    assert early.stopped is not None and "below_two" in early.stopped
    both = Reference().search(of, stop_early=frozenset({"below_two", "below_three", "other"}))
    assert both.complete and names(both) == ["below_two", "below_three"]


def test_an_interrupt_ends_the_run_in_order() -> None:
    seen: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress)
        if progress.states > 1000:
            raise KeyboardInterrupt

    result = Reference().search(mcs_lock(3), progress=interrupt, deadlock_free=True)
    assert (result.complete, result.stopped, result.violations) == (False, "interrupted", ())
    assert 1000 < result.states < 7597 and sum(result.levels) == result.states
    assert all(a.states <= b.states and a.depth <= b.depth for a, b in itertools.pairwise(seen))


def test_two_runs_give_the_same_answer() -> None:
    first, second = (search(crossed_locks(bystander=True)) for _ in range(2))
    assert first.violations == second.violations and first.levels == second.levels
