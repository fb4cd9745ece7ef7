"""A table held against a kept one: what counts as a difference, and what does not."""

from __future__ import annotations

from dataclasses import replace

from ovlcheck.comparison.against import differences, exit_code, not_compared, report
from ovlcheck.report.table import Row
from ovlcheck.report.verdict import ExitCode
from tests.report.tables import (
    BROKEN,
    FIRST,
    HOLDS,
    OPEN,
    SAMPLE,
    SECOND,
    STATE,
    STRONG,
    WEAK,
    table,
    with_cell,
)


def test_a_table_is_as_itself_whatever_machine_it_comes_from() -> None:
    elsewhere = replace(
        SAMPLE,
        rows=(with_cell(FIRST, STATE, seconds=99.0, engine="reference", trace="", states=5), SECOND),
        seconds=99.0,
        limits={},
        jobs=9,
    )
    assert differences(SAMPLE, elsewhere) == []


def test_each_changed_cell_is_named_with_old_and_new() -> None:
    now = table(rows=(with_cell(FIRST, STATE, steps=8), with_cell(SECOND, STATE, **vars(BROKEN))))
    assert differences(SAMPLE, now) == [
        "first P1: violated in 9 steps -> violated in 8 steps",
        "second P1: holds -> violated in 9 steps",
    ]


def test_another_loop_other_constants_and_another_applicability_are_differences() -> None:
    now = table(
        rows=(
            with_cell(FIRST, WEAK, loop=5),
            replace(SECOND, cells={**SECOND.cells, WEAK.key: HOLDS, STRONG.key: replace(OPEN, verdict="holds")}),
        )
    )
    assert differences(SAMPLE, now) == [
        "first P2w: violated in 7 steps, then 6 steps for ever at calls=none"
        " -> violated in 7 steps, then 5 steps for ever at calls=none",
        "second P2w: not applicable -> holds",
        "second P2: unknown -> holds",
    ]


def test_rows_and_columns_that_were_not_asked_for_are_passed_over() -> None:
    now = table(rows=(SECOND,), columns=(STATE,))
    assert differences(SAMPLE, now) == []
    assert not_compared(SAMPLE, now) == ["first", "P2w", "P2"]
    assert report(SAMPLE, now, "t.json") == [
        "t.json: not compared, since not asked for: first, P2w, P2",
        "t.json: all 1 cells are as they were",
    ]


def test_new_rows_and_columns_are_differences() -> None:
    kept = table(rows=(FIRST,), columns=(STATE,))
    assert differences(kept, SAMPLE) == [
        "second: a new row, which the kept table does not have",
        "P2w: a new column, which the kept table does not have",
        "P2: a new column, which the kept table does not have",
    ]


def test_a_model_that_no_longer_compiles_is_one_difference() -> None:
    now = table(rows=(Row("first", "models/first.py", error="models/first.py:3: no\nmore"), SECOND))
    assert differences(SAMPLE, now) == ["first: compiles -> models/first.py:3: no"]
    assert exit_code(SAMPLE, now) is ExitCode.USAGE


def test_checks_that_fail_unasked_and_steps_never_taken_are_compared_without_line_numbers() -> None:
    kept = table(rows=(replace(FIRST, never_taken=("a.py:3 in f: x",)),))
    same = table(rows=(replace(FIRST, never_taken=("a.py:7 in f: x",)),))
    assert differences(kept, same) == []
    now = table(rows=(replace(FIRST, also={"deadlock": BROKEN}),))
    assert differences(kept, now) == [
        "first, deadlock: nothing -> violated in 9 steps",
        "first: a step that was never taken is taken now, or gone: a.py in f: x",
    ]


def test_tables_of_two_configurations_or_settings_differ() -> None:
    now = table(configuration="large", settings={"pin": "false"})
    assert differences(SAMPLE, now)[:2] == ["configuration: small -> large", "--set: nothing -> pin=false"]


def test_codes_are_of_the_comparison_and_not_of_what_models_declare() -> None:
    surprising = table(rows=(with_cell(FIRST, STATE, expected=False),))
    assert exit_code(surprising, surprising) is ExitCode.OK
    assert exit_code(SAMPLE, SAMPLE) is ExitCode.UNKNOWN
    assert exit_code(SAMPLE, table(rows=(with_cell(FIRST, STATE, steps=8), SECOND))) is ExitCode.VIOLATED
