"""Systems of any number of tasks whose answers are known for every number."""

from __future__ import annotations

from collections.abc import Callable

from ovlcheck.symbolic.counter_abstraction import Counted, for_any_number
from ovlcheck.system.expr import Binary, Const, Load, Not, Or
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Invariant,
    Op,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Count, Int
from tests.hand_built import SELF, eq, move, plus, process, set_, system

Family = Callable[[int], TransitionSystem]


def any_number(family: Family) -> Counted:
    """``family`` of any number of tasks."""
    return for_any_number(lambda numbers: family(numbers["tasks"]), {"tasks": ("task",)})


def inside_at_most(most: Callable[[int], int], *guard: Op) -> Family:
    """Tasks that go inside, where ``guard`` lets them, and out again; no more than ``most`` may be there."""

    def family(tasks: int) -> TransitionSystem:
        task, pc = process("task", tasks, True, False)
        inside = Load("inside")
        return system(
            move(task, 0, 1, *guard, set_("inside", plus(inside, 1))),
            move(task, 1, 0, set_("inside", plus(inside, -1))),
            variables=(pc, Variable("inside", Count(3))),
            processes=(task,),
            invariants=(Invariant("few_inside", Binary("<=", inside, Const(most(tasks)))),),
        )

    return family


def locked(lock: bool = True) -> Family:
    """Tasks that count themselves in and out, under a lock unless told otherwise; one at most may be inside."""

    def family(tasks: int) -> TransitionSystem:
        task, pc = process("task", tasks, True, False)
        held = Variable("task.holds.lock", Bool(), (tasks,), "held", "task")
        nobody = Not(Or(tuple(Load(held.name, (Const(i),)) for i in range(tasks))))
        take: tuple[Op, ...] = (Assume(nobody),) if lock else ()
        misuse = Check(Load(held.name, (SELF,)), "lock misuse", "releases what it does not hold")
        inside = Load("inside")
        return system(
            move(task, 0, 1, *take, Assign(held.name, (SELF,), Const(1)), set_("inside", plus(inside, 1))),
            move(task, 1, 0, misuse, Assign(held.name, (SELF,), Const(0)), set_("inside", plus(inside, -1))),
            variables=(pc, held, Variable("inside", Count(3))),
            processes=(task,),
            invariants=(Invariant("one_inside", Binary("<=", inside, Const(1))),),
        )

    return family


def last_one_frees(check_first: bool) -> Family:
    """Tasks take references to an object; who drops the last one frees it.

    ``check_first``: nobody takes a reference to what is freed; without that a task finds it freed.
    """

    def family(tasks: int) -> TransitionSystem:
        task, pc = process("task", tasks, True, False, True)
        count, freed = Load("count"), Load("freed")
        alive: tuple[Op, ...] = (Assume(Not(freed)),) if check_first else ()
        last = Binary("==", count, Const(1))
        return system(
            move(task, 0, 1, *alive, set_("count", plus(count, 1))),
            move(task, 1, 2, Check(Not(freed), "use after free", "it is freed", fatal=False),
                 Assume(last), set_("count", 0), set_("freed", 1)),
            move(task, 1, 2, Check(Not(freed), "use after free", "it is freed", fatal=False),
                 Assume(Not(last)), set_("count", plus(count, -1))),
            variables=(pc, Variable("count", Count(3)), Variable("freed", Bool())),
            processes=(task,),
            invariants=(Invariant("freed_unused", Or((Not(freed), eq(count, 0)))),),
        )  # fmt: skip

    return family


def permits(number: int) -> Family:
    """Tasks that take one of ``number`` permits to go inside; at most two should be there."""

    def family(tasks: int) -> TransitionSystem:
        task, pc = process("task", tasks, True, False)
        left, inside = Load("left"), Load("inside")
        return system(
            move(task, 0, 1, Assume(Binary(">", left, Const(0))), set_("left", plus(left, -1)),
                 set_("inside", plus(inside, 1))),
            move(task, 1, 0, set_("left", plus(left, 1)), set_("inside", plus(inside, -1))),
            variables=(pc, Variable("left", Int(0, number), default=number), Variable("inside", Count(3))),
            processes=(task,),
            invariants=(Invariant("two_inside", Binary("<=", inside, Const(2))),),
        )  # fmt: skip

    return family


def two_counts() -> Family:
    """Whoever maps has opened: there are never more mappings than openers, however many there are."""

    def family(tasks: int) -> TransitionSystem:
        task, pc = process("task", tasks, True, False, False)
        opened, mapped = Load("opened"), Load("mapped")
        return system(
            move(task, 0, 1, set_("opened", plus(opened, 1))),
            move(task, 1, 2, set_("mapped", plus(mapped, 1))),
            move(task, 2, 1, set_("mapped", plus(mapped, -1))),
            move(task, 1, 0, set_("opened", plus(opened, -1))),
            variables=(pc, Variable("opened", Count(3)), Variable("mapped", Count(3))),
            processes=(task,),
            invariants=(
                Invariant("mapped_by_openers", Binary("<=", mapped, opened)),
                Invariant("bounded", Binary("<=", Binary("+", opened, mapped), Const(2 * tasks))),
                Invariant("too_tight", Binary("<=", Binary("+", opened, mapped), Const(2 * tasks - 1))),
            ),
        )

    return family


