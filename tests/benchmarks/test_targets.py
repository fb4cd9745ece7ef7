"""Targets are judged by the figures that they are about, and never called met without one."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.targets import Target, targets
from tests.benchmarks.results import STATES, reduced, results, row, system


def found(part: str, of: dict[str, Any]) -> Target:
    (target,) = [t for t in targets(of) if part in t.what]
    return target


def test_speed_is_held_against_the_faster_of_the_exports() -> None:
    target = found("to Spin's", {"systems": [system(one=4.0)]})
    assert target.value == pytest.approx(44 / 4)
    assert target.verdict == "met"


def test_a_target_says_by_how_much_it_is_missed() -> None:
    target = found("to Rumur's", {"systems": [system(one=10.0)]})
    assert (target.value, target.verdict) == (pytest.approx(10.0), "missed by 50%")


def test_a_target_that_is_missed_by_little_is_not_missed_by_nothing() -> None:
    assert Target("", 9.999, 10.0, True).verdict == "missed by less than 1%"


def test_the_second_thread_is_held_against_what_it_brings_the_machine() -> None:
    target = found("second thread", {"systems": [system(one=4.0, two=2.2)]})
    assert target.value == pytest.approx((4.0 / 2.2) / (114 / 60))
    assert target.met


def test_transitions_are_a_share_of_random_updates_on_one_thread() -> None:
    of = {"systems": [system("b", one=4.0)]}
    assert found("random updates", of).value == pytest.approx(90e6 / 4.0 / 60e6)
    assert not [t for t in targets({"systems": [system("a")]}) if "random updates" in t.what]


def test_bytes_are_those_of_the_whole_process_against_the_packed_size_in_bytes() -> None:
    target = found("bytes/state", {"systems": [system("a")]})
    assert (target.value, target.bound, target.met) == (20.0, 14 + 6, True)


def test_a_system_with_too_few_states_proves_nothing() -> None:
    small = system("a", enough=STATES + 1)
    assert {t.met for t in targets({"systems": [small]})} == {None}


def test_what_failed_is_not_measured() -> None:
    broken = system("a")
    broken["rows"][5]["error"] = "not done"
    broken["updates"] = {"error": "no memory"}
    of = {"systems": [broken]}
    assert found("to Rumur's", of).verdict == "not measured"
    assert found("second thread", of).verdict == "not measured"
    assert found("to Spin's", of).met


def test_a_text_written_by_hand_is_no_peer() -> None:
    fast = system("a")
    fast["rows"].append(row("Spin", "by hand, breadth-first", 1.0))
    assert found("to Spin's", {"systems": [fast]}).value == pytest.approx(44 / 4)


def test_start_up_has_its_limits() -> None:
    verdicts = [t.verdict for t in targets({"startup": results()["startup"]})]
    assert verdicts == ["missed by 20%", "met", "met"]


def test_reductions_are_counted_together_and_at_default_only() -> None:
    of = {"reductions": [reduced(180), reduced(180, config="small")]}
    (target,) = targets(of)
    assert target.value == pytest.approx(1000 / 180)
    assert target.met
    assert found("none to all", {"reductions": [reduced(250)]}).verdict == "missed by 20%"


def test_nothing_measured_has_no_targets() -> None:
    assert targets({}) == []


def test_a_system_without_peers_is_held_against_none() -> None:
    about = [t.what for t in targets({"systems": [system("a", alone=True)]})]
    assert about
    assert not [what for what in about if "Spin" in what or "Rumur" in what]
