"""Footprints: a step writes only cells that it names, and what it does depends on no cell but those that it
names."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest
from hypothesis import given, settings

from ovlcheck.system.action import Action, State
from ovlcheck.system.expr import Binary, Const, Deref, Load, Param, Temp
from ovlcheck.system.footprint import Access, Footprint, footprint
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import (
    Assume,
    Check,
    Cover,
    Edge,
    Event,
    Let,
    Parameter,
    Population,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Int, Ref
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
)
from tests.random_systems import transition_systems
from tests.system.footprint_cells import Footprints
from tests.temporal.files import files

N, I = Load("n"), Param("i")  # noqa: E741 - the name of the parameter


def of(*ops: object) -> Footprint:
    return footprint(board(), rule("step", *ops, parameters=(Parameter("i", 3),)))  # type: ignore[arg-type]


def board(*edges: Edge) -> TransitionSystem:
    return system(
        *edges,
        variables=(
            Variable("n", Int(0, 2)),
            Variable("row", Int(0, 2), (3,)),
            Variable("ref", Ref("thing", 2)),
            Variable("alive", Bool(), (2,), "alive", default=1),
            Variable("field", Bool(), (2,)),
        ),
        populations=(Population("thing", 2, "alive"),),
    )


def test_guards_values_and_indices_are_read_and_targets_written() -> None:
    found = of(Assume(eq(Load("row", (I,)), 0)), set_("row", N, Const(2)))
    assert found.reads == {Access("row", (I,)), Access("n")}
    assert found.writes == {Access("row", (Const(2),))}


def test_woven_predicates_are_read_and_arguments_of_events_are_not() -> None:
    found = of(
        Check(eq(N, 1), "p", ""),
        Cover("p", eq(Load("row", (Const(0),)), 1)),
        Event("call", "e", (("x", Load("ref"), None),)),
    )
    assert found.reads == {Access("n"), Access("row", (Const(0),))}


def test_a_dereference_reads_whether_the_object_is_allocated() -> None:
    found = of(set_("field", 1, Deref(Load("ref"), "thing")))
    slot = Deref(Load("ref"), "thing")
    assert found.reads == {Access("ref"), Access("alive", (Binary("-", Load("ref"), Const(1)),))}
    assert found.writes == {Access("field", (slot,))}


def test_temporaries_are_brought_back_to_the_state_before_the_step() -> None:
    found = of(Let("t", plus(N, 1)), set_("row", 0, Temp("t")))
    assert found.writes == {Access("row", (plus(N, 1),))}


def test_reads_of_what_the_step_stored_are_brought_back() -> None:
    found = of(set_("n", Load("row", (I,))), set_("row", 0, N))
    assert found.writes == {Access("n"), Access("row", (Load("row", (I,)),))}


def test_an_index_that_may_have_been_overwritten_stands_for_all_cells() -> None:
    found = of(set_("row", 1, I), set_("row", 0, Load("row", (N,))))
    assert found.writes == {Access("row", (I,)), Access("row", (None,))}
    apart = of(set_("row", 1, Const(0)), set_("row", 0, Load("row", (Const(1),))))
    assert apart.writes == {Access("row", (Const(0),)), Access("row", (Load("row", (Const(1),)),))}


def test_the_position_of_a_process_is_read_and_written() -> None:
    task = one_lock()
    found = footprint(task, task.edges[0])
    assert Access("task.pc", (Param("self"),)) in found.reads & found.writes


def test_an_access_whose_index_faults_is_not_made() -> None:
    sut = board(rule("clear", set_("field", 0, Deref(Load("ref"), "thing"))))
    prints = Footprints(Semantics(sut))
    none = (0, 0, 0, 0, 0, 1, 1, 0, 0)
    assert prints.cells(none, Action(0)) == (frozenset({4}), frozenset())
    second = (0, 0, 0, 0, 2, 1, 1, 0, 0)
    assert prints.cells(second, Action(0)) == (frozenset({4, 6}), frozenset({8}))


def outcome(semantics: Semantics, state: State, action: Action) -> tuple[object, ...] | None:
    """What the step comes to, its changes as pairs of a cell and the new value."""
    try:
        fired = semantics.fire(state, action)
    except CountOverflow as overflow:
        return ("overflow", overflow.variable)
    if fired is None:
        return None
    return fired.state is None, tuple((f.name, f.fatal) for f in fired.faults), fired.covered


def first_states(semantics: Semantics, most: int) -> list[State]:
    try:
        queue = list(semantics.initial_states())
        found = set(queue)
        for state in queue:
            for fired in semantics.successors(state):
                if fired.state is not None and fired.state not in found and len(queue) < most:
                    found.add(fired.state)
                    queue.append(fired.state)
    except CountOverflow:
        return []
    return queue


def assert_sound(sut: TransitionSystem, seed: int = 1, most: int = 60) -> None:
    """Changing cells that a step is not said to read changes nothing of what the step does."""
    semantics, random = Semantics(sut), Random(seed)
    prints = Footprints(semantics)
    types = [v.type for v in sut.variables for _ in range(v.cells)]
    states = first_states(semantics, most * 4)
    for state in random.sample(states, min(most, len(states))):
        for action in islice(semantics.actions, 200):
            reads, writes = prints.cells(state, action)
            before = outcome(semantics, state, action)
            other = tuple(
                v if cell in reads else random.randint(types[cell].lo, types[cell].hi)
                for cell, v in enumerate(state)
            )
            assert outcome(semantics, other, action) == before
            if before is None or before[0] is not False:
                continue
            one, two = semantics.fire(state, action), semantics.fire(other, action)
            assert one is not None and two is not None and one.state is not None and two.state is not None
            for cell in range(len(state)):
                if cell not in writes:
                    assert one.state[cell] == state[cell]
                    assert two.state[cell] == other[cell]
                elif one.state[cell] != state[cell] and two.state[cell] != other[cell]:
                    assert one.state[cell] == two.state[cell]


@pytest.mark.parametrize(
    "sut",
    [
        die_hard(),
        references(3, width=2),
        freed_object(),
        one_lock(3),
        crossed_locks(bystander=True),
        soft_and_hard_checks(),
        mcs_lock(2),
        files(),
    ],
    ids=lambda s: s.edges[0].name,
)
def test_footprints_are_sound_on_systems_written_by_hand(sut: TransitionSystem) -> None:
    assert_sound(sut)


@settings(max_examples=examples(60, 300), deadline=None)
@given(transition_systems())
def test_footprints_are_sound_on_random_systems(sut: TransitionSystem) -> None:
    assert_sound(sut, most=8)
