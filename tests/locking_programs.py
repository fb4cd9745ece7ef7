"""Random programs of processes that lock: what reductions are tested on.

Straight code with branches, in the shape in which models are compiled, and often properly locked, so that there are
runs to fuse; and often not, so that fusing too much is found out: data touched without the lock or under a lock taken
for reading, locks that are tried or only found free, steps that block, fail or are seen from outside half way.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ovlcheck.system.expr import Binary, Const, Deref, Expr, Load, Not, Or, Param, Temp
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
from ovlcheck.system.types import Bool, Count, Int, Ref

SELF = Param("self")
_OBJECTS = 2
_FIELDS = ("x", "y", "z")

# Lock, mode -> modes that exclude it.  ``inode.lock`` has one cell an object.
_MODES: dict[tuple[str, str], tuple[str, ...]] = {
    ("mutex", ""): ("",),
    ("other", ""): ("",),
    ("sem", "read"): ("write",),
    ("sem", "write"): ("read", "write"),
    ("inode.lock", ""): ("",),
}


def _source(line: int) -> Source:
    return Source("program.py", line, "run", f"line {line}")


def _held(process: str, lock: str, mode: str) -> str:
    return f"{process}.holds.{lock}" + (f".{mode}" if mode else "")


class _Program:
    """One process kind, written statement by statement."""

    def __init__(self, draw: DrawFn, name: str, sizes: dict[str, int]) -> None:
        self.draw = draw
        self.name = name
        self.sizes = sizes
        self.here = 0
        self.places = 1
        self.edges: list[Edge] = []

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def chance(self, percent: int) -> bool:
        return self.number(0, 99) < percent

    def edge(self, target: int, *ops: Op, choices: tuple[Parameter, ...] = ()) -> None:
        at = _source(100 * (1 + list(self.sizes).index(self.name)) + len(self.edges))
        event = Event("call", "f") if self.chance(20) else None
        self.edges.append(
            Edge(
                f"{self.name} {len(self.edges)}",
                (event, *ops) if event else ops,
                at,
                self.name,
                self.here,
                target,
                (Parameter("self", self.sizes[self.name]), *choices),
            )
        )

    def step(self, *ops: Op, choices: tuple[Parameter, ...] = ()) -> None:
        self.edge(self.places, *ops, choices=choices)
        self.here = self.places
        self.places += 1

    def free(self, lock: str, mode: str, index: tuple[Expr, ...]) -> Expr:
        cells = [
            Load(_held(other, lock, m), (Const(i), *index))
            for m in _MODES[lock, mode]
            for other, size in self.sizes.items()
            for i in range(size)
        ]
        return Not(Or(tuple(cells))) if len(cells) > 1 else Not(cells[0])

    def index(self, lock: str) -> tuple[Expr, ...]:
        return (self.reference(),) if lock.startswith("inode") else ()

    def reference(self) -> Expr:
        local: Expr = Deref(Load(f"{self.name}.inode", (SELF,)), "inode")
        return local if self.chance(80) else Const(self.number(0, _OBJECTS - 1))

    def cell(self) -> Load:
        if self.chance(30):
            return Load("inode.state", (self.reference(),))
        return Load(_FIELDS[self.number(0, len(_FIELDS) - 1)])

    def local(self) -> Load:
        return Load(f"{self.name}.local", (SELF,))

    def test(self) -> Expr:
        what: Expr = self.local() if self.chance(60) else self.cell()
        return Binary("==", what, Const(self.number(0, 2)))

    def statements(self, most: int) -> None:
        for _ in range(self.number(1, most)):
            self.statement(most)

    def statement(self, most: int) -> None:
        choice = self.number(0, 15)
        if choice < 6 and most > 1:
            self.locked(most - 1)
        elif choice == 6:
            self.branch()
        elif choice == 7:
            self.trylock()
        elif choice == 8:
            self.step(Assume(self.test()))
        elif choice == 9:
            name = f"checked {self.number(0, 2)}"
            self.step(Check(self.test(), name, "no", fatal=self.chance(40)), *self.work())
        elif choice == 10:
            self.step(Cover(f"covered {self.number(0, 2)}", self.test()), *self.work())
        elif choice == 11:
            up = self.chance(60)
            count = Load("count")
            bound = Binary("<", count, Const(2)) if up else Binary(">", count, Const(0))
            guard = (Assume(bound),) if self.chance(70) and up else ()
            self.step(*guard, Assign("count", (), Binary("+" if up else "-", count, Const(1))))
        elif choice == 12:
            chosen = Parameter("which", _OBJECTS)
            target = Assign(f"{self.name}.inode", (SELF,), Binary("+", Param("which"), Const(1)))
            alive = Assume(Load("inode.alive", (Param("which"),)))
            self.step(alive, target, choices=(chosen,))
        elif choice == 13:
            self.step(Assign("inode.alive", (self.reference(),), Const(self.number(0, 1))))
        else:
            self.step(*self.work())

    def work(self) -> tuple[Op, ...]:
        cell, choice = self.cell(), self.number(0, 5)
        match choice:
            case 0:
                return (Assign(self.local().variable, (SELF,), cell),)
            case 1:
                return (Assign(cell.variable, cell.index, self.local()),)
            case 2:
                return (
                    Let("t", cell),
                    Assign(
                        cell.variable, cell.index, Binary("%", Binary("+", Temp("t"), Const(1)), Const(3))
                    ),
                )
            case 3:
                return (Assign(self.local().variable, (SELF,), Const(self.number(0, 2))),)
            case 4:
                return ()
        return (Assign(cell.variable, cell.index, Const(self.number(0, 2))),)

    def locked(self, most: int) -> None:
        """A block under a lock: taken, or found free in one step; now and then not given back as it should be."""
        lock, mode = list(_MODES)[self.number(0, len(_MODES) - 1)]
        index = self.index(lock)
        free = Assume(self.free(lock, mode, index))
        mine = Load(_held(self.name, lock, mode), (SELF, *index))
        if self.chance(15):
            self.step(free, *self.work())
            return
        early = self.work() if self.chance(15) else ()
        again = (Check(Not(mine), "taken twice", "held"),) if self.chance(30) else ()
        self.step(
            *again,
            *early,
            free,
            Assign(mine.variable, mine.index, Const(1)),
            *(self.work() if self.chance(30) else ()),
        )
        self.statements(most)
        if self.chance(90):
            known = (Check(mine, "not held", "free"),) if self.chance(70) else ()
            self.step(
                *known, Assign(mine.variable, mine.index, Const(0)), *(self.work() if self.chance(30) else ())
            )

    def trylock(self) -> None:
        lock, mode = list(_MODES)[self.number(0, len(_MODES) - 1)]
        index = self.index(lock)
        mine = _held(self.name, lock, mode)
        free = self.free(lock, mode, index)
        after = self.places
        self.places += 1
        self.edge(after, Assume(Not(free)), *self.work())
        self.step(Assume(free), Assign(mine, (SELF, *index), Const(1)))
        self.step(*self.work())
        self.edge(after, Assign(mine, (SELF, *index), Const(0)))
        self.here = after

    def branch(self) -> None:
        test = self.test()
        opposite: Expr = Binary("!=", test.left, test.right) if isinstance(test, Binary) else Not(test)
        after = self.places
        self.places += 1
        start = self.here
        if self.chance(70):
            self.edge(after, Assume(opposite), *self.work())
        self.step(Assume(test))
        self.statement(1)
        self.edge(after if self.chance(85) else start, *self.work())
        self.here = after


@st.composite
def locking_programs(draw: DrawFn) -> TransitionSystem:
    """One or two kinds of processes with one or two instances each, and at times a rule beside them."""
    sizes = {f"p{k}": draw(st.integers(1, 2)) for k in range(draw(st.integers(1, 2)))}
    if sum(sizes.values()) == 1:
        sizes["p0"] = 2
    processes, edges = [], []
    for name in sizes:
        program = _Program(draw, name, sizes)
        program.statements(3)
        if program.chance(40):
            program.edge(0, *program.work())
            program.here = -1
        rests = [at in (0, program.here) or program.chance(5) for at in range(program.places)]
        locations = tuple(Location(f"{name}.{k}", _source(k), rest) for k, rest in enumerate(rests))
        processes.append(Process(name, sizes[name], locations, f"{name}.pc"))
        edges += program.edges
    number = _Program(draw, next(iter(sizes)), sizes)
    if number.chance(15):
        field = _FIELDS[number.number(0, 2)]
        lock = (Assume(number.free("mutex", "", ())),) if number.chance(50) else ()
        edges.append(
            Edge(
                "rule",
                (*lock, Assume(Binary("!=", Load(field), Const(0))), Assign(field, (), Const(0))),
                _source(1),
            )
        )
    invariants = [
        Invariant(f"always {k}", Binary("!=", _sum(number), Const(number.number(2, 4))))
        for k in range(number.number(0, 1))
    ]
    covers = (
        [Cover("state", Binary("==", Load(_FIELDS[number.number(0, 2)]), Const(2)))]
        if number.chance(15)
        else []
    )
    return TransitionSystem(
        "locking",
        tuple(_variables(sizes, {p.name: len(p.locations) for p in processes})),
        tuple(processes),
        tuple(edges),
        (Initial(()),),
        populations=(Population("inode", _OBJECTS, "inode.alive"),),
        invariants=tuple(invariants),
        covers=tuple(covers),
    )


def _sum(number: _Program) -> Expr:
    first, second = _FIELDS[number.number(0, 2)], _FIELDS[number.number(0, 2)]
    return Binary("+", Load(first), Load(second))


def _variables(sizes: dict[str, int], places: dict[str, int]) -> list[Variable]:
    found = [Variable(name, Int(0, 2)) for name in _FIELDS]
    found.append(Variable("inode.state", Int(0, 2), (_OBJECTS,)))
    found.append(Variable("inode.alive", Bool(), (_OBJECTS,), "alive", default=1))
    found.append(Variable("count", Count(2)))
    for name, size in sizes.items():
        found.append(Variable(f"{name}.pc", Int(0, max(places[name] - 1, 0)), (size,), "pc", name))
        found.append(Variable(f"{name}.local", Int(0, 2), (size,), "local", name))
        found.append(Variable(f"{name}.inode", Ref("inode", _OBJECTS), (size,), "local", name, default=1))
        for lock, mode in _MODES:
            shape = (size, _OBJECTS) if lock.startswith("inode") else (size,)
            found.append(Variable(_held(name, lock, mode), Bool(), shape, "held", name))
    return found
