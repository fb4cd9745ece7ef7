"""Graphs deeper than the depths that a byte tells apart, and searches that are stopped: nothing is lost or made up."""

from __future__ import annotations

import signal

import pytest

from ovlcheck.explore.native import Native
from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.result import Limits, Progress
from ovlcheck.system.action import Action
from ovlcheck.system.expr import Binary, Const, Load
from ovlcheck.system.transition_system import Assume, Invariant, TransitionSystem, Variable
from ovlcheck.system.types import Int
from tests.explore.native_testing import SMALL, answer_of, compile_quickly, make_tables_small
from tests.hand_built import crossed_locks, die_hard, eq, mcs_lock, move, plus, process, rule, set_, system

LENGTH = 600
LAST = (251, 252, 253, 254, 255, 256, 510, LENGTH)
"""Depths around those at which labels end, and the end."""


@pytest.fixture(autouse=True, scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as monkeypatch:
        compile_quickly(monkeypatch, tmp_path_factory.mktemp("cache"))
        yield


def chain(*violated_at: int) -> TransitionSystem:
    """A count up to ``LENGTH`` beside a bit that may be turned at any time; ``at k`` fails where both say so."""
    n, bit = Load("n"), Load("bit")
    return system(
        rule("up", Assume(Binary("<", n, Const(LENGTH))), set_("n", plus(n, 1))),
        rule("turn", set_("bit", Binary("-", Const(1), bit))),
        variables=(Variable("n", Int(0, LENGTH)), Variable("bit", Int(0, 1))),
        invariants=tuple(Invariant(f"at {k}", Binary("!=", n, Const(k))) for k in violated_at),
    )


def late_trap() -> TransitionSystem:
    """A walker begins a call that never ends after ``LENGTH`` steps; a clock never stops."""
    walker, pc = process("walker", 1, True, False)
    clock, clock_pc = process("clock", 1, True, True)
    n = Load("n")
    return system(
        move(walker, 0, 0, Assume(Binary("<", n, Const(LENGTH))), set_("n", plus(n, 1))),
        move(walker, 0, 1, Assume(eq(n, LENGTH)), set_("n", 0)),
        move(clock, 0, 1, name="tick"),
        move(clock, 1, 0, name="tock"),
        variables=(pc, clock_pc, Variable("n", Int(0, LENGTH))),
        processes=(walker, clock),
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_every_level_and_trace_of_a_deep_graph_is_right(threads: int) -> None:
    made = chain(*LAST)
    result = Native().search(made, limits=Limits(threads=threads), deadlock_free=True)
    assert result.complete
    assert result.levels == (1, *[2] * LENGTH, 1)
    assert {v.name: v.path for v in result.violations} == {f"at {k}": (Action(0, ()),) * k for k in LAST}


def test_the_states_of_a_deep_graph_come_layer_by_layer() -> None:
    distance = reachable(chain())
    rows = [tuple(row) for row in Native().states(chain()).tolist()]
    assert sorted(rows) == sorted(distance)
    assert [distance[row] for row in rows] == sorted(distance.values())


def test_who_is_stuck_only_in_the_deep_is_found_with_a_shortest_path() -> None:
    native, reference = (e.search(late_trap(), deadlock_free=True) for e in (Native(), Reference()))
    assert [(v.name, len(v.path), v.blocked) for v in native.violations] == [
        ("no_deadlock", LENGTH + 1, (("walker", 0),))
    ]
    assert [(v.name, len(v.path), v.blocked, v.message) for v in native.violations] == [
        (v.name, len(v.path), v.blocked, v.message) for v in reference.violations
    ]


@pytest.mark.parametrize("depth", [0, 2, 3, 4, 252, 253, 254, 255, 300])
def test_a_limit_of_depth_ends_a_deep_search_where_it_ends_the_reference(depth: int) -> None:
    limits = Limits(depth=depth)
    assert answer_of(Native(), chain(1, 253), limits) == answer_of(Reference(), chain(1, 253), limits)


@pytest.mark.parametrize("deepest", [1, 2, 3, 10])
@pytest.mark.parametrize("made", [mcs_lock(3), die_hard(), crossed_locks(bystander=True)])
def test_no_answer_depends_on_how_many_depths_have_labels(
    deepest: int, made: TransitionSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFLAGS", f"-O0 -w -DDEEPEST={deepest}")
    result = Native().search(made, deadlock_free=True)
    monkeypatch.setenv("CFLAGS", "-O0")
    usual = Native().search(made, deadlock_free=True)
    assert (result.levels, result.violations) == (usual.levels, usual.violations)
    assert result.transitions == usual.transitions


@pytest.mark.parametrize("kilobytes", [10, 50, 100, 10_000])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_limit_of_memory_is_kept_and_what_was_found_by_then_is_right(
    kilobytes: int, threads: int, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    make_tables_small(monkeypatch, tmp_path_factory.mktemp("cache"))
    whole = Reference().search(mcs_lock(3))
    found = Native().search(
        mcs_lock(3), limits=Limits(memory=kilobytes * 1000, threads=threads), deadlock_free=True
    )
    if kilobytes in (10, 10_000):
        assert found.complete == (kilobytes == 10_000)
    if found.complete:
        assert (found.states, found.levels) == (whole.states, whole.levels)
        return
    assert found.stopped is not None
    assert found.stopped.startswith("memory limit of")
    assert found.levels[:-2] == whole.levels[: max(0, len(found.levels) - 2)]
    assert 0 < found.states < whole.states
    assert found.violations == ()


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_in_the_middle_keeps_whole_layers(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seen: Progress) -> None:
        if seen.states > 1000:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("ovlcheck.explore.native.engine._SLICE", 0.0)
    monkeypatch.setenv("CFLAGS", SMALL)
    whole = Reference().search(mcs_lock(3))
    found = Native().search(mcs_lock(3), limits=Limits(threads=threads), progress=interrupt)
    assert (found.complete, found.stopped) == (False, "interrupted")
    assert sum(found.levels) == found.states > 1000
    assert found.levels[:-2] == whole.levels[: len(found.levels) - 2]
