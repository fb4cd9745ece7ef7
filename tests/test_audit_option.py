"""``verify --audit`` as a user meets it: one line where nothing is wrong, and no success where something is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovlcheck.cli import run
from ovlcheck.system import fusion
from ovlcheck.system.movers import Mover

MODEL = '''\
"""A task that stores twice, and one that looks in between."""

from ovlcheck import Int, System, process


class Twice(System):
    x: Int[0, 2]

    @process
    def writer(self) -> None:
        self.x = 1
        self.x = 2

    @process
    def reader(self) -> None:
        assert self.x != 1
'''


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "twice.py").write_text(MODEL)
    (tmp_path / "pyproject.toml").write_text("")
    return "twice.py"


def verify(model: str, *more: str) -> int:
    return run(["verify", model, "--engine", "reference", "--reductions", "fusion", *more])


def believe_that_all_move(patch: pytest.MonkeyPatch) -> None:
    class Believing(fusion.Movers):
        def __init__(self, *known: object, **more: object) -> None:
            super().__init__(*known, **more)  # type: ignore[arg-type]
            self.of = tuple(Mover(True, True) for _ in self.of)

    patch.setattr(fusion, "Movers", Believing)


def test_what_was_audited_is_one_row_of_the_report(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    verify(model, "--audit")
    (row,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("  audit"))
    assert row.split()[1] == "fusion:"
    assert "pairs of steps that follow each other in all" in row


def test_without_the_option_nothing_is_audited(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    verify(model)
    assert "audit" not in capsys.readouterr().out


def test_a_wrong_belief_is_told_with_the_places_in_the_model_and_is_no_success(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    believe_that_all_move(monkeypatch)
    assert verify(model) == 0, "the wrong belief hides the violation"
    capsys.readouterr()
    assert verify(model, "--audit", "all") == 1
    out = capsys.readouterr().out
    assert "no verdict of this run is to be believed" in out
    assert "fusion believes that these steps of writer are as good as one" in out
    assert "twice.py:11 `self.x = 1`" in out


def test_json_has_what_was_audited(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    believe_that_all_move(monkeypatch)
    verify(model, "--audit", "5", "--format", "json")
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert result["exit_code"] == 1
    assert result["audit"]["extent"].startswith("fusion: ")
    assert result["audit"]["wrong"].startswith("fusion believes that")


@pytest.mark.parametrize("number", ["0", "1.5", "some"])
def test_what_is_no_number_of_states_is_refused(
    model: str, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(model, f"--audit={number}") == 2
    assert "is not a number of states" in capsys.readouterr().err


def test_a_scenario_is_not_audited(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", model, "--scenario", "a.scenario", "--audit"]) == 2
    assert "--audit tries out the reductions of a verification" in capsys.readouterr().err
