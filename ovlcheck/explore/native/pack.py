"""Where each cell of a state lies in its packed words.

A cell is stored as ``value - lo`` in just the bits its type needs.  The cells of a variable follow one
another without gaps, so that an index computed at run time is one multiplication away from a bit position.  A
variable that fits in one word is kept within one whenever that costs no extra word: reading it is then a
shift and a mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovlcheck.explore.native.problems import NotSupported
from ovlcheck.system.action import State
from ovlcheck.system.transition_system import TransitionSystem, Variable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORD = 64
_MASK = (1 << WORD) - 1
_WIDEST = 63


@dataclass(frozen=True)
class Field:
    """The place of a variable: cell ``i`` takes ``width`` bits from bit ``base + i * width`` of the state."""

    variable: Variable
    base: int
    width: int

    @property
    def low(self) -> int:
        return self.variable.type.lo

    @property
    def in_one_word(self) -> bool:
        last = self.base + max(self.variable.cells * self.width, 1) - 1
        return self.base // WORD == last // WORD


@dataclass(frozen=True)
class Layout:
    """The packed form of states: ``words`` words of 64 bits, the first bit the lowest of word 0."""

    fields: tuple[Field, ...]
    words: int

    def pack(self, state: State) -> tuple[int, ...]:
        """The words of ``state``; raises ``ValueError`` when a cell is outside its type."""
        whole, cells = 0, iter(state)
        for field in self.fields:
            for i in range(field.variable.cells):
                value = next(cells)
                if not field.variable.type.contains(value):
                    raise ValueError(f"{field.variable.name}: {value} is outside {field.variable.type}")
                whole |= (value - field.low) << (field.base + i * field.width)
        return tuple(whole >> WORD * k & _MASK for k in range(self.words))

    def unpack(self, words: Sequence[int]) -> State:
        """The state that ``words`` hold."""
        whole = sum(int(word) << WORD * k for k, word in enumerate(words))
        return tuple(
            field.low + (whole >> (field.base + i * field.width) & ((1 << field.width) - 1))
            for field in self.fields
            for i in range(field.variable.cells)
        )

    def unpack_all(self, rows: NDArray[np.uint64], narrow: bool = False) -> NDArray[np.int64]:
        """One row of cells for each row of words; ``narrow``: as integers no wider than the cells need."""
        import numpy as np

        size = sum(field.variable.cells for field in self.fields)
        cells = np.empty((len(rows), size), dtype=self._narrowest() if narrow else np.int64, order="F")
        at = 0
        for field in self.fields:
            mask = np.uint64((1 << field.width) - 1)
            for i in range(field.variable.cells):
                word, shift = divmod(field.base + i * field.width, WORD)
                if field.width == 0:
                    cells[:, at] = field.low
                else:
                    bits = rows[:, word] >> np.uint64(shift)
                    if shift + field.width > WORD:
                        bits = bits | rows[:, word + 1] << np.uint64(WORD - shift)
                    cells[:, at] = (bits & mask).astype(np.int64) + field.low
                at += 1
        return cells

    def _narrowest(self) -> type[np.signedinteger]:
        """The smallest type of integers that has every value of every cell."""
        import numpy as np

        ends = [(field.low, field.low + (1 << field.width)) for field in self.fields]
        for kind in (np.int8, np.int16, np.int32):
            info = np.iinfo(kind)
            if all(info.min <= low and high <= info.max for low, high in ends):
                return kind
        return np.int64


def layout(system: TransitionSystem) -> Layout:
    """A place for every cell of ``system``, in as few words as its bits need.

    Raises ``NotSupported`` for a cell of more than 63 bits, or with values that no 64-bit integer has.
    """
    for variable in system.variables:
        if variable.type.lo < -(1 << _WIDEST) or variable.type.hi >= 1 << _WIDEST:
            raise NotSupported(
                f"variable '{variable.name}' has values outside 64 bits: use the reference engine"
            )
        if variable.type.bits > _WIDEST:
            raise NotSupported(
                f"variable '{variable.name}' needs {variable.type.bits} bits in one cell; "
                f"the native engine stores at most {_WIDEST}: use the reference engine"
            )
    words = max(1, -(-system.bits // WORD))
    bases = _within_words(system.variables, words) or _end_to_end(system.variables)
    return Layout(tuple(Field(v, bases[v.name], v.type.bits) for v in system.variables), words)


def _within_words(variables: Sequence[Variable], words: int) -> dict[str, int] | None:
    """First fit, largest first, no small variable across a boundary; None when that takes more than
    ``words``.
    """
    bases: dict[str, int] = {}
    used = [0] * words
    for variable in sorted(variables, key=lambda v: -v.bits):
        if variable.bits > WORD:
            first = next((k for k in range(words) if not any(used[k:])), words)
            last, rest = divmod(variable.bits, WORD)
            if first + last + (rest > 0) > words:
                return None
            bases[variable.name] = first * WORD
            used[first : first + last] = [WORD] * last
            if rest:
                used[first + last] = rest
            continue
        home = next((k for k in range(words) if used[k] + variable.bits <= WORD), None)
        if home is None:
            return None
        bases[variable.name] = home * WORD + min(used[home], WORD - 1)
        used[home] += variable.bits
    return bases


def _end_to_end(variables: Sequence[Variable]) -> dict[str, int]:
    bases, at = {}, 0
    for variable in sorted(variables, key=lambda v: -v.bits):
        bases[variable.name] = at
        at += variable.bits
    return bases
