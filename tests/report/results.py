"""Results of runs, made by hand and by the reference engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ovlcheck.explore.reference import Reference
from ovlcheck.judge import About, judge
from ovlcheck.report.verdict import ModelResult, Scope
from ovlcheck.system.transition_system import PropertyInfo
from tests.trace.samples import FILE, lose_an_inode

_PLAIN = ModelResult(
    path="models/sample.py",
    name="sample",
    doc="What the model is.\n\nAnd more.",
    configuration="small",
    engine="native",
    method="breadth-first search of every reachable state",
    complete=True,
    stopped=None,
    states=12345,
    transitions=67890,
    depth=7,
    seconds=1.5,
    bits_per_state=42,
    bytes_per_state=6.0,
    scope=Scope(
        objects={"inode": 1},
        tasks={"writer": 2},
        calls="at most 2 by each user task",
        hooks=("release",),
        constants={"inodes": "1", "calls": "2"},
        left_out=("no gc",),
    ),
    properties=(),
    largest={},
)


def result(**changes: Any) -> ModelResult:
    return replace(_PLAIN, **changes)


def sample_result() -> ModelResult:
    """The real result of a model that breaks one property in three steps."""
    info = PropertyInfo("no_evicted_inode_is_dirty", "event", "Nothing could find the dirty inode any more.")
    system = replace(lose_an_inode(), properties=(info,))
    return judge(system, Reference().search(system), About(FILE, "A sample.", "", ()))
