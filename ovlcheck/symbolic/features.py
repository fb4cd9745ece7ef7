"""What may be counted in a state: who stands where with which locals, and what refers to what.

A feature has a value in every state, as a column over many explicit ones and as a term of Z3, so that what explicit
states suggest (``equalities``, ``inequalities``) can be asked of a solver.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import z3
from numpy.typing import NDArray

from ovlcheck.symbolic.terms import formula
from ovlcheck.symbolic.translation import SymbolicSystem
from ovlcheck.symbolic.values import Word, is_value
from ovlcheck.system.transition_system import Assign, Process, TransitionSystem, Variable
from ovlcheck.system.types import Bits, Bool, Count, Enum, Ref

Index = tuple[int, ...]

States = NDArray[np.signedinteger]
"""Explicit states, a row of cells each."""


@dataclass(frozen=True)
class AtRow:
    """How many instances of ``process`` are at ``location`` with these values of its locals."""

    process: str
    location: int
    values: tuple[tuple[str, Index, int], ...] = ()


@dataclass(frozen=True)
class Holds:
    """Whether a cell has the value, or, of a set, the member with this number."""

    variable: str
    index: Index
    value: int
    member: bool = False


@dataclass(frozen=True)
class OwnSet:
    """How many instances of ``process`` have the ``member`` with this number in a set of their own.

    ``index`` is that of the set within the instance.  A set that nobody reads any more is empty.
    """

    process: str
    variable: str
    index: Index
    member: int


@dataclass(frozen=True)
class One:
    """The constant."""


Feature = AtRow | Holds | OwnSet | One


def rows_of(system: TransitionSystem, states: States) -> tuple[AtRow, ...]:
    """Every row at which some instance stands in one of ``states``, in the order in which they occur."""
    found: dict[AtRow, tuple[int, int]] = {}
    for number, process in enumerate(system.processes):
        for instance in range(process.instances):
            for first, row in _rows(system, process, instance, states):
                key = (first, number)
                found[row] = min(found.get(row, key), key)
    return tuple(sorted(found, key=found.__getitem__))


def features_of(system: TransitionSystem, states: States) -> tuple[Feature, ...]:
    """The features that some of ``states`` has, the constant last.

    Of each process, the row in which the first of its instances begins is left out: the others tell how many are there.
    """
    if not len(states):
        return (One(),)
    resting = {row for p in system.processes for _, row in _rows(system, p, 0, states[:1])}
    rows = (row for row in rows_of(system, states) if row not in resting)
    return (*rows, *_references(system, states), *_own_sets(system, states), One())


def column(system: TransitionSystem, feature: Feature, states: States) -> NDArray[np.int64]:
    """The value of ``feature`` in each of ``states``."""
    match feature:
        case AtRow(process, location, values):
            there = np.zeros(len(states), dtype=np.int64)
            pc = system.process[process].pc
            for i in range(system.process[process].instances):
                here = np.ones(len(states), dtype=bool)
                if pc is not None:
                    here &= states[:, system.offset[pc] + i] == location
                for variable, index, value in values:
                    here &= states[:, system.cell(variable, (i, *index))] == value
                there += here
            return there
        case Holds(variable, index, value, member):
            cells = states[:, system.cell(variable, index)]
            return (cells >> value & 1 if member else cells == value).astype(np.int64)
        case OwnSet(process, variable, index, of):
            sets = [
                states[:, system.cell(variable, (i, *index))]
                for i in range(system.process[process].instances)
            ]
            return sum((own >> of & 1 for own in sets), np.zeros(len(states), dtype=np.int64))
    return np.ones(len(states), dtype=np.int64)


def term(symbolic: SymbolicSystem, feature: Feature) -> z3.ArithRef:
    """The value of ``feature`` in the state before."""
    match feature:
        case AtRow(process, location, values):
            there = []
            for i in range(symbolic.system.process[process].instances):
                here = [at(symbolic, process, i, location)]
                here += [formula(is_value(symbolic.value(v, i, *index), x)) for v, index, x in values]
                there.append(z3.If(z3.And(here), 1, 0))
            return z3.Sum(there)
        case Holds(variable, index, value, member):
            held = symbolic.value(variable, *index)
            if member:
                assert isinstance(held, Word)
                return z3.If(formula(held.bits[value]), 1, 0)
            return z3.If(formula(is_value(held, value)), 1, 0)
        case OwnSet(process, variable, index, of):
            having = []
            for i in range(symbolic.system.process[process].instances):
                own = symbolic.value(variable, i, *index)
                assert isinstance(own, Word)
                having.append(z3.If(formula(own.bits[of]), 1, 0))
            return z3.Sum(having)
    return z3.IntVal(1)


def at(symbolic: SymbolicSystem, process: str, instance: int, location: int) -> z3.BoolRef:
    """An instance of ``process`` is at ``location`` in the state before."""
    pc = symbolic.system.process[process].pc
    if pc is None:
        return z3.BoolVal(True)
    index = (instance,) if symbolic.system.variable[pc].shape else ()
    return formula(is_value(symbolic.value(pc, *index), location))


def closest_first(system: TransitionSystem, features: Sequence[Feature], counter: str) -> tuple[Feature, ...]:
    """``features`` with those first that are likely to be what ``counter`` counts.

    Whoever changes it, and references to the objects that it is a field of, come before all others.
    """
    changing = {
        e.process for e in system.edges for o in e.ops if isinstance(o, Assign) and o.variable == counter
    }
    owner = counter.partition(".")[0]

    def distance(feature: Feature) -> int:
        match feature:
            case AtRow(process):
                return 0 if process in changing else 2
            case Holds(variable) | OwnSet(_, variable):
                type_ = system.variable[variable].type
                refers = isinstance(type_, Ref | Bits) and type_.population == owner
                return 1 if refers else 3
        return 4

    return tuple(sorted(features, key=distance))


def _rows(
    system: TransitionSystem, process: Process, instance: int, states: States
) -> Iterator[tuple[int, AtRow]]:
    """The rows of one instance, each with the number of the first state in which it is there."""
    pc = None if process.pc is None else system.offset[process.pc] + instance
    positions = np.zeros(len(states), dtype=np.int64) if pc is None else states[:, pc]
    telling = [v for v in system.variables if v.process == process.name and v.kind == "local" and _telling(v)]
    for location in map(int, np.unique(positions)):
        here = np.flatnonzero(positions == location)
        live = process.locations[location].live if process.locations else ()
        cells = [
            (v.name, index)
            for v in telling
            if v.name in live and v.shape[:1] == (process.instances,)
            for index in product(*map(range, v.shape[1:]))
        ]
        columns = np.array([system.cell(name, (instance, *index)) for name, index in cells], dtype=np.intp)
        told = states[np.ix_(here, columns)]
        for first, values in _distinct(told):
            row = tuple((*place, value) for place, value in zip(cells, values, strict=True))
            yield int(here[first]), AtRow(process.name, location, row)


def _distinct(rows: States) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The distinct ones of ``rows`` of small natural numbers, each with the number of the first."""
    keys = np.zeros(len(rows), dtype=np.int64)
    for values in rows.T:
        keys = keys * (int(values.max(initial=0)) + 1) + values
    _, firsts = np.unique(keys, return_index=True)
    for first in map(int, np.sort(firsts)):
        yield first, tuple(map(int, rows[first]))


def _references(system: TransitionSystem, states: States) -> Iterator[Holds]:
    for variable in system.variables:
        if variable.kind not in ("shared", "alive") or isinstance(variable.type, Count):
            continue
        for index in product(*map(range, variable.shape)):
            values = states[:, system.cell(variable.name, index)]
            if isinstance(variable.type, Bits):
                together = int(np.bitwise_or.reduce(values))
                yield from (
                    Holds(variable.name, index, bit, True)
                    for bit in range(len(variable.type.labels))
                    if together >> bit & 1
                )
            elif _telling(variable):
                yield from (
                    Holds(variable.name, index, value) for value in map(int, np.unique(values)) if value
                )


def _own_sets(system: TransitionSystem, states: States) -> Iterator[OwnSet]:
    for process in system.processes:
        for variable in system.variables:
            if variable.process != process.name or variable.kind != "local":
                continue
            if not isinstance(variable.type, Bits) or variable.shape[:1] != (process.instances,):
                continue
            for index in product(*map(range, variable.shape[1:])):
                sets = [states[:, system.cell(variable.name, (i, *index))] for i in range(process.instances)]
                together = int(np.bitwise_or.reduce(sets, axis=None))
                for member in range(len(variable.type.labels)):
                    if together >> member & 1:
                        yield OwnSet(process.name, variable.name, index, member)


def _telling(variable: Variable) -> bool:
    return isinstance(variable.type, Ref | Bool | Enum)
