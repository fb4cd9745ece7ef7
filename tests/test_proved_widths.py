"""Bounds that were proved are where the explicit search begins, and no search relies on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovlcheck import build_cache
from ovlcheck.cli import run
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import Limits
from ovlcheck.explore.search import explore
from ovlcheck.prepare import Options, Prepared, prepare
from ovlcheck.proved_widths import keep_bounds, known_bounds
from ovlcheck.symbolic.refcount_bounds import RefcountBound
from ovlcheck.system.transition_system import TransitionSystem
from tests.symbolic.parameterised import two_counts
from tests.test_bounds import MODEL, TAKES_AND_DROPS


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model whose file was there before this process began, as far as the cache can tell."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(build_cache, "_settled", 1 << 62)
    (tmp_path / "users.py").write_text(MODEL.format(first=TAKES_AND_DROPS[0], second=TAKES_AND_DROPS[1]))
    return tmp_path / "users.py"


def prepared(model: Path, **options: object) -> Prepared:
    return prepare(model, Options(property_paths=(), **options))  # type: ignore[arg-type]


def bound(variable: str, most: int | None) -> RefcountBound:
    return RefcountBound(variable, (), most, most or 0, None, False)


def test_what_was_proved_is_found_again_for_the_same_model(model: Path) -> None:
    keep_bounds(prepared(model), [bound("count", 2)])
    assert known_bounds(prepared(model)) == {"count": 2}


def test_nothing_is_found_for_another_text_of_the_model(model: Path) -> None:
    keep_bounds(prepared(model), [bound("count", 2)])
    model.write_text(model.read_text().replace("instances=2", "instances=3"))
    assert known_bounds(prepared(model)) == {}


def test_a_counter_without_a_bound_is_not_remembered(model: Path) -> None:
    keep_bounds(prepared(model), [bound("count", 2), bound("count", None)])
    assert known_bounds(prepared(model)) == {}


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"format": "another"}', '{"format": "ovlcheck bounds 1", "bounds": {"count": "2"}}']
)
def test_a_damaged_entry_is_none(model: Path, content: str, tmp_path: Path) -> None:
    keep_bounds(prepared(model), [bound("count", 2)])
    (entry,) = (tmp_path / "cache" / "ovlcheck" / "bounds").iterdir()
    entry.write_text(content)
    assert known_bounds(prepared(model)) == {}


class Watching(Reference):
    """The reference engine, which remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[TransitionSystem] = []

    def search(self, system: TransitionSystem, **options: object):  # type: ignore[no-untyped-def,override]
        self.given.append(system)
        return super().search(system, **options)  # type: ignore[arg-type]


def widths(system: TransitionSystem) -> dict[str, int]:
    return {name: system.variable[name].type.bits for name in ("opened", "mapped")}


def test_a_search_begins_with_the_widths_that_were_proved_and_never_starts_again() -> None:
    narrow = two_counts()(3).with_widths({"opened": 1, "mapped": 1})
    guessing, knowing = Watching(), Watching()
    explore(narrow, guessing)
    wide, found = explore(narrow, knowing, proved={"opened": 3, "mapped": 3})
    assert len(guessing.given) > 1
    assert len(knowing.given) == 1
    assert widths(wide) == {"opened": 2, "mapped": 2}
    assert found.complete
    assert any("ovlcheck bounds proved" in note for note in found.notes)


def test_a_bound_that_is_wrong_changes_no_answer_and_is_told() -> None:
    narrow = two_counts()(3)
    _, right = explore(narrow, Reference())
    for wrong in ({"opened": 1, "mapped": 1}, {"opened": 2, "mapped": 2}):
        _, found = explore(narrow, Reference(), proved=wrong)
        assert (found.states, found.transitions, found.largest) == (right.states, right.transitions, right.largest)
        assert any("opened reaches 3" in note and "defect" in note for note in found.notes)


def test_a_search_that_is_cut_short_says_nothing_of_bounds_it_has_not_passed() -> None:
    _, found = explore(two_counts()(3), Reference(), limits=Limits(states=2), proved={"opened": 3})
    assert not any("defect" in note for note in found.notes)


def test_verify_begins_where_bounds_ended(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bounds", str(model)], own_process=True) == 0
    capsys.readouterr()
    (model.parent / "none").mkdir()
    run(["verify", str(model), "--properties", str(model.parent / "none"), "--format", "json"], own_process=True)
    told = json.loads(capsys.readouterr().out)
    assert "counters have the bits that ovlcheck bounds proved to be enough: count 2" in json.dumps(told)
