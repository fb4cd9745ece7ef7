"""Symmetry of interchangeable objects: of states that differ only in which object is which, few are kept.

The language gives the objects of a population no order: references can only be stored, compared for being the same,
followed, and collected in sets.  So renaming the objects of a population that is always allocated maps runs to runs,
as long as it maps initial states to initial states (scalarsets: C. N. Ip, D. L. Dill, Better verification through
symmetry, 1996).  Objects of dynamic populations keep their slots: an allocation takes the lowest free one, which
makes most states alike already.  A population whose objects are instances of a process is not renamed either.

Steps end by sorting such objects, in the transition system itself.  A step that sorts replaces the state that it comes
to by one that a renaming makes of it, and that has the same future up to a renaming: so every verdict is kept whatever
the objects are sorted by, and however few steps do.  Two states that are alike and sorted differently only cost time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from itertools import permutations, product

from ovlcheck.system.action import State
from ovlcheck.system.expr import And, Binary, Cond, Const, Expr, Load, Or, Temp
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import (
    Assign,
    Edge,
    Initial,
    Let,
    Op,
    Population,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bits, Ref

MOST_OBJECTS = 3
"""Larger populations are not sorted: a step would take longer than the states are worth that it saves."""

Renaming = Callable[[State], State]


def interchangeable(system: TransitionSystem) -> tuple[Population, ...]:
    """The populations whose objects can be renamed."""
    found = [
        p
        for p in system.populations
        if p.interchangeable and p.alive is None and 2 <= p.size <= MOST_OBJECTS
        if all(v.axes.count(p.name) <= 1 for v in system.variables)
    ]
    if not found:
        return ()
    try:
        outcomes = list(Semantics(system).initial_outcomes())
    except CountOverflow:
        return ()
    initial = {o.state for o in outcomes if o.state is not None}
    if any(o.faults for o in outcomes):
        return ()
    return tuple(
        p
        for p in found
        if all(
            renamed(system, p, order)(state) in initial
            for order in permutations(range(p.size))
            for state in initial
        )
    )


def renamings(system: TransitionSystem, populations: tuple[Population, ...]) -> tuple[Renaming, ...]:
    """Every way of renaming the objects of ``populations``, one after the other."""
    each = [[renamed(system, p, order) for order in permutations(range(p.size))] for p in populations]
    return tuple(map(_in_turn, product(*each)))


def _in_turn(steps: tuple[Renaming, ...]) -> Renaming:
    return lambda state: reduce(lambda s, step: step(s), steps, state)


def renamed(system: TransitionSystem, population: Population, order: tuple[int, ...]) -> Renaming:
    """States with object ``i`` of ``population`` under the number ``order[i]``."""
    moved: list[tuple[int, tuple[int, ...] | None]] = []
    for variable in system.variables:
        values = _values(variable, population, order)
        axis = _axis(variable, population)
        for index in product(*map(range, variable.shape)):
            at = list(index)
            if axis is not None:
                at[axis] = order.index(index[axis])
            moved.append((system.cell(variable.name, tuple(at)), values))
    return lambda state: tuple(
        state[cell] if values is None else values[state[cell]] for cell, values in moved
    )


def sorting_objects(system: TransitionSystem, populations: tuple[Population, ...]) -> TransitionSystem:
    """``system`` whose steps end by sorting the objects of ``populations`` of which they change a field.

    Objects that have no fields are sorted where anything about them changes.  The initial states are as they are.
    """
    order = {p.name: tuple(_in_order(system, p, populations)) for p in populations}
    about: dict[str, set[str]] = {}
    for p in populations:
        fields = {v.name for v in system.variables if _axis(v, p) is not None}
        about[p.name] = fields or {v.name for v in system.variables if _names(v, p)}

    def sorting(edge: Edge) -> tuple[Op, ...]:
        changed = {op.variable for op in edge.ops if isinstance(op, Assign)}
        return tuple(op for name, order_ops in order.items() if changed & about[name] for op in order_ops)

    return replace(system, edges=tuple(replace(e, ops=(*e.ops, *sorting(e))) for e in system.edges))


def spelled_out(system: TransitionSystem, states: list[State]) -> tuple[Initial, ...]:
    """``states`` as initial ones, written down cell by cell."""
    return tuple(
        Initial(
            tuple(
                Assign(v.name, tuple(map(Const, index)), Const(value))
                for v in system.variables
                for index in product(*map(range, v.shape))
                for value in [state[system.cell(v.name, index)]]
                if value != v.default
            )
        )
        for state in states
    )


def _axis(variable: Variable, population: Population) -> int | None:
    return variable.axes.index(population.name) if population.name in variable.axes else None


def _names(variable: Variable, population: Population) -> bool:
    """Whether its values are references to objects of ``population`` or sets of them."""
    return isinstance(variable.type, (Ref, Bits)) and variable.type.population == population.name


def _concerns(variable: Variable, population: Population) -> bool:
    return _axis(variable, population) is not None or _names(variable, population)


def _values(variable: Variable, population: Population, order: tuple[int, ...]) -> tuple[int, ...] | None:
    """What each value of ``variable`` becomes; None: itself."""
    if not _names(variable, population):
        return None
    if isinstance(variable.type, Ref):
        return (0, *(slot + 1 for slot in order))
    return tuple(
        sum(1 << slot for i, slot in enumerate(order) if word >> i & 1) for word in range(1 << len(order))
    )


def _in_order(
    system: TransitionSystem, population: Population, all_of_them: tuple[Population, ...]
) -> Iterator[Op]:
    """Compares neighbours, and swaps those that are not in order, until all are."""
    number = 0
    for last in range(population.size - 1, 0, -1):
        for a in range(last):
            wrong = f"out_of_order_{population.name}_{number}"
            yield Let(wrong, _behind(list(_columns(system, population, all_of_them, a))))
            for variable in system.variables:
                if _concerns(variable, population):
                    kept = f"was_{population.name}_{number}_{variable.name}"
                    yield from _swap(variable, population, a, Temp(wrong), kept)
            number += 1


def _columns(
    system: TransitionSystem, population: Population, all_of_them: tuple[Population, ...], a: int
) -> Iterator[tuple[Expr, Expr]]:
    """What the objects ``a`` and ``a + 1`` are compared by.

    First what is theirs, then who refers to them, last to what they refer.
    """
    last: list[tuple[Expr, Expr]] = []
    for variable in system.variables:
        axis, names = _axis(variable, population), _names(variable, population)
        if axis is not None and not names:
            refers = any(_names(variable, p) for p in all_of_them)
            rest = (range(n) for i, n in enumerate(variable.shape) if i != axis)
            for index in product(*rest):
                pair = tuple(
                    Load(variable.name, tuple(map(Const, (*index[:axis], slot, *index[axis:]))))
                    for slot in (a, a + 1)
                )
                if refers:
                    last.append((pair[0], pair[1]))
                else:
                    yield pair[0], pair[1]
        elif names and axis is None:
            for index in product(*map(range, variable.shape)):
                load = Load(variable.name, tuple(map(Const, index)))
                if isinstance(variable.type, Ref):
                    yield Binary("==", load, Const(a + 1)), Binary("==", load, Const(a + 2))
                else:
                    yield _bit(load, a), _bit(load, a + 1)
    yield from last


def _bit(word: Expr, number: int) -> Expr:
    return Binary("&", Binary(">>", word, Const(number)), Const(1))


def _swap(variable: Variable, population: Population, a: int, wrong: Temp, kept: str) -> Iterator[Op]:
    """Object ``a`` becomes ``a + 1`` in the cells of ``variable`` and the other way round, where ``wrong`` holds."""
    axis = _axis(variable, population)
    names = _names(variable, population)

    def value(expr: Expr) -> Expr:
        if not names:
            return expr
        if isinstance(variable.type, Ref):
            other = Cond(Binary("==", expr, Const(a + 2)), Const(a + 1), expr)
            return Cond(Binary("==", expr, Const(a + 1)), Const(a + 2), other)
        differ = Binary("^", _bit(expr, a), _bit(expr, a + 1))
        both = Binary("|", Binary("<<", differ, Const(a)), Binary("<<", differ, Const(a + 1)))
        return Binary("^", expr, both)

    for number, index in enumerate(product(*map(range, variable.shape))):
        here = Load(variable.name, tuple(map(Const, index)))
        if axis is None or index[axis] not in (a, a + 1):
            if names:
                yield Assign(variable.name, here.index, Cond(wrong, value(here), here))
        elif index[axis] == a:
            there = Load(variable.name, tuple(map(Const, (*index[:axis], a + 1, *index[axis + 1 :]))))
            was = f"{kept}_{number}"
            yield Let(was, here)
            yield Assign(variable.name, here.index, Cond(wrong, value(there), here))
            yield Assign(variable.name, there.index, Cond(wrong, value(Temp(was)), there))


def _behind(columns: list[tuple[Expr, Expr]]) -> Expr:
    """Whether the first of two objects comes behind the second in lexicographic order."""
    result: Expr = Const(0)
    for left, right in reversed(columns):
        behind = Binary(">", left, right)
        equal = Binary("==", left, right)
        result = behind if result == Const(0) else Or((behind, And((equal, result))))
    return result
