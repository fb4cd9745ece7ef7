"""What counters are never below and never above, where they are no sum: linear inequalities over the same features.

The tightest ones, in the sense of the least slack over some of the states, whose factors are small natural numbers:
a linear program over a few states, to which those that refute its solution are added until none does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import z3
from numpy.typing import NDArray

from ovlcheck.symbolic.equalities import spread, total
from ovlcheck.symbolic.features import (
    Feature,
    Index,
    One,
    States,
    closest_first,
    column,
    features_of,
)
from ovlcheck.system.transition_system import TransitionSystem

_MOST_FACTOR = 4

_MOST_FEATURES = 60
"""Features that are tried, those first that are likely to be counted."""

_STATES = 150
_REFUTING = 20
_MILLISECONDS = 60_000

Sum = tuple[tuple[Feature, int], ...]


def least_above(system: TransitionSystem, states: States, counter: str, index: Index) -> Sum | None:
    """The tightest sum that the counter exceeds in none of ``states``; None if there is none that says anything."""
    return _tightest(system, states, counter, index, 1)


def greatest_below(system: TransitionSystem, states: States, counter: str, index: Index) -> Sum | None:
    """The tightest sum that exceeds the counter in none of ``states``; None if it is nothing but 0."""
    return _tightest(system, states, counter, index, -1)


def _tightest(system: TransitionSystem, states: States, counter: str, index: Index, side: int) -> Sum | None:
    if not len(states):
        return None
    values = states[:, system.cell(counter, index)].astype(np.int64)
    everything = closest_first(system, features_of(system, states), counter)
    features = (*[f for f in everything if not isinstance(f, One)][:_MOST_FEATURES], One())
    chosen = spread(len(states), _STATES)
    while True:
        few = states[chosen]
        matrix = np.stack([column(system, f, few) for f in features], axis=1)
        factors = _program(matrix, values[chosen], side)
        if factors is None:
            return None
        terms = tuple((f, x) for f, x in zip(features, factors, strict=True) if x)
        wrong = np.flatnonzero(side * (total(system, terms, states) - values) < 0)
        if not len(wrong):
            return terms if any(not isinstance(f, One) for f, _ in terms) else None
        chosen = np.concatenate([chosen, wrong[spread(len(wrong), _REFUTING)]])


def _program(matrix: NDArray[np.int64], values: NDArray[np.int64], side: int) -> Sequence[int] | None:
    """Factors with the least slack over the rows, and of these the smallest; None if there are none."""
    rows, counts = np.unique(np.column_stack([matrix, values]), axis=0, return_counts=True)
    factors = [z3.Int(f"x{i}") for i in range(matrix.shape[1])]
    search = z3.Optimize()
    search.set("timeout", _MILLISECONDS)
    search.add([z3.And(x >= 0, x <= _MOST_FACTOR) for x in factors])
    slack = []
    for row, count in zip(rows, counts, strict=True):
        left = z3.Sum([z3.IntVal(0), *(int(n) * x for n, x in zip(row[:-1], factors, strict=True) if n)])
        search.add(left >= int(row[-1]) if side > 0 else left <= int(row[-1]))
        slack.append(int(count) * side * (left - int(row[-1])))
    search.minimize(z3.Sum(slack))
    search.minimize(z3.Sum(factors))
    if search.check() != z3.sat:
        return None
    model = search.model()
    return [model.eval(x, model_completion=True).as_long() for x in factors]
