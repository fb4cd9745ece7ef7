"""Transition systems written by hand, small enough to know their state spaces: what engines are tested on."""

from __future__ import annotations

from ovlcheck.system.expr import TRUE, And, Binary, Cond, Const, Deref, Expr, Load, Not, Or, Param, Temp
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Edge,
    Initial,
    Invariant,
    Let,
    Location,
    Op,
    Parameter,
    Population,
    Process,
    Source,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Count, Int, Ref

SELF = Param("self")


def source(line: int, text: str = "", function: str = "run") -> Source:
    return Source("model.py", line, function, text)


def eq(left: Expr, right: Expr | int) -> Expr:
    return Binary("==", left, Const(right) if isinstance(right, int) else right)


def plus(left: Expr, right: int) -> Expr:
    return Binary("+", left, Const(right))


def set_(variable: str, value: Expr | int, *index: Expr) -> Assign:
    return Assign(variable, index, Const(value) if isinstance(value, int) else value)


def rule(name: str, *ops: Op, parameters: tuple[Parameter, ...] = ()) -> Edge:
    return Edge(name, ops, source(1, name), parameters=parameters)


def system(
    *edges: Edge,
    variables: tuple[Variable, ...] = (),
    processes: tuple[Process, ...] = (),
    initial: tuple[Initial, ...] = (Initial(()),),
    populations: tuple[Population, ...] = (),
    invariants: tuple[Invariant, ...] = (),
    covers: tuple[Cover, ...] = (),
) -> TransitionSystem:
    return TransitionSystem(
        "hand built",
        variables,
        processes,
        edges,
        initial,
        populations=populations,
        invariants=invariants,
        covers=covers,
    )


def process(name: str, instances: int, *rests: bool) -> tuple[Process, Variable]:
    """A process with one location an entry of ``rests``, and its pc."""
    locations = tuple(
        Location(f"{name}.{i}", source(10 + i, f"{name} line {i}"), rest) for i, rest in enumerate(rests)
    )
    pc = Variable(f"{name}.pc", Int(0, len(rests) - 1), (instances,), "pc", name)
    return Process(name, instances, locations, pc.name), pc


def move(of: Process, origin: int, target: int, *ops: Op, name: str = "", line: int = 0) -> Edge:
    """An edge of all instances of ``of``."""
    return Edge(
        name or f"{of.name} {origin} to {target}",
        ops,
        source(line or 10 + origin, f"{of.name} line {origin}"),
        process=of.name,
        origin=origin,
        target=target,
        parameters=(Parameter("self", of.instances),),
    )


def die_hard() -> TransitionSystem:
    """Jugs of 3 and 5 gallons and six rules: 16 states, 96 transitions, 4 gallons after 6 steps."""
    small, big = Load("small"), Load("big")

    def least(a: Expr, b: Expr) -> Expr:
        return Cond(Binary("<", a, b), a, b)

    into_big = least(small, Binary("-", Const(5), big))
    into_small = least(big, Binary("-", Const(3), small))

    def pour(amount: Expr, giver: str, taker: str) -> tuple[Op, ...]:
        n = Temp("n")
        return (
            Let("n", amount),
            set_(giver, Binary("-", Load(giver), n)),
            set_(taker, Binary("+", Load(taker), n)),
        )

    return system(
        rule("fill small", set_("small", 3)),
        rule("fill big", set_("big", 5)),
        rule("empty small", set_("small", 0)),
        rule("empty big", set_("big", 0)),
        rule("small to big", *pour(into_big, "small", "big")),
        rule("big to small", *pour(into_small, "big", "small")),
        variables=(Variable("small", Int(0, 3)), Variable("big", Int(0, 5))),
        invariants=(Invariant("never_four", Not(eq(big, 4)), "four gallons"),),
    )


def counter(top: int, *, low: int = 0, type_top: int | None = None) -> TransitionSystem:
    """One variable counted up from ``low`` to ``top`` by one rule, in a type that ends at ``type_top``."""
    n = Load("n")
    return system(
        rule("up", Assume(Binary("<", n, Const(top))), set_("n", plus(n, 1))),
        variables=(Variable("n", Int(low, top if type_top is None else type_top), default=low),),
    )


def references(top: int | None, width: int = 1) -> TransitionSystem:
    """``get`` until ``top`` references are held (None: for ever) and ``put`` while there are any."""
    refs = Load("refs")
    below = TRUE if top is None else Binary("<", refs, Const(top))
    return system(
        rule("get", Assume(below), set_("refs", plus(refs, 1))),
        rule("put", Assume(Binary(">", refs, Const(0))), set_("refs", plus(refs, -1))),
        variables=(Variable("refs", Count(width)),),
    )


def underflow() -> TransitionSystem:
    """A ``put`` without a guard: the second step of none is a violation at once."""
    return system(
        rule("put", set_("refs", plus(Load("refs"), -1))), variables=(Variable("refs", Count(1), default=1),)
    )


def freed_object() -> TransitionSystem:
    """One object, which a rule frees and another writes to through a reference that stays."""
    thing = Deref(Load("ref"), "thing")
    return system(
        rule("free", Assume(Load("alive", (Const(0),))), set_("alive", 0, Const(0))),
        rule("write", set_("field", 1, thing)),
        variables=(
            Variable("ref", Ref("thing", 1), default=1),
            Variable("alive", Bool(), (1,), "alive", default=1),
            Variable("field", Bool(), (1,)),
        ),
        populations=(Population("thing", 1, "alive"),),
    )


def one_lock(tasks: int = 2) -> TransitionSystem:
    """Tasks that take a lock, leave the critical section and begin again: ``tasks + 1`` states."""
    task, pc = process("task", tasks, True, False)
    nobody = Not(Or(tuple(Load("held", (Const(i),)) for i in range(tasks))))
    return system(
        move(task, 0, 1, Assume(nobody), set_("held", 1, SELF), name="take"),
        move(task, 1, 0, set_("held", 0, SELF), name="drop"),
        variables=(pc, Variable("held", Bool(), (tasks,), "held", "task")),
        processes=(task,),
        invariants=(
            Invariant(
                "mutual_exclusion",
                Not(
                    Or(
                        tuple(
                            And((eq(Load("task.pc", (Const(i),)), 1), eq(Load("task.pc", (Const(j),)), 1)))
                            for i in range(tasks)
                            for j in range(i)
                        )
                    )
                ),
            ),
        ),
    )


def crossed_locks(*, bystander: bool) -> TransitionSystem:
    """``left`` takes ``a`` then ``b``, ``right`` takes ``b`` then ``a``; a bystander always moves."""
    left, left_pc = process("left", 1, True, False, False)
    right, right_pc = process("right", 1, True, False, False)
    edges: list[Edge] = []
    for me, first, second in ((left, "a", "b"), (right, "b", "a")):
        mine, other = me.name, "right" if me is left else "left"
        edges += [
            move(
                me, 0, 1, Assume(Not(Load(f"{other}.{first}", (Const(0),)))), set_(f"{mine}.{first}", 1, SELF)
            ),
            move(
                me,
                1,
                2,
                Assume(Not(Load(f"{other}.{second}", (Const(0),)))),
                set_(f"{mine}.{second}", 1, SELF),
            ),
            move(me, 2, 0, set_(f"{mine}.{first}", 0, SELF), set_(f"{mine}.{second}", 0, SELF)),
        ]
    variables = [left_pc, right_pc] + [
        Variable(f"{me}.{lock}", Bool(), (1,), "held", me) for me in ("left", "right") for lock in ("a", "b")
    ]
    processes = [left, right]
    if bystander:
        clock, clock_pc = process("clock", 1, True, True)
        processes.append(clock)
        variables.append(clock_pc)
        edges += [move(clock, 0, 1), move(clock, 1, 0)]
    return system(*edges, variables=tuple(variables), processes=tuple(processes))


def worker(*, last_rests: bool) -> TransitionSystem:
    """Two instances of three locations in a row, the last without an edge: 9 states, one of them terminal."""
    one, pc = process("worker", 2, True, False, last_rests)
    return system(move(one, 0, 1), move(one, 1, 2), variables=(pc,), processes=(one,))


def soft_and_hard_checks() -> TransitionSystem:
    """``n`` counts to 3; ``below_two`` fails on the way and goes on, ``below_three`` ends the path."""
    n = Load("n")
    return system(
        rule(
            "up",
            Assume(Binary("<", n, Const(3))),
            set_("n", plus(n, 1)),
            Check(Binary("<", n, Const(2)), "below_two", "n reached two", fatal=False),
            Check(Binary("<", n, Const(3)), "below_three", "n reached three"),
        ),
        variables=(Variable("n", Int(0, 5)),),
    )


def mcs_lock(processes: int = 3) -> TransitionSystem:
    """The queue lock of Mellor-Crummey and Scott (1991) in ten positions, waiting as self-loops.

    With three processes it has 7,597 states and 22,791 transitions.
    """
    i = Param("i")
    me: Expr = plus(i, 1)
    refs = Ref("task", processes)
    next_, pred, lock, locked = Load("next", (i,)), Load("pred", (i,)), Load("lock"), Load("locked", (i,))
    mine_next, mine_pred = Deref(next_, "task"), Deref(pred, "task")

    def position(number: int, target: Expr | int, *ops: Op) -> Edge:
        at = Assume(eq(Load("at", (i,)), number))
        return rule(f"L{number}", at, *ops, set_("at", target, i), parameters=(Parameter("i", processes),))

    def either(test: Expr, yes: int, no: int) -> Expr:
        return Cond(test, Const(yes), Const(no))

    return system(
        position(0, 1, set_("next", 0, i)),
        position(1, 2, set_("pred", lock, i), set_("lock", me)),
        position(2, either(eq(pred, 0), 6, 3)),
        position(3, 4, set_("locked", 1, i)),
        position(4, 5, set_("next", me, mine_pred)),
        position(5, either(locked, 5, 6)),
        position(6, either(eq(next_, 0), 7, 9)),
        position(
            7,
            Temp("to"),
            Let("to", either(eq(lock, me), 0, 8)),
            set_("lock", Cond(eq(lock, me), Const(0), lock)),
        ),
        position(8, either(eq(next_, 0), 8, 9)),
        position(9, 0, set_("locked", 0, mine_next)),
        variables=(
            Variable("at", Int(0, 9), (processes,)),
            Variable("next", refs, (processes,)),
            Variable("pred", refs, (processes,)),
            Variable("locked", Bool(), (processes,)),
            Variable("lock", refs),
        ),
        populations=(Population("task", processes),),
        invariants=(
            Invariant(
                "one_in_critical_section",
                And(
                    tuple(
                        Not(And((eq(Load("at", (Const(a),)), 6), eq(Load("at", (Const(b),)), 6))))
                        for a in range(processes)
                        for b in range(a)
                    )
                ),
                "two processes are in the critical section",
            ),
        ),
    )
