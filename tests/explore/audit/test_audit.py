"""Beliefs that are wrong are found out by trying, whatever made a reduction believe them; right ones are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, event, given, settings

from ovlcheck.explore.audit.audit import audit
from ovlcheck.explore.audit.finding import Tried
from ovlcheck.explore.audit.fusion import audit_fusion
from ovlcheck.explore.audit.partial_order import audit_partial_order
from ovlcheck.explore.audit.sameness import audit_slicing, audit_symmetry
from ovlcheck.explore.audit.sample import sample
from ovlcheck.explore.reductions import EVERY, FUSION, PARTIAL_ORDER, SLICING, SYMMETRY
from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.result import Limits, WidthOverflow
from ovlcheck.explore.search import explore
from ovlcheck.prepare import Options, prepare
from ovlcheck.system.action import State
from ovlcheck.system.ample import Ample
from ovlcheck.system.expr import TRUE, Expr, Load
from ovlcheck.system.independence import Actor
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Assume, Check, TransitionSystem, Variable
from ovlcheck.system.types import Int
from tests.examples import examples
from tests.hand_built import SELF, eq, move, one_lock, process, set_, system
from tests.locking_programs import locking_programs
from tests.system import test_ample
from tests.system.fusion_cases import CASES, properly_locked

ALL = 10_000
HARMLESS = ("cycle_without_a_stop", "choice_of_another_step", "properly_locked")
"""Cases in which the worker's steps are as good as one, as far as what others can see goes."""


def as_one(whole: TransitionSystem) -> list[tuple[int, ...]]:
    """Every way of the worker through its code as one run, whatever others see of it."""
    leaving: dict[int, list[int]] = {}
    runs = [(n,) for n, e in enumerate(whole.edges) if e.process != "worker"]
    for number, edge in enumerate(whole.edges):
        if edge.process == "worker":
            leaving.setdefault(edge.origin, []).append(number)

    def on(run: tuple[int, ...], been: frozenset[int]) -> list[tuple[int, ...]]:
        target = whole.edges[run[-1]].target
        if target not in leaving or target in been:
            return [run]
        return [longer for n in leaving[target] for longer in on((*run, n), been | {target})]

    return runs + [run for n in leaving[0] for run in on((n,), frozenset({0}))]


def fused(name: str) -> Tried:
    whole = CASES[name]()
    semantics = Semantics(whole)
    return audit_fusion(semantics, as_one(whole), sample(semantics, ALL))


@pytest.mark.parametrize("name", sorted(set(CASES) - set(HARMLESS)))
def test_a_run_that_others_see_half_way_is_found_out(name: str) -> None:
    tried = fused(name)
    assert tried.whole
    assert tried.finding is not None


@pytest.mark.parametrize("name", HARMLESS)
def test_a_run_that_nobody_sees_half_way_is_not(name: str) -> None:
    assert fused(name).finding is None


def test_a_count_that_is_found_otherwise_need_not_be_seen() -> None:
    whole = CASES["counter_is_high_half_way"]()
    semantics = Semantics(whole)
    states = sample(semantics, ALL)
    unseen = frozenset({"n"})
    assert audit_fusion(semantics, as_one(whole), states).finding is not None
    assert audit_fusion(semantics, as_one(whole), states, unseen, {"n": 1}).finding is None
    tried = audit_fusion(semantics, as_one(whole), states, unseen, {"n": 0})
    assert "n is at most 0; but it is 1" in str(tried.finding)


def test_two_interleavings_are_told_with_steps_lines_and_what_differs() -> None:
    tried = fused("reader_sees_half_a_run")
    assert str(tried.finding).splitlines() == [
        "fusion believes that these steps of worker are as good as one:",
        "    worker 0 to 1 at model.py:10 `worker line 0`",
        "    worker 1 to 2 at model.py:11 `worker line 1`",
        "  worker 0 to 1 at model.py:10 does not move right:",
        "  in the state that differs from the first one in: changes nothing",
        "  in one order:",
        "    worker0: worker 0 to 1 at model.py:10 `worker line 0`",
        "      worker.pc[0]: worker.0 -> worker.1, x: 0 -> 1",
        "    other0: other 0 to 1 at model.py:10 `other line 0`",
        "      fails: half: ",
        "  in the other:",
        "    other0: other 0 to 1 at model.py:10 `other line 0`",
        "      other.pc[0]: other.0 -> other.1",
        "    worker0: worker 0 to 1 at model.py:10 `worker line 0`",
        "      worker.pc[0]: worker.0 -> worker.1, x: 0 -> 1",
        "  and worker 1 to 2 at model.py:11, behind it, does not move left:",
        "  in the state that differs from the first one in: worker.pc[0]: worker.0 -> worker.1, x: 0 -> 1",
        "  in one order:",
        "    other0: other 0 to 1 at model.py:10 `other line 0`",
        "      fails: half: ",
        "  in the other:",
        "    worker0: worker 1 to 2 at model.py:11 `worker line 1`",
        "      worker.pc[0]: worker.1 -> worker.2, x: 1 -> 2",
        "    other0: other 0 to 1 at model.py:10 `other line 0`",
        "      other.pc[0]: other.0 -> other.1",
    ]


@pytest.mark.parametrize("name", test_ample.MUTANTS)
def test_an_order_that_loses_something_is_found_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, case = test_ample.MUTANTS[name]
    assert audit(case(), (PARTIAL_ORDER,), ALL).finding is None
    patch(monkeypatch)
    assert audit(case(), (PARTIAL_ORDER,), ALL).finding is not None


def first(whole: TransitionSystem, *places: int) -> Tried:
    """What comes out if process a, wherever it is, is said to go first."""
    semantics = Semantics(whole)
    said = Ample(((Actor("a"), TRUE),), {"a": frozenset(places)})
    return audit_partial_order(semantics, said, sample(semantics, ALL))


def test_what_others_do_in_two_steps_time_is_told_with_the_way_there() -> None:
    text = str(first(test_ample.far_ahead(), 0).finding)
    assert "a0 can go first, since nothing that others do before it gets in its way" in text
    assert "the others have come so far:" in text
    assert "b0: b 0 to 1" in text.split("in one order:")[0]


def test_who_waits_cannot_go_first() -> None:
    a, pc = process("a", 1, True, True)
    whole = system(
        move(a, 0, 1, Assume(eq(Load("x"), 1))), variables=(pc, Variable("x", Int(0, 1))), processes=(a,)
    )
    assert "every step of it fails or has to wait" in str(first(whole, 0).finding)


def test_a_cycle_of_places_is_told_by_their_names() -> None:
    assert "but these places are a cycle:\n  a.0 at model.py:10" in str(
        first(test_ample.private_for_ever(), 0, 1).finding
    )


def numbered() -> TransitionSystem:
    """Two tasks, each of which leaves its number behind."""
    a, pc = process("task", 2, True, True)
    return system(move(a, 0, 1, set_("x", SELF)), variables=(pc, Variable("x", Int(0, 1))), processes=(a,))


def in_order(whole: TransitionSystem, pc: str) -> Callable[[State], State]:
    at = whole.offset[pc]
    return lambda state: (*state[:at], *sorted(state[at : at + 2]), *state[at + 2 :])


def test_instances_that_can_be_told_apart_are_found_out() -> None:
    whole = numbered()
    semantics = Semantics(whole)
    kept = in_order(whole, "task.pc")
    tried = audit_symmetry(semantics, kept, semantics, sample(semantics, ALL))
    assert "symmetry believes that the same happens from these two states" in str(tried.finding)


def test_instances_that_start_out_of_order_are_found_out() -> None:
    whole = one_lock(2)
    apart = replace(whole, initial=(replace(whole.initial[0], ops=(set_("task.pc", 1, SELF_0),)),))
    semantics = Semantics(apart)
    tried = audit_symmetry(semantics, in_order(apart, "task.pc"), semantics, sample(semantics, ALL))
    assert "begin in order; but not" in str(tried.finding)


SELF_0: Expr = set_("x", 0).value
"""The number of the first instance."""


def test_what_is_left_out_and_matters_is_found_out() -> None:
    a, pc = process("a", 1, True, True)
    whole = system(
        move(a, 0, 1, Check(eq(Load("x"), 0), "zero", "", fatal=False)),
        variables=(pc, Variable("x", Int(0, 9)), Variable("y", Int(0, 9))),
        processes=(a,),
    )
    semantics = Semantics(whole)
    states = sample(semantics, ALL)
    at = whole.offset
    without_x, without_y = (at["a.pc"], at["y"]), (at["a.pc"], at["x"])
    wrong, right = audit_slicing(semantics, without_x, states), audit_slicing(semantics, without_y, states)
    assert "only in the first one is there this step:" in str(wrong.finding)
    assert "and in the one in which x is 0 against" in str(wrong.finding)
    assert right.finding is None
    assert right.pairs == 2


def test_few_states_are_all_tried_and_many_are_sampled_the_same_way_each_time() -> None:
    semantics = Semantics(test_ample.independent(4, 4))
    whole, part = sample(semantics, 625), sample(semantics, 100)
    assert (len(whole.states), whole.whole) == (625, True)
    assert (len(part.states), part.whole) == (100, False)
    assert part == sample(Semantics(test_ample.independent(4, 4)), 100)
    assert set(part.states) <= set(whole.states) == set(reachable(test_ample.independent(4, 4)))
    assert max(map(sum, part.states)) > 20, "some are far from the beginning"


def test_the_audit_says_how_far_it_went() -> None:
    assert str(audit(properly_locked(), (FUSION, SYMMETRY), 100)) == (
        "fusion: 0 pairs of steps that follow each other in all 17 states; "
        "symmetry: 0 pairs of states that differ in who is who in all 5 states"
    )
    assert str(audit(properly_locked(), (FUSION,), 10)).endswith("(random runs from seed 1)")
    assert str(audit(properly_locked(), (), 10)) == "no reduction was made"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("names", [(SLICING,), (FUSION,), (SYMMETRY,), (PARTIAL_ORDER,), EVERY])
def test_what_the_analyses_believe_of_the_cases_is_right(name: str, names: tuple[str, ...]) -> None:
    assert audit(CASES[name](), names, ALL).finding is None


@settings(max_examples=examples(40, 150), deadline=None, suppress_health_check=list(HealthCheck))
@given(locking_programs())
def test_what_the_analyses_believe_of_random_programs_is_right(whole: TransitionSystem) -> None:
    try:
        known, result = explore(whole, Reference(), limits=Limits(states=400), widest=4)
    except WidthOverflow:
        assume(False)
    assume(result.complete)
    tried = audit(known, EVERY, 400)
    event("pairs" if all(t.pairs for t in tried.tried) else "no pairs")
    assert tried.finding is None, str(tried.finding)


@pytest.mark.parametrize("model", ["upstream", "drop_inode_returns_zero"])
def test_what_the_analyses_believe_of_shipped_models_is_right(model: str) -> None:
    """In states at the beginning; ``verify --audit`` looks further."""
    whole = prepare(Path(model), Options(config="small", properties=("syncfs_is_durable",))).system
    known = whole.with_widths({v.name: 4 for v in whole.variables if type(v.type).__name__ == "Count"})
    tried = audit(known, EVERY, 100)
    assert len(tried.tried) == len(EVERY)
    assert tried.finding is None, str(tried.finding)
