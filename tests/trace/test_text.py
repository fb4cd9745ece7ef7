"""The text of a trace: what it says, that it fits, and that nothing in it can drive a terminal."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from hypothesis import given

from ovlcheck.trace.text import WIDTH, render_text
from ovlcheck.trace.trace import Trace
from tests.trace.samples import sample_trace
from tests.trace.strategies import traces


def test_the_whole_text_of_a_small_trace() -> None:
    assert render_text(sample_trace()) == (
        """\
no_evicted_inode_is_dirty: 3 steps, 1 context switch
  Nothing could find the dirty inode any more.
  evict_inode(inode) is called and the predicate is false
  false: not inode0.is_dirty or suspects != {inode0}
  shrink comes to evict_inode(inode0) while inode0.is_dirty is True since step 2
    (writer0 in write) and suspects is {inode0} since step 2 (writer0 in write).

model      sample (models/sample.py)
constants  inodes=1 calls=None

at the start
  inode0.is_dirty = False
  suspects = {}

 1  writer0  write  models/sample.py:10   inode = self.find()
          -> write(inode0)
          inode = inode0

 2  writer0  write  models/sample.py:11   self.suspects.add(inode)
          <- write(inode0) = True
          inode0.is_dirty: False -> True
          suspects: {} -> {inode0}

 3  shrink   evict_inode  models/sample.py:30   free(inode)
          with which = inode0
          -> evict_inode(inode0)
          inode0: allocated -> free
          puts: 0 -> 1

when it fails
  inode0.is_dirty = True
  suspects = {inode0}
"""
    )


def test_source_that_does_not_fit_beside_its_place_goes_below() -> None:
    trace = sample_trace()
    long = replace(trace.steps[0], source="self.mark_inode_dirty(inode)  " + "x" * 40)
    lines = render_text(replace(trace, steps=(long,))).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(" 1  writer0"))
    assert lines[at].endswith("models/sample.py:10")
    assert lines[at + 1].startswith("        self.mark_inode_dirty(inode)")


def test_a_loop_says_where_it_begins_and_that_it_goes_on() -> None:
    text = render_text(replace(sample_trace(), loop_start=1))
    assert text.index(" 1  writer0") < text.index("from here on for ever") < text.index(" 2  writer0")
    assert "again from step 2" in text


@given(traces())
def test_lines_fit_and_hold_no_control_characters(trace: Trace) -> None:
    text = render_text(trace)
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        assert len(line) <= WIDTH
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in line)
