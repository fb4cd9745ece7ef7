"""``no_deadlock``: instances that can never move again, on known systems and against a plain graph search."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlcheck.explore.deadlock import first_stuck
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import Limits, Violation
from ovlcheck.system.action import Action
from ovlcheck.system.expr import Load, Not
from ovlcheck.system.transition_system import Assume, TransitionSystem, Variable
from ovlcheck.system.types import Bool
from tests.hand_built import SELF, crossed_locks, mcs_lock, move, one_lock, process, set_, system, worker

Transition = tuple[int, int, int]
STATES, INSTANCES = 8, 3


def no_deadlock(of: TransitionSystem, limits: Limits = Limits()) -> Violation | None:
    result = Reference().search(of, limits=limits, deadlock_free=True)
    return next((v for v in result.violations if v.name == "no_deadlock"), None)


def test_a_cycle_of_locks_is_found_while_somebody_else_keeps_moving() -> None:
    of = crossed_locks(bystander=True)
    assert [v.name for v in Reference().search(of).violations] == []
    found = no_deadlock(of)
    assert found is not None
    assert found.path == (Action(0, (0,)), Action(3, (0,)))
    assert found.blocked == (("left", 0), ("right", 0))
    assert found.message == (
        "left0 at model.py:11 `left line 1` waits for right.b, held by right0; "
        "right0 at model.py:11 `right line 1` waits for left.a, held by left0; "
        "cycle: left0 -> right0 -> left0"
    )


def test_systems_that_always_go_on_have_none() -> None:
    assert no_deadlock(one_lock(3)) is None
    assert no_deadlock(worker(last_rests=True)) is None


def test_rules_are_nobody_to_be_stuck() -> None:
    assert no_deadlock(mcs_lock(2)) is None


def test_one_instance_that_has_no_way_on_is_enough() -> None:
    found = no_deadlock(worker(last_rests=False))
    assert found is not None
    assert (found.blocked, len(found.path)) == ((("worker", 0),), 2)
    assert found.message == "worker0 at model.py:12 `worker line 2` has no way on"


def test_spinning_on_the_spot_is_no_move_but_waiting_for_one_who_will_come_is_none_either() -> None:
    spinner, pc = process("spinner", 1, True, False)
    flag = Variable("flag", Bool())
    spin = move(spinner, 1, 1, Assume(Not(Load("flag"))))
    leave = move(spinner, 1, 0, Assume(Load("flag")))
    alone = system(move(spinner, 0, 1), spin, leave, variables=(pc, flag), processes=(spinner,))
    found = no_deadlock(alone)
    assert found is not None
    assert found.message == (
        "spinner0 at model.py:11 `spinner line 1` spins on the spot or waits until flag (flag = False)"
    )
    other, other_pc = process("other", 1, True)
    helped = system(
        *alone.edges,
        move(other, 0, 0, set_("flag", Not(Load("flag")))),
        variables=(pc, flag, other_pc),
        processes=(spinner, other),
    )
    assert no_deadlock(helped) is None


def test_a_step_into_a_violation_is_a_move() -> None:
    one, pc = process("one", 1, True, False)
    of = system(move(one, 0, 1), move(one, 1, 0, set_("one.pc", 7, SELF)), variables=(pc,), processes=(one,))
    assert no_deadlock(of) is None


def test_a_search_cut_short_claims_nothing_about_what_lies_beyond() -> None:
    of = crossed_locks(bystander=True)
    assert no_deadlock(of, Limits(depth=2)) is None
    assert no_deadlock(of, Limits(depth=20)) is not None


def plain(
    edges: list[Transition], expanded: int, rests: set[tuple[int, int]]
) -> list[tuple[int, tuple[int, ...]]]:
    """The same by a forward search from each state."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(STATES))
    graph.add_edges_from((source, target) for source, target, _ in edges if target >= 0)
    found = []
    for state in range(STATES):
        ahead = nx.descendants(graph, state) | {state}
        moving = {mover for source, _, mover in edges if source in ahead}
        if any(other >= expanded for other in ahead):
            continue
        if any(source in ahead and target < 0 for source, target, _ in edges):
            continue
        stuck = tuple(i for i in range(INSTANCES) if i not in moving and (state, i) not in rests)
        if stuck:
            found.append((state, stuck))
    return found


@given(
    edges=st.lists(
        st.tuples(st.integers(0, STATES - 1), st.integers(-1, STATES - 1), st.integers(-1, INSTANCES - 1)),
        max_size=20,
    ),
    expanded=st.integers(1, STATES),
    rests=st.sets(st.tuples(st.integers(0, STATES - 1), st.integers(0, INSTANCES - 1))),
)
def test_the_backward_pass_agrees_with_a_search_from_every_state(
    edges: list[Transition], expanded: int, rests: set[tuple[int, int]]
) -> None:
    sources, targets, movers = ([edge[k] for edge in edges] for k in range(3))
    answer = first_stuck(
        STATES, expanded, INSTANCES, (sources, targets, movers), lambda state, i: (state, i) in rests
    )
    expected = plain(edges, expanded, rests)
    assert answer == (expected[0] if expected else None)


@pytest.mark.parametrize("instances", [1, 63, 64, 65, 130])
def test_the_only_one_that_cannot_move_is_found_among_any_number(instances: int) -> None:
    last = instances - 1
    there_and_back = ([0, 1] * last, [1, 0] * last, [i for i in range(last) for _ in range(2)])
    assert first_stuck(2, 2, instances, there_and_back, lambda state, i: False) == (0, (last,))
    assert first_stuck(2, 2, instances, there_and_back, lambda state, i: i == last) is None


def test_who_waits_for_a_step_that_ends_in_a_violation_is_not_said_to_be_stuck() -> None:
    leads_to_it = ([0, 1], [1, -1], [-1, 0])
    assert first_stuck(2, 2, 2, leads_to_it, lambda state, i: False) is None
