"""Which runs are shown: from Python and from the command line, on a small model."""

from __future__ import annotations

from pathlib import Path

import pytest

import ovlcheck
from ovlcheck.cli import run
from ovlcheck.errors import UsageError

MODEL = '''
"""Two users poke and prod; whoever prods after a poke breaks it."""

from ovlcheck import Int, System, after, atomic, process


class Poking(System):
    pokes: Int[0, 3] = 0
    broken: bool = False

    def poke(self) -> None:
        with atomic:
            if self.pokes < 3:
                self.pokes = self.pokes + 1

    def prod(self) -> None:
        seen = self.pokes
        if seen > 0:
            self.broken = True

    def pull(self) -> None:
        seen = self.pokes
        if seen > 0:
            self.broken = True

    @process(instances=2)
    def user(self) -> None:
        self.poke()
        self.prod()

    @process(instances=1)
    def other(self) -> None:
        self.pull()
'''

PROPERTY = '''
from ovlcheck import always


@always
def nothing_is_broken(fs):
    """It stays whole."""
    return not fs.broken
'''


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "poking.py").write_text(MODEL, encoding="utf-8")
    (tmp_path / "properties").mkdir()
    (tmp_path / "properties" / "whole.py").write_text(PROPERTY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "poking.py"


def test_further_runs_differ_in_what_is_called(model: Path) -> None:
    result = ovlcheck.verify(model, property_paths=["properties"], engine="reference", runs=9)
    (row,) = (p for p in result.properties if p.trace is not None)
    assert row.trace is not None
    calls = [
        tuple((s.process, c.name) for s in trace.steps for c in s.calls if c.phase == "call")
        for trace in (row.trace, *row.others)
    ]
    assert len(set(calls)) == len(calls) == 2
    assert any("makes the calls of one that is shown" in note for note in result.notes)
    lengths = [len(trace.steps) for trace in (row.trace, *row.others)]
    assert lengths == sorted(lengths)


def test_the_order_is_looked_for(model: Path) -> None:
    result = ovlcheck.verify(model, property_paths=["properties"], engine="reference", order="switches")
    (row,) = (p for p in result.properties if p.trace is not None)
    assert row.trace is not None and row.trace.switches == 0


def test_the_command_line_shows_and_writes_all_runs(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(
        [
            "verify",
            "poking.py",
            "--properties",
            "properties",
            "--engine",
            "reference",
            "--all",
            "2",
            "--out",
            "traces",
        ]
    )
    shown = capsys.readouterr().out
    assert code == 1
    assert "── nothing_is_broken, run 2 of 2 ──" in shown
    names = {file.name for file in Path("traces").glob("*.json")}
    assert names == {"poking.nothing_is_broken.json", "poking.nothing_is_broken_2.json"}


@pytest.mark.parametrize(
    "arguments",
    [{"order": "fastest"}, {"runs": 0}, {"runs": 2, "scenario": "x"}, {"order": "calls", "scenario": "x"}],
)
def test_what_makes_no_sense_is_refused(model: Path, arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        ovlcheck.verify(model, **arguments)  # type: ignore[arg-type]
