"""Sets of bags: at which rows instances may be, where two may, and among which rows one must be.

A *box* is two bit masks over rows, and clauses: masks of rows at one of which, at least, somebody is.  A number is
written as one integer: ``n`` is exactly n, ``at_least(n)`` is any number from n on.  What ties the two together are
weights: each row adds so much to each number.  ``Weights.narrowed`` draws conclusions in both directions, as an
interval analysis does (P. Cousot, R. Cousot, 1977), and finds out where no bag in a box can give such numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

Numbers = tuple[int, ...]


def at_least(least: int) -> int:
    """The code of "any number from ``least`` on"."""
    return -1 - least


def least(code: int) -> int:
    """The least number that ``code`` stands for."""
    return code if code >= 0 else -1 - code


def plus(code: int, change: int) -> int:
    """The numbers of ``code``, each greater by ``change``; none below zero."""
    return code + change if code >= 0 else at_least(max(-1 - code + change, 0))


MOST_CLAUSES = 8
"""More are given up, the longest first: they are implied by less often."""


class Box(NamedTuple):
    """The bags with instances only at rows of ``may``, two or more only at ``many``, and one or more in each clause."""

    may: int
    many: int
    clauses: tuple[int, ...] = ()

    def joined(self, other: Box) -> Box:
        """A box with the bags of both, as small as can be told."""
        clauses = self.clauses
        if clauses != other.clauses:
            clauses = minimal({a | b for a in clauses for b in other.clauses})
        return Box(self.may | other.may, self.many | other.many, clauses)

    def without(self, row: int) -> Box:
        """What the others can be where one instance is at ``row``."""
        bit = 1 << row
        clauses = tuple([c for c in self.clauses if not c & bit])
        return Box(self.may if self.many & bit else self.may & ~bit, self.many, clauses)

    def with_one(self, row: int) -> Box:
        """These with one more at ``row``."""
        bit = 1 << row
        clauses = minimal({bit, *(c for c in self.clauses if not c & bit)})
        return Box(self.may | bit, self.many | (self.may & bit), clauses)

    @property
    def must(self) -> int:
        """The rows at which somebody certainly is."""
        return sum(c for c in self.clauses if c & (c - 1) == 0)


def minimal(clauses: set[int]) -> tuple[int, ...]:
    """``clauses`` without those that another one implies, and no more than ``MOST_CLAUSES``."""
    kept: list[int] = []
    for clause in sorted(clauses, key=lambda c: (c.bit_count(), c)):
        if not any(clause & other == other for other in kept):
            kept.append(clause)
    return tuple(sorted(kept[:MOST_CLAUSES]))


def rows(mask: int) -> Iterator[int]:
    """The rows of a mask, in their order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Weights:
    """What an instance at each row adds to each of several numbers.

    Values of a number up to its entry of ``precision`` are told apart; greater ones are all the same.
    """

    def __init__(self, precision: tuple[int, ...]) -> None:
        self.precision = precision
        self.of: list[tuple[int, ...]] = []
        size = len(precision)
        # For each number the rows that add to it; for each pair, those that add more to the first than to the second.
        self._adding = [0] * size
        self._greater = [[0] * size for _ in range(size)]
        self._cases: dict[Numbers, list[Numbers]] = {}

    def add(self, weights: tuple[int, ...]) -> int:
        """A new row; its number is returned."""
        row = len(self.of)
        self.of.append(weights)
        bit = 1 << row
        for number, weight in enumerate(weights):
            if weight:
                self._adding[number] |= bit
            for other, than in enumerate(weights):
                if weight > than:
                    self._greater[number][other] |= bit
        return row

    def cases(self, numbers: Numbers) -> list[Numbers]:
        """``numbers`` as the cases that are told apart: each exactly known, or beyond its precision."""
        known = self._cases.get(numbers)
        if known is not None:
            return known
        found: list[list[int]] = [[]]
        for code, precision in zip(numbers, self.precision, strict=True):
            beyond = at_least(precision + 1)
            if least(code) > precision:
                choices = [beyond]
            elif code >= 0:
                choices = [code]
            else:
                choices = [*range(least(code), precision + 1), beyond]
            found = [[*before, choice] for before in found for choice in choices]
        result = self._cases[numbers] = [tuple(case) for case in found]
        return result

    def narrowed(self, numbers: Numbers, box: Box) -> Box | None:
        """A box with all bags of ``box`` that give ``numbers``, hardly any others; None if there is no such bag."""
        narrower = self._once(numbers, box)
        while narrower is not None and narrower != box:
            box, narrower = narrower, self._once(numbers, narrower)
        return narrower

    def _once(self, numbers: Numbers, box: Box) -> Box | None:
        may, many, clauses = box
        implied = [may & self._adding[q] for q, code in enumerate(numbers) if least(code)]
        for number, code in enumerate(numbers):
            some = self._adding[number]
            if code == 0:
                may &= ~some
                many &= ~some
            elif code > 0:
                narrower = self._exactly(number, code, may, many, (*clauses, *implied))
                if narrower is None:
                    return None
                may, many = narrower
            needed = least(code)
            candidates = may & some
            if needed and not many & candidates:
                weights = self.of
                most = sum([weights[row][number] for row in rows(candidates)])
                if most < needed:
                    return None
                needed_rows = {1 << r for r in rows(candidates) if most - weights[r][number] < needed}
                clauses = minimal({*clauses, *needed_rows}) if needed_rows else clauses
            elif needed and candidates & (candidates - 1) == 0 and candidates not in clauses:
                clauses = minimal({*clauses, candidates})
        if not all(clause & may for clause in (*clauses, *implied)):
            return None
        if any(clause & ~may for clause in clauses):
            clauses = minimal({clause & may for clause in clauses})
        for number, code in enumerate(numbers):
            low = least(code)
            if low:
                greater = self._greater[number]
                for other, bound in enumerate(numbers):
                    if 0 <= bound < low and not may & greater[other]:
                        return None
        return Box(may, many, clauses)

    def _exactly(
        self, number: int, code: int, may: int, many: int, clauses: tuple[int, ...]
    ) -> tuple[int, int] | None:
        """Rows that leave room for what is certainly there, where ``number`` is exactly ``code``."""
        weights = self.of
        certain, chosen = 0, []
        taken = 0
        for clause in sorted(clauses, key=int.bit_count):
            if not clause & taken:
                least_weight = min([weights[row][number] for row in rows(clause & may)], default=0)
                if least_weight:
                    certain += least_weight
                    chosen.append((clause, least_weight))
                    taken |= clause
        if certain > code:
            return None
        for row in rows(may & self._adding[number]):
            bit, weight = 1 << row, weights[row][number]
            others = certain - sum([w for clause, w in chosen if clause & bit])
            if weight + others > code:
                may &= ~bit
            if 2 * weight + others > code:
                many &= ~bit
        return may, many
