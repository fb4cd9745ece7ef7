"""The transition system: the one thing that every engine, exporter and renderer reads.

It is immutable data.  A state is a flat tuple of integers, one per cell; ``TransitionSystem.offset`` says where a
variable's cells begin.  An *edge* is a guard and a loop-free sequence of operations; nondeterminism is between edges
and in their parameters.  One edge under one binding of its parameters is an *action*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import Union

from ovlcheck.system.expr import Expr
from ovlcheck.system.formula import Requirement
from ovlcheck.system.types import AMPLE, Count, Type


@dataclass(frozen=True)
class Source:
    """A place in model code: what a reader is shown for a step."""

    file: str
    line: int
    function: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Variable:
    """A state variable: one cell, or an array of cells with one axis per entry of ``shape``.

    ``kind`` is ``shared`` (fields of the model and of objects), ``local`` (a process's local that lives across a step;
    its axis is the instance), ``pc`` (a process's position), ``held`` (a lock held by an instance),
    ``alive`` (which objects of a population are allocated) or ``ghost`` (a property's own).
    ``default`` is what every cell holds before the initial actions run.
    ``axes`` has for each axis the population whose slots index it, None if none does; it may be left out.
    """

    name: str
    type: Type
    shape: tuple[int, ...] = ()
    kind: str = "shared"
    process: str | None = None
    default: int = 0
    axes: tuple[str | None, ...] = ()

    @property
    def cells(self) -> int:
        return prod(self.shape)

    @property
    def bits(self) -> int:
        return self.cells * self.type.bits


@dataclass(frozen=True)
class Let:
    """Bind ``temp`` for the rest of the step.  Each temp is bound once on a path."""

    temp: str
    value: Expr


@dataclass(frozen=True)
class Assume:
    """The path exists only where ``condition`` holds."""

    condition: Expr


@dataclass(frozen=True)
class Assign:
    """Store ``value``.  A value outside the variable's type is a fault, or an overflow if it is a ``Count``."""

    variable: str
    index: tuple[Expr, ...]
    value: Expr
    source: Source | None = None


@dataclass(frozen=True)
class Check:
    """A violation of ``name`` unless ``condition`` holds.

    A ``fatal`` check (an ``assert``, misuse of a lock, no free object) ends the path: the step has no successor.
    The others (a property's) record the violation and go on, so that what lies behind is explored as well.
    """

    condition: Expr
    name: str
    message: str
    fatal: bool = True
    source: Source | None = None


@dataclass(frozen=True)
class Cover:
    """Record ``name`` as covered when ``condition`` holds: how vacuous properties are found."""

    name: str
    condition: Expr


@dataclass(frozen=True)
class Event:
    """The call or the return of a named function, with its arguments; ``phase`` is ``call`` or ``return``."""

    phase: str
    name: str
    arguments: tuple[tuple[str, Expr, Type | None], ...] = ()
    source: Source | None = None


Op = Union[Let, Assume, Assign, Check, Cover, Event]


@dataclass(frozen=True)
class Parameter:
    """Ranges over 0 .. size-1.  The instance of a process is the parameter ``self``."""

    name: str
    size: int
    type: Type | None = None


@dataclass(frozen=True)
class Edge:
    """All actions that one path through the code of one step gives.

    An edge of a process moves it from location ``origin`` to ``target``: it is enabled only where the process's pc is
    at ``origin``, and sets it to ``target`` after its operations.  Neither stands among ``ops``.
    A rule has no process and no locations.  ``lines`` are the lines that the path runs, for coverage.
    ``fairness`` is ``weak``, ``strong`` or ``none``.  ``calls`` is the stack of functions, outermost first.
    """

    name: str
    ops: tuple[Op, ...]
    source: Source
    process: str | None = None
    origin: int = 0
    target: int = 0
    parameters: tuple[Parameter, ...] = ()
    fairness: str = "weak"
    lines: tuple[Source, ...] = ()
    calls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Location:
    """A position of a process between two steps.

    ``rest``: the process is idle, finished, or a daemon waiting for work.  ``live`` are the locals that still matter.
    """

    name: str
    source: Source
    rest: bool = False
    live: tuple[str, ...] = ()


@dataclass(frozen=True)
class Process:
    """``instances`` copies of one piece of sequential code; ``pc`` names its variable (None if it has one location)."""

    name: str
    instances: int
    locations: tuple[Location, ...]
    pc: str | None
    daemon: bool = False


@dataclass(frozen=True)
class Population:
    """``size`` slots for objects; ``alive`` names the variable of allocated slots, None if all always are.

    ``interchangeable``: nothing but references and the axes of variables names objects, and no expression orders
    references or calculates with them, so that renaming objects maps steps to steps.
    """

    name: str
    size: int
    alive: str | None = None
    interchangeable: bool = False


@dataclass(frozen=True)
class Initial:
    """One family of initial states: the operations run from the state of defaults."""

    ops: tuple[Op, ...]
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class Invariant:
    """``condition`` must hold in every reachable state."""

    name: str
    condition: Expr
    message: str = ""


@dataclass(frozen=True)
class PropertyInfo:
    """A property as its author wrote it.

    ``kind`` is ``always``, ``event``, ``observer`` (with ghosts), ``unasked`` or ``behaviour``.  ``covers`` are
    the ``Cover`` names of which one must be met, else it is vacuous; a property without any is never vacuous.
    ``check`` is the name under which its violations are reported where that is not ``name``.
    """

    name: str
    kind: str
    doc: str
    source: Source | None = None
    covers: tuple[str, ...] = ()
    check: str | None = None


@dataclass(frozen=True)
class TransitionSystem:
    """A model at fixed constants, with the selected properties composed in.

    ``requirements`` are about whole behaviours: the liveness check reads them, a search of states does not.
    """

    name: str
    variables: tuple[Variable, ...]
    processes: tuple[Process, ...]
    edges: tuple[Edge, ...]
    initial: tuple[Initial, ...]
    populations: tuple[Population, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    covers: tuple[Cover, ...] = ()
    properties: tuple[PropertyInfo, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()
    steps: tuple[Source, ...] = ()
    optional_steps: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] = ()

    @cached_property
    def variable(self) -> dict[str, Variable]:
        return {v.name: v for v in self.variables}

    @cached_property
    def process(self) -> dict[str, Process]:
        return {p.name: p for p in self.processes}

    @cached_property
    def population(self) -> dict[str, Population]:
        return {p.name: p for p in self.populations}

    @cached_property
    def offset(self) -> dict[str, int]:
        """The first cell of each variable; the cells of an array follow in row-major order."""
        offsets, at = {}, 0
        for variable in self.variables:
            offsets[variable.name] = at
            at += variable.cells
        return offsets

    @cached_property
    def cells(self) -> int:
        return sum(v.cells for v in self.variables)

    @cached_property
    def bits(self) -> int:
        """Bits of a packed state."""
        return sum(v.bits for v in self.variables)

    def with_widths(self, widths: dict[str, int]) -> "TransitionSystem":
        """The same system with these widths for its ``Count`` variables."""
        variables = tuple(
            replace(v, type=Count(widths[v.name])) if v.name in widths else v for v in self.variables
        )
        return replace(self, variables=variables)

    def cell(self, variable: str, index: tuple[int, ...] = ()) -> int:
        """The number of a cell in a state: of ``variable`` at ``index``, which is in range."""
        at = 0
        for i, size in zip(index, self.variable[variable].shape, strict=True):
            at = at * size + i
        return self.offset[variable] + at

    def with_width(self, width: int = AMPLE) -> "TransitionSystem":
        """The same system with this width for every ``Count`` variable."""
        return self.with_widths({v.name: width for v in self.variables if isinstance(v.type, Count)})


def expressions(op: Op) -> tuple[Expr, ...]:
    """The expressions of an operation, in the order in which they are evaluated."""
    match op:
        case Let(_, value):
            return (value,)
        case Assume(condition) | Check(condition) | Cover(_, condition):
            return (condition,)
        case Assign(_, index, value):
            return (value, *index)
        case Event(_, _, arguments):
            return tuple(e for _, e, _ in arguments)
    raise TypeError(f"not an operation: {op!r}")


def map_expressions(op: Op, visit: Callable[[Expr], Expr]) -> Op:
    """``op`` with each of its expressions replaced by ``visit`` of it."""
    match op:
        case Let(_, value):
            return replace(op, value=visit(value))
        case Assume(condition) | Check(condition) | Cover(_, condition):
            return replace(op, condition=visit(condition))
        case Assign(_, index, value):
            return replace(op, index=tuple(visit(i) for i in index), value=visit(value))
        case Event(_, _, arguments):
            return replace(op, arguments=tuple((n, visit(e), t) for n, e, t in arguments))
    raise TypeError(f"not an operation: {op!r}")
