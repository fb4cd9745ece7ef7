"""The rows of ``test_verdicts`` with any number of calls: minutes, so not part of a plain test run.

Run it with: pytest tests/models/default_configuration.py
"""

from __future__ import annotations

import pytest

from tests.models.verdicts import ROWS, Row, shipped, violated


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_design_breaks_exactly_these_properties(row: Row) -> None:
    assert violated(shipped(row.model), row.settings) == row.violated
