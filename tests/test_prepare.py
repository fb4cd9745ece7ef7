"""Which model, which constants and which properties a command line means."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.errors import UsageError
from ovlcheck.lang.diagnostics import CompileError
from ovlcheck.lang.loading import load_properties, shipped
from ovlcheck.prepare import Options, choose_properties, find_model, prepare, property_paths
from tests.commands.project import COUNTER, PROPERTIES


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "counter.py").write_text(COUNTER, encoding="utf-8")
    return Path("counter.py")


def write_properties(directory: Path, text: str = PROPERTIES) -> Path:
    directory.mkdir()
    (directory / "all.py").write_text(text, encoding="utf-8")
    return directory


def test_a_shipped_model_is_known_by_its_name(model: Path) -> None:
    home = shipped("models")
    assert home is not None
    assert find_model(Path("upstream")) == home / "upstream.py"
    assert find_model(model) == model


def test_a_model_of_ones_own_hides_a_shipped_one_of_its_name(model: Path) -> None:
    Path("upstream").write_text(COUNTER, encoding="utf-8")
    assert find_model(Path("upstream")) == Path("upstream")


@pytest.mark.parametrize(("wanted", "says"), [("upstraem", "'upstream'"), ("countr.py", "'counter.py'")])
def test_a_model_that_is_not_there_is_answered_with_the_nearest(model: Path, wanted: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        find_model(Path(wanted))


def test_properties_are_the_shipped_ones_and_those_beside_the_model(model: Path) -> None:
    beside = write_properties(Path("properties"))
    assert property_paths(model, Options()) == (shipped("properties"), beside.resolve())
    assert property_paths(model, Options(property_paths=(beside,))) == (beside,)
    more = write_properties(Path("more"))
    assert property_paths(model, Options(extra_property_paths=(more, beside)))[1:] == (beside, more)


def test_shipped_properties_about_other_models_are_left_out_with_a_note(model: Path) -> None:
    write_properties(Path("properties"))
    prepared = prepare(model, Options())
    names = {p.name for p in prepared.system.properties}
    assert {"nothing_is_lost", "something_is_counted"} <= names
    assert "refcounts_are_balanced" not in names
    assert any(n.startswith("refcounts_are_balanced does not apply") for n in prepared.system.notes)


def test_a_property_of_ones_own_that_does_not_compile_is_an_error(model: Path) -> None:
    write_properties(Path("properties"), PROPERTIES.replace("fs.n >= 1", "fs.m >= 1"))
    with pytest.raises(CompileError, match=r"fs\.m >= 1"):
        prepare(model, Options())


def test_a_shipped_property_that_was_asked_for_by_name_must_compile(model: Path) -> None:
    with pytest.raises(CompileError):
        prepare(model, Options(properties=("refcounts_are_balanced",)))


def test_only_the_properties_named_are_composed_in_each_once(model: Path) -> None:
    write_properties(Path("properties"))
    prepared = prepare(model, Options(properties=("nothing_is_lost", "nothing_is_lost")))
    assert [p.name for p in prepared.system.properties] == ["nothing_is_lost"]


def test_the_configuration_gives_constants_and_single_ones_win(model: Path) -> None:
    write_properties(Path("properties"))
    assert prepare(model, Options()).configuration == "default"
    assert prepare(model, Options(config="small")).system.process["task"].instances == 1
    assert (
        prepare(model, Options(config="small", constants={"tasks": 2})).system.process["task"].instances == 2
    )


def test_a_property_on_request_is_checked_only_when_named(tmp_path: Path) -> None:
    (tmp_path / "costly.py").write_text(
        "from ovlcheck import unasked\n"
        "cheap = unasked('deadlock', 'always checked')\n"
        "costly = unasked('no_deadlock', 'checked when named', on_request=True)\n"
    )
    declared = load_properties([tmp_path / "costly.py"])
    assert [p.name for p in choose_properties(declared, ())] == ["cheap"]
    assert [p.name for p in choose_properties(declared, ("costly",))] == ["costly"]


def test_a_number_of_processes_is_left_open_by_verify_and_prove_alone() -> None:
    upstream = find_model(Path("upstream"))
    told = "writers=any: only ovlcheck verify, without a scenario, and ovlcheck prove leave a number open"
    with pytest.raises(UsageError, match=told) as error:
        prepare(upstream, Options(constants={"writers": "any"}))
    assert error.value.remedy == "give a number, as in --set writers=2"
    with pytest.raises(CompileError, match="umounts"):
        prepare(upstream, Options(constants={"umounts": "any"}))
