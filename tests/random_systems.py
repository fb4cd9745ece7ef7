"""Random transition systems that are hard on an engine: what hypothesis draws to hold engines against each
other.

They have what goes wrong in engines: fields that cross words and reach below zero, edges with common
beginnings and conditions half way, locks that conflict, references to freed objects, faults behind conditions
that are evaluated or not, violations that end a step and others that do not, several initial states, actions
that change nothing.  An interpreter can explore them: most assignments keep to a few values.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ovlcheck.system.expr import Binary, Cond, Const, Expr, Load, Not, Or, Param
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Edge,
    Event,
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
from ovlcheck.system.types import Bits, Bool, Count, Enum, Int, Ref, Type
from tests.random_expressions import Vocabulary, dereference, leaf, load, number, truth, value_of

ACQUIRE = "acquire"
"""The name of every edge that takes a lock begins so."""

_SELF = Param("self")
_NARROW: tuple[Type, ...] = (
    Int(0, 2), Int(-2, 1), Int(0, 4), Int(-1, 5), Int(7, 9), Bool(), Enum("Mode", ("A", "B", "C")), Int(4, 4),
)  # fmt: skip
_WIDE: tuple[Type, ...] = (
    Int(-(1 << 40), 1 << 40), Int(-3, (1 << 61) - 2), Int(-(1 << 35) - 1, -5), Int(0, (1 << 32) - 1),
)  # fmt: skip


def source(line: int, text: str = "...") -> Source:
    return Source("random.py", line, "run", text)


class _Draft:
    """A system in the making."""

    def __init__(self, draw: DrawFn) -> None:
        self.words = Vocabulary(draw)
        self.populations: list[Population] = []
        self.processes: list[Process] = []
        self.locks: list[list[Variable]] = []
        self.hidden: list[Variable] = []
        self.edges: list[Edge] = []
        self.serial = 0

    def name(self, stem: str) -> str:
        self.serial += 1
        return f"{stem}{self.serial}"

    def declare(self) -> None:
        words = self.words
        for _ in range(words.number(0, 1)):
            size = words.number(1, 3)
            name = self.name("thing")
            alive = None
            if words.chance(75):
                alive = f"{name}.alive"
                self._add(alive, Bool(), (size,), kind="alive", default=words.number(0, 1))
            self.populations.append(Population(name, size, alive))
            words.populations = self.populations
            for _ in range(words.number(1, 2)):
                self._add(self.name(f"{name}.field"), words.one(_NARROW), (size,))
            self._add(self.name("ref"), Ref(name, size), (), default=words.number(0, size))
        for _ in range(words.number(1, 3)):
            shape = words.one(((), (), (2,), (3,), (2, 2)))
            self._add(self.name("x"), words.one(_NARROW), shape)
        for _ in range(words.number(0, 3)):
            self._add(self.name("wide"), words.one(_WIDE), words.one(((), (), (), (2,), (3,))))
        if words.chance(40):
            self._add(self.name("count"), Count(words.number(1, 3)), words.one(((), (2,))))
        if words.chance(40):
            self._add(self.name("set"), Bits("set", ("a", "b", "c")[: words.number(1, 3)]))

    def _add(
        self,
        name: str,
        type_: Type,
        shape: tuple[int, ...] = (),
        kind: str = "shared",
        default: int | None = None,
    ) -> Variable:
        variable = Variable(name, type_, shape, kind, default=0)
        start = (
            value_of(self.words, variable) if default is None and not isinstance(type_, Count) else default
        )
        variable = replace(variable, default=max(type_.lo, min(type_.hi, start or 0)))
        self.words.variables.append(variable)
        return variable

    def add_process(self) -> None:
        words = self.words
        name, instances = self.name("task"), words.number(1, 3)
        rests = [words.chance(60) for _ in range(words.number(1, 4))]
        locations = tuple(Location(f"{name}.{k}", source(k), rest) for k, rest in enumerate(rests))
        pc = f"{name}.pc" if len(rests) > 1 or words.chance(50) else None
        shape = (instances,) if instances > 1 or words.chance(80) else ()
        if pc is not None:
            self.hidden.append(Variable(pc, Int(0, len(rests) - 1), shape, "pc", name))
        if words.chance(50):
            self._add(self.name(f"{name}.local"), words.one(_NARROW), (instances,), kind="local")
        self.processes.append(Process(name, instances, locations, pc))

    def add_lock(self) -> None:
        """A lock that every process may hold; most have an edge that takes it and one that gives it back."""
        name = self.name("lock")
        held = [Variable(f"{p.name}.{name}", Bool(), (p.instances,), "held", p.name) for p in self.processes]
        holders = [Load(v.name, (Const(i),)) for v in held for i in range(v.cells)]
        self.hidden += held
        self.words.variables += held
        for process, mine in zip(self.processes, held, strict=True):
            if self.words.chance(25):
                continue
            last = len(process.locations) - 1
            inside = self.words.number(0, last)
            free = Assume(Not(Or(tuple(holders))))
            again = Check(Not(Load(mine.name, (_SELF,))), "lock taken twice", "the lock is held")
            take = (free, Assign(mine.name, (_SELF,), Const(1)), *self._ops(process, 1))
            if self.words.chance(30):
                take = (again, *take)
            drop = (
                Check(Load(mine.name, (_SELF,)), "unlock of a lock not held", "the lock is not held"),
                Assign(mine.name, (_SELF,), Const(0)),
            )
            self._edge(process, 0, inside, take, (), f"{ACQUIRE} {name}")
            self._edge(process, inside, self.words.number(0, last), drop, (), f"release {name}")

    def add_steps(self, process: Process | None) -> None:
        """Edges from one place that share their beginning and then go different ways."""
        words = self.words
        parameters = tuple(
            Parameter(self.name("p"), words.number(1, 3)) for _ in range(max(0, words.number(-2, 2)))
        )
        bundle = self._scope(process, parameters)
        words.parameters, words.temps = bundle, ()
        last = len(process.locations) - 1 if process else 0
        origin, target = words.number(0, last), words.number(0, last)
        prefix = tuple(self._op() for _ in range(words.number(0, 3)))
        name = self.name("step" if process else "rule")
        if words.chance(40):
            self._edge(process, origin, target, (*prefix, *self._some()), parameters, name)
            return
        condition, temps = truth(words, 2), words.temps
        opposite: Expr = Not(condition)
        if isinstance(condition, Binary) and condition.op == "<":
            opposite = Binary(">=", condition.left, condition.right)
        for test in (condition, opposite):
            words.parameters, words.temps = bundle, temps
            ops = (*prefix, Assume(test), *self._some())
            self._edge(process, origin, words.number(0, last), ops, parameters, name)

    def _scope(self, process: Process | None, parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
        return (Parameter("self", process.instances), *parameters) if process else parameters

    def _edge(
        self,
        process: Process | None,
        origin: int,
        target: int,
        ops: tuple[Op, ...],
        parameters: tuple[Parameter, ...],
        name: str,
    ) -> None:
        self.edges.append(
            Edge(
                name, ops, source(len(self.edges)), process.name if process else None, origin, target,
                self._scope(process, parameters),
            )
        )  # fmt: skip

    def _some(self) -> tuple[Op, ...]:
        return tuple(self._op() for _ in range(self.words.number(0, 3)))

    def _ops(self, process: Process, most: int) -> tuple[Op, ...]:
        self.words.parameters, self.words.temps = self._scope(process, ()), ()
        return tuple(self._op() for _ in range(self.words.number(0, most)))

    def _op(self) -> Op:
        words = self.words
        choice = words.number(0, 19)
        if choice < 3:
            name = self.name("t")
            value, bound = number(words, 2)
            words.temps = (*words.temps, (name, bound))
            return Let(name, value)
        if choice < 6:
            return Assume(truth(words, 2))
        if choice == 6:
            return Check(truth(words, 2), words.one(("asserted", "locked")), "no", fatal=True)
        if choice == 7:
            return Check(truth(words, 2), words.one(("soft", "softer", "always")), "no", fatal=False)
        if choice == 8:
            return Cover(words.one(("seen", "met")), truth(words, 2))
        if choice == 9:
            return Event("call", "open", (("what", leaf(words)[0], None),))
        return self._assign()

    def _assign(self) -> Op:
        words = self.words
        shared = [v for v in words.variables if v.kind != "held"]
        variable = words.one(shared)
        place = load(words, variable)
        type_ = variable.type
        step = words.one((-1, 1, 1))
        choice = words.number(0, 9)
        value: Expr = Const(value_of(words, variable))
        if isinstance(type_, Count):
            value = Binary("+", place, Const(step))
            if choice < 6:
                there = (Binary("<", place, Const(type_.hi)), Binary(">", place, Const(0)))
                value = Cond(there[step < 0], value, place)
        elif isinstance(type_, Bits) and choice < 6:
            value = Binary(
                words.one(("|", "&~", "^")), place, Const(1 << words.number(0, len(type_.labels) - 1))
            )
        elif type_.bits < 8 and choice < 5:
            span = type_.hi - type_.lo + 1
            value = Binary(
                "+", Binary("%", Binary("+", place, Const(step - type_.lo)), Const(span)), Const(type_.lo)
            )
        elif choice == 5:
            value = number(words, 2)[0]
        elif choice == 6:
            value = Cond(truth(words, 1), value, place)
        elif choice == 7 and isinstance(type_, Ref) and variable.kind != "alive":
            value = Binary("+", dereference(words, self.populations[0]), Const(1))
        return Assign(variable.name, place.index, value, source(words.number(1, 99)))

    def initial(self) -> Initial:
        words = self.words
        parameters = tuple(Parameter(self.name("i"), words.number(1, 2)) for _ in range(words.number(0, 1)))
        words.parameters, words.temps = parameters, ()
        return Initial(tuple(self._assign() for _ in range(words.number(0, 2))), parameters)

    def finish(self) -> TransitionSystem:
        words = self.words
        initial = tuple(self.initial() for _ in range(words.number(1, 3)))
        words.parameters, words.temps = (), ()
        invariants = tuple(
            Invariant(words.one(("always", "never")), truth(words, 3), words.one(("", "why")))
            for _ in range(words.number(0, 2))
        )
        covers = tuple(Cover(f"state {k}", truth(words, 2)) for k in range(words.number(0, 2)))
        variables = [v for v in words.variables if v not in self.hidden] + self.hidden
        return TransitionSystem(
            "random",
            tuple(words.draw(st.permutations(variables))),
            tuple(self.processes),
            tuple(self.edges),
            initial,
            populations=tuple(self.populations),
            invariants=invariants,
            covers=covers,
        )


@st.composite
def transition_systems(draw: DrawFn) -> TransitionSystem:
    """Any well-formed system with up to three processes of up to three instances, and rules beside them."""
    draft = _Draft(draw)
    draft.declare()
    for _ in range(draft.words.number(0, 3)):
        draft.add_process()
    if draft.processes:
        for _ in range(draft.words.number(0, 2)):
            draft.add_lock()
    for process in draft.processes:
        for _ in range(draft.words.number(1, 3)):
            draft.add_steps(process)
    for _ in range(draft.words.number(0 if draft.processes else 1, 3)):
        draft.add_steps(None)
    return draft.finish()
