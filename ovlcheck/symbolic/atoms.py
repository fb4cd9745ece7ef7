"""The elementary statements about a state of which invariants are made: a cell has a value, a flag is set, a counter
is 0.

Each is known twice, as a formula and as a function of an explicit state, so that what sample states refute never
reaches a solver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import z3

from ovlcheck.symbolic.cells import Cell
from ovlcheck.symbolic.terms import formula, neg
from ovlcheck.symbolic.translation import SymbolicSystem
from ovlcheck.symbolic.values import Cases, Number, Word
from ovlcheck.system.action import State
from ovlcheck.system.types import Count

_SMALL_COUNTS = 2
"""Counters are told apart up to this value."""


@dataclass(frozen=True)
class Atom:
    """``about`` in terms of the state before, and the same of the value of ``cell``.

    Of two atoms of one ``group`` the types or the theory say how they go together.
    """

    about: z3.BoolRef
    cell: int
    group: tuple[int, int]
    holds: Callable[[int], bool]


def atoms(symbolic: SymbolicSystem) -> tuple[Atom, ...]:
    """All elementary statements about the states of ``symbolic``, cell by cell."""
    return tuple(atom for number, cell in enumerate(symbolic.before) for atom in _of(symbolic, number, cell))


def table(found: Sequence[Atom], states: Sequence[State]) -> np.ndarray:
    """Which atoms hold in which of ``states``: a row for each state."""
    columns = []
    cells = list(zip(*states, strict=True))
    for atom in found:
        values = cells[atom.cell]
        true = {v: atom.holds(v) for v in set(values)}
        columns.append([true[v] for v in values])
    return np.array(columns, dtype=bool).T.reshape(len(states), len(found))


def _of(symbolic: SymbolicSystem, number: int, cell: Cell) -> Iterator[Atom]:
    value = cell.value
    group = (number, 0)
    if isinstance(value, Word):
        for i, bit in enumerate(value.bits):
            yield Atom(formula(bit), number, (number, i), lambda v, i=i: bool(v >> i & 1))  # type: ignore[misc]
            yield Atom(formula(neg(bit)), number, (number, i), lambda v, i=i: not v >> i & 1)  # type: ignore[misc]
    elif isinstance(value, Cases):
        if len(value.table) > 1:
            for wanted, condition in value.table.items():
                yield Atom(formula(condition), number, group, lambda v, w=wanted: bool(v == w))  # type: ignore[misc]
    elif isinstance(value, Number) and isinstance(symbolic.system.variable[cell.variable].type, Count):
        for n, above in product(range(_SMALL_COUNTS), (False, True)):
            if above:
                yield Atom(value.term > n, number, group, lambda v, n=n: bool(v > n))  # type: ignore[misc]
            else:
                yield Atom(value.term == n, number, group, lambda v, n=n: bool(v == n))  # type: ignore[misc]
