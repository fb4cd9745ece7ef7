"""Who is stuck is told what for, in values that readers know."""

from __future__ import annotations

from ovlcheck.system.expr import Binary, Const, Load, Not
from ovlcheck.system.transition_system import Assume, Variable
from ovlcheck.system.types import Bits, Bool
from tests.hand_built import crossed_locks, eq, move, process, set_, system
from tests.trace.samples import trace_of

FLAGS = Bits("State", ("SYNC", "DIRTY"))


def test_conditions_are_told_in_cells_and_words() -> None:
    task, pc = process("flusher", 1, True, False)
    of = system(
        move(task, 0, 1, set_("flags", 1), name="start"),
        move(
            task,
            1,
            0,
            Assume(eq(Binary("&", Load("flags"), Const(1)), 0)),
            Assume(Not(Load("late"))),
            name="wait",
        ),
        variables=(Variable("flags", FLAGS), Variable("late", Bool()), pc),
        processes=(task,),
    )
    trace = trace_of(of, "deadlock")
    assert trace.message == "flusher0 at model.py:11 `flusher line 1` waits until flags & {SYNC} == {}"
    assert trace.relevant == {"flags": "{SYNC}"}
    assert trace.matters(0)


def test_what_is_said_of_locks_is_kept() -> None:
    trace = trace_of(crossed_locks(bystander=False), "deadlock")
    assert trace.message.splitlines() == [
        "left0 at model.py:11 `left line 1` waits for right.b, held by right0",
        "right0 at model.py:11 `right line 1` waits for left.a, held by left0",
        "cycle: left0 -> right0 -> left0",
    ]
