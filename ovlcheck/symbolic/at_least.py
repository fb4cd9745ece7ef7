"""Numbers of which only a least value is known, in place of integers in a state.

The step semantics of ``system`` calculates with whatever a state holds.  Where the outcome of a step does not depend
on how much greater than the least value a number is, the step runs to its end; where it does, ``Ambiguous`` is raised,
and the caller looks at the least value and at the rest apart.  So case splits are made exactly where a model asks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count

UNBOUNDED = 1 << 62
"""Beyond every number that a state holds."""


@dataclass(frozen=True)
class Natural(Count):
    """A count that no width bounds."""

    width: int = 62

    @property
    def hi(self) -> int:
        return UNBOUNDED

    def __str__(self) -> str:
        return "count"


def unbounded(system: TransitionSystem) -> TransitionSystem:
    """``system`` whose counts never overflow."""
    variables = tuple(
        replace(v, type=Natural()) if isinstance(v.type, Count) else v for v in system.variables
    )
    return replace(system, variables=variables)


class Ambiguous(Exception):
    """The outcome depends on how much greater than its least value the number from ``origin`` is."""

    def __init__(self, origin: int) -> None:
        super().__init__(origin)
        self.origin = origin


class AtLeast:
    """Any number from ``least`` on.  ``origin`` says whose number it is, through additions of known numbers.

    Sums of two such numbers, and multiples, keep the origin of one: they are only compared, never stored.
    """

    __slots__ = ("exact", "least", "origin")

    def __init__(self, least: int, origin: int, exact: bool = True) -> None:
        self.least = least
        self.origin = origin
        self.exact = exact

    def __repr__(self) -> str:
        return f"{self.least} or more"

    def __add__(self, other: object) -> AtLeast:
        if isinstance(other, AtLeast):
            return AtLeast(self.least + other.least, self.origin, False)
        if isinstance(other, int):
            return AtLeast(self.least + other, self.origin, self.exact)
        return NotImplemented

    __radd__ = __add__

    def __sub__(self, other: object) -> AtLeast:
        if isinstance(other, int):
            return AtLeast(self.least - other, self.origin, self.exact)
        raise Ambiguous(self.origin)

    def __rsub__(self, other: object) -> AtLeast:
        raise Ambiguous(self.origin)

    def __mul__(self, other: object) -> AtLeast:
        if isinstance(other, int) and other > 0:
            return AtLeast(self.least * other, self.origin, False)
        raise Ambiguous(self.origin)

    __rmul__ = __mul__

    def _refuse(self, other: object = None) -> AtLeast:
        raise Ambiguous(self.origin)

    __neg__ = __floordiv__ = __mod__ = __and__ = __or__ = __xor__ = __lshift__ = __rshift__ = _refuse
    __rfloordiv__ = __rmod__ = __rand__ = __ror__ = __rxor__ = __rlshift__ = __rrshift__ = _refuse
    __invert__ = __index__ = bit_count = _refuse

    def __bool__(self) -> bool:
        return self >= 1

    def _below(self, other: object) -> bool:
        """Whether ``other`` is a number that this one is certainly greater than."""
        if isinstance(other, int) and other < self.least:
            return True
        raise Ambiguous(self.origin)

    def __eq__(self, other: object) -> bool:
        return not self._below(other)

    def __ne__(self, other: object) -> bool:
        return self._below(other)

    __hash__ = None  # type: ignore[assignment]

    def __gt__(self, other: object) -> bool:
        return self._below(other)

    def __le__(self, other: object) -> bool:
        return other == UNBOUNDED or not self._below(other)

    def __ge__(self, other: object) -> bool:
        return self._below(other - 1) if isinstance(other, int) else self._below(other)

    def __lt__(self, other: object) -> bool:
        return not self._below(other - 1) if isinstance(other, int) else self._below(other)
