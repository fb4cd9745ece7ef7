"""The best of the runs that break a property, held against all shortest runs there are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings

from ovlcheck.explore.budgets import Budget, Spender
from ovlcheck.explore.nicest import nicest
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.reorder import reordered
from ovlcheck.explore.replay import replay_path
from ovlcheck.explore.result import Limits, Violation, WidthOverflow
from ovlcheck.explore.variety import call_sequence, others
from ovlcheck.system.action import Action, State
from ovlcheck.system.expr import And, Const, Load, Not
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import Assume, Check, Event, Invariant, TransitionSystem, Variable
from ovlcheck.system.types import Bool
from tests.examples import examples
from tests.hand_built import move, process, rule, set_, source, system
from tests.random_systems import transition_systems

A, B, C = Load("a"), Load("b"), Load("c")


def zigzag() -> TransitionSystem:
    """Two rules set a, b and c, d; only after all four is something wrong, and the order does not matter much.

    In the order of edges a shortest run goes to and fro; one that lets each finish switches once.
    """
    left, left_pc = process("left", 1, True, True, True)
    right, right_pc = process("right", 1, True, True, True)
    edges = (
        move(left, 0, 1, set_("a", 1), name="a"),
        move(right, 0, 1, set_("b", 1), name="b"),
        move(left, 1, 2, set_("c", 1), name="c"),
        move(right, 1, 2, Check(Not(And((A, B, C))), "wrong", "", fatal=False), name="d"),
    )
    return system(
        *edges,
        variables=(*(Variable(n, Bool()) for n in "abc"), left_pc, right_pc),
        processes=(left, right),
    )


def found(of: TransitionSystem) -> dict[str, Violation]:
    return {v.name: v for v in Reference().search(of).violations}


def spent(of: TransitionSystem, violation: Violation) -> Budget:
    return Spender(of).spent(violation.path)


def worse(of: TransitionSystem) -> Violation:
    """The violation along a run that goes to and fro."""
    wrong = found(of)["wrong"]
    return replace(wrong, path=tuple(Action(n, (0,)) for n in (0, 1, 2, 3)))


def test_of_shortest_runs_the_one_with_fewest_switches_is_told() -> None:
    of = zigzag()
    bad = worse(of)
    assert spent(of, bad).switches == 3
    (best,) = nicest(of, (bad,), Reference()).violations
    assert spent(of, best).switches == 1
    assert len(best.path) == len(bad.path) == 4


def test_a_limit_is_told_and_the_run_kept() -> None:
    of = zigzag()
    bad = worse(of)
    answer = nicest(of, (bad,), Reference(), limits=Limits(states=2))
    assert answer.violations == reordered(of, (bad,))
    assert "there may be a run with fewer context switches: state limit of 2 reached" in answer.notes[0]


def test_runs_to_somebody_who_is_stuck_are_only_put_in_order() -> None:
    stuck = replace(worse(zigzag()), blocked=(("left", 0),))
    (answer,) = nicest(zigzag(), (stuck,), Reference()).violations
    assert (answer,) == reordered(zigzag(), (stuck,))
    assert answer.blocked == stuck.blocked


def detour() -> TransitionSystem:
    """Either three steps with two switches, or four with none."""
    left, left_pc = process("left", 1, True, True, True, True, True)
    edges = (
        move(left, 0, 1, set_("a", 1), name="a"),
        move(left, 1, 2, Assume(B), set_("c", 1), name="c"),
        move(left, 1, 3, name="wait"),
        move(left, 3, 4, name="wait again"),
        move(left, 4, 2, set_("c", 1), set_("b", 1), name="instead"),
        rule("b", Assume(A), set_("b", 1)),
    )
    return system(
        *edges,
        variables=(*(Variable(n, Bool()) for n in "abc"), left_pc),
        processes=(left,),
        invariants=(Invariant("wrong", Not(And((B, C)))),),
    )


@pytest.mark.parametrize(("order", "steps", "switches"), [("steps", 3, 2), ("switches", 4, 0)])
def test_switches_may_come_before_steps(order: str, steps: int, switches: int) -> None:
    of = detour()
    (best,) = nicest(of, (found(of)["wrong"],), Reference(), order).violations
    assert (len(best.path), spent(of, best).switches) == (steps, switches)


def fewest_switches(of: TransitionSystem, violation: Violation) -> int:
    """By going through all shortest runs, layer by layer, with who moved last and the fewest switches until then."""
    semantics, spender = Semantics(of), Spender(of)
    layer: dict[tuple[State, int], int] = {(state, -1): 0 for state in semantics.initial_states()}
    answer: list[int] = []
    for number in range(len(violation.path)):
        following: dict[tuple[State, int], int] = {}
        for (state, last), so_far in layer.items():
            for outcome in semantics.successors(state):
                mover = spender._mover(of.edges[outcome.action.edge], outcome.action)
                switches = so_far + (last not in (-1, mover))
                if number + 1 == len(violation.path):
                    broken = any(f.name == violation.name for f in outcome.faults)
                    if outcome.state is not None:
                        broken |= any(
                            i.name == violation.name and not _holds(semantics, i, outcome.state)
                            for i in of.invariants
                        )
                    answer += [switches] if broken else []
                elif outcome.state is not None:
                    key = outcome.state, mover
                    following[key] = min(switches, following.get(key, switches))
        layer = following
    return min(answer)


def _holds(semantics: Semantics, invariant: Invariant, state: State) -> bool:
    from ovlcheck.system.evaluation import Fault

    try:
        return bool(semantics.evaluate(invariant.condition, state))
    except Fault:
        return False


@settings(max_examples=examples(12, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(transition_systems())
def test_no_shortest_run_has_fewer_switches(of: TransitionSystem) -> None:
    try:
        searched = Reference().search(of, limits=Limits(states=119))
    except (WidthOverflow, CountOverflow):
        assume(False)
    assume(searched.complete)
    violations = tuple(v for v in searched.violations if v.path and not v.blocked)
    assume(violations)
    answer = nicest(of, violations, Reference())
    assert answer.notes == ()
    assert [len(v.path) for v in reordered(of, violations)] == [len(v.path) for v in violations]
    for before, after in zip(violations, answer.violations, strict=True):
        assert len(before.path) == len(after.path)
        assert spent(of, after).switches == fewest_switches(of, before)


def calling(*names: str) -> TransitionSystem:
    """A user who may call any of ``names``, each of which is wrong."""
    user, pc = process("user", 1, True, True)
    edges = tuple(
        replace(move(user, 0, 1, Event("call", name, (), source(1)), set_("a", 1), name=name), calls=(name,))
        for name in names
    )
    return system(
        *edges,
        variables=(Variable("a", Bool()), pc),
        processes=(user,),
        invariants=(Invariant("wrong", Not(A)),),
    )


def test_other_runs_differ_in_their_calls_and_end_where_there_are_no_more() -> None:
    of = calling("open", "close", "mmap")
    first = found(of)["wrong"]
    more, why = others(of, first, Reference(), 5)
    assert [call_sequence(of, v.path) for v in (first, *more)] == [
        (("user", name),) for name in ("open", "close", "mmap")
    ]
    assert why.startswith("wrong: every other run that breaks it makes the calls of one that is shown")
    assert others(of, first, Reference(), 1)[0] == more[:1]


def test_fewest_calls_can_come_first() -> None:
    """One call more saves a step."""
    user, pc = process("user", 1, True, True, True, True)
    called = Event("call", "poke", (), source(1))
    edges = (
        replace(move(user, 0, 1, called, name="poke"), calls=("poke",)),
        replace(move(user, 1, 3, called, set_("a", 1), name="poke"), calls=("poke",)),
        replace(move(user, 0, 2, called, name="poke"), calls=("poke",)),
        move(user, 2, 2, set_("b", 1), name="think"),
        move(user, 2, 3, Assume(B), set_("a", Const(1)), name="done"),
    )
    of = system(
        *edges,
        variables=(Variable("a", Bool()), Variable("b", Bool()), pc),
        processes=(user,),
        invariants=(Invariant("wrong", Not(A)),),
    )
    first = found(of)["wrong"]
    (steps,) = nicest(of, (first,), Reference()).violations
    (calls,) = nicest(of, (first,), Reference(), "calls").violations
    assert (len(steps.path), spent(of, steps).calls) == (2, 2)
    assert (len(calls.path), spent(of, calls).calls) == (3, 1)


def test_stretches_of_one_process_are_moved_together_without_a_search() -> None:
    of = zigzag()
    (better,) = reordered(of, (worse(of),))
    assert spent(of, better).switches == 1
    assert set(better.path) == set(worse(of).path)


def test_a_run_that_needs_its_turns_keeps_them() -> None:
    of = detour()
    shortest = replace(found(of)["wrong"], path=(Action(0, (0,)), Action(5), Action(1, (0,))))
    assert reordered(of, (shortest,)) == (shortest,)


def test_the_way_to_a_loop_still_leads_there() -> None:
    of = zigzag()
    looping = replace(worse(of), path=(*worse(of).path[:3],), loop_start=3)
    (better,) = reordered(of, (looping,))
    semantics = Semantics(of)
    ends = {replay_path(semantics, v.initial, v.path)[0][-1] for v in (looping, better)}
    assert len(ends) == 1
    assert spent(of, better).switches == 1


def test_a_run_that_only_calls_more_is_no_other_run() -> None:
    """``look`` may come before ``open`` and changes nothing."""
    of = calling("open")
    look = replace(
        move(of.processes[0], 0, 0, Event("call", "look", (), source(1)), set_("b", 1), name="look"),
        calls=("look",),
    )
    more = replace(of, edges=(*of.edges, look), variables=(*of.variables, Variable("b", Bool())))
    assert others(more, found(more)["wrong"], Reference(), 3)[0] == ()
