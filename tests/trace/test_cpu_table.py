"""The table for mails: what it says, and that it fits."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlcheck.trace.cpu_table import cpu_table
from ovlcheck.trace.trace import Trace
from tests.examples import examples
from tests.trace.racing import racing_trace
from tests.trace.samples import sample_trace
from tests.trace.strategies import traces


def test_the_whole_table_of_a_small_trace() -> None:
    assert cpu_table(racing_trace()) == RACING


RACING = """\
CPU0                                 CPU1
closer0                              writer0
-------                              -------
release()
  reads writing = False
                                     open()
                                       writing: False -> True
  flags: {LISTED} -> {}
return from release()

a_writer_is_listed: Who writes is on the list.
closer0 returns from release() while writing is True since step 3 (writer0
in open) and flags is {}. closer0 saw writing = False in release()
(models/racing.py:10, step 1); writer0 set writing in open()
(models/racing.py:20, step 3), before closer0 acted on it in release()
(models/racing.py:12, step 4).
"""


def test_a_step_that_does_not_matter_is_left_out() -> None:
    assert "ticks" not in cpu_table(racing_trace())


def test_a_trace_that_was_not_analysed_is_shown_whole() -> None:
    steps = tuple(replace(step, role=None, moments={}) for step in racing_trace().steps)
    table = cpu_table(replace(racing_trace(), steps=steps, analysed=False, races=()))
    assert "ticks: False -> True" in table


def test_a_loop_is_marked_on_both_ends() -> None:
    table = cpu_table(replace(sample_trace(), loop_start=1, analysed=False))
    assert table.index("from here on for ever") < table.index("suspects") < table.index("and so on")


def test_many_tasks_stand_in_steps() -> None:
    step = sample_trace().steps[1]
    steps = tuple(replace(step, instance=i) for i in range(6))
    table = cpu_table(replace(sample_trace(), steps=steps, analysed=False))
    heading = table.splitlines()[0]
    assert heading.split() == [f"CPU{i}" for i in range(6)]
    assert [
        line.index("inode0.is_dirty: False") for line in table.splitlines() if "inode0.is_dirty: F" in line
    ] == [heading.index(f"CPU{i}") for i in range(6)]


@pytest.mark.parametrize("width", [0, 39])
def test_too_narrow_a_table_is_refused(width: int) -> None:
    with pytest.raises(ValueError, match="40 columns"):
        cpu_table(sample_trace(), width)


@settings(max_examples=examples(30, 300))
@given(traces(), st.integers(40, 120))
def test_lines_fit_and_hold_no_control_characters(trace: Trace, width: int) -> None:
    table = cpu_table(trace, width)
    assert table.endswith("\n")
    for line in table[:-1].split("\n"):
        assert len(line) <= width
        assert line == line.rstrip()
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in line)


def test_where_columns_are_too_narrow_tasks_are_named_above_and_marked_in_turn() -> None:
    step = sample_trace().steps[1]
    long = replace(step, source="x" * 60, changes=(), calls=(), moments={}, process="a_task_with_a_long_name")
    steps = tuple(replace(long, instance=i % 3) for i in range(9))
    rows = cpu_table(replace(sample_trace(), steps=steps, analysed=False)).splitlines()
    assert rows[0].startswith("CPU0: a_task_with_a_long_name0, CPU1: ")
    assert [row.strip() for row in rows if row.strip().startswith("[")] == ["[CPU0]", "[CPU1]", "[CPU2]"] * 3
    assert all("x" * 60 in row for row in rows if "xx" in row)
