"""Rewriting for any number of instances: what it asks of others, and what it refuses."""

from __future__ import annotations

import pytest

from ovlcheck.symbolic.counter_abstraction import NotCountable, counted, for_any_number
from ovlcheck.system.expr import TRUE, Binary, Const, Load, Or
from ovlcheck.system.transition_system import Assign, Assume, Invariant, TransitionSystem, Variable
from ovlcheck.system.types import Bool, Count, Int
from tests.hand_built import SELF, eq, move, process, set_, system
from tests.symbolic.parameterised import any_number, inside_at_most, locked


def test_the_others_who_hold_a_lock_become_one_counter() -> None:
    (others,) = any_number(locked()).others
    assert [(t.process, t.variable) for t in others.tests] == [("task", "task.holds.lock")]
    assert others.shape == ()


def test_the_rewritten_system_has_one_instance() -> None:
    rewritten = any_number(locked())
    assert rewritten.system.process["task"].instances == 1
    assert {v.name: v.shape for v in rewritten.own("task")} == {"task.pc": (1,), "task.holds.lock": (1,)}


def test_a_number_that_grows_with_the_instances_becomes_an_expression() -> None:
    rewritten = any_number(inside_at_most(lambda tasks: 2 * tasks + 1))
    (invariant,) = rewritten.system.invariants
    limit = Binary("+", Const(1), Binary("*", Load("number of tasks"), Const(2)))
    assert invariant.condition == Binary("<=", Load("inside"), limit)
    assert rewritten.numbers == {"tasks": "number of tasks"}


def test_a_number_that_grows_unevenly_is_refused() -> None:
    with pytest.raises(NotCountable, match="not linear"):
        any_number(inside_at_most(lambda tasks: tasks * tasks))


def test_state_that_grows_with_the_instances_is_refused() -> None:
    def family(tasks: int) -> TransitionSystem:
        task, pc = process("task", tasks, True, False)
        ops = (set_("level", Const(tasks)),)
        return system(
            move(task, 0, 1, *ops), variables=(pc, Variable("level", Int(0, tasks))), processes=(task,)
        )

    with pytest.raises(NotCountable, match="the state itself depends on the number of tasks"):
        any_number(family)


def test_instances_that_store_their_number_are_refused() -> None:
    task, pc = process("task", 2, True, False)
    owner = Variable("owner", Int(0, 1))
    with pytest.raises(NotCountable, match="instances of task can be told apart"):
        counted(
            system(move(task, 0, 1, set_("owner", SELF)), variables=(pc, owner), processes=(task,)), ["task"]
        )


def test_a_sum_over_all_instances_is_refused() -> None:
    task, pc = process("task", 2, True, False)
    flag = Variable("task.flag", Bool(), (2,), "local", "task")
    total = Binary("+", Load(flag.name, (Const(0),)), Load(flag.name, (Const(1),)))
    swapped = Binary("+", Load(flag.name, (Const(1),)), Load(flag.name, (Const(0),)))
    edge = move(task, 0, 1, Assume(Or((eq(total, 2), eq(swapped, 2)))), Assign(flag.name, (SELF,), TRUE))
    with pytest.raises(NotCountable):
        counted(system(edge, variables=(pc, flag), processes=(task,)), ["task"])


def test_an_invariant_over_all_instances_asks_for_all_of_them() -> None:
    task, pc = process("task", 2, True, False)
    flag = Variable("task.flag", Bool(), (2,), "local", "task")
    anybody = Or(tuple(Load(flag.name, (Const(i),)) for i in range(2)))
    made = counted(
        system(
            move(task, 0, 1, Assign(flag.name, (SELF,), TRUE)),
            variables=(pc, flag),
            processes=(task,),
            invariants=(Invariant("somebody", anybody),),
        ),
        ["task"],
    )
    (others,) = made.others
    assert made.system.invariants[0].condition == Binary(">", Load(others.name), Const(0))


def test_processes_are_taken_by_the_constant_that_says_how_many_there_are() -> None:
    def build(numbers: dict[str, int]) -> TransitionSystem:
        task, pc = process("task", numbers["tasks"], True, False)
        other, other_pc = process("other", numbers["others"], True, False)
        users = Const(numbers["tasks"] + 2 * numbers["others"])
        return system(
            move(task, 0, 1, set_("used", 1)),
            move(other, 0, 1, set_("used", 1)),
            variables=(pc, other_pc, Variable("used", Count(3))),
            processes=(task, other),
            invariants=(Invariant("few", Binary("<=", Load("used"), users)),),
        )

    rewritten = for_any_number(build, {"tasks": ("task",), "others": ("other",)})  # type: ignore[arg-type]
    limit = Binary(
        "+",
        Binary("+", Const(0), Load("number of tasks")),
        Binary("*", Load("number of others"), Const(2)),
    )
    assert rewritten.system.invariants[0].condition == Binary("<=", Load("used"), limit)
