"""Fair cycles by the native engine: its answers are those of the reference, whatever the tables and the threads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from ovlcheck.explore.liveness import native
from ovlcheck.explore.liveness.check import check_requirements
from ovlcheck.explore.liveness.finding import Finding, LivenessResult
from ovlcheck.explore.liveness.native import check_natively
from ovlcheck.explore.native.graph import GraphRun
from ovlcheck.explore.native.problems import NotSupported
from ovlcheck.explore.result import Limits, Progress
from ovlcheck.system.expr import Binary, Const, Load
from ovlcheck.system.formula import Atom, Formula, Possibility, Requirement, always, eventually, leads_to
from ovlcheck.system.transition_system import Assume, Edge, TransitionSystem, Variable
from ovlcheck.system.types import Int
from tests.examples import examples
from tests.explore.liveness.asking import GROWS, NINE
from tests.explore.liveness.drawn import demands, richer_systems, systems_of_every_kind
from tests.explore.native_testing import SMALL, compile_quickly, make_tables_small
from tests.hand_built import eq, mcs_lock, plus, rule, set_, source, system
from tests.lang.models import compiled

TINY = f"{SMALL} -DSHARE=1 -DSPARES=2"
FEW = 200
"""States of systems that the reference answers eight demands about in a second."""

MANY = settings(max_examples=examples(12, 60), suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def quick(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    cache = tmp_path_factory.mktemp("cache")
    compile_quickly(monkeypatch, cache)
    return cache


@pytest.fixture
def tiny(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tables_small(monkeypatch, tmp_path_factory.mktemp("cache"), TINY)


def answer(found: Finding, sliced: bool = False) -> tuple[object, ...]:
    """What engines agree on: the verdict, the length of the stem, and whether it is followed by a loop.

    The stem is the shortest in the system that was searched; ``sliced`` is for one with fewer states.
    """
    v = found.violation
    if v is None:
        return found.name, "holds" if found.unknown is None else "unknown", found.vacuous, found.fairness
    if sliced:
        return found.name, "violated", found.fairness
    stem = len(v.path) if v.loop_start is None else v.loop_start
    return found.name, "violated", stem, v.loop_start is None, found.fairness


def answers(result: LivenessResult, sliced: bool = False) -> list[tuple[object, ...]]:
    return [answer(found, sliced) for found in result.findings]


@MANY
@given(richer_systems(), demands(8))
def test_every_answer_is_that_of_the_reference(
    quick: Path, found: TransitionSystem, asked: tuple[Requirement, ...]
) -> None:
    checked = replace(found, requirements=asked)
    reference, found_natively = check_requirements(checked), check_natively(checked, slicing=False)
    assert answers(found_natively) == answers(reference)
    assert (found_natively.states, found_natively.transitions, found_natively.depth) == (
        reference.states,
        reference.transitions,
        reference.depth,
    )
    assert found_natively.engine == "native" and found_natively.stopped is None


@settings(MANY, max_examples=examples(6, 60))
@given(systems_of_every_kind(6))
def test_every_answer_about_systems_of_every_kind_is_that_of_the_reference(
    quick: Path, checked: TransitionSystem
) -> None:
    reference = check_requirements(checked, limits=Limits(states=FEW), widest=4)
    assume(reference.stopped is None)
    found_natively = check_natively(checked, widest=4, slicing=False)
    assert answers(found_natively) == answers(reference)
    assert (found_natively.states, found_natively.transitions, found_natively.depth) == (
        reference.states,
        reference.transitions,
        reference.depth,
    )


@MANY
@given(richer_systems(), demands(8))
def test_small_tables_and_several_threads_change_no_answer(
    tiny: None, found: TransitionSystem, asked: tuple[Requirement, ...]
) -> None:
    checked = replace(found, requirements=asked)
    found_natively = check_natively(checked, limits=Limits(threads=3), slicing=False)
    assert answers(found_natively) == answers(check_requirements(checked))


@settings(max_examples=examples(8, 40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(richer_systems(), demands(8))
def test_slicing_changes_no_verdict(
    quick: Path, found: TransitionSystem, asked: tuple[Requirement, ...]
) -> None:
    """Counterexamples of the sliced system have been replayed in the whole one."""
    checked = replace(found, requirements=asked)
    sliced, reference = check_natively(checked), check_requirements(checked)
    assert answers(sliced, True) == answers(reference, True)
    assert sliced.states <= reference.states


def test_what_is_left_out_by_slicing_is_told_and_comes_back_in_a_counterexample(quick: Path) -> None:
    """It repeats only after the loop has been gone round three times."""
    third = Binary("%", plus(Load("unread"), 1), Const(3))
    turned = Binary("-", Const(1), Load("a"))
    found = with_demand(
        system(
            rule("turn", set_("a", turned), set_("unread", third)),
            variables=(Variable("a", Int(0, 1)), Variable("unread", Int(0, 2))),
        ),
        eventually(always(Atom(eq(Load("a"), 1)))),
    )
    result = check_natively(found)
    (broken,) = result.findings
    assert result.states == 2 and result.reductions == ("slicing",)
    assert "unread" in result.notes[0]
    assert (
        broken.violation is not None and broken.violation.loop_start == 0 and len(broken.violation.path) == 6
    )


def test_what_only_a_property_reads_is_not_left_out(quick: Path) -> None:
    found = system(
        rule("turn", set_("a", Binary("-", Const(1), Load("a")))), variables=(Variable("a", Int(0, 1)),)
    )
    result = check_natively(with_demand(found, always(Atom(eq(Load("a"), 0)))))
    assert result.findings[0].violation is not None and result.states == 2 and not result.reductions


def with_demand(found: TransitionSystem, formula: Formula | Possibility) -> TransitionSystem:
    return replace(found, requirements=(Requirement("it", formula),))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_same_counterexample_whatever_the_threads(
    tiny: None, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 7,597 states, in tables that were enlarged many times."""
    found = mcs_lock(3)
    at = Atom(eq(Load("at", (Const(0),)), 3))
    checked = with_demand(found, always(eventually(at)))
    one = check_natively(checked, limits=Limits(threads=1))
    several = check_natively(checked, limits=Limits(threads=threads))
    assert one.findings[0].violation is not None
    assert several.findings == one.findings
    assert answers(one) == answers(check_requirements(checked))


def test_predicates_whose_operands_may_both_have_no_value_are_told_apart(quick: Path) -> None:
    """Which of them has none is found in Python's order, by variables of the C text that each declares."""
    up = rule("up", Assume(Binary("<", Load("n"), Const(3))), set_("n", plus(Load("n"), 1)))
    found = system(up, variables=(Variable("n", Int(0, 3)), Variable("cells", Int(0, 3), (3,))))
    here, there = Load("cells", (Load("n"),)), Load("cells", (Binary("-", Const(2), Load("n")),))
    asked = tuple(
        Requirement(name, always(Atom(condition)))
        for name, condition in (("less", Binary("<", here, there)), ("same", Binary("==", here, there)))
    )
    checked = replace(found, requirements=asked)
    assert answers(check_natively(checked)) == answers(check_requirements(checked))


def counting(top: int, *others: Edge) -> TransitionSystem:
    up = rule("up", Assume(Binary("<", Load("n"), Const(top))), set_("n", plus(Load("n"), 1)))
    return system(up, *others, variables=(Variable("n", Int(0, top)),))


REACHED = eventually(Atom(eq(Load("n"), 300)))
REACHED_ONE = eventually(Atom(eq(Load("n"), 1)))


@pytest.mark.parametrize(
    "limits",
    [Limits(states=10), Limits(depth=5), Limits(seconds=0.0), Limits(memory=1)],
    ids=["states", "depth", "seconds", "memory"],
)
def test_under_any_limit_nothing_is_said_to_hold(quick: Path, limits: Limits) -> None:
    for demand in (REACHED, Possibility(Const(1), eq(Load("n"), 300))):
        checked = with_demand(counting(300), demand)
        (whole,) = check_natively(checked).findings
        assert whole.violation is None and whole.unknown is None and not whole.vacuous
        (cut,) = check_natively(checked, limits=limits).findings
        assert cut.violation is None and cut.unknown and not cut.vacuous


def test_a_depth_beyond_what_a_label_tells_is_known_all_the_same(quick: Path) -> None:
    """253 steps and more have one label: a search that was cut short there says nothing about what lies behind."""
    back = rule("back", Assume(eq(Load("n"), 300)), set_("n", 0))
    late = leads_to(Atom(eq(Load("n"), 280)), Atom(eq(Load("n"), 0)))
    checked = with_demand(counting(300, replace(back, fairness="none")), late)
    (found,) = check_natively(checked).findings
    assert found.violation is not None and len(found.violation.path) == 300
    assert answer(found) == answer(check_requirements(checked).findings[0])
    (cut,) = check_natively(checked, limits=Limits(depth=270)).findings
    assert cut.violation is None and cut.unknown == "depth limit of 270 reached"


def test_a_behaviour_in_the_part_that_is_known_is_found_under_a_limit(quick: Path) -> None:
    found = counting(300, replace(rule("stay"), fairness="none"))
    checked = replace(found, requirements=(Requirement("it", REACHED, unfair=("up",)),))
    (cut,) = check_natively(checked, limits=Limits(states=10)).findings
    assert cut.violation is not None and cut.violation.loop_start == 0


@pytest.mark.parametrize("short_of", ["states", "arcs", "components"])
def test_too_little_memory_for_the_graph_is_no_answer(
    quick: Path, short_of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if short_of == "states":
        monkeypatch.setattr(native, "BYTES_PER_STATE", 1 << 50)
    elif short_of == "components":
        leave = GraphRun.leave
        monkeypatch.setattr(GraphRun, "leave", lambda self, _: leave(self, 3 * 4 * 300))
    else:
        build = GraphRun.build
        monkeypatch.setattr(GraphRun, "build", lambda self, _, look: build(self, 6, look))
    result = check_natively(with_demand(counting(300), REACHED))
    (found,) = result.findings
    assert found.violation is None and not found.vacuous
    assert found.unknown == result.stopped and found.unknown.startswith("out of memory: the graph of ")


@pytest.mark.parametrize("when", ["while states are found", "later"])
def test_an_interrupt_ends_it_in_order(quick: Path, when: str) -> None:
    def interrupts(progress: Progress) -> None:
        if when != "later" or progress.queue == 0:
            raise KeyboardInterrupt

    result = check_natively(with_demand(counting(300), REACHED), progress=interrupts)
    (found,) = result.findings
    assert result.stopped == found.unknown == "interrupted"


def test_more_conditions_than_the_bits_of_a_word_are_left_to_the_reference(quick: Path) -> None:
    rules = [Edge(f"r{k}", (set_("n", 0),), source(k)) for k in range(65)]
    with pytest.raises(NotSupported, match="65 conditions of fairness"):
        check_natively(with_demand(system(*rules, variables=(Variable("n", Int(0, 1)),)), REACHED_ONE))


def test_a_counter_that_outgrows_what_is_allowed_leaves_the_answer_open(quick: Path) -> None:
    result = check_natively(compiled(GROWS, NINE), widest=3)
    assert result.findings[0].unknown == "n grows beyond 7"
