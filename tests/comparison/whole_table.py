"""Every row of the kept tables again: some minutes, so not part of a plain test run.

pytest tests/comparison/whole_table.py
"""

from __future__ import annotations

import pytest

from docs.tables.__main__ import TABLES, kept
from docs.tables.claims import ROOT
from ovlcheck.comparison.against import differences
from tests.comparison.test_kept_table import again, table


@pytest.mark.parametrize("name", [name for name in TABLES if kept(name) is not None])
def test_the_table_is_as_it_was_kept(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    models = tuple(dict.fromkeys(row.model for row in table(name).rows))
    assert differences(table(name), again(models, name)) == []
