"""The types of state variables: finite integer domains that know how to print their values.

Every cell of a state holds one integer between ``lo`` and ``hi``.  A type says what that integer means.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """A finite domain; ``lo`` and ``hi`` are inclusive and the domain has no holes."""

    @property
    def lo(self) -> int:
        return 0

    @property
    def hi(self) -> int:
        raise NotImplementedError

    @property
    def bits(self) -> int:
        """Bits needed to store any value of the domain; 0 when there is only one."""
        return (self.hi - self.lo).bit_length()

    def contains(self, value: int) -> bool:
        return self.lo <= value <= self.hi

    def format(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True)
class Bool(Type):
    @property
    def hi(self) -> int:
        return 1

    def format(self, value: int) -> str:
        return "True" if value else "False"

    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True)
class Int(Type):
    """Integers from ``low`` to ``high``, both included."""

    low: int
    high: int

    @property
    def lo(self) -> int:
        return self.low

    @property
    def hi(self) -> int:
        return self.high

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


AMPLE = 62
"""Bits of counters where states are followed and not searched: none overflows, and values fit a machine word."""


@dataclass(frozen=True)
class Count(Type):
    """A natural number without a bound of its own, stored in ``width`` bits for now.

    A value above ``hi`` is no error of the model: it says that the width was guessed too small
    (``semantics.Overflow``), and the search starts again with a wider one.
    """

    width: int

    @property
    def hi(self) -> int:
        return (1 << self.width) - 1

    def __str__(self) -> str:
        return f"count:{self.width}"


@dataclass(frozen=True)
class Enum(Type):
    """Value ``i`` stands for ``members[i]``."""

    name: str
    members: tuple[str, ...]

    @property
    def hi(self) -> int:
        return len(self.members) - 1

    def format(self, value: int) -> str:
        return self.members[value]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Ref(Type):
    """A reference into a population of ``size`` objects: 0 is None, ``i + 1`` is object ``i``."""

    population: str
    size: int

    @property
    def hi(self) -> int:
        return self.size

    def format(self, value: int) -> str:
        return f"{self.population}{value - 1}" if value else "None"

    def __str__(self) -> str:
        return f"ref {self.population}"


@dataclass(frozen=True)
class Bits(Type):
    """A set over ``labels``: bit ``i`` says whether ``labels[i]`` is a member.

    Both Python's ``Flag`` (a machine word) and ``Set`` (of objects or enum members) are stored so;
    ``population`` names the population whose objects the labels are, if they are objects.
    """

    name: str
    labels: tuple[str, ...]
    population: str | None = None

    @property
    def hi(self) -> int:
        return (1 << len(self.labels)) - 1

    def format(self, value: int) -> str:
        members = [label for i, label in enumerate(self.labels) if value >> i & 1]
        return "{" + ", ".join(members) + "}"

    def __str__(self) -> str:
        return self.name
