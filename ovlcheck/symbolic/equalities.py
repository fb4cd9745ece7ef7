"""What counters are equal to: linear equalities over who stands where and what refers to what.

The affine hull of reachable states (M. Karr, Affine relationships among variables of a program, 1976; M. Müller-Olm,
H. Seidl, Precise interprocedural analysis through linear algebra, 2004), over *features* of a state: how many instances
of a process stand at a position with such locals, whether a reference names an object, whether a set has a member.
The hull of a sample is an upper bound of no use by itself; what it suggests is proved afterwards (``refcount_bounds``).

The equations are solved modulo a prime and then checked in exact integers on every state of the sample.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ovlcheck.system.action import State
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import TransitionSystem, Variable
from ovlcheck.system.types import Bits, Bool, Count, Enum, Ref

PRIME = (1 << 31) - 1
"""Coefficients are small: a solution modulo this prime is that of the rationals, or fails the check."""

_MOST_FACTOR = 1000

Index = tuple[int, ...]


@dataclass(frozen=True)
class AtRow:
    """How many instances of ``process`` are at ``location`` with these values of its locals."""

    process: str
    location: int
    values: tuple[tuple[str, Index, int], ...] = ()


@dataclass(frozen=True)
class Holds:
    """Whether a cell has the value, or, of a set, the member with this number."""

    variable: str
    index: Index
    value: int
    member: bool = False


@dataclass(frozen=True)
class One:
    """The constant."""


Feature = AtRow | Holds | One


@dataclass(frozen=True)
class Equality:
    """``variable[index]`` is the sum of ``terms``: features with their factors."""

    variable: str
    index: Index
    terms: tuple[tuple[Feature, int], ...]


def sample(system: TransitionSystem, *, states: int = 4000, runs: int = 60, steps: int = 250) -> list[State]:
    """Reachable states: the first ones of a breadth-first search, and those of random runs, the same every time.

    ``system`` has counters that are wide enough; raises ``CountOverflow``.
    """
    semantics = Semantics(system)
    found = dict.fromkeys(semantics.initial_states())
    queue = list(found)
    for state in queue:
        if len(found) >= states:
            break
        for outcome in semantics.successors(state):
            if outcome.state is not None and outcome.state not in found:
                found[outcome.state] = None
                queue.append(outcome.state)
    chance = random.Random(0)
    first = semantics.initial_states()
    for _ in range(runs if first else 0):
        state = chance.choice(first)
        for _ in range(steps):
            after = [o.state for o in semantics.successors(state) if o.state is not None]
            if not after:
                break
            state = chance.choice(after)
            found[state] = None
    return list(found)


class Features:
    """The features that some state of a sample has, those that explain best first."""

    def __init__(self, system: TransitionSystem, states: Sequence[State]) -> None:
        self._system = system
        self._rows: dict[str, Callable[[State, int], AtRow]] = {
            p.name: self._row(p.name) for p in system.processes
        }
        resting: set[Feature] = set()
        rows: dict[Feature, None] = {}
        shared: dict[Feature, None] = {}
        start = states[0] if states else ()
        for process in system.processes:
            if states:
                resting.add(self._rows[process.name](start, 0))
        for state in states:
            rows.update(dict.fromkeys(self._rows_in(state)))
            shared.update(dict.fromkeys(self._shared_in(state)))
        self.rows: frozenset[AtRow] = frozenset(r for r in rows if isinstance(r, AtRow))
        self.all: tuple[Feature, ...] = (
            *(r for r in rows if r not in resting),
            *shared,
            One(),
        )
        self._number = {feature: i for i, feature in enumerate(self.all)}

    def vector(self, state: State) -> list[int]:
        """The values of all features in ``state``."""
        values = [0] * len(self.all)
        found: tuple[Feature, ...] = (*self._rows_in(state), *self._shared_in(state), One())
        for feature in found:
            at = self._number.get(feature)
            if at is not None:
                values[at] += 1
        return values

    def _rows_in(self, state: State) -> Iterator[AtRow]:
        for process in self._system.processes:
            for instance in range(process.instances):
                yield self._rows[process.name](state, instance)

    def _row(self, name: str) -> Callable[[State, int], AtRow]:
        system = self._system
        process = system.process[name]
        pc = None if process.pc is None else system.offset[process.pc]
        locals_ = [v for v in system.variables if v.process == name and v.kind == "local" and _telling(v)]

        def row(state: State, instance: int) -> AtRow:
            location = 0 if pc is None else state[pc + instance]
            live = process.locations[location].live if process.locations else ()
            values = []
            for variable in locals_:
                if variable.name in live and variable.shape[:1] == (process.instances,):
                    each = variable.cells // process.instances
                    first = system.offset[variable.name] + instance * each
                    for at, index in enumerate(product(*map(range, variable.shape[1:]))):
                        values.append((variable.name, index, state[first + at]))
            return AtRow(name, location, tuple(values))

        return row

    def _shared_in(self, state: State) -> Iterator[Holds]:
        system = self._system
        for variable in system.variables:
            if variable.kind not in ("shared", "alive") or isinstance(variable.type, Count):
                continue
            first = system.offset[variable.name]
            for at, index in enumerate(product(*map(range, variable.shape))):
                value = state[first + at]
                if isinstance(variable.type, Bits):
                    for bit in range(len(variable.type.labels)):
                        if value >> bit & 1:
                            yield Holds(variable.name, index, bit, True)
                elif isinstance(variable.type, Ref | Bool | Enum) and value:
                    yield Holds(variable.name, index, value)


def _telling(variable: Variable) -> bool:
    return isinstance(variable.type, Ref | Bool | Enum)


def equalities(system: TransitionSystem, states: Sequence[State]) -> list[Equality]:
    """For each counter of ``system``, shared or of an object, what it is equal to in all ``states``, if anything."""
    features = Features(system, states)
    counters = [
        (variable.name, index, system.offset[variable.name] + at)
        for variable in system.variables
        if isinstance(variable.type, Count) and variable.process is None
        for at, index in enumerate(product(*map(range, variable.shape)))
    ]
    if not states or not counters:
        return []
    matrix = np.array([features.vector(s) for s in states], dtype=np.int64)
    targets = np.array([[s[cell] for _, _, cell in counters] for s in states], dtype=np.int64)
    found = []
    for (name, index, _), solution in zip(counters, solve(matrix, targets), strict=True):
        if solution is not None:
            terms = tuple((f, x) for f, x in zip(features.all, solution, strict=True) if x)
            found.append(Equality(name, index, terms))
    return found


def solve(matrix: NDArray[np.int64], targets: NDArray[np.int64]) -> list[list[int] | None]:
    """For each column t of ``targets``: integers x with ``matrix`` times x equal to t, None if there are none.

    x is zero where the columns before suffice.
    """
    width = matrix.shape[1]
    rows = np.unique(np.column_stack([matrix, targets]), axis=0) % PRIME
    pivots: list[int] = []
    for column in range(width):
        at = len(pivots)
        nonzero = np.flatnonzero(rows[at:, column])
        if not len(nonzero):
            continue
        chosen = at + int(nonzero[0])
        rows[[at, chosen]] = rows[[chosen, at]]
        rows[at] = rows[at] * pow(int(rows[at, column]), -1, PRIME) % PRIME
        others = np.flatnonzero(rows[:, column])
        others = others[others != at]
        rows[others] = (rows[others] - rows[others, column][:, None] * rows[at][None, :]) % PRIME
        pivots.append(column)
    answers: list[list[int] | None] = []
    for number in range(targets.shape[1]):
        column = width + number
        if rows[len(pivots) :, column].any():
            answers.append(None)
            continue
        solution = np.zeros(width, dtype=np.int64)
        for at, pivot in enumerate(pivots):
            residue = int(rows[at, column])
            solution[pivot] = residue if residue <= PRIME // 2 else residue - PRIME
        small = bool((np.abs(solution) <= _MOST_FACTOR).all())
        fits = small and bool((matrix @ solution == targets[:, number]).all())
        answers.append([int(x) for x in solution] if fits else None)
    return answers


def rows_seen(system: TransitionSystem, states: Sequence[State]) -> frozenset[AtRow]:
    """Every row at which some instance stands in one of ``states``."""
    return frozenset(f for f in Features(system, states).rows)
