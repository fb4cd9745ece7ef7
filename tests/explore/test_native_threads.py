"""No answer of the native engine depends on how many threads found it, nor on how far each of them came.

Tables are so small here, and chunks of a layer, that threads meet all the time: in buckets, in what spills, in growth.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from ovlcheck.explore.native import Native, engine
from ovlcheck.explore.reference import reachable
from ovlcheck.explore.result import Limits, WidthOverflow
from ovlcheck.system.transition_system import TransitionSystem
from tests.examples import examples
from tests.explore.native_testing import answer, make_tables_small
from tests.explore.test_native import SYSTEMS
from tests.explore.test_native_random import MANY, quickly
from tests.hand_built import mcs_lock
from tests.random_systems import transition_systems

TIMES = 5
"""Races show now and then."""


@pytest.fixture(autouse=True, scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as monkeypatch:
        make_tables_small(monkeypatch, tmp_path_factory.mktemp("cache"))
        yield


def everything(made: TransitionSystem, threads: int, depth: int | None = None) -> dict[str, Any]:
    """All of the answer but what it cost, every trace action by action."""
    limits = Limits(threads=threads, depth=depth)
    try:
        result = Native().search(made, limits=limits, deadlock_free=True)
    except WidthOverflow as overflow:
        assert overflow.partial is not None
        return {
            "overflow": (overflow.variable, overflow.initial, overflow.path),
            "partial": answer(overflow.partial),
        }
    return {**answer(result), "traces": result.violations}


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("threads", [2, 4])
def test_the_answer_is_that_of_one_thread(name: str, threads: int) -> None:
    made = SYSTEMS[name]()
    alone = everything(made, 1)
    for _ in range(TIMES):
        assert everything(made, threads) == alone


@settings(quickly, max_examples=examples(20, 60))
@given(transition_systems())
def test_the_answer_on_random_systems_is_that_of_one_thread(system: TransitionSystem) -> None:
    depth = some_layers(system)
    alone = everything(system, 1, depth)
    for threads in (2, 4, 2, 4):
        assert everything(system, threads, depth) == alone


def some_layers(system: TransitionSystem) -> int | None:
    """A depth within which there are not too many states."""
    try:
        found = Native().search(system, limits=Limits(states=MANY, threads=1))
    except WidthOverflow:
        return None
    return None if found.complete else max(0, len(found.levels) - 2)


@pytest.mark.parametrize("processors", [2, 4])
def test_every_state_is_found_once_whoever_finds_it(processors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "processors", lambda: processors)
    made = mcs_lock(3)
    there = reachable(made)
    for _ in range(TIMES):
        rows = [tuple(row) for row in Native().states(made).tolist()]
        assert sorted(rows) == sorted(there)
        assert [there[row] for row in rows] == sorted(there.values())


@pytest.mark.parametrize("most", [1, 2, 7, 100, 1000, 5000, 7596, 7597])
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_limit_of_states_is_used_up_before_it_ends_a_search(most: int, threads: int) -> None:
    for _ in range(TIMES):
        result = Native().search(mcs_lock(3), limits=Limits(states=most, threads=threads))
        assert (result.states, result.complete) == (most, most == 7597)
        assert sum(result.levels) == most


@pytest.mark.parametrize("threads", [2, 4])
def test_slices_do_not_show(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = mcs_lock(3)
    alone = everything(made, 1)
    monkeypatch.setattr(engine, "_SLICE", 0.0)
    assert everything(made, threads) == alone
