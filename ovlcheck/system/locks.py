"""Which locks a process certainly holds at each of its locations, and which locks a step finds free.

Nothing is declared: a lock is any ``held`` variable that only its own process stores into, each instance into its own
cells.  That holders exclude each other is not believed either but seen: a step that takes a lock tests, before it does,
the cells of all that it excludes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ovlcheck.system.expr import And, Binary, Const, Deref, Expr, Load, Not, Or, Param, rebuild, walk
from ovlcheck.system.footprint import Walker
from ovlcheck.system.transition_system import Assign, Assume, Edge, Let, Op, Process, TransitionSystem

SELF = Param("self")
_FREE = Const(0)
_HELD = Const(1)


@dataclass(frozen=True)
class Lock:
    """The cell at ``index`` (behind the instance) of the ``held`` variable ``variable``.

    ``index`` is an expression over the state before the step, in the form that ``bare`` gives.
    """

    variable: str
    index: tuple[Expr, ...]


@dataclass(frozen=True)
class EdgeLocks:
    """What the acting instance holds before the step and after it; ``tested`` are operations behind which it is known
    that nobody holds a lock."""

    before: frozenset[Lock] = frozenset()
    after: frozenset[Lock] = frozenset()
    tested: tuple[tuple[int, Lock], ...] = ()


class Locks:
    """``of`` gives the ``EdgeLocks`` of each edge of ``system``, in their order.

    ``exclusive`` are pairs of ``held`` variables of which two instances never hold the same index at once.
    """

    def __init__(self, system: TransitionSystem) -> None:
        self._system = system
        self._tame = _tame(system)
        self._changes = [self._change(edge) for edge in system.edges]
        tests = [tuple(self._tested(edge)) for edge in system.edges]
        held = {p.name: self._held(p) for p in system.processes}
        before = [held[e.process][e.origin] if e.process else frozenset() for e in system.edges]
        self.of = tuple(
            EdgeLocks(locks, change.applied(locks), tested)
            for locks, change, tested in zip(before, self._changes, tests, strict=True)
        )
        self.exclusive = self._exclusive()

    def is_lock(self, variable: str) -> bool:
        return variable in self._tame and self._system.variable[variable].kind == "held"

    def _change(self, edge: Edge) -> _Change:
        """What the step takes and gives back, and which locals name afterwards what they do not name now."""
        walker, change = Walker(self._system), _Change()
        for number, op in enumerate(edge.ops):
            if isinstance(op, Assign):
                index = tuple(bare(walker.before(i)) for i in op.index)
                if self.is_lock(op.variable):
                    change.stores.append(_Store(number, op.variable, index[1:], op.value))
                else:
                    change.written.add(op.variable)
                    if self._is_local(edge, op.variable, index):
                        change.named[op.variable] = bare(walker.before(op.value))
            _pass(walker, op)
        return change

    def _is_local(self, edge: Edge, variable: str, index: tuple[Expr | None, ...]) -> bool:
        declared = self._system.variable[variable]
        own = declared.kind == "local" and declared.process == edge.process
        return own and variable in self._tame and index == (SELF,)

    def _tested(self, edge: Edge) -> Iterator[tuple[int, Lock]]:
        """The locks of which every instance's cell is found to be 0."""
        walker = Walker(self._system)
        for number, op in enumerate(edge.ops):
            if isinstance(op, Assume):
                found: dict[tuple[str, tuple[Expr | None, ...]], set[Expr | None]] = defaultdict(set)
                for load in _found_zero(walker.before(op.condition)):
                    if self.is_lock(load.variable):
                        place = tuple(bare(i) for i in load.index)
                        found[load.variable, place[1:]].add(place[0])
                for (variable, index), holders in found.items():
                    known = _known(index)
                    everyone = {Const(i) for i in range(self._system.variable[variable].shape[0])}
                    if known is not None and everyone <= holders:
                        yield number, Lock(variable, known)
            _pass(walker, op)

    def _held(self, process: Process) -> list[frozenset[Lock]]:
        """For each location, what an instance of ``process`` holds there however it got there."""
        at: list[frozenset[Lock] | None] = [None] * len(process.locations)
        for start in starts(self._system, process):
            at[start] = frozenset()
        steps = [
            (e, c)
            for e, c in zip(self._system.edges, self._changes, strict=True)
            if e.process == process.name
        ]
        changed = True
        while changed:
            changed = False
            for edge, change in steps:
                before = at[edge.origin]
                if before is None:
                    continue
                after = frozenset(self._renamed(edge, change, change.applied(before)))
                known = at[edge.target]
                merged = after if known is None else known & after
                if merged != known:
                    at[edge.target], changed = merged, True
        return [locks or frozenset() for locks in at]

    def _renamed(self, edge: Edge, change: _Change, locks: Iterable[Lock]) -> Iterator[Lock]:
        """``locks`` with indices over the state behind the step; those for which there are none are forgotten."""
        for lock in locks:
            index = _known(tuple(self._name_after(edge, change, i) for i in lock.index))
            if index is not None:
                yield Lock(lock.variable, index)

    def _name_after(self, edge: Edge, change: _Change, index: Expr) -> Expr | None:
        loads = [e for e in walk(index) if isinstance(e, Load)]
        if (
            all(self._is_local(edge, e.variable, e.index) for e in loads)
            and all(e == SELF for e in walk(index) if isinstance(e, Param))
            and not any(e.variable in change.written for e in loads)
        ):
            return index
        for variable, value in change.named.items():
            local = Load(variable, (SELF,))
            if value == index:
                return local
            if value is not None and _minus_one(value) == index:
                return _minus_one(local)
        return None

    def _exclusive(self) -> frozenset[tuple[str, str]]:
        """By induction over the steps: who stores into one of the two has found the other free.  All start free."""
        taken: dict[str, list[tuple[tuple[Expr | None, ...], list[Lock]]]] = defaultdict(list)
        for change, locks in zip(self._changes, self.of, strict=True):
            for store in change.stores:
                if store.value != _FREE:
                    before = [lock for number, lock in locks.tested if number < store.number]
                    taken[store.variable].append((store.index, before))
        held = [v.name for v in self._system.variables if self.is_lock(v.name)]

        def waits(variable: str, other: str) -> bool:
            return all(
                any(lock.variable == other and lock.index == index for lock in free)
                for index, free in taken[variable]
            )

        return frozenset((a, b) for a in held for b in held if waits(a, b) and waits(b, a))


@dataclass(frozen=True)
class _Store:
    """The operation ``number`` of an edge stores ``value`` into the cell of the instance at ``index`` of a lock."""

    number: int
    variable: str
    index: tuple[Expr | None, ...]
    value: Expr


@dataclass
class _Change:
    """What an edge does to locks and to locals: ``named`` has the values of locals behind it, over the state before."""

    stores: list[_Store] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    named: dict[str, Expr | None] = field(default_factory=dict)

    def applied(self, locks: frozenset[Lock]) -> frozenset[Lock]:
        held = set(locks)
        for store in self.stores:
            index = _known(store.index)
            if store.value == _HELD:
                if index is not None:
                    held.add(Lock(store.variable, index))
            else:
                held = {
                    lock
                    for lock in held
                    if lock.variable != store.variable or certainly_apart(lock.index, store.index)
                }
        return frozenset(held)


def starts(system: TransitionSystem, process: Process) -> frozenset[int]:
    """The locations where an instance may stand in an initial state."""
    if process.pc is None:
        return frozenset({0})
    found = {system.variable[process.pc].default}
    for initial in system.initial:
        for op in initial.ops:
            if isinstance(op, Assign) and op.variable == process.pc:
                if not isinstance(op.value, Const):
                    return frozenset(range(len(process.locations)))
                found.add(op.value.value)
    return frozenset(found)


def bare(expr: Expr | None) -> Expr | None:
    """``expr`` without checks of references, which do not change its value: what indices are compared by."""
    if expr is None:
        return None

    def visit(e: Expr) -> Expr:
        if isinstance(e, Deref):
            return _minus_one(visit(e.ref))
        built = rebuild(e, visit)
        if isinstance(built, Binary) and built.op == "-" and built.right == Const(1):
            return _minus_one(built.left)
        return built

    return visit(expr)


def certainly_apart(a: tuple[Expr | None, ...], b: tuple[Expr | None, ...]) -> bool:
    """Whether two indices name different cells in every state."""
    return any(isinstance(x, Const) and isinstance(y, Const) and x != y for x, y in zip(a, b, strict=True))


def _minus_one(expr: Expr) -> Expr:
    match expr:
        case Const(value):
            return Const(value - 1)
        case Binary("+", inner, Const(1)):
            return inner
    return Binary("-", expr, Const(1))


def _known(index: tuple[Expr | None, ...]) -> tuple[Expr, ...] | None:
    known = tuple(i for i in index if i is not None)
    return known if len(known) == len(index) else None


def _found_zero(test: Expr | None) -> Iterator[Load]:
    """Loads that are 0 wherever ``test`` holds."""
    match test:
        case Not(Load() as load) | Binary("==", Load() as load, Const(0)):
            yield load
        case Not(Or(items)):
            for item in items:
                yield from _found_zero(Not(item))
        case And(items):
            for item in items:
                yield from _found_zero(item)


def _pass(walker: Walker, op: Op) -> None:
    if isinstance(op, Let):
        walker.temps[op.temp] = walker.before(op.value)
    elif isinstance(op, Assign):
        walker.store(op.variable, op.index, op.value)


def _tame(system: TransitionSystem) -> frozenset[str]:
    """The locals and ``held`` variables into which only their own process stores, each instance into its own cells.

    A ``held`` variable is free at first.
    """
    tame = {
        v.name
        for v in system.variables
        if v.shape and (v.kind == "local" or (v.kind == "held" and v.default == 0))
    }
    for edge in system.edges:
        for op in edge.ops:
            if isinstance(op, Assign) and op.variable in tame:
                own = system.variable[op.variable].process == edge.process and op.index[0] == SELF
                bound = any(p.name == "self" for p in edge.parameters)
                if not (own and bound):
                    tame.discard(op.variable)
    set_at_first = {op.variable for i in system.initial for op in i.ops if isinstance(op, Assign)}
    return frozenset(v for v in tame if system.variable[v].kind == "local" or v not in set_at_first)
