"""Which steps commute with everything that others do: movers, found by analysis.

A step *moves right* when, wherever a step of somebody else follows it, the two can change places with the same result,
failures included; it *moves left* when it can change places with what comes before it (R. J. Lipton, Reduction, CACM
18(12), 1975).  Two steps change places when neither writes what the other reads or writes; and there is nothing to show
where they cannot stand side by side at all, because a lock that one instance holds keeps the other from its step
(C. Flanagan, S. Qadeer, A type and effect system for atomicity, PLDI 2003).  So acquiring moves right and releasing
moves left without being told apart: who waits for the lock does not stand beside them.

Where the text alone does not say so, a skeleton of the system may show that the two never meet, or that they change
places all the same, as taking and putting references do (``beside``).  Bits of a word of flags are touched one by one.

What is read in every state is read by somebody else: by invariants, as far as no skeleton proves them, by covers, and
by the figure of the largest value of each counter. A rule is somebody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from ovlcheck.system.beside import Beside
from ovlcheck.system.expr import And, Binary, Const, Deref, Expr, Load, Not, Or, Param, children, walk
from ovlcheck.system.footprint import Walker
from ovlcheck.system.locks import SELF, Lock, Locks, bare, certainly_apart
from ovlcheck.system.logic import conjuncts
from ovlcheck.system.transition_system import Assign, Assume, Edge, Event, Let, TransitionSystem, expressions
from ovlcheck.system.types import Bits, Count


@dataclass(frozen=True)
class Mover:
    """How a step commutes with the steps of others; both false: not at all."""

    right: bool
    left: bool


ALL_BITS = -1


@dataclass(frozen=True)
class Touch:
    """Operation ``op`` of edge ``edge`` reads or writes a cell of ``variable``.

    ``index`` is over the state before the step; None for an axis: any cell along it.  ``bits`` are those of the value
    that the operation looks at, or that it may change: ``x := x | 2`` touches no other bit, and reads none.
    """

    edge: int
    op: int
    variable: str
    index: tuple[Expr | None, ...]
    writes: bool
    bits: int = ALL_BITS


class Movers:
    """The movers among the edges of ``system``: ``of`` has one for each edge, in their order."""

    def __init__(
        self,
        system: TransitionSystem,
        locks: Locks | None = None,
        beside: Sequence[Beside] = (),
        unseen: Container[str] = (),
    ) -> None:
        self._system = system
        self._locks = locks or Locks(system)
        self._beside = beside
        self._always: dict[str, int] = defaultdict(int)
        for variable, bits in _read_in_every_state(system, beside, unseen):
            self._always[variable] |= bits
        self._touches = [tuple(self._touched(n, edge)) for n, edge in enumerate(system.edges)]
        self._by_variable: dict[str, list[Touch]] = defaultdict(list)
        for touches in self._touches:
            for touch in touches:
                self._by_variable[touch.variable].append(touch)
        self._clean = [
            frozenset(
                n for n, op in enumerate(e.ops) if isinstance(op, Assume) and _faults_first(op.condition)
            )
            for e in system.edges
        ]
        self.of = tuple(
            Mover(self._moves(n, right=True), self._moves(n, right=False)) for n in range(len(system.edges))
        )

    def _touched(self, number: int, edge: Edge) -> Iterator[Touch]:
        """What the step reads and writes, positions of processes left out: nobody else looks at those of a process
        whose steps may be moved."""
        walker = Walker(self._system)
        pcs = {p.pc for p in self._system.processes}
        for at, op in enumerate(edge.ops):
            value, own = None, None
            if isinstance(op, Assign):
                domain = self._system.variable[op.variable].type
                own = _bits_changed(op.value, op, domain.hi) if isinstance(domain, Bits) else None
                value = None if own is None else op.value
            for expr in expressions(op) if not isinstance(op, Event) else ():
                if expr is not value:
                    for variable, index, bits in self._reads(walker, expr):
                        if variable not in pcs:
                            yield Touch(number, at, variable, tuple(map(bare, index)), False, bits)
            if isinstance(op, Let):
                walker.temps[op.temp] = walker.before(op.value)
            elif isinstance(op, Assign):
                place = tuple(bare(walker.before(i)) for i in op.index)
                walker.store(op.variable, op.index, op.value)
                yield Touch(number, at, op.variable, place, True, ALL_BITS if own is None else own)

    def _reads(
        self, walker: Walker, expr: Expr, bits: int = ALL_BITS
    ) -> Iterator[tuple[str, tuple[Expr | None, ...], int]]:
        match expr:
            case Binary("&", Load() as load, Const(mask)) | Binary("&", Const(mask), Load() as load):
                yield from self._reads(walker, load, mask)
                return
            case Load(variable, index):
                yield variable, tuple(walker.before(i) for i in index), bits
            case Deref(ref, population):
                alive = self._system.population[population].alive
                if alive is not None:
                    slot = walker.before(ref)
                    yield alive, (None if slot is None else Binary("-", slot, Const(1)),), ALL_BITS
        for child in children(expr):
            yield from self._reads(walker, child)

    def _moves(self, number: int, right: bool) -> bool:
        edge = self._system.edges[number]
        if edge.process is None:
            return False
        for mine in self._touches[number]:
            if mine.writes and mine.bits & self._always.get(mine.variable, 0):
                return False
            for other in self._by_variable[mine.variable]:
                if (
                    (mine.writes or other.writes)
                    and mine.bits & other.bits
                    and self._by_somebody_else(edge, self._system.edges[other.edge])
                    and not self._apart(mine, other)
                    and not self._excluded(mine, other, right)
                    and not self._shown_harmless(mine, other, right)
                ):
                    return False
        return True

    def _shown_harmless(self, mine: Touch, other: Touch, right: bool) -> bool:
        """Whether the skeleton shows that the two steps never meet, or change places in all that it knows of the
        variable."""
        first, second = (mine.edge, other.edge) if right else (other.edge, mine.edge)
        return any(
            b.never(first, second, failing=not right)
            or b.commute(mine.variable, first, second, failing=not right)
            for b in self._beside
        )

    def _by_somebody_else(self, edge: Edge, other: Edge) -> bool:
        if edge.process is None or edge.process != other.process:
            return True
        return self._system.process[edge.process].instances > 1

    def _apart(self, mine: Touch, other: Touch) -> bool:
        """Whether the cells differ whenever the two steps are of different instances."""
        if certainly_apart(mine.index, other.index):
            return True
        if self._system.edges[mine.edge].process != self._system.edges[other.edge].process:
            return False
        return any(a == b == SELF for a, b in zip(mine.index, other.index, strict=True))

    def _excluded(self, mine: Touch, other: Touch, right: bool) -> bool:
        """Whether a lock keeps the other instance from touching the same cell right after mine, or right before.

        A lock that the other step finds free helps only for what it touches behind that test: it may fail before.
        Of my own step only the locks that it holds from its beginning count to the left, since the other step,
        which may fail half way, comes first.
        """
        ours, theirs = self._locks.of[mine.edge], self._locks.of[other.edge]
        tested = [lock for op, lock in theirs.tested if op < other.op or self._in_test(other, op)]
        held = ours.before | ours.after if right else ours.before
        keeping = ours.after if right else ours.before
        pairs = [
            (a, b) for a in held for b in theirs.before if (a.variable, b.variable) in self._locks.exclusive
        ]
        pairs += [(a, b) for a in keeping for b in tested if a.variable == b.variable]
        if right:
            found_free = (lock for _, lock in ours.tested)
            pairs += [(a, b) for a in found_free for b in theirs.before if a.variable == b.variable]
        return any(_same_where_cells_are(mine.index, a, other.index, b) for a, b in pairs)

    def _in_test(self, touch: Touch, op: int) -> bool:
        """Whether ``touch`` is the look at a lock in the very test ``op`` that finds it free."""
        return touch.op == op and self._locks.is_lock(touch.variable) and op in self._clean[touch.edge]


def watched(system: TransitionSystem) -> frozenset[str]:
    """The processes whose positions matter to more than their own next step: something reads or stores them."""
    pcs = {p.pc: p.name for p in system.processes if p.pc is not None}
    conditions = [*(i.condition for i in system.invariants), *(c.condition for c in system.covers)]
    read = [*conditions, *(x for e in system.edges for op in e.ops for x in expressions(op))]
    found = {
        pcs[x.variable] for expr in read for x in walk(expr) if isinstance(x, Load) and x.variable in pcs
    }
    stored = {op.variable for e in system.edges for op in e.ops if isinstance(op, Assign)}
    return frozenset(found | {pcs[variable] for variable in stored if variable in pcs})


def _read_in_every_state(
    system: TransitionSystem, beside: Sequence[Beside] = (), unseen: Container[str] = ()
) -> Iterator[tuple[str, int]]:
    """The variables, and the bits of them, whose values matter in every state: to invariants as far as they are not
    proved, and to covers and to the figures of largest values of counts but those ``unseen``."""
    for variable in system.variables:
        if isinstance(variable.type, Count) and variable.name not in unseen:
            yield variable.name, ALL_BITS
    parts = [part for i in system.invariants for part in conjuncts(i.condition)]
    open_parts = [part for part in parts if not any(b.proves(part) for b in beside)]
    for condition in [*open_parts, *(c.condition for c in system.covers if c.name not in unseen)]:
        waiting = [condition]
        while waiting:
            expr = waiting.pop()
            match expr:
                case Binary("&", Load(name, index), Const(mask)):
                    yield name, mask
                    waiting += index
                    continue
                case Load(name):
                    yield name, ALL_BITS
                case Deref(_, population) if (alive := system.population[population].alive) is not None:
                    yield alive, ALL_BITS
            waiting += children(expr)


def _bits_changed(value: Expr, store: Assign, ones: int) -> int | None:
    """The bits that ``store`` may change when it stores ``value``, its own old value with constant bits set or cleared,
    all of them among ``ones``; None if that is not what it stores."""
    match value:
        case Load(variable, index) if variable == store.variable and index == store.index:
            return 0
        case Binary("|" | "&~" | "&" as op, old, Const(mask)):
            changed = _bits_changed(old, store, ones)
            if changed is not None and not mask & ~ones:
                return changed | (ones & ~mask if op == "&" else mask)
    return None


def _same_where_cells_are(
    mine: tuple[Expr | None, ...], a: Lock, other: tuple[Expr | None, ...], b: Lock
) -> bool:
    """Whether the locks ``a`` and ``b`` have the same index wherever the two cells are one.

    They do where each axis of the lock is an axis of the cell as well, as in ``inode.i_state[x]`` under
    ``inode.i_lock[x]``.
    """
    axes = list(zip(mine, other, strict=True))
    return len(a.index) == len(b.index) and all(
        (isinstance(x, Const) and x == y) or (x, y) in axes for x, y in zip(a.index, b.index, strict=True)
    )


def _faults_first(condition: Expr) -> bool:
    """Whether evaluating ``condition`` faults, if at all, before it looks at any cell beside those of its indices."""
    loads: list[Load] = []
    waiting = [condition]
    while waiting:
        expr = waiting.pop()
        match expr:
            case Load():
                loads.append(expr)
            case Not() | And() | Or() | Const():
                waiting += children(expr)
            case Binary(op) if op in ("==", "!="):
                waiting += children(expr)
            case _:
                return False
    indices = {i for load in loads for i in load.index if not isinstance(i, (Const, Param))}
    return len(indices) <= 1 and all(indices <= set(load.index) for load in loads)
