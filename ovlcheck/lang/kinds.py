"""The compiler's types: what the front end knows about a value and the transition system no longer needs."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Union

from ovlcheck.system import types as st


@dataclass(frozen=True)
class BoolT:
    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True)
class IntT:
    lo: int
    hi: int

    def __str__(self) -> str:
        return f"Int[{self.lo}, {self.hi}]"


@dataclass(frozen=True)
class CountT:
    def __str__(self) -> str:
        return "Refcount"


@dataclass(frozen=True)
class EnumT:
    cls: type[enum.Enum]

    def __str__(self) -> str:
        return self.cls.__name__


@dataclass(frozen=True)
class FlagT:
    cls: type[enum.Flag]

    def __str__(self) -> str:
        return self.cls.__name__


@dataclass(frozen=True)
class RefT:
    """A reference into the population called ``population``; ``""`` is the type of ``None`` alone."""

    population: str
    size: int
    nullable: bool = True

    def __str__(self) -> str:
        return self.population or "None"


@dataclass(frozen=True)
class SetT:
    """``element`` is a RefT or an EnumT; None for the empty display, which fits every set."""

    element: Union[RefT, EnumT, None]

    def __str__(self) -> str:
        return f"Set[{self.element}]"


@dataclass(frozen=True)
class ListT:
    element: "Kind"
    capacity: int

    def __str__(self) -> str:
        return f"List[{self.element}, {self.capacity}]"


@dataclass(frozen=True)
class ArrayT:
    """``index`` is the kind of its indices."""

    element: "Kind"
    size: int
    index: "Kind"

    def __str__(self) -> str:
        return f"Array[{self.element}, {self.size}]"


@dataclass(frozen=True)
class RecordT:
    cls: type
    fields: tuple[tuple[str, "Kind"], ...]

    def __str__(self) -> str:
        return self.cls.__name__


@dataclass(frozen=True)
class LockT:
    """``kind`` is ``SpinLock``, ``Mutex`` or ``RwSemaphore``."""

    kind: str

    def __str__(self) -> str:
        return self.kind


Kind = Union[BoolT, IntT, CountT, EnumT, FlagT, RefT, SetT, ListT, ArrayT, RecordT, LockT]

BOOL = BoolT()
NONE = RefT("", 0)
SCALARS = (BoolT, IntT, CountT, EnumT, FlagT, RefT, SetT)

# How far a Refcount may count in arithmetic: far beyond any width, far inside 64 bits.
COUNT_LIMIT = 1 << 31


# A set is one machine word.
MOST_ELEMENTS = 62

# Far more tasks than any search can tell apart; each of them is a row of cells.
MOST_INSTANCES = 1000


def flag_members(cls: type[enum.Flag]) -> tuple[enum.Flag, ...]:
    """The single-bit members in the order of their definition (``Flag`` iterates over these alone)."""
    return tuple(cls)


def flag_mask(value: enum.Flag) -> int:
    """The set of bits that ``value`` stands for, bit ``i`` being the ``i``-th single-bit member."""
    return sum(1 << i for i, m in enumerate(flag_members(type(value))) if m.value & value.value)


def set_labels(element: Union[RefT, EnumT]) -> tuple[str, ...]:
    if isinstance(element, RefT):
        return tuple(f"{element.population}{i}" for i in range(element.size))
    return tuple(str(m.name) for m in element.cls)


def set_size(kind: Kind) -> int:
    """How many elements a value of this set or flag kind can have."""
    match kind:
        case FlagT(cls):
            return len(flag_members(cls))
        case SetT(element):
            return len(set_labels(element)) if element else 0
    raise TypeError(f"{kind} has no elements")


def system_type(kind: Kind) -> st.Type:
    """The transition system's type of a scalar kind."""
    match kind:
        case BoolT():
            return st.Bool()
        case IntT(lo, hi):
            return st.Int(lo, hi)
        case CountT():
            return st.Count(1)
        case EnumT(cls):
            return st.Enum(cls.__name__, tuple(m.name for m in cls))
        case FlagT(cls):
            return st.Bits(cls.__name__, tuple(str(m.name) for m in flag_members(cls)))
        case RefT(population, size):
            return st.Ref(population, size)
        case SetT(element):
            of = element.population if isinstance(element, RefT) else None
            return st.Bits(str(kind), set_labels(element) if element is not None else (), of)
    raise TypeError(f"{kind} has no single cell")


def default_value(kind: Kind) -> int:
    """What a cell holds where nothing was written: 0 where the domain has it, else its least value."""
    if isinstance(kind, IntT) and not kind.lo <= 0 <= kind.hi:
        return kind.lo
    return 0


def interval(kind: Kind) -> tuple[int, int]:
    """The least and the greatest integer of a kind that has arithmetic."""
    match kind:
        case BoolT():
            return 0, 1
        case IntT(lo, hi):
            return lo, hi
        case CountT():
            return 0, COUNT_LIMIT
    raise TypeError(f"{kind} has no arithmetic")


def is_number(kind: Any) -> bool:
    return isinstance(kind, (BoolT, IntT, CountT))


def join(a: Kind, b: Kind) -> Kind | None:
    """A kind that holds the values of both, or None."""
    if a == b:
        return a
    if isinstance(a, RefT) and isinstance(b, RefT):
        if a.population == b.population or not b.population:
            return RefT(a.population, a.size)
        return RefT(b.population, b.size) if not a.population else None
    if isinstance(a, SetT) and isinstance(b, SetT):
        if a.element is None or b.element is None:
            return b if a.element is None else a
        element = join(a.element, b.element)
        return SetT(element) if isinstance(element, RefT) else None
    if isinstance(a, BoolT) or isinstance(b, BoolT):
        return None
    if is_number(a) and is_number(b):
        (alo, ahi), (blo, bhi) = interval(a), interval(b)
        return IntT(min(alo, blo), max(ahi, bhi))
    return None
