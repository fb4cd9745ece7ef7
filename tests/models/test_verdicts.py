"""Every shipped design breaks exactly the properties it should, each user task making each call at most once."""

from __future__ import annotations

import pytest

from tests.models.verdicts import ROWS, Row, shipped, violated


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_design_breaks_exactly_these_properties(row: Row) -> None:
    assert violated(shipped(row.model), f"calls=1 {row.settings}") == row.violated
