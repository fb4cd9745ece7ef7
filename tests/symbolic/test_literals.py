"""Cubes are true nowhere, however few places were looked at first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from ovlcheck.symbolic import literals
from ovlcheck.symbolic.literals import Table
from ovlcheck.system.action import State


@dataclass(frozen=True)
class Cell:
    """That a cell of the state is not 0."""

    number: int

    @property
    def about(self) -> z3.BoolRef:
        return z3.Bool(f"cell {self.number}")

    @property
    def cells(self) -> tuple[int, ...]:
        return (self.number,)

    def true_in(self, state: State) -> bool:
        return bool(state[self.number])


def table(rows: list[list[bool]]) -> tuple[Table, np.ndarray]:
    """The statements of 5 cells, and of their values in each of ``rows``."""
    known = np.array(rows, dtype=bool).reshape(-1, 5)
    return Table([Cell(n) for n in range(5)], iter(known.T), len(known)), known


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), max_size=60), st.integers(1, 4))
def test_a_cube_is_true_nowhere_and_there_is_none_only_where_everything_is_true(
    rows: list[list[bool]], few: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(literals, "_FEW", few)
        patch.setattr(literals, "_REFUTING", 2)
        made, known = table(rows)
        for among in ([0, 1, 2, 3, 4], [1, 3], [2]):
            cube = made.cube(among)
            everywhere = bool(known[:, among].all(axis=1).any())
            assert (cube is None) == everywhere
            if cube is not None:
                assert set(cube) <= set(among)
                assert not known[:, list(cube)].all(axis=1).any()
                assert all(a < b for a, b in pairwise(cube))


def test_without_known_places_nothing_is_needed_to_be_true_nowhere() -> None:
    made, _ = table([])
    assert made.cube([0]) == ()
    assert made.cube([]) is None
