"""Native and reference agree, state by state, on random systems."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ovlcheck.explore.native import Native
from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.result import Limits, SearchResult, WidthOverflow
from ovlcheck.system.transition_system import TransitionSystem
from tests.examples import examples
from tests.explore.native_testing import answer_of, compile_quickly
from tests.random_systems import transition_systems

MANY = 2_000
"""States that the reference explores in a fraction of a second."""

# Without Phase.shrink: each try is a program to compile, and a failure would take minutes to end.
quickly = settings(
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@pytest.fixture(autouse=True, scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as monkeypatch:
        compile_quickly(monkeypatch, tmp_path_factory.mktemp("cache"))
        yield


def small_part(system: TransitionSystem) -> Limits:
    """No limit where there are few states, else so few layers that there are."""
    try:
        result: SearchResult = Native().search(system, limits=Limits(states=MANY))
    except WidthOverflow:
        return Limits()
    if result.complete:
        return Limits()
    whole = len(result.levels) - 2
    return Limits(depth=max(0, whole))


@settings(quickly, max_examples=examples(60, 200))
@given(transition_systems())
def test_answers_agree(system: TransitionSystem) -> None:
    limits = small_part(system)
    assert answer_of(Native(), system, limits) == answer_of(Reference(), system, limits)


@settings(quickly, max_examples=examples(15, 40))
@given(transition_systems())
def test_states_agree(system: TransitionSystem) -> None:
    if small_part(system) != Limits():
        return
    try:
        rows = Native().states(system).tolist()
    except WidthOverflow:
        return
    assert sorted(map(tuple, rows)) == sorted(reachable(system))
