"""Every state that some number of instances reaches is in a control state of the search: its shared values, its
numbers, and its bag of rows.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import Limits, WidthOverflow
from ovlcheck.symbolic.boxes import Box, Numbers, least
from ovlcheck.symbolic.counter_abstraction import Counted, Row, for_any_number
from ovlcheck.symbolic.symbolic_result import Reached, SymbolicResult
from ovlcheck.symbolic.symbolic_search import search
from ovlcheck.system.action import State
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import TransitionSystem
from tests.examples import examples
from tests.symbolic.bags import bags
from tests.symbolic.parameterised import Family, any_number, last_one_frees, locked, permits, two_counts
from tests.symbolic.random_families import RandomFamily, families
from tests.symbolic.small_systems import reached as states_of

MOST = 400


def in_box(box: Box, there: Counter[int]) -> bool:
    may = sum(1 << row for row in there)
    many = sum(1 << row for row, number in there.items() if number > 1)
    return not may & ~box.may and not many & ~box.many and all(may & clause for clause in box.clauses)


def gives(numbers: Numbers, totals: list[int]) -> bool:
    return all(n == c if c >= 0 else n >= least(c) for n, c in zip(totals, numbers, strict=True))


def described(found: Reached, counted: Counted, named: TransitionSystem, state: State) -> bool:
    """Whether some control state has ``state``, whose instances have names."""
    shared, rows = bags(counted, named, state)
    numbered: dict[Row, int] = {row: number for number, row in enumerate(found.row_values)}
    if not rows.keys() <= numbered.keys():
        return False
    there = Counter({numbered[row]: number for row, number in rows.items()})
    totals = [
        sum(found.weights[row][at] * n for row, n in there.items()) for at in range(len(found.quantities))
    ]
    rest = list(shared)
    for at, quantity in enumerate(found.quantities):
        if quantity.linked:
            rest[quantity.cell] -= totals[at]
    return any(
        control.shared == tuple(rest) and gives(control.numbers, totals) and in_box(control.box, there)
        for control in found.controls
    )


def held_against(result: SymbolicResult, counted: Counted, named: TransitionSystem) -> None:
    """A complete search has the states of ``named``, and whatever happens in it."""
    assert result.reached is not None
    semantics = Semantics(named)
    for state in states_of(semantics, MOST):
        assert described(result.reached, counted, named, state)
    explicit = Reference().search(named, limits=Limits(states=MOST))
    assert {v.name for v in explicit.violations} - {"deadlock"} <= result.suspicions.keys()
    assert explicit.fired <= result.fired
    assert explicit.covered <= result.covered


@pytest.mark.parametrize("precision", [0, 1, 2])
@pytest.mark.parametrize(
    "family", [locked(), locked(False), last_one_frees(True), permits(2), two_counts()],
    ids=["locked", "unlocked", "last_one_frees", "permits", "two_counts"],
)  # fmt: skip
def test_every_state_of_given_numbers_is_in_a_control_state(family: Family, precision: int) -> None:
    counted = any_number(family)
    result = search(counted, precision=precision, keep=True)
    assert result.complete
    for tasks in (1, 2, 3, 4):
        held_against(result, counted, family(tasks))


@settings(max_examples=examples(25, 300))
@given(families())
def test_a_random_system_of_any_number_has_every_state_of_each_number(family: RandomFamily) -> None:
    helpers = len(family.sizes) > 1

    def build(numbers: dict[str, int]) -> TransitionSystem:
        return family.build((numbers["tasks"], numbers.get("helpers", 0)))

    counted = for_any_number(lambda numbers: build(dict(numbers)), family.sizes)
    for precision in (0, 1):
        result = search(counted, precision=precision, most_controls=MOST, keep=True)
        if not result.complete:
            continue
        for numbers in [(1, 1), (2, 1), (1, 2), (3, 2)] if helpers else [(1, 0), (2, 0), (3, 0), (4, 0)]:
            try:
                held_against(result, counted, family.build(numbers))
            except WidthOverflow:  # a counter that only grows
                return
