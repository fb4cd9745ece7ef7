"""Verdicts and counts of both checkers are held against each other, and the page shows what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from benchmarks import behaviour_cases, liveness
from benchmarks.behaviour_cases import ALONE, FULL, PREMISE, QUICK, Case
from benchmarks.budget import Budget
from benchmarks.liveness import BEHAVIOURS, SPIN_BEHAVIOURS, SPIN_STATES, STATES, Run, measured
from benchmarks.liveness_table import behaviours
from benchmarks.run import failures, main
from benchmarks.targets import targets
from ovlcheck.export.measured import Finished
from ovlcheck.export.peers import Figures, PeerFailed
from tests.benchmarks.results import results
from tests.export.agreement import needs_spin

DONE = Finished(code=0, output="", errors="", seconds=2.0, processor_seconds=1.9, peak_bytes=4000)
CASE = Case("models/m.py", "p", violated=False, states=100)


@pytest.fixture
def checkers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each checker says, to be changed."""
    says: dict[str, Any] = {
        STATES: {"states": 100, "transitions": 250, "search_seconds": 0.5, "stopped": None},
        BEHAVIOURS: {
            "states": 100, "transitions": 250, "search_seconds": 1.0, "stopped": None,
            "violated": False, "vacuous": False,
        },
        SPIN_STATES: Figures(100, 251, False, 3.0, 8.0, 0.5, DONE),
        SPIN_BEHAVIOURS: Figures(180, 900, False, 8.0, 8.0, 0.5, DONE),
        "seconds": [],
    }  # fmt: skip

    def asked(case: Case, what: str, budget: Budget) -> Finished:
        said = dict(says.get(what, {}))
        if what == BEHAVIOURS and says["seconds"]:
            said["search_seconds"] = says["seconds"].pop(0)
        return Finished(0, json.dumps(said), "", 1.0, 1.0, 4000)

    def spin(text: str, directory: Path, *, claim: bool, **_: object) -> Figures:
        found: Figures | Exception = says[SPIN_BEHAVIOURS if claim else SPIN_STATES]
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(liveness, "_asked", asked)
    monkeypatch.setattr(liveness, "run_spin", spin)
    return says


def found(case: Case = CASE) -> dict[str, Any]:
    return measured(case, Budget(60), lambda _: None)


def errors(of: dict[str, Any]) -> dict[str, str]:
    return {run["of"]: run["error"] for run in of["runs"] if run["error"]}


def test_what_agrees_is_no_error(checkers: dict[str, Any]) -> None:
    assert errors(found()) == {}
    assert [run["of"] for run in found()["runs"]] == [STATES, BEHAVIOURS, SPIN_STATES, SPIN_BEHAVIOURS]


def test_a_verdict_that_differs_is_found_out(checkers: dict[str, Any]) -> None:
    checkers[SPIN_BEHAVIOURS] = Figures(180, 900, True, 8.0, 8.0, 0.5, DONE)
    assert errors(found()) == {SPIN_BEHAVIOURS: "verdict differs: violated"}
    checkers[BEHAVIOURS]["violated"] = True
    assert BEHAVIOURS in errors(found())


def test_counts_that_differ_are_found_out(checkers: dict[str, Any]) -> None:
    checkers[SPIN_STATES] = Figures(99, 251, False, 3.0, 8.0, 0.5, DONE)
    assert errors(found()) == {SPIN_STATES: "counts differ: 99 states, 250 transitions"}


def test_a_property_that_says_nothing_is_no_measurement(checkers: dict[str, Any]) -> None:
    checkers[BEHAVIOURS]["vacuous"] = True
    assert errors(found()) == {BEHAVIOURS: "the property says nothing"}


def test_a_spin_that_fails_leaves_our_own_figures(checkers: dict[str, Any]) -> None:
    checkers[SPIN_BEHAVIOURS] = PeerFailed("pan: out of memory")
    of = found()
    assert errors(of) == {SPIN_BEHAVIOURS: "pan: out of memory"}
    page = "\n".join(behaviours([of]))
    assert "| m | p | holds | 100 | every process | 0.50 | 1.00 | 2.0 x | – |" in page
    assert failures(results(liveness=[of])) == ["m, p: Spin, behaviours: pan: out of memory"]


def test_the_fastest_of_our_runs_counts_against_spins(checkers: dict[str, Any]) -> None:
    checkers["seconds"] = [2.0, 0.8, 1.1]
    of = found()
    assert of["runs"][1]["seconds"] == 0.8
    row = next(line for line in behaviours([of]) if line.startswith("| m |"))
    assert row.endswith("| 1.6 x | 180 | 8.00 | 10.0 x as fast |")


@pytest.mark.parametrize(("against", "runs"), [(ALONE, 2), (PREMISE, 3)])
def test_counts_are_compared_only_where_spin_knows_the_same_fairness(
    against: str, runs: int, checkers: dict[str, Any]
) -> None:
    assert len(found(Case("models/m.py", "p", False, 100, against))["runs"]) == runs


def case_of(states: int, seconds: float) -> dict[str, Any]:
    runs = [Run(STATES, states, 5 * states, None, 1.0), Run(BEHAVIOURS, states, 5 * states, False, seconds)]
    return {
        "title": "m", "property": "p", "violated": False, "against": ALONE,
        "runs": [asdict(run) for run in runs],
    }  # fmt: skip


def test_a_property_is_to_take_four_times_as_long_as_the_states_at_most() -> None:
    (met,) = targets({"liveness": [case_of(100_000, 3.5)]})
    (missed,) = targets({"liveness": [case_of(100_000, 5.0)]})
    assert (met.verdict, missed.verdict) == ("met", "missed by 25%")
    assert targets({"liveness": [case_of(1_000, 50.0)]}) == []


def test_cases_name_files_that_exist_and_have_both_verdicts() -> None:
    root = Path(behaviour_cases.__file__).parents[1]
    for case in (*FULL, *QUICK):
        assert (root / case.model).is_file(), case.title
        assert case.properties is None or (root / case.properties).is_file(), case.title
    assert {case.violated for case in FULL} == {True, False}


@needs_spin
def test_both_checkers_agree_on_systems_small_enough_for_a_test(tmp_path: Path) -> None:
    assert main(["--quick", "--only", "liveness", "--out", str(tmp_path)]) == 0
    of = json.loads((tmp_path / "results.json").read_text())["liveness"]
    verdicts = [[run["violated"] for run in case["runs"]] for case in of]
    assert verdicts == [[None, False, None, False], [None, True, None, True]]
    assert [case["runs"][2]["states"] for case in of] == [417, 1000]
