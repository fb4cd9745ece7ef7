"""Mistakes made on purpose in the search for fair cycles: each changes an answer that the tests look at."""

from __future__ import annotations

import pytest

from ovlcheck.explore.liveness.check import check_requirements
from ovlcheck.explore.liveness.native import check_natively
from ovlcheck.explore.native.graph import GraphError
from ovlcheck.explore.replay import ReplayError
from ovlcheck.explore.result import Limits
from ovlcheck.system.transition_system import TransitionSystem
from tests.explore.liveness.native_mutants import MUTANTS
from tests.explore.liveness.test_native import TINY, answers
from tests.explore.mutants import assert_seen
from tests.explore.native_testing import make_tables_small


@pytest.fixture(autouse=True, scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as monkeypatch:
        make_tables_small(monkeypatch, tmp_path_factory.mktemp("cache"), TINY)
        yield


def asked(found: TransitionSystem, limits: Limits) -> object:
    """The native engine's answers, or the error by which it is seen that they are wrong."""
    try:
        return answers(check_natively(found, limits=limits, slicing=False))
    except (ReplayError, GraphError, AssertionError) as error:
        return type(error).__name__


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mistake_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    right = answers(check_requirements(mutant.system(), limits=mutant.limits))
    assert_seen(mutant, right, asked, monkeypatch)
