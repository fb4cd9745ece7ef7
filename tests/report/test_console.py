"""The report for people: everything that a verdict needs to be judged by, on lines of their own."""

from __future__ import annotations

import re
from dataclasses import replace

from ovlcheck.report.console import render_report
from ovlcheck.report.verdict import PropertyVerdict, ScenarioVerdict
from tests.report.results import result, sample_result


def plain(**changes: object) -> str:
    return render_report(result(**changes), terminal=False)


def row(report: str, name: str) -> str:
    """The words behind ``name`` in the table."""
    found = re.search(rf"^  {re.escape(name)}  +(.*)$", report, re.MULTILINE)
    assert found is not None, report
    return found[1]


def paragraph(report: str, name: str) -> str:
    """The text behind ``name``, in one line."""
    found = re.search(rf"^  {name}  +(.*(?:\n {{16}}.*)*)$", report, re.MULTILINE)
    assert found is not None, report
    return " ".join(found[1].split())


def test_no_paragraph_is_wider_than_a_mail() -> None:
    head = plain().split("── ")[0].splitlines()
    assert all(len(line) <= 80 for line in head if line.startswith(("  scope", "  engine", " " * 16)))


def test_the_head_has_name_constants_engine_and_figures() -> None:
    report = plain()
    assert report.startswith("sample (models/sample.py)\n  What the model is.\n")
    assert "constants     configuration small: inodes=1 calls=2\n" in report
    figures = "native: 12,345 states, 67,890 transitions, depth 7, 1.50 s, 42 bits a state, 6.0 bytes a state"
    assert paragraph(report, "engine") == figures


def test_each_verdict_is_told_in_words() -> None:
    report = plain(
        properties=(
            PropertyVerdict("p", "", "holds"),
            PropertyVerdict("q", "", "unknown", message="state limit"),
            PropertyVerdict("r", "", "holds", vacuous=True, message="never"),
            PropertyVerdict("s", "", "holds", applies=False, message="no such events"),
            PropertyVerdict("t", "", "holds", listed=True),
            PropertyVerdict("u", "", "violated", listed=True),
            PropertyVerdict("use after free", "", "violated", selected=False),
        )
    )
    assert row(report, "p") == "holds"
    assert re.fullmatch(r"unknown +state limit", row(report, "q"))
    assert row(report, "r").startswith("vacuous")
    assert row(report, "s").startswith("not applicable")
    assert row(report, "t").endswith("the model expects a violation, but it holds")
    assert row(report, "u").endswith("as expected")
    assert row(report, "use after free").endswith("checked in every run")


def test_the_scope_line_leaves_nothing_out() -> None:
    line = paragraph(plain(), "scope")
    for part in (
        "objects: 1 inode",
        "tasks: 2 writer",
        "calls: at most 2",
        "hooks: release",
        "left out: no gc",
    ):
        assert part in line
    assert "memory model: sequentially consistent" in line


def test_what_limits_the_verdicts_is_said() -> None:
    report = plain(
        complete=False,
        stopped="state limit of 3",
        cut=("use after free",),
        never_taken=("m.py:3 in f: x = 1",),
        notes=("no C compiler",),
        largest={"i_count": 4},
    )
    assert "cut short     state limit of 3\n" in report
    assert "nothing behind these violations was explored: use after free\n" in report
    assert "m.py:3 in f: x = 1\n" in report
    assert "note          no C compiler\n" in report
    assert "refcounts     i_count at most 4\n" in report


def test_notes_on_events_take_one_line_for_each_property_that_applies() -> None:
    report = plain(
        properties=(PropertyVerdict("s", "", "holds", applies=False), PropertyVerdict("t", "", "holds")),
        notes=tuple(
            f"{name}: this model has no {event}" for name in "st" for event in ("call of x", "return of y")
        ),
    )
    assert "s: this model" not in report
    assert "note          t: this model has no call of x, no return of y\n" in report


def test_the_trace_of_each_violation_follows() -> None:
    report = render_report(sample_result(), terminal=False)
    assert "VIOLATED in 3 steps" in report
    assert " 3  shrink   evict_inode  models/sample.py:30   free(inode)\n" in report
    assert "\nconstants  " not in report


def test_what_does_not_apply_is_a_note_for_all_that_do_not_apply_for_one_reason() -> None:
    silent = tuple(
        PropertyVerdict(name, "", "unknown", applies=False, message="there is no such event") for name in "pq"
    )
    report = plain(properties=silent)
    assert "note          p, q: there is no such event\n" in report
    assert report.count("not applicable\n") == 2


def test_scenarios_say_whether_they_happen() -> None:
    assert "scenario      s: no run follows it\n" in plain(scenario=ScenarioVerdict("s", False))
    assert "the search was cut short" in plain(scenario=ScenarioVerdict("s", None))
    (verdict,) = sample_result().properties
    followed = ScenarioVerdict("s", True, trace=verdict.trace, breaks=("p", "q"))
    assert "the shortest run that follows it has 3 steps and breaks p, q\n" in plain(scenario=followed)


def test_names_cannot_style_the_report_or_drive_the_terminal() -> None:
    report = render_report(replace(result(), name="[bold]x[/bold]\x1b[2J"), terminal=True)
    assert "[bold]x[/bold]" in report
    assert "\x1b[2J" not in report


def test_only_a_terminal_gets_colours() -> None:
    assert "\x1b[" not in render_report(sample_result(), terminal=False)
    assert not any(line.endswith(" ") for line in render_report(sample_result(), terminal=False).splitlines())
