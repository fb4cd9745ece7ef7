"""What a search for any number of processes found, and the control states that prove it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ovlcheck.symbolic.boxes import Box, Numbers
from ovlcheck.symbolic.counter_abstraction import Row
from ovlcheck.symbolic.stepping import Quantity, Shared
from ovlcheck.system.transition_system import Edge, Source


@dataclass(frozen=True)
class Suspicion:
    """A violation in the abstraction: it may have no run.  ``run`` are the steps to it, as edges."""

    name: str
    message: str
    run: tuple[Edge, ...]
    source: Source | None = None


class ControlState(NamedTuple):
    """All states with these shared values whose bags are in ``box`` and give ``numbers``.

    ``shared`` has a value for each cell of the counted system.  That of a linked quantity is the part of the counter
    to which no row adds; cells of a row, of other quantities and of numbers of instances have their defaults.
    """

    shared: Shared
    numbers: Numbers
    box: Box


@dataclass(frozen=True)
class Reached:
    """Control states that together have every reachable state, if the search was complete.

    ``quantities`` are what ``numbers`` of a control state are of, ``row_values`` what the bits of a box's masks stand
    for, and ``weights`` says for each row what one instance there adds to each quantity.
    """

    quantities: tuple[Quantity, ...]
    row_values: tuple[Row, ...]
    weights: tuple[Numbers, ...]
    controls: tuple[ControlState, ...]


@dataclass(frozen=True)
class SymbolicResult:
    """What a search found.  ``complete``: nothing was left out; ``stopped`` says why it was, otherwise None.

    ``controls`` and ``rows`` count states of the control and rows of instances, ``transitions`` the steps between
    control states.  ``fired`` and ``covered`` may contain what no run takes or meets.  ``reached`` is there if the
    search was told to keep it.
    """

    complete: bool
    stopped: str | None
    controls: int
    rows: int
    transitions: int
    suspicions: dict[str, Suspicion]
    fired: frozenset[int]
    covered: frozenset[str]
    precision: int
    seconds: float
    equalities: tuple[tuple[Quantity, tuple[tuple[Row, int], ...], frozenset[int]], ...] = ()
    reached: Reached | None = None
