"""One sentence about a violation: true of the trace, and nothing said where nothing is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from ovlcheck.trace.summary import broken, did, summary
from ovlcheck.trace.trace import Change, Trace
from tests.examples import examples
from tests.trace.racing import racing_trace
from tests.trace.samples import sample_trace
from tests.trace.strategies import traces


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{}", "{I_DIRTY, I_SYNC}", "set I_DIRTY, I_SYNC in x"),
        ("{I_DIRTY}", "{}", "cleared I_DIRTY in x"),
        ("{I_DIRTY}", "{I_SYNC}", "set I_SYNC in x and cleared I_DIRTY in x"),
        ("{inode0}", "{}", "removed inode0 from x"),
        ("{}", "{inode0}", "added inode0 to x"),
        ("allocated", "free", "freed x"),
        ("free", "allocated", "allocated x"),
        ("False", "True", "set x"),
        ("True", "False", "cleared x"),
        ("1", "0", "changed x from 1 to 0"),
        (None, "3", "made x 3"),
    ],
)
def test_a_change_in_words(old: str | None, new: str, says: str) -> None:
    assert did(Change("x", old, new)) == says


def test_the_end_is_told_with_who_made_the_values_so() -> None:
    said = summary(sample_trace())
    assert "evict_inode(inode0)" in said
    assert "inode0.is_dirty is True since step 2 (writer0 in write)" in said


def test_a_race_is_told_with_names_and_lines() -> None:
    said = summary(racing_trace())
    for part in (
        "closer0 saw writing = False in release() (models/racing.py:10, step ",
        "writer0 set writing in open() (models/racing.py:20, step ",
    ):
        assert part in said


def test_what_is_broken_is_the_first_sentence_of_the_property() -> None:
    assert broken(racing_trace()) == "a_writer_is_listed: Who writes is on the list."
    assert broken(replace(racing_trace(), doc="", message="")) == "a_writer_is_listed does not hold."


def test_nothing_is_said_of_runs_that_go_on_for_ever() -> None:
    assert summary(replace(sample_trace(), loop_start=1, races=())) == ""


@settings(max_examples=examples(30, 300))
@given(traces())
def test_any_trace_has_a_summary_or_none(trace: Trace) -> None:
    assert isinstance(summary(trace), str)
    assert broken(trace)
