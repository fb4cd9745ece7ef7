"""Symmetry of instances and objects: of states that differ only in which of these is which, one is kept.

Instances of a process are interchangeable when nothing tells them apart: no step, invariant or cover stores or compares
the number of an instance, and those that look at cells of particular instances look at those of all alike, as a test
that nobody holds a lock does.  Then permuting instances is an automorphism of the graph of states, and the graph of
sorted states has the same violations at the same distances (C. N. Ip, D. L. Dill, Better verification through symmetry,
1996; E. A. Emerson, A. P. Sistla, 1996).

The sorting is part of the system: each step of such a process ends by putting the instances in order, so that every
engine explores sorted states without knowing of it.  ``object_symmetry`` does the same to objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from ovlcheck.system.action import State
from ovlcheck.system.expr import And, Binary, Cond, Const, Expr, Load, Or, Param, Temp, rebuild, walk
from ovlcheck.system.object_symmetry import (
    Renaming,
    renamings,
    sorting_objects,
    spelled_out,
)
from ovlcheck.system.object_symmetry import interchangeable as interchangeable_objects
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Edge,
    Event,
    Let,
    Op,
    Process,
    TransitionSystem,
    Variable,
    expressions,
    map_expressions,
)

MOST_INSTANCES = 4
"""More are not sorted: the comparisons in each step grow with the square of their number."""

_SELF = Param("self")


@dataclass(frozen=True)
class Symmetric:
    """A system that sorts the instances of ``processes`` and the objects of ``populations``.

    Its edges have the numbers and parameters of the original's.  ``cells`` has, for each of these processes and each
    of its instances, the cells of a state that are its own; ``renamings`` are all ways to rename these objects.
    """

    system: TransitionSystem
    processes: tuple[str, ...]
    cells: tuple[tuple[tuple[int, ...], ...], ...]
    populations: tuple[str, ...] = ()
    renamings: tuple[Renaming, ...] = ()

    def canonical(self, state: State) -> State:
        """The least state of those that ``state`` becomes when instances, or objects, change places."""
        renamed = [rename(state) for rename in self.renamings] or [state]
        return min(map(self._in_order, renamed))

    def _in_order(self, state: State) -> State:
        sorted_state = list(state)
        for instances in self.cells:
            rows = sorted(tuple(state[cell] for cell in cells) for cells in instances)
            for cells, row in zip(instances, rows, strict=True):
                for cell, value in zip(cells, row, strict=True):
                    sorted_state[cell] = value
        return tuple(sorted_state)


def symmetric(system: TransitionSystem) -> Symmetric:
    """``system`` with the instances of every process, and the objects of every population, that are interchangeable
    sorted.
    """
    objects = interchangeable_objects(system)
    sorting = sorting_objects(system, objects) if objects else system
    found = [p for p in system.processes if interchangeable(system, p)]
    names = {p.name for p in found}
    order = {p.name: tuple(_in_order(system, p)) for p in found}
    edges = tuple(
        _sorting(system, e, order[e.process]) if e.process is not None and e.process in names else e
        for e in sorting.edges
    )
    cells = tuple(
        tuple(
            tuple(
                system.offset[v.name] + i * prod(v.shape[1:]) + rest
                for v in _own(system, p)
                for rest in range(prod(v.shape[1:]))
            )
            for i in range(p.instances)
        )
        for p in found
    )
    made = Symmetric(
        replace(system, edges=edges),
        tuple(p.name for p in found),
        cells,
        tuple(p.name for p in objects),
        renamings(system, objects) if objects else (),
    )
    if not objects:
        return made
    first = {made.canonical(state): None for state in Semantics(system).initial_states()}
    return replace(made, system=replace(made.system, initial=spelled_out(system, list(first))))


def interchangeable(system: TransitionSystem, process: Process) -> bool:
    """Whether no step, invariant or cover can tell the instances of ``process`` apart, and all start alike."""
    own = {v.name for v in _own(system, process)}
    declared = {v.name for v in system.variables if v.process == process.name}
    if not 2 <= process.instances <= MOST_INSTANCES or process.pc not in own or declared - own:
        return False
    if any(isinstance(op, Assign) and op.variable in own for initial in system.initial for op in initial.ops):
        return False
    sequences = [tuple(op for op in e.ops if not isinstance(op, Event)) for e in system.edges]
    conditions = [i.condition for i in system.invariants] + [c.condition for c in system.covers]
    for edge, ops in zip(system.edges, sequences, strict=True):
        if edge.process == process.name:
            if not any(p.name == "self" for p in edge.parameters):
                return False
            if any(_names_itself(x, own) for op in ops for x in _parts(op)):
                return False
        elif any(_finds(_SELF, x, own) for op in ops for x in _parts(op)):
            return False  # by the number of an instance of another process
        if any(isinstance(op, Assign) and op.variable in own and op.index[0] != _SELF for op in ops):
            return False
    everything = [*conditions, *(x for ops in sequences for op in ops for x in expressions(op))]
    if not all(_known_index(x, own) for x in everything):
        return False
    for first in range(process.instances - 1):
        swap = _swapping(own, first, first + 1)
        if any(_normal(swap(c)) != _normal(c) for c in conditions):
            return False
        if any(
            map_expressions(map_expressions(op, swap), _normal) != map_expressions(op, _normal)
            for ops in sequences
            for op in ops
        ):
            return False
    return True


def _own(system: TransitionSystem, process: Process) -> list[Variable]:
    """The variables with one row of cells an instance, the position first."""
    found = [
        v
        for v in system.variables
        if v.process == process.name
        and v.kind in ("pc", "local", "held")
        and v.shape[:1] == (process.instances,)
    ]
    return sorted(found, key=lambda v: v.kind != "pc")


def _parts(op: Op) -> Iterator[Expr]:
    """The expressions of ``op``, the cell that it stores into among them."""
    if isinstance(op, Assign):
        yield op.value
        yield Load(op.variable, op.index)
    else:
        yield from expressions(op)


def _names_itself(expr: Expr, own: set[str]) -> bool:
    """Whether the number of the acting instance is used for more than to find its cells."""
    if expr == _SELF:
        return True
    match expr:
        case Load(variable, (holder, *rest)) if variable in own and holder == _SELF:
            return any(_names_itself(i, own) for i in rest)
    inner: list[bool] = []

    def visit(e: Expr) -> Expr:
        inner.append(_names_itself(e, own))
        return e

    rebuild(expr, visit)
    return any(inner)


def _finds(holder: Expr, expr: Expr, own: set[str]) -> bool:
    """Whether a cell of the instance whose number is ``holder`` is looked at."""
    return any(isinstance(e, Load) and e.variable in own and e.index[0] == holder for e in walk(expr))


def _known_index(expr: Expr, own: set[str]) -> bool:
    """Whether every cell of an instance is that of the acting one or of a constant one."""
    return all(
        e.index[0] == _SELF or isinstance(e.index[0], Const)
        for e in walk(expr)
        if isinstance(e, Load) and e.variable in own
    )


def _swapping(own: set[str], a: int, b: int) -> Callable[[Expr], Expr]:
    other = {Const(a): Const(b), Const(b): Const(a)}

    def visit(expr: Expr) -> Expr:
        built = rebuild(expr, visit)
        if isinstance(built, Load) and built.variable in own and isinstance(built.index[0], Const):
            return Load(built.variable, (other.get(built.index[0], built.index[0]), *built.index[1:]))
        return built

    return visit


def _normal(expr: Expr) -> Expr:
    """``expr`` with the operands of conjunctions and disjunctions in an order of their own.

    Their value does not depend on it; where operands can fault, it is the same cells of all instances that are
    read, at one index.
    """
    built = rebuild(expr, _normal)
    match built:
        case And(items):
            return And(tuple(sorted(items, key=repr)))
        case Or(items):
            return Or(tuple(sorted(items, key=repr)))
    return built


def _sorting(system: TransitionSystem, edge: Edge, order: tuple[Op, ...]) -> Edge:
    """``edge`` as a rule that moves the instance itself, and then puts all instances in order."""
    assert edge.process is not None
    pc = system.process[edge.process].pc
    assert pc is not None
    here = Assume(Binary("==", Load(pc, (_SELF,)), Const(edge.origin)))
    there = Assign(pc, (_SELF,), Const(edge.target))
    return replace(edge, ops=(here, *edge.ops, there, *order), process=None, origin=0, target=0)


def _in_order(system: TransitionSystem, process: Process) -> Iterator[Op]:
    """Compares neighbours, and swaps those that are not in order, until all are."""
    own = _own(system, process)
    number = 0
    for last in range(process.instances - 1, 0, -1):
        for a in range(last):
            cells = [
                tuple(Load(v.name, (Const(i), *map(Const, rest))) for i in (a, a + 1))
                for v in own
                for rest in product(*(range(size) for size in v.shape[1:]))
            ]
            wrong = f"out_of_order_{process.name}_{number}"
            yield Let(wrong, _greater(cells))
            for at, (left, right) in enumerate(cells):
                kept = f"was_{process.name}_{number}_{at}"
                yield Let(kept, left)
                yield Assign(left.variable, left.index, Cond(Temp(wrong), right, left))
                yield Assign(right.variable, right.index, Cond(Temp(wrong), Temp(kept), right))
            number += 1


def _greater(cells: list[tuple[Load, ...]]) -> Expr:
    """Whether the first row comes behind the second in lexicographic order."""
    result: Expr = Const(0)
    for left, right in reversed(cells):
        equal = Binary("==", left, right)
        behind = Binary(">", left, right)
        result = behind if result == Const(0) else Or((behind, And((equal, result))))
    return result
