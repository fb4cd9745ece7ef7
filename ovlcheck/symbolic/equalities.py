"""What counters are equal to: linear equalities over who stands where and what refers to what.

The affine hull of reachable states (M. Karr, Affine relationships among variables of a program, 1976; M. Müller-Olm,
H. Seidl, Precise interprocedural analysis through linear algebra, 2004), over the ``features`` of a state.  A candidate
is solved for in a few of the states, modulo a prime, and tried out on all of them in exact integers; those that
refute it join the few.  That every step keeps it is proved afterwards (``refcount_bounds``).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ovlcheck.symbolic.features import Feature, Index, States, closest_first, column, features_of
from ovlcheck.system.counters import counters_of
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import TransitionSystem

PRIME = (1 << 31) - 1
"""Coefficients are small: a solution modulo this prime is that of the rationals, or fails when it is tried out."""

_MOST_FACTOR = 1000

_FIRST = 400
"""States that a first candidate is solved for in."""

_MOST = 6000
"""States that a candidate is solved for in before there is taken to be none."""

_REFUTING = 40
"""States that refute a candidate and are remembered, each time."""


@dataclass(frozen=True)
class Equality:
    """``variable[index]`` is the sum of ``terms``: features with their factors."""

    variable: str
    index: Index
    terms: tuple[tuple[Feature, int], ...]


def sample(system: TransitionSystem, *, states: int = 4000, runs: int = 60, steps: int = 250) -> States:
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
    else:
        runs = 0  # there are no others to meet
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
    return np.array(list(found), dtype=np.int64).reshape(-1, system.cells)


def equalities(system: TransitionSystem, states: States) -> list[Equality]:
    """For each counter of ``system`` what it is equal to in all ``states``, if anything."""
    if not len(states):
        return []
    features = features_of(system, states)
    found = []
    for name, index in counters_of(system):
        ordered = closest_first(system, features, name)
        terms = _sum(system, states, ordered, states[:, system.cell(name, index)])
        if terms is not None:
            found.append(Equality(name, index, terms))
    return found


def total(
    system: TransitionSystem, terms: Sequence[tuple[Feature, int]], states: States
) -> NDArray[np.int64]:
    """The sum of ``terms`` in each of ``states``."""
    values = np.zeros(len(states), dtype=np.int64)
    for feature, factor in terms:
        values += factor * column(system, feature, states)
    return values


def spread(count: int, most: int) -> NDArray[np.intp]:
    """At most ``most`` of the numbers below ``count``: half of them the first ones, the others anywhere."""
    if count <= most:
        return np.arange(count)
    first = most // 2
    return np.concatenate([np.arange(first), np.linspace(first, count - 1, most - first).astype(np.intp)])


def _sum(
    system: TransitionSystem, states: States, features: Sequence[Feature], counter: States
) -> tuple[tuple[Feature, int], ...] | None:
    """What ``counter`` is the sum of in all ``states``, with no feature that those before make superfluous."""
    chosen = spread(len(states), _FIRST)
    while True:
        few = states[chosen]
        matrix = np.stack([column(system, feature, few) for feature in features], axis=1)
        (solution,) = solve(matrix, counter[chosen].astype(np.int64).reshape(-1, 1))
        if solution is None:
            # Too few states may ask for fractions where more of them do not.
            if len(chosen) >= min(len(states), _MOST):
                return None
            chosen = spread(len(states), min(4 * len(chosen), _MOST))
            continue
        terms = tuple((f, x) for f, x in zip(features, solution, strict=True) if x)
        wrong = np.flatnonzero(total(system, terms, states) != counter)
        if not len(wrong):
            return terms
        chosen = np.concatenate([chosen, wrong[spread(len(wrong), _REFUTING)]])


def solve(matrix: NDArray[np.int64], targets: NDArray[np.int64]) -> list[list[int] | None]:
    """For each column t of ``targets``: integers x with ``matrix`` times x equal to t, None if there are none.

    x is zero where the columns before suffice.
    """
    width = matrix.shape[1]
    rows = np.unique(np.column_stack([matrix, targets]), axis=0) % PRIME
    pivots: list[int] = []
    for column_ in range(width):
        at = len(pivots)
        nonzero = np.flatnonzero(rows[at:, column_])
        if not len(nonzero):
            continue
        chosen = at + int(nonzero[0])
        rows[[at, chosen]] = rows[[chosen, at]]
        rows[at] = rows[at] * pow(int(rows[at, column_]), -1, PRIME) % PRIME
        others = np.flatnonzero(rows[:, column_])
        others = others[others != at]
        rows[others] = (rows[others] - rows[others, column_][:, None] * rows[at][None, :]) % PRIME
        pivots.append(column_)
    answers: list[list[int] | None] = []
    for number in range(targets.shape[1]):
        column_ = width + number
        if rows[len(pivots) :, column_].any():
            answers.append(None)
            continue
        solution = np.zeros(width, dtype=np.int64)
        for at, pivot in enumerate(pivots):
            residue = int(rows[at, column_])
            solution[pivot] = residue if residue <= PRIME // 2 else residue - PRIME
        small = bool((np.abs(solution) <= _MOST_FACTOR).all())
        fits = small and bool((matrix @ solution == targets[:, number]).all())
        answers.append([int(x) for x in solution] if fits else None)
    return answers
