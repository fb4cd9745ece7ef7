"""Which columns there are, what they are called, and in which constants behaviours are looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.comparison.columns import SHORT, choose_columns, columns_of, scene
from ovlcheck.errors import UsageError
from ovlcheck.lang.loading import load_properties
from ovlcheck.report.table import Column

ROOT = Path(__file__).parents[2]
COLUMNS = columns_of(load_properties([ROOT / "properties"]))


def test_every_shipped_property_has_its_short_name() -> None:
    assert {column.name for column in COLUMNS} == set(SHORT)
    assert [column.short for column in COLUMNS] == (
        ["P1", "P1T", "P2", "P3", "P4", "P4s", "P5", "P6", "P7", "P8", "P9a", "P9b", "P10", "P11", "P12w", "P12", "P13"]
    )


def test_a_property_that_asks_for_strong_fairness_is_there_without_it_as_well() -> None:
    weak, strong = (column for column in COLUMNS if column.name == "syncfs_terminates")
    assert (weak.fairness, strong.fairness) == ("weak", "strong")
    assert weak.title == "syncfs_terminates, weak fairness"
    assert weak.key != strong.key == "syncfs_terminates"


def test_other_properties_come_last_and_are_numbered(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from ovlcheck import always\n\n\n@always\ndef mine(fs):\n    return True\n")
    columns = columns_of(load_properties([file, ROOT / "properties"]))
    assert [(c.short, c.name) for c in columns if c.name not in SHORT] == [("X1", "mine")]
    assert columns[-1].name == "mine"


def test_columns_are_chosen_by_short_and_by_full_names() -> None:
    chosen = choose_columns(COLUMNS, ("P3", "syncfs_terminates"))
    assert [column.short for column in chosen] == ["P3", "P12w", "P12"]
    assert choose_columns(COLUMNS, ()) == COLUMNS


def test_a_name_that_nobody_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'syncfs_is_durable'"):
        choose_columns(COLUMNS, ("syncfs_is_durabel",))


def test_behaviours_are_looked_at_with_any_number_of_calls_unless_the_user_says_otherwise() -> None:
    behaviour = Column("P4", "p", "p", behaviour=True)
    assert scene([behaviour], ("calls", "readers", "tasks"), {}) == {"calls": "none", "readers": "0"}
    assert scene([behaviour], ("calls", "readers"), {"calls": "1"}) == {"readers": "0"}
    assert scene([Column("P1", "p", "p")], ("calls", "readers"), {}) == {}
