"""The statements of which clauses about any number of instances are learned, and in which control states each may hold.

What the search has found is a union of sets: the bags of a box, with the shared values and the numbers of a control
state.  It contains every reachable state, and no step leads out of it.  For each control state and each literal the
table says whether some state there may fulfil it; literals of which no control state admits all are together true in
no reachable state.  Whatever makes a state lie outside the union is a literal: a value, the number of instances at a
row, at the rows of a clause, or at those that add to a counter.  So any state outside is told apart from all inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import z3
from numpy.typing import NDArray

from ovlcheck.symbolic.boxes import Box, rows
from ovlcheck.symbolic.counted_translation import CountedSystem, total
from ovlcheck.symbolic.literals import Statement, Table, literals_of, thresholds
from ovlcheck.symbolic.symbolic_result import Reached
from ovlcheck.system.action import State

Column = NDArray[np.bool_]
Terms = tuple[tuple[int, int], ...]
"""Cells of a state, each with its factor."""


@dataclass(frozen=True)
class Sum:
    """That a sum of cells, each times its factor, is at least ``value``, or is below it."""

    about: z3.BoolRef
    terms: Terms
    value: int
    below: bool

    @property
    def cells(self) -> tuple[int, ...]:
        return tuple(cell for cell, _ in self.terms)

    def true_in(self, state: State) -> bool:
        return (sum(factor * state[cell] for cell, factor in self.terms) < self.value) is self.below


def of_controls(symbolic: CountedSystem, reached: Reached) -> Table:
    """The literals of ``symbolic``, whose rows are those of ``reached``, with what its control states admit."""
    making = _Making(symbolic, reached)
    found = list(making.all())
    return Table([literal for literal, _ in found], (column for _, column in found), len(reached.controls))


class _Making:
    def __init__(self, symbolic: CountedSystem, reached: Reached) -> None:
        self._symbolic = symbolic
        self._reached = reached
        # A column for each row, clause and number is made of what distinct boxes say of it.
        boxes: dict[Box, int] = {}
        self._box_of = np.array(
            [boxes.setdefault(c.box, len(boxes)) for c in reached.controls], dtype=np.intp
        )
        self._boxes = list(boxes)
        self._shared = np.array([c.shared for c in reached.controls], dtype=np.int64)
        self._numbers = np.array([c.numbers for c in reached.controls], dtype=np.int64)

    def all(self) -> Iterator[tuple[Statement, Column]]:
        linked = {q.cell: at for at, q in enumerate(self._reached.quantities) if q.linked}
        for number, cell in enumerate(self._symbolic.kept):
            values = self._shared[:, cell]
            if cell in linked:
                yield from self._of_counter(number, linked[cell], values)
                continue
            for literal in literals_of(number, self._symbolic.before[number], values):
                yield literal, literal.column(values)
        for at in range(len(self._reached.quantities)):
            yield from self._of_number(at)
        yield from self._of_rows()
        yield from self._of_clauses()

    def _of_counter(
        self, number: int, at: int, rest: NDArray[np.int64]
    ) -> Iterator[tuple[Statement, Column]]:
        """The counter itself, and the part of it to which no row adds."""
        codes = self._numbers[:, at]
        low = rest + _least(codes)
        own = ((number, 1),)
        for value in thresholds(low):
            yield self._sum(own, value, False), (codes < 0) | (low >= value)
            yield self._sum(own, value, True), low < value
        adding = self._adding(at)
        if adding:
            terms = (*own, *((cell, -factor) for cell, factor in adding))
            for value in thresholds(rest):
                yield self._sum(terms, value, False), rest >= value
                yield self._sum(terms, value, True), rest < value

    def _of_number(self, at: int) -> Iterator[tuple[Statement, Column]]:
        """What instances add to a counter."""
        adding = self._adding(at)
        codes = self._numbers[:, at]
        low = _least(codes)
        for value in range(1, int(low.max()) + 2) if adding else ():
            yield self._sum(adding, value, False), (codes < 0) | (low >= value)
            yield self._sum(adding, value, True), low < value

    def _of_rows(self) -> Iterator[tuple[Statement, Column]]:
        for row in range(len(self._reached.row_values)):
            bit = 1 << row
            yield from self._of_clause(bit)
            several = self._sum(self._at(bit), 2, False)
            yield several, self._where(bool(box.may & box.many & bit) for box in self._boxes)

    def _of_clauses(self) -> Iterator[tuple[Statement, Column]]:
        """The sets of rows at one of which, at least, somebody is."""
        for clause in sorted({c for box in self._boxes for c in box.clauses if c & (c - 1)}):
            yield from self._of_clause(clause)

    def _of_clause(self, clause: int) -> Iterator[tuple[Statement, Column]]:
        there = self._at(clause)
        yield self._sum(there, 1, False), self._where(bool(box.may & clause) for box in self._boxes)
        empty = (not any(c & clause == c for c in box.clauses) for box in self._boxes)
        yield self._sum(there, 1, True), self._where(empty)

    def _adding(self, at: int) -> Terms:
        """The numbers at rows that add to a quantity, with how much."""
        first = self._symbolic.first_row
        weights = (weights[at] for weights in self._reached.weights)
        return tuple((first + row, weight) for row, weight in enumerate(weights) if weight)

    def _at(self, mask: int) -> Terms:
        return tuple((self._symbolic.first_row + row, 1) for row in rows(mask))

    def _sum(self, terms: Terms, value: int, below: bool) -> Sum:
        factors = ((self._symbolic.before[cell].constants[0], factor) for cell, factor in terms)
        of_all = total([term if factor == 1 else factor * term for term, factor in factors])
        return Sum(of_all < value if below else of_all >= value, terms, value, below)

    def _where(self, boxes: Iterable[bool]) -> Column:
        """The control states whose box is one of those for which ``boxes``, in their order, says so."""
        column: Column = np.fromiter(boxes, dtype=np.bool_, count=len(self._boxes))[self._box_of]
        return column


def _least(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The least numbers that the codes of ``boxes`` stand for."""
    return np.where(codes >= 0, codes, -1 - codes)
