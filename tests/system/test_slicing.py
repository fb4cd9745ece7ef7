"""Slicing leaves out what nothing depends on, and nothing else shows that it did."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.system.action import State
from ovlcheck.system.expr import TRUE, Binary, Const, Deref, Expr, Load, Param, Temp
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.slicing import slice_system
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Event,
    Initial,
    Invariant,
    Let,
    Parameter,
    Population,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Count, Int, Ref, Type
from tests.examples import examples
from tests.hand_built import (
    crossed_locks,
    die_hard,
    eq,
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
from tests.random_systems import transition_systems
from tests.temporal.files import files

N = Load("n")


def dropped(sut: TransitionSystem) -> tuple[str, ...]:
    return slice_system(sut)[1].dropped


def assert_same(sut: TransitionSystem) -> None:
    """The sliced system is the system with the dropped cells struck out of every state, step by step."""
    sliced, report = slice_system(sut)
    kept = [
        sut.offset[v.name] + i for v in sut.variables if v.name not in report.dropped for i in range(v.cells)
    ]

    def seen(state: State | None) -> State | None:
        return None if state is None else tuple(state[cell] for cell in kept)

    whole, part = Semantics(sut), Semantics(sliced)
    assert {seen(s) for s in whole.initial_states()} == set(part.initial_states())
    for state in reachable(sut):
        image = seen(state)
        assert image is not None
        steps = [(o.action, seen(o.state), names(o), set(o.covered)) for o in whole.successors(state)]
        assert [(o.action, o.state, names(o), set(o.covered)) for o in part.successors(image)] == steps
    full, less = Reference().search(sut), Reference().search(sliced)
    assert {(v.name, len(v.path)) for v in full.violations} == {
        (v.name, len(v.path)) for v in less.violations
    }
    assert full.covered == less.covered
    assert full.depth >= less.depth
    assert full.states >= less.states


def assert_same_steps(sut: TransitionSystem, most: int) -> None:
    """As ``assert_same``, on the first ``most`` states of a system that may have more, or count too far."""
    sliced, report = slice_system(sut)
    kept = [
        sut.offset[v.name] + i for v in sut.variables if v.name not in report.dropped for i in range(v.cells)
    ]
    whole, part = Semantics(sut), Semantics(sliced)

    def steps(semantics: Semantics, state: State, cells: list[int]) -> list[object] | str:
        try:
            return [
                (o.action, None if o.state is None else tuple(o.state[c] for c in cells), names(o), o.covered)
                for o in semantics.successors(state)
            ]
        except CountOverflow as overflow:
            return overflow.variable

    try:
        queue = list(whole.initial_states())
    except CountOverflow:
        return
    found = set(queue)
    for state in queue:
        image = tuple(state[cell] for cell in kept)
        expected = steps(whole, state, kept)
        if expected not in report.dropped:
            assert steps(part, image, list(range(len(kept)))) == expected
        if isinstance(expected, str):
            continue
        for outcome in whole.successors(state):
            if outcome.state is not None and outcome.state not in found and len(queue) < most:
                found.add(outcome.state)
                queue.append(outcome.state)


def names(outcome: object) -> list[tuple[str, bool]]:
    return [(f.name, f.fatal) for f in outcome.faults]  # type: ignore[attr-defined]


def noted(
    value: Expr, type_: Type, *, default: int = 0, index: tuple[Expr, ...] = (), shape: tuple[int, ...] = ()
) -> TransitionSystem:
    """``n`` goes up to 2 while ``note``, which nobody reads, is stored in each step."""
    return system(
        rule("up", Assume(Binary("<", N, Const(2))), set_("n", plus(N, 1)), Assign("note", index, value)),
        variables=(
            Variable("n", Int(0, 2)),
            Variable("note", type_, shape, default=default),
            Variable("ref", Ref("thing", 2)),
            Variable("field", Bool(), (2,)),
        ),
        populations=(Population("thing", 2),),
    )


def test_a_variable_that_is_only_written_goes() -> None:
    sut = noted(N, Int(0, 2))
    assert dropped(sut) == ("note", "ref", "field")
    assert_same(sut)


def test_the_report_says_what_went() -> None:
    _, report = slice_system(noted(N, Int(0, 2)))
    assert (report.bits, report.assignments) == (6, 1)
    assert str(report) == "slicing: left out note, ref, field (6 bits, 1 assignments)"
    assert str(slice_system(die_hard())[1]) == "slicing: every variable matters"


def test_a_system_without_anything_to_drop_is_handed_back() -> None:
    sut = die_hard()
    assert slice_system(sut)[0] is sut


def test_what_feeds_only_a_dropped_variable_goes_with_it() -> None:
    sut = system(
        rule(
            "up",
            Assume(Binary("<", N, Const(2))),
            set_("n", plus(N, 1)),
            Let("t", Load("a")),
            set_("b", Temp("t")),
        ),
        rule("flip", set_("a", Binary("-", Const(1), Load("a")))),
        variables=(Variable("n", Int(0, 2)), Variable("a", Bool()), Variable("b", Bool())),
    )
    assert dropped(sut) == ("a", "b")
    assert slice_system(sut)[0].edges[0].ops == sut.edges[0].ops[:2]
    assert_same(sut)


@pytest.mark.parametrize(
    "observer",
    [
        {"invariants": (Invariant("i", eq(Load("b"), 0)),)},
        {"covers": (Cover("c", eq(Load("b"), 1)),)},
    ],
)
def test_what_feeds_something_observed_stays(
    observer: dict[str, tuple[Invariant, ...] | tuple[Cover, ...]],
) -> None:
    sut = system(
        rule("copy", set_("b", Load("a"))),
        rule("flip", set_("a", Binary("-", Const(1), Load("a")))),
        variables=(Variable("a", Bool()), Variable("b", Bool())),
        **observer,  # type: ignore[arg-type]
    )
    assert dropped(sut) == ()


@pytest.mark.parametrize("op", [Assume(Load("b")), Check(Load("b"), "c", ""), Cover("c", Load("b"))])
def test_what_an_operation_tests_stays(op: Assume | Check | Cover) -> None:
    sut = system(
        rule("test", Let("t", Load("b")), op, set_("a", 1)),
        variables=(Variable("a", Bool()), Variable("b", Bool())),
    )
    assert dropped(sut) == ("a",)
    assert_same(sut)


def test_positions_locks_and_allocations_stay() -> None:
    assert dropped(worker(last_rests=True)) == ()
    assert dropped(one_lock()) == ()
    assert dropped(freed_object()) == ("field",)


@pytest.mark.parametrize(
    "sut",
    [
        noted(plus(N, 1), Int(0, 2)),
        noted(Binary("-", N, Const(1)), Int(0, 2)),
        noted(Binary("-", N, Const(1)), Count(2), default=1),
        noted(N, Bool(), shape=(2,), index=(N,)),
    ],
    ids=["above its range", "below its range", "a count below zero", "an index outside the array"],
)
def test_a_variable_whose_assignment_may_fault_stays(sut: TransitionSystem) -> None:
    assert "note" not in dropped(sut)
    assert_same(sut)


def test_a_count_that_only_grows_goes_and_one_that_may_fall_below_zero_stays() -> None:
    grows = system(rule("get", set_("refs", plus(Load("refs"), 1))), variables=(Variable("refs", Count(1)),))
    with pytest.raises(CountOverflow):
        reachable(grows)
    assert dropped(grows) == ("refs",)
    assert len(reachable(slice_system(grows)[0])) == 1
    assert dropped(underflow()) == ()
    assert dropped(references(3, width=2)) == ()


def test_what_faults_in_storing_a_dropped_value_still_faults() -> None:
    sut = noted(Load("field", (Deref(Load("ref"), "thing"),)), Bool())
    assert dropped(sut) == ("note",)
    assert {v.name for v in Reference().search(sut).violations} == {"null dereference"}
    assert_same(sut)


def test_initial_states_that_differ_in_nothing_else_become_one() -> None:
    initial = Initial((set_("a", Param("x")), set_("b", Param("y"))), (Parameter("x", 2), Parameter("y", 2)))
    sut = system(
        rule("stop", Assume(Load("a"))),
        variables=(Variable("a", Bool()), Variable("b", Bool())),
        initial=(initial,),
    )
    assert dropped(sut) == ("b",)
    assert len(Semantics(slice_system(sut)[0]).initial_states()) == 2
    assert_same(sut)


def test_arguments_of_events_that_read_a_dropped_variable_go() -> None:
    event = Event("call", "e", (("kept", N, None), ("lost", Load("note"), None), ("too", Temp("t"), None)))
    sut = noted(TRUE, Bool())
    sut = replace(sut, edges=(replace(sut.edges[0], ops=(*sut.edges[0].ops, Let("t", Load("note")), event)),))
    (edge,) = slice_system(sut)[0].edges
    assert edge.ops[-1] == replace(event, arguments=event.arguments[:1])
    assert not any(isinstance(op, Let) for op in edge.ops)


@pytest.mark.parametrize(
    "sut",
    [
        crossed_locks(bystander=True),
        soft_and_hard_checks(),
        mcs_lock(2),
        freed_object(),
        files(),
        replace(files(), invariants=()),
    ],
    ids=["locks", "checks", "mcs", "freed", "files", "files unobserved"],
)
def test_systems_written_by_hand_keep_their_verdicts_and_steps(sut: TransitionSystem) -> None:
    assert_same(sut)


@settings(max_examples=examples(60, 200), deadline=None)
@given(transition_systems())
def test_random_systems_keep_their_steps(sut: TransitionSystem) -> None:
    assert_same_steps(sut, most=60)


@settings(max_examples=examples(50, 200), deadline=None)
@given(transition_systems())
def test_random_systems_without_observers_keep_their_steps(sut: TransitionSystem) -> None:
    """More is dropped where nobody looks."""
    edges = tuple(
        replace(e, ops=tuple(o for o in e.ops if not isinstance(o, (Check, Cover)))) for e in sut.edges
    )
    assert_same_steps(replace(sut, edges=edges, invariants=(), covers=()), most=60)
