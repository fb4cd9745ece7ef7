"""Sorted instances: one state of each kind is kept, and only where nothing tells instances apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, event, given, settings

from ovlcheck.explore.reductions import SYMMETRY
from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.replay import replay
from ovlcheck.explore.result import Limits, WidthOverflow
from ovlcheck.explore.search import explore
from ovlcheck.system import symmetry
from ovlcheck.system.expr import And, Binary, Const, Load, Not, Or
from ovlcheck.system.symmetry import symmetric
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Initial,
    Invariant,
    Op,
    Process,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Int
from tests.examples import examples
from tests.hand_built import SELF, crossed_locks, eq, move, one_lock, process, set_, system
from tests.locking_programs import locking_programs
from tests.system.fusion_cases import give, held, take


def tasks(
    *ops: Op, instances: int = 2, invariant: Invariant | None = None, more: tuple[Op, ...] = ()
) -> TransitionSystem:
    """Tasks that count to two with a local, take ``ops`` on the way, and ``more`` in the end."""
    a, pc = process("task", instances, True, False, True)
    local = Variable("task.local", Int(0, 3), (instances,), "local", "task")
    up = Assign("task.local", (SELF,), Binary("+", Load("task.local", (SELF,)), Const(1)))
    return system(
        move(a, 0, 1, up, *ops),
        move(a, 1, 2, up, *more),
        variables=(pc, local, Variable("x", Int(0, 3)), Variable("cells", Int(0, 3), (instances,))),
        processes=(a,),
        invariants=(invariant,) if invariant is not None else (),
    )


def someone(value: int) -> Load:
    return Load("task.local", (Const(value),))


def wrong(whole: TransitionSystem) -> bool:
    """Whether the sorted system tells something else than the system that it was made of."""
    made = symmetric(whole)
    try:
        full, part = Reference().search(whole), Reference().search(made.system)
    except WidthOverflow:
        return False
    names = {v.name: len(v.path) for v in full.violations} != {v.name: len(v.path) for v in part.violations}
    if names or full.covered != part.covered or full.fired != part.fired or full.largest != part.largest:
        return True
    return {made.canonical(state) for state in reachable(whole)} != set(reachable(made.system))


@settings(max_examples=examples(40, 120), deadline=None, suppress_health_check=list(HealthCheck))
@given(locking_programs())
def test_the_sorted_system_has_the_sorted_states(whole: TransitionSystem) -> None:
    assume(symmetric(whole).processes)
    try:
        assume(Reference().search(whole, limits=Limits(states=2000)).complete)
    except WidthOverflow:
        assume(False)
    event("sorted")
    assert not wrong(whole)


def test_many_random_programs_have_interchangeable_instances() -> None:
    found: list[bool] = []

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(locking_programs())
    def on(whole: TransitionSystem) -> None:
        found.append(bool(symmetric(whole).processes))

    on()
    assert sum(found) * 3 >= len(found)


@pytest.mark.parametrize(("instances", "states"), [(2, 6), (3, 10), (4, 15)])
def test_of_interchangeable_tasks_only_how_many_stand_where_is_kept(instances: int, states: int) -> None:
    whole = tasks(instances=instances)
    assert len(reachable(whole)) == 3**instances
    assert len(reachable(symmetric(whole).system)) == states
    assert not wrong(whole)


def test_a_lock_that_looks_at_all_holders_tells_nobody_apart() -> None:
    whole = one_lock(3)
    assert symmetric(whole).processes
    assert not wrong(whole)


def test_a_trace_is_told_of_instances_that_stay_who_they_are() -> None:
    both = And((eq(someone(0), 2), eq(someone(1), 2)))
    whole = tasks(invariant=Invariant("never", Not(both)))
    _, result = explore(whole, Reference(), reductions=(SYMMETRY,))
    (violation,) = result.violations
    assert len(violation.path) == 4
    assert {action.arguments for action in violation.path} == {(0,), (1,)}
    replay(whole, violation)


def test_a_deadlock_names_the_instances_that_are_stuck_in_the_trace() -> None:
    whole = crossed_locks(bystander=False)
    _, plain = explore(whole, Reference())
    _, result = explore(whole, Reference(), reductions=(SYMMETRY,))
    assert [v.name for v in result.violations] == [v.name for v in plain.violations]

    a, pc = process("task", 2, True, False)
    waits = system(
        move(a, 0, 1, Assume(eq(Load("x"), 0)), set_("x", 1)),
        move(a, 1, 0, Assume(eq(Load("x"), 2))),
        variables=(pc, Variable("x", Int(0, 3))),
        processes=(a,),
    )
    _, result = explore(waits, Reference(), reductions=(SYMMETRY,))
    (violation,) = result.violations
    assert len(violation.blocked) == 1
    last = violation.path[-1].arguments[0]
    assert violation.blocked == (("task", last),)


def paired(*ops: Op) -> TransitionSystem:
    """Two tasks, of which one writes down that it was the first, and two partners that take ``ops``."""
    a, pc = process("task", 2, True, False)
    b, pc_b = process("partner", 2, True, False)
    local = Variable("task.local", Int(0, 3), (2,), "local", "task")
    return system(
        move(a, 0, 1, Assume(eq(Load("x"), 0)), set_("task.local", 1, SELF), set_("x", 1)),
        move(b, 0, 1, *ops, set_("y", 1)),
        variables=(pc, pc_b, local, Variable("x", Int(0, 3)), Variable("y", Int(0, 1))),
        processes=(a, b),
    )


NAMED: dict[str, Callable[[], TransitionSystem]] = {
    "the number is stored": lambda: tasks(
        set_("x", SELF), more=(Check(eq(Load("x"), 0), "second", "", fatal=False),)
    ),
    "the number is an index of something else": lambda: tasks(
        set_("cells", 1, SELF), more=(Check(eq(Load("cells", (Const(0),)), 1), "c", "", fatal=False),)
    ),
    "one instance is looked at": lambda: tasks(Check(eq(someone(0), 1), "first goes first", "", fatal=False)),
    "the invariant names one": lambda: tasks(invariant=Invariant("never", Not(eq(someone(1), 2)))),
    "instances start apart": lambda: replace(
        tasks(invariant=Invariant("never", Not(Or((eq(someone(0), 3), eq(someone(1), 3)))))),
        initial=(Initial((set_("task.local", 1, Const(0)),)),),
    ),
    "another instance is stored into": lambda: tasks(set_("task.local", 0, Const(0))),
    "another process looks at the instance with its own number": lambda: paired(
        Check(Not(And((eq(Load("task.local", (SELF,)), 1), eq(Load("y"), 0)))), "pair", "", fatal=False)
    ),
    "another process stores into the instance with its own number": lambda: paired(
        set_("task.local", 3, SELF)
    ),
    "cells are found by a number of the state": lambda: tasks(
        Check(eq(Load("task.local", (Binary("%", Load("x"), Const(2)),)), 1), "c", "", fatal=False)
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_instances_that_something_tells_apart_are_not_sorted(name: str) -> None:
    assert symmetric(NAMED[name]()).processes == ()


def test_too_many_instances_are_left_as_they_are() -> None:
    assert symmetric(tasks(instances=symmetry.MOST_INSTANCES + 1)).processes == ()


def _anything_goes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(symmetry, "interchangeable", lambda system, process: True)


_IN_ORDER = symmetry._in_order


def _positions_only(whole: TransitionSystem, of: Process) -> Iterator[Op]:
    return (op for op in _IN_ORDER(whole, of) if not isinstance(op, Assign) or op.variable == of.pc)


MUTANTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Callable[[], TransitionSystem]]] = {
    "numbers are not looked for": (
        lambda patch: patch.setattr(symmetry, "_names_itself", lambda expr, own: False),
        NAMED["the number is stored"],
    ),
    "conditions are not compared": (
        lambda patch: patch.setattr(symmetry, "_normal", lambda expr: Const(0)),
        lambda: tasks(more=(Assume(eq(someone(0), 2)),)),
    ),
    "initial states are not looked at": (_anything_goes, NAMED["instances start apart"]),
    "stores into others are not looked for": (_anything_goes, NAMED["another instance is stored into"]),
    "other processes are not looked at": (
        lambda patch: patch.setattr(symmetry, "_finds", lambda holder, expr, own: False),
        NAMED["another process stores into the instance with its own number"],
    ),
    "locals are left behind when instances change places": (
        lambda patch: patch.setattr(symmetry, "_in_order", _positions_only),
        lambda: tasks(instances=2),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_symmetry_is_found_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, case = MUTANTS[name]
    assert not wrong(case())
    patch(monkeypatch)
    assert wrong(case())


def test_locks_of_objects_change_places_with_their_holders() -> None:
    a, pc = process("task", 2, True, False, True)
    mine = held(a, "inode.lock", 2)
    local = Variable("task.local", Int(0, 1), (2,), "local", "task")
    which = Load("task.local", (SELF,))
    whole = system(
        move(a, 0, 1, *take(mine, [mine], Const(0))),
        move(a, 0, 1, *take(mine, [mine], Const(1)), set_("task.local", 1, SELF)),
        move(a, 1, 2, Check(Load(mine.name, (SELF, which)), "not held", ""), give(mine, which)),
        variables=(pc, mine, local),
        processes=(a,),
    )
    assert symmetric(whole).processes == ("task",)
    assert not wrong(whole)
