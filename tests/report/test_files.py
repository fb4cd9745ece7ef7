"""``--out``: every trace in every form, under names that no name of a property can lead astray."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ovlcheck.report.files import write_traces
from ovlcheck.report.verdict import ScenarioVerdict
from ovlcheck.trace.saved import load
from tests.report.results import result, sample_result


def test_every_form_of_each_violation_and_a_page_of_all(tmp_path: Path) -> None:
    written = write_traces(sample_result(), tmp_path / "new" / "directory")
    forms = ("txt", "cpu.txt", "dot", "svg", "sequence.svg", "json")
    assert {file.name for file in written} == {
        *(f"sample.no_evicted_inode_is_dirty.{suffix}" for suffix in forms),
        "sample.html",
    }
    (verdict,) = sample_result().properties
    assert load(next(file for file in written if file.suffix == ".json")) == verdict.trace


def test_names_stay_inside_the_directory(tmp_path: Path) -> None:
    (verdict,) = sample_result().properties
    hostile = replace(verdict, name="../../etc/pass wd; rm")
    written = write_traces(replace(sample_result(), properties=(hostile,)), tmp_path)
    assert {file.resolve().parent for file in written} == {tmp_path.resolve()}
    assert all(" " not in file.name and ";" not in file.name for file in written)


def test_the_run_of_a_scenario_is_written_too(tmp_path: Path) -> None:
    (verdict,) = sample_result().properties
    written = write_traces(result(scenario=ScenarioVerdict("race", True, trace=verdict.trace)), tmp_path)
    assert "sample.scenario_race.txt" in {file.name for file in written}


def test_nothing_is_written_where_nothing_is_violated(tmp_path: Path) -> None:
    assert write_traces(result(), tmp_path) == []
