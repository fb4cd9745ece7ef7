"""Which cells a step reads and writes, as pairs of a variable and an index: what reductions judge
independence by.

Indices are brought back to the state before the step: temporaries are replaced by what they were bound to,
and reads of what the step itself stored by what it stored.  An axis whose index cannot be told so stands for
all of its cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ovlcheck.system.expr import Binary, Const, Deref, Expr, Load, Param, Temp, children, rebuild
from ovlcheck.system.transition_system import Assign, Assume, Check, Cover, Edge, Let, TransitionSystem


@dataclass(frozen=True)
class Access:
    """The cell of ``variable`` at ``index``, evaluated before the step under the edge's parameters.

    ``None`` for an axis: any cell along it.
    """

    variable: str
    index: tuple[Expr | None, ...] = ()


@dataclass(frozen=True)
class Footprint:
    """All accesses that the operations of one edge can make, woven predicates and the process's position
    included."""

    reads: frozenset[Access]
    writes: frozenset[Access]


def footprint(system: TransitionSystem, edge: Edge) -> Footprint:
    """The accesses of ``edge``.  Arguments of events do not count: they are not evaluated in a search."""
    walker = Walker(system)
    for op in edge.ops:
        match op:
            case Let(temp, value):
                walker.read(value)
                walker.temps[temp] = walker.before(value)
            case Assume(condition) | Check(condition) | Cover(_, condition):
                walker.read(condition)
            case Assign(variable, index, value):
                for part in (value, *index):
                    walker.read(part)
                walker.store(variable, index, value)
    position = _position(system, edge)
    if position is not None:
        walker.reads.add(position)
        if edge.target != edge.origin:
            walker.writes.add(position)
    return Footprint(frozenset(walker.reads), frozenset(walker.writes))


def _position(system: TransitionSystem, edge: Edge) -> Access | None:
    pc = None if edge.process is None else system.process[edge.process].pc
    if pc is None:
        return None
    if not system.variable[pc].shape:
        return Access(pc)
    has_self = any(p.name == "self" for p in edge.parameters)
    return Access(pc, (Param("self") if has_self else Const(0),))


class Walker:
    """Follows the operations of a path and expresses what they name in the state before it."""

    def __init__(self, system: TransitionSystem) -> None:
        self._system = system
        self._stored: dict[str, list[tuple[tuple[Expr | None, ...], Expr | None]]] = {}
        self.temps: dict[str, Expr | None] = {}
        self.reads: set[Access] = set()
        self.writes: set[Access] = set()

    def read(self, expr: Expr) -> None:
        match expr:
            case Load(variable, index):
                self.reads.add(Access(variable, tuple(self.before(i) for i in index)))
            case Deref(ref, population):
                alive = self._system.population[population].alive
                if alive is not None:
                    slot = self.before(ref)
                    self.reads.add(Access(alive, (None if slot is None else _slot(slot),)))
        for child in children(expr):
            self.read(child)

    def store(self, variable: str, index: tuple[Expr, ...], value: Expr) -> None:
        place = tuple(self.before(i) for i in index)
        self.writes.add(Access(variable, place))
        self._stored.setdefault(variable, []).append((place, self.before(value)))

    def before(self, expr: Expr) -> Expr | None:
        """``expr``, evaluated here, as an expression over the state before the step; None if there is
        none."""
        match expr:
            case Temp(name):
                return self.temps.get(name)
            case Load(variable, index):
                places = [self.before(i) for i in index]
                known = tuple(p for p in places if p is not None)
                return self._load(variable, known) if len(known) == len(places) else None
            case Deref(ref, population):
                slot = self.before(ref)
                if slot is None:
                    return None
                # An object that the step itself allocates was still free before it.
                changed = self._system.population[population].alive in self._stored
                return _slot(slot) if changed else Deref(slot, population)
        unknown = False

        def visit(child: Expr) -> Expr:
            nonlocal unknown
            resolved = self.before(child)
            unknown |= resolved is None
            return child if resolved is None else resolved

        result = rebuild(expr, visit)
        return None if unknown else result

    def _load(self, variable: str, index: tuple[Expr, ...]) -> Expr | None:
        for place, value in reversed(self._stored.get(variable, [])):
            if place == index:
                return value
            if not _apart(place, index):
                return None
        return Load(variable, index)


def _slot(ref: Expr) -> Expr:
    return Binary("-", ref, Const(1))


def _apart(a: Iterable[Expr | None], b: Iterable[Expr]) -> bool:
    """Whether two indices certainly name different cells."""
    return any(isinstance(x, Const) and isinstance(y, Const) and x != y for x, y in zip(a, b, strict=True))
