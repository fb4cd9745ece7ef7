"""What boxes become where one instance goes from one row to another, each worked out once.

A search has few boxes and few numbers, and comes to each of them from many control states.  So both are interned, and
what follows from them is looked up by small integers.
"""

from __future__ import annotations

from operator import neg

from ovlcheck.symbolic.boxes import Box, Numbers, Weights, plus
from ovlcheck.symbolic.interned import Interned

NONE = -1
"""In place of a box or of numbers: there is no such bag."""

NOBODY = -1
"""In place of a row: whoever takes the step is not counted."""

_JOIN = 32
"""Bits of the number of a box."""


class Transfers:
    """Boxes and numbers by the integers under which they are interned, and what steps make of them.

    A *passage* is an instance that goes from a row to a row beside others that have certain numbers; a *transfer* is a
    passage and the numbers that all come to then.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.boxes: Interned[Box] = Interned()
        self.numbers: Interned[Numbers] = Interned()
        self.known: list[dict[int, int]] = []
        """For each transfer, what ``transferred`` said of boxes so far."""
        self.known_passed: list[dict[int, int]] = []
        """For each passage, what ``passed`` said of boxes so far."""
        self._passages: Interned[tuple[int, int, int]] = Interned()
        self._transfers: Interned[tuple[int, int]] = Interned()
        self._narrowed: list[dict[int, int]] = []
        self._joined: dict[int, int] = {}
        self._others: dict[tuple[int, int], int] = {}

    def others(self, numbers: int, row: int) -> int:
        """The numbers of the others where an instance is at ``row``; ``NONE`` where none can be."""
        key = (numbers, row)
        found = self._others.get(key)
        if found is None:
            mine = self.weights.of[row]
            codes = self.numbers[numbers]
            room = not any(0 <= code < weight for code, weight in zip(codes, mine, strict=True))
            found = self.numbers.number(tuple(map(plus, codes, map(neg, mine)))) if room else NONE
            self._others[key] = found
        return found

    def passage(self, row: int, numbers: int, to_row: int) -> int:
        """An instance goes from ``row`` to ``to_row`` beside others with ``numbers``; ``NOBODY``: none is counted."""
        found = self._passages.number((row, numbers, to_row))
        if found == len(self.known_passed):
            self.known_passed.append({})
        return found

    def transfer(self, passage: int, numbers: int) -> int:
        """``passage``, after which all together have ``numbers``."""
        found = self._transfers.number((passage, numbers))
        if found == len(self.known):
            self.known.append({})
        return found

    def passed(self, passage: int, box: int) -> int:
        """What ``box`` becomes by ``passage``; ``NONE`` where nobody can take it."""
        known = self.known_passed[passage]
        found = known.get(box)
        if found is None:
            row, numbers, to_row = self._passages[passage]
            before = box if row == NOBODY else self.boxes.number(self.boxes[box].without(row))
            found = self._narrow(numbers, before)
            if found != NONE and to_row != NOBODY:
                found = self.boxes.number(self.boxes[found].with_one(to_row))
            known[box] = found
        return found

    def transferred(self, transfer: int, box: int) -> int:
        """What ``box`` becomes by ``transfer``; ``NONE`` where nobody can take it, or not to such numbers."""
        known = self.known[transfer]
        found = known.get(box)
        if found is None:
            passage, numbers = self._transfers[transfer]
            after = self.passed(passage, box)
            found = known[box] = NONE if after == NONE else self._narrow(numbers, after)
        return found

    def joined(self, first: int, second: int) -> int:
        """A box with the bags of both."""
        key = first << _JOIN | second
        found = self._joined.get(key)
        if found is None:
            found = self._joined[key] = self.boxes.number(self.boxes[first].joined(self.boxes[second]))
        return found

    def narrowed(self, numbers: int, box: Box) -> int:
        """The bags of ``box`` that give ``numbers``; ``NONE`` if there are none."""
        return self._narrow(numbers, self.boxes.number(box))

    def _narrow(self, numbers: int, box: int) -> int:
        while len(self._narrowed) <= numbers:
            self._narrowed.append({})
        known = self._narrowed[numbers]
        found = known.get(box)
        if found is None:
            narrowed = self.weights.narrowed(self.numbers[numbers], self.boxes[box])
            found = known[box] = NONE if narrowed is None else self.boxes.number(narrowed)
        return found
