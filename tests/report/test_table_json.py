"""The kept form of a table: what is written is read again, and nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ovlcheck.errors import UsageError
from ovlcheck.report.table import Table
from ovlcheck.report.table_json import dumps, load, to_json
from tests.report.tables import SAMPLE


def without_texts(table: Table) -> Table:
    rows = tuple(
        replace(row, cells={key: replace(cell, text="") for key, cell in row.cells.items()})
        for row in table.rows
    )
    return replace(table, rows=rows)


def test_what_is_written_is_read_again_but_for_the_texts_of_traces(tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    file.write_text(dumps(SAMPLE), encoding="utf-8")
    assert load(file) == without_texts(SAMPLE)


def test_the_schema_is_named_and_every_cell_says_where_it_was_looked_at() -> None:
    data = to_json(SAMPLE)
    assert (data["schema"], data["exit_code"]) == ("ovlcheck-compare/1", 3)
    cell = data["rows"][0]["cells"]["it_returns (weak fairness)"]
    assert (cell["mark"], cell["constants"], cell["fairness"]) == (
        "✗7∞",
        {"calls": "none"},
        ("weak: syncer",),
    )
    assert data["rows"][0]["cells"]["nothing_is_lost"]["trace"] == "first.nothing_is_lost.json"
    assert "text" not in cell


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cut short"),
        ("[]", "schema is None"),
        ('{"schema": "ovlcheck/1"}', "schema is 'ovlcheck/1'"),
        ('{"schema": "ovlcheck-compare/1"}', "'configuration' is missing"),
    ],
)
def test_what_is_no_kept_table_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "table.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=says):
        load(file)


def test_a_kept_table_with_a_wrong_value_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    for spoil in (
        lambda data: data["rows"][0]["cells"]["nothing_is_lost"].update(verdict="perhaps"),
        lambda data: data["rows"][0]["cells"]["nothing_is_lost"].update(colour="red"),
        lambda data: data["rows"][0].update(model=3),
        lambda data: data.update(rows=[None]),
        lambda data: data["properties"][0].pop("short"),
    ):
        data = json.loads(dumps(SAMPLE))
        spoil(data)
        file.write_text(json.dumps(data))
        with pytest.raises(UsageError, match="not a kept table"):
            load(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        load(tmp_path / "nowhere")
