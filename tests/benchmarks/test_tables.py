"""The page shows what was measured, and what went wrong."""

from __future__ import annotations

import pytest

from benchmarks.markdown import table
from benchmarks.run import completed, failures, main, without
from benchmarks.tables import millions, report
from tests.benchmarks.results import reduced, results, system


def line(page: str, begin: str) -> list[str]:
    (found,) = [row for row in page.splitlines() if row.startswith(f"| {begin} |")]
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_each_checker_has_its_figures_and_how_much_faster_ovlcheck_is() -> None:
    page = report(results(systems=[system()]))
    spin = line(page, "Spin, flat, breadth-first")
    assert spin[1:] == ["1.5", "44.00", "0.27", "2.05", "20.0", "11.0 x as fast"]
    assert line(page, "ovlcheck, 1 thread")[1:] == ["1.5", "4.00", "3.00", "22.5", "20.0", "–"]


def test_figures_of_two_rows_stand_below() -> None:
    page = report(results(systems=[system()]))
    assert (
        "11.0 x Spin; 25.0 x Rumur; two threads 1.82 x one; the machine 1.90 x; "
        "38% of 60 million random updates/s into 256 MiB; "
        "exported Promela takes 1.10 x the time of one by hand."
    ) in page


def test_the_machine_is_named_and_a_busy_one_is_warned_of() -> None:
    quiet = results()
    assert "A processor, 2 cores, 32 MB cache, 24 GiB" in report(quiet)
    assert "not idle" not in report(quiet)
    assert "not idle** (load 3.5" in report(results(machine={**quiet["machine"], "load": 3.5, "idle": False}))


def test_what_failed_stands_in_the_table_and_ends_the_run_badly() -> None:
    broken = system()
    broken["rows"][2]["error"] = "counts differ: 3 states, 4 transitions"
    wrong = reduced(200)
    wrong["rows"][2]["error"] = "verdicts differ: p"
    of = results(systems=[broken], reductions=[wrong], failed={"startup": "no"})
    page = report(of)
    assert line(page, "Spin, processes, depth-first")[2] == "counts differ: 3 states, 4 transitions"
    assert "| proposed | default | all | 200 | 5.0 x | 1,000 | 0.50 | verdicts differ: p |" in page
    assert failures(of) == [
        "startup: no",
        "proposed, large: Spin, processes, depth-first: counts differ: 3 states, 4 transitions",
        "proposed, default: all: verdicts differ: p",
    ]
    assert failures(results()) == []


def test_a_run_that_measured_nothing_has_a_page() -> None:
    empty = results(limits=[], startup=[], systems=[], reductions=[], failed={"a": "everything broke"})
    assert "**a could not be measured:** everything broke" in report(empty)


def test_no_cell_breaks_a_table() -> None:
    assert list(table(("a", "b"), [("x|y", "1")])) == ["| a | b |", "| --- | ---: |", "| x\\|y | 1 |", ""]


def test_millions_have_digits_that_mean_something() -> None:
    assert [millions(n) for n in (1_234_567.0, 45_678_901.0)] == ["1.23", "45.7"]


def test_parts_that_are_measured_again_replace_what_was_kept_of_them_and_nothing_else() -> None:
    of = results(
        systems=[system("a"), system("b")], liveness=[{"title": "m"}], failed={"liveness": "no", "b": "no"}
    )
    left = without(of, ["liveness", "b"])
    assert "liveness" not in left and left["failed"] == {}
    assert [it["group"] for it in left["systems"]] == ["a"]
    assert left["startup"] == of["startup"] and left["limits"] == of["limits"]
    assert left["machine"]["commit"] == f"{of['machine']['commit']}, liveness, b"
    assert without(of, ["machine"])["machine"]["processor"] == of["machine"]["processor"]


def test_the_load_under_which_a_part_was_measured_again_is_told_of_that_part() -> None:
    kept = {"commit": "a, liveness", "load": 0.1, "idle": True}
    busy = {"commit": "b", "load": 3.0, "idle": False}
    assert completed(kept, busy) == {**kept, "commit": "a, liveness b (not idle: load 3.0)"}
    assert completed(kept, {**busy, "idle": True})["commit"] == "a, liveness b"


def test_a_part_that_is_measured_a_third_time_is_of_the_last_commit_only() -> None:
    of = results()
    of["machine"]["commit"] = "a, liveness b (not idle: load 0.7), openers c"
    assert without(of, ["liveness"])["machine"]["commit"] == "a, openers c, liveness"


def test_only_named_parts_can_be_measured_again(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--again"])
    assert "--again is for the parts that --only names" in capsys.readouterr().err
