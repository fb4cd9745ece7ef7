"""The statements about single cells of which clauses are learned, and in which of many known states each is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import z3
from numpy.typing import NDArray

from ovlcheck.symbolic.cells import Cell
from ovlcheck.symbolic.terms import formula, neg
from ovlcheck.symbolic.translation import SymbolicSystem
from ovlcheck.symbolic.values import Cases, Number, Word
from ovlcheck.system.action import State

_MOST_THRESHOLDS = 32
"""Values at which an integer of a wide range is compared, at most."""


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


class Literals:
    """All literals of ``symbolic``, and the known ``states`` (a row each) as bits: which of them fulfil which."""

    def __init__(self, symbolic: SymbolicSystem, states: NDArray[np.int64]) -> None:
        self.all: tuple[Literal, ...] = tuple(
            literal
            for number, cell in enumerate(symbolic.before)
            for literal in _of(number, cell, states[:, number])
        )
        self.states = states.shape[0]
        self._true = np.zeros((len(self.all), (self.states + 7) // 8), dtype=np.uint8)
        for row, literal in enumerate(self.all):
            self._true[row] = np.packbits(literal.column(states[:, literal.cell]))

    def of(self, state: State) -> list[int]:
        """The numbers of those that are true in ``state``."""
        return [n for n, literal in enumerate(self.all) if literal.holds(state[literal.cell])]

    def cube(self, among: Sequence[int]) -> tuple[int, ...] | None:
        """Few of the literals ``among``, which no known state fulfils together; None if some state fulfils all.

        Greedily: the literal that excludes the most states that are left; then without what is not needed.
        """
        rows = np.array(among, dtype=np.intp)
        if not len(rows):
            return None
        left = np.packbits(np.ones(self.states, dtype=bool))
        chosen: list[int] = []
        while left.any():
            counts = np.bitwise_count(self._true[rows] & left).sum(axis=1, dtype=np.int64)
            best = int(counts.argmin())
            if counts[best] == int(np.bitwise_count(left).sum(dtype=np.int64)):
                return None
            chosen.append(int(rows[best]))
            left = left & self._true[rows[best]]
        return tuple(sorted(self._needed(chosen)))

    def _needed(self, chosen: list[int]) -> list[int]:
        kept = list(chosen)
        for literal in chosen:
            others = [k for k in kept if k != literal]
            if others and not np.bitwise_and.reduce(self._true[others], axis=0).any():
                kept = others
        return kept


def _of(number: int, cell: Cell, values: NDArray[np.int64]) -> Iterator[Literal]:
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
        for wanted in _thresholds(values):
            yield Literal(value.term >= wanted, number, "least", wanted)
            yield Literal(value.term < wanted, number, "below", wanted)


def _thresholds(values: NDArray[np.int64]) -> list[int]:
    """Each value that occurs, and the next."""
    seen = sorted({int(v) for v in np.unique(values)})[:_MOST_THRESHOLDS]
    return sorted({*seen, *(v + 1 for v in seen)})
