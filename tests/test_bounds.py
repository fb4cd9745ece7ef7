"""``ovlcheck bounds``: what it prints, for people and for programs, and what becomes of a leak or an underflow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ovlcheck.bounds
from ovlcheck.cli import run

MODEL = '''
"""Users of one object."""

from ovlcheck import Refcount, System, idle, process


class Users(System):
    count: Refcount

    @process(instances=2)
    def user(self) -> None:
        while True:
            idle()
            {first}
            idle()
            {second}
'''


@pytest.fixture
def model(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    (tmp_path / "users.py").write_text(MODEL.format(first=request.param[0], second=request.param[1]))
    return str(tmp_path / "users.py")


TAKES_AND_DROPS = ("self.count.inc()", "self.count.dec()")
ONLY_TAKES = ("self.count.inc()", "pass")
ONLY_DROPS = ("self.count.dec()", "pass")


def bounds(model: str, *options: str) -> int:
    return run(["bounds", model, *options])


@pytest.mark.parametrize("model", [TAKES_AND_DROPS], indirect=True)
def test_a_counter_is_what_holds_a_reference(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bounds(model) == 0
    told = capsys.readouterr().out
    assert "count: at most 2, which is reached\n    = each user at user:15\n" in told
    assert "(proved: every step keeps it)" in told
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize("model", [TAKES_AND_DROPS], indirect=True)
def test_a_program_gets_the_same(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bounds(model, "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "ovlcheck/1"
    assert told["broken"] is None
    (count,) = told["bounds"]
    assert (count["counter"], count["bound"], count["greatest_in_every_state"]) == ("count", 2, 2)
    assert count["equal_to"] == [{"factor": 1, "what": "each user at user:15"}]
    assert count["proved"]
    assert (told["proved"], told["every_state"], told["states"]) == (True, True, 4)


@pytest.mark.parametrize("model", [TAKES_AND_DROPS], indirect=True)
@pytest.mark.parametrize("most", [1, 10])
def test_of_more_states_than_are_looked_at_the_first_will_do(
    model: str, most: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(model).write_text(Path(model).read_text().replace("instances=2", "instances=4"))
    monkeypatch.setattr(ovlcheck.bounds, "MOST_STATES", most)
    assert bounds(model, "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    (count,) = told["bounds"]
    assert (count["bound"], count["proved"], told["proved"]) == (4, True, True)
    assert told["every_state"] == (most == 1), "without any of the native engine's the sample has them all"


@pytest.mark.parametrize("model", [ONLY_DROPS], indirect=True)
def test_an_underflow_comes_with_its_run(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bounds(model) == 1
    told = capsys.readouterr().out
    assert "refcount below zero" in told
    assert "count would become -1" in told
    assert "user0" in told


@pytest.mark.parametrize("model", [ONLY_TAKES], indirect=True)
def test_a_leak_comes_with_the_cycle_in_which_it_grows(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bounds(model) == 1
    told = capsys.readouterr().out
    assert "count grows beyond" in told
    assert "to count and change nothing but counters" in told


@pytest.mark.parametrize("model", [ONLY_TAKES], indirect=True)
def test_a_program_learns_of_a_leak(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bounds(model, "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["bounds"] == []
    assert "grows beyond" in told["broken"]["stopped"]


def test_a_model_without_refcounts_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "users.py").write_text(
        MODEL.format(first="pass", second="pass").replace("    count: Refcount\n\n", "")
    )
    assert bounds(str(tmp_path / "users.py")) == 0
    assert "has no refcounts" in capsys.readouterr().out


@pytest.mark.parametrize("model", [TAKES_AND_DROPS], indirect=True)
def test_what_cannot_be_proved_in_time_is_not_called_proved(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = bounds(model, "--time", "1e-9", "--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert code == (0 if told["proved"] else 3)
    assert told["proved"] == all(one["proved"] and one["bound"] is not None for one in told["bounds"])


def test_the_model_has_to_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert bounds("no_such_model") == 2
    told = capsys.readouterr().err
    assert "no such model" in told
    assert "Traceback" not in told
