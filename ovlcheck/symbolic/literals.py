"""The statements of which clauses are learned, and in which of many known states each is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import z3
from numpy.typing import NDArray

from ovlcheck.symbolic.cells import Cell
from ovlcheck.symbolic.terms import formula, neg
from ovlcheck.symbolic.translation import Formulas
from ovlcheck.symbolic.values import Cases, Number, Word
from ovlcheck.system.action import State

_MOST_THRESHOLDS = 32
"""Values at which an integer of a wide range is compared, at most."""

_FEW = 1 << 15
"""Bytes with eight places each that a cube is first looked for in, where there are more."""

_REFUTING = 64
"""Bytes that join them each time that a cube turns out to be met in one of the others, at most."""


class Statement(Protocol):
    """What clauses are made of: ``about`` says it in terms of the state before, and reads ``cells`` of the state."""

    @property
    def about(self) -> z3.BoolRef: ...

    @property
    def cells(self) -> tuple[int, ...]: ...

    def true_in(self, state: State) -> bool: ...


@dataclass(frozen=True)
class Literal:
    """``about`` in terms of the state before: that bit ``shift`` of a cell is ``value`` (``bit``), that the cell is
    ``value`` (``is``), at least ``value`` (``least``) or below it (``below``).
    """

    about: z3.BoolRef
    cell: int
    kind: str
    value: int
    shift: int = 0

    @property
    def cells(self) -> tuple[int, ...]:
        return (self.cell,)

    def true_in(self, state: State) -> bool:
        return self.holds(state[self.cell])

    def holds(self, of: int) -> bool:
        """Whether it is true where the cell has the value ``of``."""
        match self.kind:
            case "bit":
                return of >> self.shift & 1 == self.value
            case "is":
                return of == self.value
            case "least":
                return of >= self.value
        return of < self.value

    def column(self, values: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Where it is true, of many values of the cell."""
        found: NDArray[np.bool_]
        match self.kind:
            case "bit":
                found = (values >> self.shift & 1) == self.value
            case "is":
                found = values == self.value
            case "least":
                found = values >= self.value
            case _:
                found = values < self.value
        return found


class Table:
    """Statements, and as bits which of them are true where: in a known state, or somewhere among many of them.

    Of many millions of places, some are looked at first, and those join them that show where these were too few.
    """

    def __init__(
        self, statements: Sequence[Statement], columns: Iterator[NDArray[np.bool_]], known: int
    ) -> None:
        """``columns`` has for each of the ``statements`` where it is true, of ``known`` places."""
        self.all = tuple(statements)
        self.known = known
        self._true = np.zeros((len(self.all), (known + 7) // 8), dtype=np.uint8)
        for row, column in enumerate(columns):
            self._true[row] = np.packbits(column)
        self._places = np.packbits(np.ones(known, dtype=bool))
        step = max(1, -(-len(self._places) // _FEW))
        self._few, self._few_places = self._true[:, ::step].copy(), self._places[::step]
        self._looks_at_all = step == 1

    def of(self, state: State) -> list[int]:
        """The numbers of those that are true in ``state``."""
        return [n for n, statement in enumerate(self.all) if statement.true_in(state)]

    def cube(self, among: Sequence[int]) -> tuple[int, ...] | None:
        """Few of the statements ``among``, which are together true nowhere; None if all are somewhere.

        Greedily: the one that excludes the most places that are left; then without what is not needed.
        """
        rows = np.array(among, dtype=np.intp)
        if not len(rows):
            return None
        while (chosen := self._greedy(rows)) is not None:
            cube = self._needed(chosen)
            if self._looks_at_all:
                return tuple(sorted(cube))
            met = np.flatnonzero(np.bitwise_and.reduce(self._true[cube], axis=0))
            if not len(met):
                return tuple(sorted(cube))
            joining = met[:: max(1, len(met) // _REFUTING)]
            self._few = np.hstack([self._few, self._true[:, joining]])
            self._few_places = np.concatenate([self._few_places, self._places[joining]])
        return None

    def _greedy(self, rows: NDArray[np.intp]) -> list[int] | None:
        """Statements of ``rows`` that are together true in none of the places that are looked at, if there are any."""
        left = self._few_places
        chosen: list[int] = []
        while left.any():
            counts = np.bitwise_count(self._few[rows] & left).sum(axis=1, dtype=np.int64)
            best = int(counts.argmin())
            if counts[best] == int(np.bitwise_count(left).sum(dtype=np.int64)):
                return None
            chosen.append(int(rows[best]))
            left = left & self._few[rows[best]]
        return chosen

    def _needed(self, chosen: list[int]) -> list[int]:
        kept = list(chosen)
        for literal in chosen:
            others = [k for k in kept if k != literal]
            if others and not np.bitwise_and.reduce(self._few[others], axis=0).any():
                kept = others
        return kept


def of_states(symbolic: Formulas, states: NDArray[np.int64]) -> Table:
    """All literals of ``symbolic``, with the known ``states``, a row each."""
    literals = [
        literal
        for number, cell in enumerate(symbolic.before)
        for literal in literals_of(number, cell, states[:, number])
    ]
    columns = (literal.column(states[:, literal.cell]) for literal in literals)
    return Table(literals, columns, states.shape[0])


def literals_of(number: int, cell: Cell, values: NDArray[np.int64]) -> Iterator[Literal]:
    """The literals of ``cell``, the one with this number, which has these ``values``."""
    value = cell.value
    if isinstance(value, Word):
        for i, bit in enumerate(value.bits):
            yield Literal(formula(bit), number, "bit", 1, i)
            yield Literal(formula(neg(bit)), number, "bit", 0, i)
    elif isinstance(value, Cases):
        if len(value.table) > 1:
            for wanted, condition in value.table.items():
                yield Literal(formula(condition), number, "is", wanted)
    elif isinstance(value, Number):
        for wanted in thresholds(values):
            yield Literal(value.term >= wanted, number, "least", wanted)
            yield Literal(value.term < wanted, number, "below", wanted)


def thresholds(values: NDArray[np.int64]) -> list[int]:
    """Each value that occurs, and the next."""
    seen = sorted({int(v) for v in np.unique(values)})[:_MOST_THRESHOLDS]
    return sorted({*seen, *(v + 1 for v in seen)})
