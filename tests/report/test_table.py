"""The table as data: marks, words, exit codes, and what stands below the marks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ovlcheck.report.table import Cell, Row, assumptions, legend, notes
from ovlcheck.report.verdict import ExitCode
from tests.report.tables import (
    BROKEN,
    FIRST,
    FOR_EVER,
    HOLDS,
    OPEN,
    SECOND,
    STATE,
    STRONG,
    WEAK,
    table,
    with_cell,
)


@pytest.mark.parametrize(
    ("cell", "mark", "words"),
    [
        (HOLDS, "✓", "holds"),
        (BROKEN, "✗9", "violated in 9 steps"),
        (replace(BROKEN, steps=1), "✗1", "violated in 1 step"),
        (replace(BROKEN, shortest=False), "✗≤9", "violated in at most 9 steps"),
        (FOR_EVER, "✗7∞", "violated in 7 steps, then 6 steps for ever"),
        (replace(FOR_EVER, loop=0), "✗7∞", "violated in 7 steps, then nothing for ever"),
        (OPEN, "?", "unknown"),
        (replace(HOLDS, vacuous=True), "∅", "vacuous"),
        (replace(HOLDS, applies=False), "–", "not applicable"),
    ],
)
def test_a_cell_has_a_mark_and_words(cell: Cell, mark: str, words: str) -> None:
    assert (cell.mark, cell.words) == (mark, words)


def test_codes_take_precedence_2_1_3_0() -> None:
    settled = replace(SECOND, cells={})
    assert table(rows=(FIRST, settled)).exit_code is ExitCode.OK
    assert table(rows=(FIRST, SECOND)).exit_code is ExitCode.UNKNOWN
    wrong = with_cell(FIRST, STATE, expected=False)
    assert table(rows=(wrong, SECOND)).exit_code is ExitCode.VIOLATED
    assert table(rows=(wrong, SECOND, Row("x", "x.py", error="x.py:1: no"))).exit_code is ExitCode.USAGE
    assert table(rows=(FIRST, settled), interrupted=True).exit_code is ExitCode.UNKNOWN


def test_a_step_that_is_never_taken_and_a_check_that_fails_unasked_count_as_violated() -> None:
    settled = replace(SECOND, cells={})
    assert table(rows=(replace(settled, never_taken=("a.py:3 in f: x",)),)).exit_code is ExitCode.VIOLATED
    unasked = replace(settled, also={"deadlock": replace(BROKEN, expected=False)})
    assert table(rows=(unasked,)).exit_code is ExitCode.VIOLATED


def test_a_cell_that_does_not_apply_counts_for_nothing() -> None:
    row = replace(SECOND, cells={STATE.key: replace(HOLDS, applies=False, expected=False)})
    assert table(rows=(row,)).exit_code is ExitCode.OK


def test_the_legend_has_the_marks_of_the_table_only() -> None:
    assert [mark for mark, _ in legend(table())] == ["✓", "✗9", "✗9∞", "–", "?"]
    assert [mark for mark, _ in legend(table(rows=(replace(FIRST, cells={STATE.key: HOLDS}),)))] == ["✓"]


def test_constants_are_told_apart_by_whether_all_rows_have_them() -> None:
    assert table().common_constants == {"calls": "1"}
    assert table().own_constants(FIRST) == {"tail": "NONE"}
    assert table().own_constants(replace(FIRST, given={"tail": "NONE"})) == {}
    assert table().common_scope == {"tasks": "1 writer"}


def test_below_the_marks_stands_what_they_cannot_say() -> None:
    failed = replace(FIRST, failures=("first: its process was ended by SIGKILL",))
    found = dict(notes(table(rows=(with_cell(failed, STATE, expected=False), SECOND))))
    assert found["Looked at in other constants"] == ["P2w: calls=none"]
    assert found["Fairness assumed"] == ["P2w: weak: syncer"]
    assert found["Not decided"] == ["second P2: state limit of 10 reached"]
    assert found["Not as the models declare in expected_violations"] == ["first: broken: P1"]
    assert found["Searches that gave no answer"] == ["first: its process was ended by SIGKILL"]


def test_what_is_assumed_of_several_models_is_told_once() -> None:
    first = with_cell(FIRST, WEAK, fairness=("weak: flusher, kswapd", "none: user"))
    second = with_cell(SECOND, WEAK, fairness=("weak: gc, kswapd", "none: user"))
    found = assumptions(table(rows=(first, with_cell(second, STRONG, fairness=("none: user",)))))
    assert found == {"weak: flusher, gc, kswapd; none: user": ["P2w"], "none: user": ["P2"]}


def test_a_row_is_joined_from_several_searches() -> None:
    one = Row("m", "m.py", cells={"a": HOLDS}, never_taken=("x",), seconds=1.0, constants={"pin": "true"})
    other = Row(
        "m", "m.py", cells={"b": BROKEN}, never_taken=("x", "y"), seconds=2.0, constants={"calls": "1", "pin": "true"}
    )
    joined = one.joined(other)
    assert joined.cells == {"a": HOLDS, "b": BROKEN}
    assert (joined.never_taken, joined.seconds) == (("x", "y"), 3.0)
    assert joined.constants == {"calls": "1", "pin": "true"}
