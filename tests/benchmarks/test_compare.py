"""Checkers are measured side by side, and one that counts something else is found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import compare as comparison
from benchmarks import reductions, tool
from benchmarks.budget import Budget, reason
from benchmarks.compare import How, compare
from benchmarks.machine import MachineFailed, RandomUpdates, Updates
from benchmarks.systems import FULL, QUICK, System
from ovlcheck.export.measured import Finished, TookTooLong
from ovlcheck.export.peers import Figures, PeerFailed

DONE = Finished(code=0, output="", errors="", seconds=2.0, processor_seconds=1.9, peak_bytes=4000)
SYSTEM = System(group="b", model="benchmarks/models/grid.py", states=100)


class Limits(RandomUpdates):
    """A machine that is not asked."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def measure(self, size: int, threads: int) -> Updates:
        self.sizes.append(size)
        return Updates(size, threads, 1e6 * threads, 0)


def figures(states: int, transitions: int) -> Figures:
    return Figures(states, transitions, False, 1.0, 8.0, 0.5, DONE)


def verified(seconds: float, **others: Any) -> tool.Verified:
    result: Mapping[str, Any] = {
        "states": 100, "transitions": 250, "complete": True, "stopped": None, "search_seconds": seconds,
        "bits_per_state": 21, "bytes_per_state": 16.0,
        "properties": [{"name": "p", "verdict": "holds"}], **others,
    }  # fmt: skip
    return tool.Verified(result, DONE)


@pytest.fixture
def checkers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each checker answers, to be changed."""
    answers: dict[str, Any] = {"spin": figures(100, 251), "rumur": figures(100, 250)}
    answers["ovlcheck"] = [verified(0.5) for _ in range(9)]

    def answer(name: str) -> Any:
        if isinstance(answers[name], Exception):
            raise answers[name]
        return answers[name]

    monkeypatch.setattr(tool, "has_threads", lambda: True)
    monkeypatch.setattr(tool, "exported", lambda system, to: "")
    monkeypatch.setattr(tool, "verify", lambda *_, **__: answer("ovlcheck").pop(0))
    monkeypatch.setattr(comparison, "run_spin", lambda *_, **__: answer("spin"))
    monkeypatch.setattr(comparison, "run_rumur", lambda *_, **__: answer("rumur"))
    return answers


def compared(limits: RandomUpdates | None = None) -> dict[str, Any]:
    return compare(SYSTEM, How(Budget(60)), limits or Limits(), lambda _: None)


def errors(of: dict[str, Any]) -> set[tuple[str, str | None]]:
    return {(row["checker"], row["error"]) for row in of["rows"]}


def test_equal_counts_are_no_error_though_spin_counts_the_way_in(checkers: dict[str, Any]) -> None:
    assert errors(compared()) == {("ovlcheck", None), ("Spin", None), ("Rumur", None)}


@pytest.mark.parametrize("wrong", [figures(99, 250), figures(100, 249)])
def test_a_checker_that_counts_something_else_is_found_out(checkers: dict[str, Any], wrong: Figures) -> None:
    checkers["rumur"] = wrong
    said = f"counts differ: {wrong.states} states, {wrong.transitions} transitions"
    assert errors(compared()) == {("ovlcheck", None), ("Spin", None), ("Rumur", said)}


def test_a_checker_that_fails_does_not_keep_the_others_from_running(checkers: dict[str, Any]) -> None:
    checkers["spin"] = PeerFailed("pan: out of memory")
    assert errors(compared()) == {("ovlcheck", None), ("Spin", "pan: out of memory"), ("Rumur", None)}


def test_a_search_that_was_cut_short_is_no_figure(checkers: dict[str, Any]) -> None:
    checkers["ovlcheck"] = [verified(1.0, complete=False, stopped="out of memory")] * 2
    assert ("ovlcheck", "not complete: out of memory") in errors(compared())


def test_the_fastest_of_ovlchecks_runs_counts(checkers: dict[str, Any]) -> None:
    checkers["ovlcheck"] = [verified(seconds) for seconds in (0.9, 0.4, 0.6, 0.3, 0.3, 0.3)]
    assert [row["search_seconds"] for row in compared()["rows"][:2]] == [0.4, 0.3]


def test_build_is_what_the_process_took_beside_the_search(checkers: dict[str, Any]) -> None:
    assert compared()["rows"][0]["build_seconds"] == pytest.approx(DONE.seconds - 0.5)


def test_the_machine_is_asked_for_tables_of_the_size_of_the_store(checkers: dict[str, Any]) -> None:
    limits = Limits()
    assert compared(limits)["updates"]["2"]["per_second"] == 2e6
    assert limits.sizes == [1600, 1600]


def test_reductions_that_change_a_verdict_are_found_out(checkers: dict[str, Any]) -> None:
    other = verified(0.1, states=40, properties=[{"name": "p", "verdict": "violated"}])
    checkers["ovlcheck"] = [verified(0.5), verified(0.2, states=50), other]
    found = reductions.saved("m", "small", ("fusion",), Budget(60), lambda _: None)
    assert [(row["states"], row["error"]) for row in found["rows"]] == [
        (100, None),
        (50, None),
        (40, "verdicts differ: p"),
    ]


def test_no_program_begins_when_the_time_is_up() -> None:
    assert Budget(60).left(5) == 5
    with pytest.raises(TookTooLong, match="the time for the whole run is up"):
        Budget(0).left(5)


def test_reasons_fit_a_table() -> None:
    assert reason(FileNotFoundError(2, "No such file", "spin")) == "spin is not installed"
    assert reason(PeerFailed("first\n\n  second\nthird\nfourth\nlast\n")) == "first second last"
    assert len(reason(PeerFailed("x" * 1000))) == 300


def test_a_table_larger_than_memory_is_refused() -> None:
    with RandomUpdates(0.01) as updates, pytest.raises(MachineFailed, match="GB for a table"):
        updates.measure(1 << 50, 1)


def test_systems_name_files_that_exist() -> None:
    root = Path(comparison.__file__).parents[1]
    for system in (*FULL, *QUICK):
        assert all((root / file).is_file() for file in (system.model, *system.properties)), system.title
        assert system.hand is None or system.hand.is_file()


def test_only_the_form_that_is_faster_on_the_pilot_is_run_in_full(
    checkers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = {"processes": 4.0, "flat": 2.0}

    def spin(text: str, *_: object, **__: object) -> Figures:
        return Figures(100, 251, False, seconds[text], 8.0, 0.5, DONE)

    forms = {"promela": "processes", "promela-flat": "flat"}
    monkeypatch.setattr(tool, "exported", lambda system, to: forms.get(to, ""))
    monkeypatch.setattr(comparison, "run_spin", spin)
    found = compare(replace(SYSTEM, pilot="small"), How(Budget(60)), Limits(), lambda _: None)
    assert {form: it["search_seconds"] for form, it in found["tried"].items()} == seconds
    variants = [row["variant"] for row in found["rows"] if row["checker"] == "Spin"]
    assert variants == ["flat, depth-first", "flat, breadth-first"]


def test_a_pilot_that_fails_does_not_keep_spin_from_running(checkers: dict[str, Any]) -> None:
    checkers["spin"] = PeerFailed("no")
    found = compare(replace(SYSTEM, pilot="small"), How(Budget(60)), Limits(), lambda _: None)
    assert {it["error"] for it in found["tried"].values()} == {"no"}
    assert [row["error"] for row in found["rows"] if row["checker"] == "Spin"] == ["no", "no"]


def test_a_system_alone_has_no_peers(checkers: dict[str, Any]) -> None:
    found = compare(replace(SYSTEM, alone=True), How(Budget(60)), Limits(), lambda _: None)
    assert {row["checker"] for row in found["rows"]} == {"ovlcheck"}
