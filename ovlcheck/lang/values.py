"""What an expression of model code can be while it is compiled."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Union

from ovlcheck.lang.kinds import BOOL, NONE, EnumT, FlagT, IntT, Kind, flag_mask
from ovlcheck.lang.schema import PopulationInfo
from ovlcheck.lang.source import Function
from ovlcheck.system.expr import Const, Expr


@dataclass(frozen=True)
class Val:
    """A scalar with its expression."""

    kind: Kind
    expr: Expr


@dataclass(frozen=True)
class Place:
    """Something that can be assigned, or a whole array, record, list or lock."""

    kind: Kind
    variable: str
    index: tuple[Expr, ...] = ()


@dataclass(frozen=True)
class Py:
    """A Python value known at compile time that is no scalar of the language."""

    value: Any


@dataclass(frozen=True)
class Model:
    """``self`` of the model; ``after`` is the class after which ``super()`` looks up, if it came from there."""

    after: type | None = None


@dataclass(frozen=True)
class Ghosts:
    """``self`` of an observer."""

    cls: type


@dataclass(frozen=True)
class Objects:
    """All objects of a population."""

    population: PopulationInfo


@dataclass(frozen=True)
class Bound:
    """A function with the value that its first parameter takes."""

    function: Function
    receiver: "Value"
    cls: type | None = None


@dataclass(frozen=True)
class Method:
    """A built-in operation ``name`` of the place or value ``receiver`` (``add``, ``acquire``, ``inc``, …)."""

    receiver: "Value"
    name: str


@dataclass(frozen=True)
class Struct:
    """A record that lives in locals: its fields by name."""

    cls: type
    fields: tuple[tuple[str, "Value"], ...]


@dataclass(frozen=True)
class Many:
    """A tuple, list or range of values known one by one at compile time."""

    items: tuple["Value", ...]


Value = Union[Val, Place, Py, Model, Ghosts, Objects, Bound, Method, Struct, Many]


def constant(value: Any) -> Value:
    """A Python value as the language sees it."""
    if isinstance(value, bool):
        return Val(BOOL, Const(int(value)))
    if isinstance(value, enum.Flag):
        return Val(FlagT(type(value)), Const(flag_mask(value)))
    if isinstance(value, enum.Enum):
        return Val(EnumT(type(value)), Const(list(type(value)).index(value)))
    if isinstance(value, int):
        return Val(IntT(value, value), Const(value))
    if value is None:
        return Val(NONE, Const(0))
    if isinstance(value, (tuple, list, range)):
        return Many(tuple(constant(v) for v in value))
    return Py(value)
