"""A counter that grows without end is told from one that a guard stops."""

from __future__ import annotations

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.search import explore
from ovlcheck.system.expr import Binary, Const, Load
from ovlcheck.system.transition_system import Assume, Op, TransitionSystem, Variable
from ovlcheck.system.types import Count
from tests.hand_built import move, plus, process, set_, system


def leaking(*guard: Op) -> TransitionSystem:
    """A task that takes a reference and, coming round again, has forgotten it."""
    task, pc = process("task", 1, True, False)
    return system(
        move(task, 0, 1, *guard, set_("refs", plus(Load("refs"), 1))),
        move(task, 1, 0),
        variables=(pc, Variable("refs", Count(1))),
        processes=(task,),
    )


def test_a_leak_is_seen_at_the_first_overflow_that_a_cycle_leads_to() -> None:
    _, patient = explore(leaking(), Reference())
    system_, found = explore(leaking(), Reference(), leaks=True)
    assert (found.complete, found.stopped) == (False, "refs grows beyond 255")
    assert found.stopped == patient.stopped
    assert system_.variable["refs"].type.bits < 8, "nobody had to count to 255"
    assert found.notes[0] == (
        "these 2 steps add 1 to refs and change nothing but counters, on the way to the overflow:"
    )


def test_a_cycle_that_a_guard_stops_is_no_leak() -> None:
    few = Assume(Binary("<", Load("refs"), Const(20)))
    _, found = explore(leaking(few), Reference(), leaks=True)
    assert found.complete
    assert found.largest == {"refs": 20}


def test_a_guard_that_stops_it_too_late_is_not_waited_for() -> None:
    many = Assume(Binary("<", Load("refs"), Const(1000)))
    _, found = explore(leaking(many), Reference(), leaks=True)
    assert found.stopped == "refs grows beyond 255"
