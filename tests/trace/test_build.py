"""A trace says what happened, in the model's words, and only what happens again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ovlcheck.explore.replay import ReplayError
from ovlcheck.system.action import Action
from ovlcheck.trace import build
from ovlcheck.trace.build import TraceBuilder
from ovlcheck.trace.fingerprint import fingerprint
from ovlcheck.trace.place import shown_file
from ovlcheck.trace.trace import Call, Change
from tests.hand_built import crossed_locks, die_hard, soft_and_hard_checks, underflow
from tests.trace.samples import FILE, lose_an_inode, sample_trace, trace_of, violation


def test_steps_name_who_moved_and_where_in_the_source() -> None:
    steps = sample_trace().steps
    assert [(s.actor, s.function, s.file, s.line, s.source) for s in steps] == [
        ("writer0", "write", FILE, 10, "inode = self.find()"),
        ("writer0", "write", FILE, 11, "self.suspects.add(inode)"),
        ("shrink", "evict_inode", FILE, 30, "free(inode)"),
    ]


def test_changes_are_of_meaning_only() -> None:
    """No positions, no reset of a dead local, no fields of a freed object."""
    shown = [[c for c in step.changes if c.new is not None] for step in sample_trace().steps]
    assert shown == [
        [Change("writer0 inode", None, "inode0")],
        [Change("inode0.is_dirty", "False", "True"), Change("suspects", "{}", "{inode0}")],
        [Change("inode0", "allocated", "free"), Change("puts", "0", "1")],
    ]


def test_a_value_that_lost_its_meaning_is_no_part_of_the_state() -> None:
    trace = sample_trace()
    assert trace.state(1)["writer0 inode"] == "inode0"
    assert "writer0 inode" not in trace.state(2)
    assert trace.state(2)["inode0.is_dirty"] == "True"
    assert "inode0.is_dirty" not in trace.state(3)
    assert trace.state(0) == trace.initial


def test_calls_carry_their_arguments_and_results() -> None:
    steps = sample_trace().steps
    assert steps[0].calls == (Call("call", "write", {"inode": "inode0"}),)
    assert str(steps[1].calls[0]) == "write(inode0) = True"


def test_files_of_ovlcheck_itself_are_named_alike_everywhere() -> None:
    assert shown_file(build.__file__) == "ovlcheck/trace/build.py"
    assert shown_file("models/mine.py") == "models/mine.py"
    assert shown_file("/elsewhere/mine.py") == "/elsewhere/mine.py"


def test_the_fields_of_a_record_stand_together() -> None:
    file = {"file.inode": "inode0", "file.writable": "True", "flags": "{}"}
    assert str(Call("call", "open", file)) == "open({inode0, True}, {})"


def test_the_failed_condition_is_told_in_cells_and_values_at_that_moment() -> None:
    trace = sample_trace()
    assert trace.failed == "not inode0.is_dirty or suspects != {inode0}"
    assert trace.relevant == {"inode0.is_dirty": "True", "suspects": "{inode0}"}


def test_an_invariant_is_explained_in_the_state_that_breaks_it() -> None:
    trace = trace_of(die_hard(), "never_four")
    assert len(trace.steps) == 6
    assert (trace.failed, trace.relevant, trace.message) == ("big != 4", {"big": "4"}, "four gallons")


def test_a_step_that_ends_half_way_shows_the_part_that_ran() -> None:
    last = trace_of(soft_and_hard_checks(), "below_three").steps[-1]
    assert last.partial
    assert last.changes == (Change("n", "2", "3"),)
    assert trace_of(underflow(), "refcount below zero").steps[-1].partial


def test_who_is_stuck_is_said_with_the_place() -> None:
    trace = trace_of(crossed_locks(bystander=False), "deadlock")
    assert [(s.actor, s.line) for s in trace.stuck] == [("left0", 11), ("right0", 11)]
    assert trace.message.splitlines()[-1] == "cycle: left0 -> right0 -> left0"


def test_a_path_that_is_no_run_is_refused() -> None:
    found = violation(lose_an_inode(), "no_evicted_inode_is_dirty")
    builder = TraceBuilder(lose_an_inode(), FILE)
    for path in (found.path[1:], found.path[:-1], (*found.path, found.path[-1]), (Action(99),)):
        with pytest.raises(ReplayError):
            builder.build(replace(found, path=path))


def test_a_run_that_breaks_nothing_can_be_shown_too() -> None:
    found = violation(lose_an_inode(), "no_evicted_inode_is_dirty")
    trace = TraceBuilder(lose_an_inode(), FILE).build_run(found.initial, found.path[:2], name="scenario")
    assert [s.actor for s in trace.steps] == ["writer0", "writer0"]
    assert trace.relevant == {}


def test_the_fingerprint_knows_the_runs_but_not_the_place_of_the_file() -> None:
    system = lose_an_inode()
    moved = replace(
        system, edges=tuple(replace(e, source=replace(e.source, file="x", line=1)) for e in system.edges)
    )
    assert fingerprint(moved) == fingerprint(system)
    assert fingerprint(replace(system, edges=system.edges[:-1])) != fingerprint(system)
    assert fingerprint(system.with_widths({"puts": 2})) != fingerprint(system)
