"""One search and its cells: what is left for slices, what is looked at in other constants, and what does not apply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ovlcheck.comparison import job as jobs
from ovlcheck.comparison.columns import columns_of
from ovlcheck.comparison.job import Job, work_on
from ovlcheck.lang.loading import load_properties
from ovlcheck.prepare import Options
from ovlcheck.report.table import Cell, Column

MODEL = '''
"""A light that users switch."""

from ovlcheck import Constant, Int, System, daemon, idle, process, rule


class Light(System):
    calls = Constant(1, "how often a user switches it; none: any number")
    expected_violations = ("goes_out",)
    on: bool
    switched: Int[0, 2]
    configurations = {"small": {"calls": 1}}

    @process(instances=2)
    def user(self):
        while self.calls is None or self.switched < self.calls:
            idle()
            self.switch()

    def switch(self):
        self.on = not self.on
        if self.switched < 2:
            self.switched += 1
'''

PROPERTIES = '''
from ovlcheck import Int, Observer, after, always, behaviour, leads_to


@always
def is_dark(fs):
    """Nobody has switched it on."""
    return not fs.on


@always
def counts(fs):
    return fs.switched <= 2


class is_watched(Observer):
    """A ghost of its own."""

    seen: Int[0, 3]

    @after("switch")
    def look(self, fs):
        self.seen = min(self.seen + 1, 3)

    @always
    def few(self, fs):
        return self.seen < 4


@after("explode")
def never(fs):
    return False


@behaviour(on_request=True)
def goes_out(fs):
    """It goes out again."""
    return leads_to(fs.on, not fs.on)


@behaviour(strong="user")
def goes_out_strongly(fs):
    return leads_to(fs.on, not fs.on)
'''


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "light.py").write_text(MODEL)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "all.py").write_text(PROPERTIES)
    return tmp_path / "light.py"


def columns(model: Path) -> dict[str, Column]:
    return {column.key: column for column in columns_of(load_properties([model.parent / "own"]))}


def job(model: Path, *keys: str, **constants: str) -> Job:
    known = columns(model)
    options = Options(property_paths=(model.parent / "own",), constants=constants, config="small", engine="reference")
    return Job(model, options, tuple(known[key] for key in keys))


def marks(cells: Sequence[tuple[str, Cell]]) -> dict[str, str]:
    return {key: cell.mark for key, cell in cells}


def test_a_small_model_is_searched_once_for_all_properties(model: Path) -> None:
    answer = work_on(job(model, "is_dark", "counts", "is_watched", "never"))
    assert answer.todo == ()
    assert marks([*answer.row.cells.items()])["is_dark"].startswith("✗")
    assert {answer.row.cells[key].mark for key in ("counts", "is_watched")} == {"✓"}
    assert not answer.row.cells["never"].applies
    assert answer.contains == "calls=1"


def test_of_a_large_model_what_is_open_is_left_to_slices(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = work_on(job(model, "is_dark", "counts", "is_watched"))
    states = whole.row.cells["counts"].states
    monkeypatch.setattr(jobs, "TOGETHER", states - 1)
    first = work_on(job(model, "is_dark", "counts", "is_watched"))
    assert set(first.row.cells) == {"is_dark"}
    assert [[column.key for column in further.columns] for further in first.todo] == [["counts"], ["is_watched"]]
    row = first.row
    for further in first.todo:
        answer = work_on(further)
        assert answer.todo == ()
        row = row.joined(answer.row)
    assert marks([*row.cells.items()]) == marks([*whole.row.cells.items()])


def test_a_limit_of_the_user_is_a_limit_and_no_reason_for_slices(model: Path) -> None:
    asked = job(model, "counts", "is_watched")
    limited = replace(asked.options, limits=replace(asked.options.limits, states=2))
    answer = work_on(replace(asked, options=limited))
    assert answer.todo == ()
    assert {cell.reason for cell in answer.row.cells.values()} == {"state limit of 2 reached"}


def test_behaviours_are_looked_at_with_any_number_of_calls_and_say_so(model: Path) -> None:
    (cell,) = work_on(job(model, "goes_out")).row.cells.values()
    assert cell.constants == {"calls": "none"}
    assert (cell.verdict, cell.expected) == ("violated", True)
    assert cell.loop is not None and cell.fairness
    (cell,) = work_on(job(model, "goes_out", calls="1")).row.cells.values()
    assert cell.constants == {}


def test_a_property_that_asks_for_strong_fairness_is_looked_at_without_it_as_well(model: Path) -> None:
    weak, strong = columns(model)["goes_out_strongly (weak fairness)"], columns(model)["goes_out_strongly"]
    cells = work_on(replace(job(model, weak.key, strong.key))).row.cells
    assert not any("strong, as the property wants it" in line for line in cells[weak.key].fairness)
    assert any("strong, as the property wants it: user" in line for line in cells[strong.key].fairness)
    assert cells[weak.key].expected
