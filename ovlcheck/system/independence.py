"""What an instance can still do while another one stands still, and with which of its steps that gets in the way.

Two steps are independent when neither writes a cell that the other reads or writes.  Which cells those are is told by
expressions over the state, so that whether work on two objects is independent is a question to a state: ``Conflicts``
answers with the condition under which there is none.  How far an instance can come is read off its control flow: along
all edges, whatever their conditions, but for those that wait for a lock that the other holds (S. Katz, D. Peled,
Defining conditional independence using collapses, TCS 101(2), 1992; P. Godefroid, Partial-Order Methods, LNCS 1032,
1996, chapter 4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from ovlcheck.system.bounds import Bounds
from ovlcheck.system.definedness import defined
from ovlcheck.system.expr import FALSE, TRUE, Binary, Const, Expr, Load, Param, Temp, rebuild, walk
from ovlcheck.system.footprint import Walker, footprint
from ovlcheck.system.locks import SELF, Lock, Locks, bare
from ovlcheck.system.logic import conjunction, disjunction, substitute
from ovlcheck.system.transition_system import Assign, Edge, Event, Let, TransitionSystem, expressions

Index = tuple[Expr | None, ...]
"""An index over the state before a step; None for an axis: any cell along it."""


@dataclass(frozen=True)
class Actor:
    """Instance ``instance`` of ``process``; the rules, which may happen at any time, are those of no process."""

    process: str | None
    instance: int = 0


@dataclass(frozen=True)
class Touch:
    """A step reads or writes a cell of ``variable``; ``behind`` are locks that its instance has found free since it
    stood where the question is asked."""

    variable: str
    index: Index
    writes: bool
    behind: frozenset[Lock] = frozenset()


class Conflicts:
    """Of the steps of ``system``: ``none`` says when those of one instance are independent of all that another can do
    before it."""

    def __init__(self, system: TransitionSystem) -> None:
        self._system = system
        self._locks = Locks(system)
        self._private = _private(system)
        self._constant = {v.name for v in system.variables} - {
            op.variable for e in system.edges for op in e.ops if isinstance(op, Assign)
        }
        self._leaving: dict[tuple[str | None, int], list[int]] = defaultdict(list)
        for number, edge in enumerate(system.edges):
            self._leaving[edge.process, edge.origin if self._moves(edge) else 0].append(number)
        self._touches = cache(self._touched)
        self._touches_by = cache(self._touched_by)
        self._tests_by = cache(self._tested_by)
        self._stored = [
            frozenset(op.variable for op in e.ops if isinstance(op, Assign)) for e in system.edges
        ]
        self._ahead = cache(self._what_is_ahead)
        self._next = cache(self._next_step)
        self._conditions = cache(self._condition)

    def leaving(self, process: str | None, location: int) -> list[int]:
        """The numbers of the edges by which an instance can leave ``location``."""
        return self._leaving[process, location]

    def none(self, actor: Actor, location: int, other: Actor, place: int) -> Expr:
        """The condition on a state in which ``actor`` stands at ``location`` and ``other`` at ``place`` under which
        nothing that ``other`` can do before ``actor`` moves touches what a step of ``actor`` from there touches.

        ``TRUE`` and ``FALSE`` where it is the same in every state; it never faults.
        """
        return self._conditions(actor, location, other, place)

    def _condition(self, actor: Actor, location: int, other: Actor, place: int) -> Expr:
        held = self._held(actor, location)
        ahead = self._ahead(other, place, held)
        conditions: dict[Expr, None] = {}
        for mine in self._next(actor, location):
            for theirs in ahead.get(mine.variable, ()):
                if mine.writes or theirs.writes:
                    condition = self._apart(mine, theirs, held)
                    if condition == FALSE:
                        return FALSE
                    conditions[condition] = None
        return conjunction(conditions)

    def _apart(self, mine: Touch, theirs: Touch, held: frozenset[Lock]) -> Expr:
        """When the two cells are different ones; or else a lock that ``mine`` is under keeps ``theirs`` away."""
        axes = list(zip(mine.index, theirs.index, strict=True))
        for lock in held:
            for free in theirs.behind:
                if lock.variable == free.variable and all(
                    (isinstance(x, Const) and x == y) or (x, y) in axes
                    for x, y in zip(lock.index, free.index, strict=True)
                ):
                    return TRUE
        return disjunction(self._differ(x, y) for x, y in axes if x is not None and y is not None)

    def _differ(self, x: Expr, y: Expr) -> Expr:
        if isinstance(x, Const) and isinstance(y, Const):
            return TRUE if x != y else FALSE
        if x == y:
            return FALSE
        bounds = Bounds(self._system, ())
        return conjunction([*(defined(self._system, bounds, e) for e in (x, y)), Binary("!=", x, y)])

    def _held(self, actor: Actor, location: int) -> frozenset[Lock]:
        """The locks that ``actor`` certainly holds at ``location``."""
        return frozenset(
            found
            for number in self._leaving[actor.process, location][:1]
            for lock in self._locks.of[number].before
            for found, _ in self._named(lock, actor)
        )

    def _kept_away(self, other: Actor, place: int) -> frozenset[Lock]:
        """The locks that nobody holds because ``other`` holds, at ``place``, what excludes them."""
        return frozenset(
            Lock(variable, lock.index)
            for lock in self._held(other, place)
            for variable, excluding in self._locks.exclusive
            if excluding == lock.variable
        )

    def _next_step(self, actor: Actor, location: int) -> tuple[Touch, ...]:
        """What any step of ``actor`` from ``location`` touches, and so what it finds a cell by: the cell is the same
        one as long as nobody gets in the way."""
        found: dict[Touch, None] = {}
        for number in self._leaving[actor.process, location]:
            for _, variable, index, writes in self._touches_by(number, actor):
                found[Touch(variable, tuple(i.bound for i in index), writes)] = None
        return tuple(found)

    def _what_is_ahead(self, other: Actor, place: int, held: frozenset[Lock]) -> dict[str, tuple[Touch, ...]]:
        """What ``other`` may touch from ``place`` on, by variable, while somebody else holds ``held``."""
        found: dict[str, dict[Touch, None]] = defaultdict(dict)
        at = {place: _Fact(self._private, self._kept_away(other, place))}
        waiting = [place]
        while waiting:
            here = waiting.pop()
            for number in self._leaving[other.process, here]:
                edge = self._system.edges[number]
                after = self._pass(number, at[here], other, held, found)
                if after is None or not self._moves(edge):
                    continue
                known = at.get(edge.target)
                merged = after if known is None else after.and_also(known)
                if merged != known:
                    at[edge.target] = merged
                    waiting.append(edge.target)
        return {name: tuple(_fewest(touches)) for name, touches in found.items()}

    def _pass(
        self,
        number: int,
        fact: _Fact,
        other: Actor,
        held: frozenset[Lock],
        found: dict[str, dict[Touch, None]],
    ) -> _Fact | None:
        """Adds what the edge touches; what is known behind it, None where a lock of ``held`` lets nobody pass.

        A step that is kept away may still fail before it has looked at the lock.  Who has seen that it is held goes
        no further, and fails no more.
        """
        edge = self._system.edges[number]
        tested = [(op, lock) for op, lock, needs in self._tests_by(number, other) if needs <= fact.unchanged]
        stops = [(op, lock) for op, lock in tested if lock in held and _certain(lock)]
        stop, closed = min(stops, key=lambda s: s[0], default=(len(edge.ops), None))
        for op, variable, axes, writes in self._touches_by(number, other):
            if op > stop or (op == stop and closed is not None and variable == closed.variable):
                continue
            index = tuple(
                i.bound if i.needs is not None and i.needs <= fact.unchanged else None for i in axes
            )
            seen = {lock for at, lock in tested if at < op or (at == op and lock.variable == variable)}
            found[variable][Touch(variable, index, writes, fact.free | seen)] = None
        if closed is not None:
            return None
        return _Fact(fact.unchanged - self._stored[number], fact.free | {lock for _, lock in tested})

    def _named(self, lock: Lock, actor: Actor) -> Iterator[tuple[Lock, frozenset[str]]]:
        """``lock`` of ``actor`` with the locals that must not have changed for it to be so named, if it can be."""
        axes = [self._axis(i, lock.variable, n, actor) for n, i in enumerate(lock.index, start=1)]
        known = tuple(i.bound for i in axes if i.bound is not None and i.needs is not None)
        if len(known) == len(axes):
            yield Lock(lock.variable, known), frozenset().union(*(i.needs or () for i in axes))

    def _tested_by(self, number: int, actor: Actor) -> tuple[tuple[int, Lock, frozenset[str]], ...]:
        tested = self._locks.of[number].tested
        return tuple((op, *named) for op, lock in tested for named in self._named(lock, actor))

    def _touched_by(self, number: int, actor: Actor) -> tuple[tuple[int, str, tuple[_Axis, ...], bool], ...]:
        """What the edge touches when ``actor`` takes it."""
        found: dict[tuple[int, str, tuple[_Axis, ...], bool], None] = {}
        for op, touch in self._touches(number):
            axes = tuple(self._axis(i, touch.variable, n, actor) for n, i in enumerate(touch.index))
            found[op, touch.variable, axes, touch.writes] = None
        return tuple(found)

    def _touched(self, number: int) -> tuple[tuple[int, Touch], ...]:
        """What each operation of the edge reads and writes; the move to its target belongs to the last one."""
        edge = self._system.edges[number]
        walker = Walker(self._system)
        found: dict[tuple[int, Touch], None] = {}
        for at, op in enumerate(edge.ops):
            for expr in expressions(op) if not isinstance(op, Event) else ():
                walker.read(expr)
            for access in sorted(walker.reads, key=repr):
                found[at, Touch(access.variable, tuple(map(bare, access.index)), False)] = None
            walker.reads.clear()
            if isinstance(op, Let):
                walker.temps[op.temp] = walker.before(op.value)
            elif isinstance(op, Assign):
                index = tuple(bare(walker.before(i)) for i in op.index)
                walker.store(op.variable, op.index, op.value)
                found[at, Touch(op.variable, index, True)] = None
        for access in sorted(footprint(self._system, edge).writes, key=repr):
            if access.variable == (self._system.process[edge.process].pc if edge.process else None):
                found[len(edge.ops) - 1, Touch(access.variable, access.index, True)] = None
        return tuple(found)

    def _moves(self, edge: Edge) -> bool:
        return edge.process is not None and self._system.process[edge.process].pc is not None

    def _axis(self, index: Expr | None, variable: str, axis: int, actor: Actor) -> _Axis:
        """``index`` of a step of ``actor``."""
        if self._system.variable[variable].shape[axis] == 1:
            return _Axis(Const(0), frozenset())
        if index is None:
            return _Axis(None, None)
        bound = _folded(substitute(index, {"self": Const(actor.instance)}, {}))
        if any(isinstance(e, (Param, Temp)) for e in walk(bound)):
            return _Axis(None, None)
        loads = [e for e in walk(bound) if isinstance(e, Load) and e.variable not in self._constant]
        own = all(self._is_own(e, actor) for e in loads)
        return _Axis(bound, frozenset(e.variable for e in loads) if own else None)

    def _is_own(self, load: Load, actor: Actor) -> bool:
        declared = self._system.variable[load.variable]
        return (
            load.variable in self._private
            and declared.process == actor.process
            and load.index == (Const(actor.instance),)
        )


@dataclass(frozen=True)
class _Axis:
    """An index of a step: an expression over the state before it, None where it depends on more than that.

    It is the same in an earlier state as long as the locals ``needs`` have not changed; None: nothing is known of that.
    """

    bound: Expr | None
    needs: frozenset[str] | None


@dataclass(frozen=True)
class _Fact:
    """On every way to a location: the locals that nobody has stored into, and the locks that were found free."""

    unchanged: frozenset[str]
    free: frozenset[Lock]

    def and_also(self, other: _Fact) -> _Fact:
        return _Fact(self.unchanged & other.unchanged, self.free & other.free)


def _certain(lock: Lock) -> bool:
    """Whether the lock is the same one in every state."""
    return all(isinstance(i, Const) for i in lock.index)


def _fewest(touches: Iterable[Touch]) -> Iterator[Touch]:
    """``touches`` without those that another one is no better than."""
    least: dict[Touch, frozenset[Lock]] = {}
    for touch in touches:
        plain = Touch(touch.variable, touch.index, touch.writes)
        least[plain] = least[plain] & touch.behind if plain in least else touch.behind
    for plain, behind in least.items():
        yield Touch(plain.variable, plain.index, plain.writes, behind)


def _folded(expr: Expr) -> Expr:
    built = rebuild(expr, _folded)
    match built:
        case Binary("+", Const(a), Const(b)):
            return Const(a + b)
        case Binary("-", Const(a), Const(b)):
            return Const(a - b)
        case Binary("%", Const(a), Const(b)) if b > 0:
            return Const(a % b)
        case Binary("==", Const(a), Const(b)):
            return Const(int(a == b))
    return built


def _private(system: TransitionSystem) -> frozenset[str]:
    """The locals with one cell an instance into which no other instance ever stores."""
    found = {
        v.name: v.process
        for v in system.variables
        if v.kind == "local" and v.process is not None and len(v.shape) == 1
    }
    for edge in system.edges:
        for op in edge.ops:
            if isinstance(op, Assign) and op.variable in found:
                own = found[op.variable] == edge.process and op.index == (SELF,)
                if not (own and any(p.name == "self" for p in edge.parameters)):
                    del found[op.variable]
    return frozenset(found)
