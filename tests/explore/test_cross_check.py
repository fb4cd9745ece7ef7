"""cross-check finds engines and reductions that are wrong, and says where they first are."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from ovlcheck.explore import reductions
from ovlcheck.explore.cross_check import Comparison, cross_check
from ovlcheck.explore.native import Native
from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.result import Limits, Progress, SearchResult, State
from ovlcheck.system import fusion
from ovlcheck.system.transition_system import TransitionSystem
from tests.hand_built import crossed_locks, die_hard, one_lock
from tests.system.fusion_cases import CASES, properly_locked


class Engine:
    """The reference by another name, with something of its answers changed."""

    name = "other"

    def __init__(
        self,
        result: Callable[[SearchResult], SearchResult] = lambda result: result,
        states: Callable[[list[State]], list[State]] = lambda states: states,
    ) -> None:
        self.result = result
        self.listed = states

    def search(
        self,
        system: TransitionSystem,
        *,
        limits: Limits = Limits(),
        deadlock_free: bool = False,
        stop_early: frozenset[str] = frozenset(),
        progress: Callable[[Progress], None] | None = None,
    ) -> SearchResult:
        found = Reference().search(system, limits=limits, stop_early=stop_early)
        return self.result(replace(found, engine=self.name))

    def states(self, system: TransitionSystem) -> Iterable[Iterable[int]]:
        return self.listed(list(reachable(system)))


def checked(system: TransitionSystem, engine: Engine, most: int = 1000) -> list[Comparison]:
    return list(cross_check(system, engine, most=most))


@pytest.mark.parametrize("name", CASES)
def test_everything_agrees_where_nothing_is_wrong(name: str) -> None:
    found = checked(CASES[name](), Engine())
    assert [c.difference for c in found] == [None] * 7
    assert [(c.left, c.right) for c in found] == [
        ("reference", "other"),
        ("one thread", "4 threads"),
        ("slicing", "no reductions"),
        ("fusion", "no reductions"),
        ("symmetry", "no reductions"),
        ("partial-order", "no reductions"),
        ("slicing, fusion, symmetry, partial-order", "no reductions"),
    ]
    assert all(c.whole for c in found)


def test_a_level_with_another_number_of_states_is_told() -> None:
    wrong = Engine(lambda r: replace(r, levels=(*r.levels[:2], r.levels[2] + 1, *r.levels[3:])))
    assert checked(die_hard(), wrong, most=10)[0].difference == "level 2: 3 states against 4"


def test_a_state_that_only_one_of_them_has_is_told_with_its_level() -> None:
    def other_states(states: list[State]) -> list[State]:
        return [*states[:3], (3, 4), *states[4:]]

    found = checked(die_hard(), Engine(states=other_states))[0]
    assert found.difference is not None
    assert found.difference.startswith("level 2: only reference has the state")


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda r: replace(r, transitions=r.transitions + 1), "transitions: 96 against 97"),
        (lambda r: replace(r, violations=()), "lengths of traces: {'never_four': 6} against {}"),
        (lambda r: replace(r, covered=frozenset({"c"})), "covers: [] against ['c']"),
    ],
)
def test_another_figure_is_told(change: Callable[[SearchResult], SearchResult], difference: str) -> None:
    assert checked(die_hard(), Engine(change))[0].difference == difference


class DependsOnThreads(Engine):
    """Something of its answers changes with several threads."""

    def search(
        self,
        system: TransitionSystem,
        *,
        limits: Limits = Limits(),
        deadlock_free: bool = False,
        stop_early: frozenset[str] = frozenset(),
        progress: Callable[[Progress], None] | None = None,
    ) -> SearchResult:
        found = Reference().search(system, limits=limits, stop_early=stop_early)
        return self.result(found) if (limits.threads or 1) > 1 else found


def with_another_trace(result: SearchResult) -> SearchResult:
    violation = result.violations[0]
    path = (*violation.path[:-2], violation.path[-1], violation.path[-2])
    return replace(result, violations=(replace(violation, path=path),))


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda r: replace(r, levels=(*r.levels[:-1], 9)), "level 7: 2 states against 9"),
        (lambda r: replace(r, transitions=95), "transitions: 96 against 95"),
        (lambda r: replace(r, fired=r.fired - {2}), "steps that only one of them took: ['empty small']"),
        (with_another_trace, "other traces of the same length: ['never_four']"),
    ],
)
def test_an_answer_that_depends_on_threads_is_told(
    change: Callable[[SearchResult], SearchResult], difference: str
) -> None:
    found = checked(die_hard(), DependsOnThreads(change))
    assert {c.left: c.difference for c in found}["one thread"] == difference
    assert found[0].difference is None


def test_a_reference_that_goes_only_some_way_says_how_far() -> None:
    found = checked(die_hard(), Engine(), most=5)[0]
    assert str(found) == "reference agrees with other: levels 0 to 1, 3 states and no further"


def test_a_reduction_that_loses_a_violation_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fusion.Movers, "_by_somebody_else", lambda self, edge, other: False)
    found = {c.left: c.difference for c in checked(CASES["reader_sees_half_a_run"](), Engine())}
    assert found["fusion"] == "violations: ['half'] against []"
    assert found["slicing"] is None


def test_a_reduction_that_loses_a_state_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_the_last_edge(system: TransitionSystem, seen: frozenset[str]) -> fusion.Fused:
        made = fusion.fuse(system)
        return replace(made, system=replace(made.system, edges=made.system.edges[:-1]))

    monkeypatch.setattr(reductions, "fuse", without_the_last_edge)
    found = {c.left: c.difference for c in checked(properly_locked(), Engine())}
    assert found["fusion"] is not None


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
@pytest.mark.parametrize("system", [properly_locked(), crossed_locks(bystander=True), one_lock(3)])
def test_the_native_engine_agrees_on_fused_and_on_sorted_systems(system: TransitionSystem) -> None:
    assert [c.difference for c in checked_natively(system)] == [None] * 7


def checked_natively(system: TransitionSystem) -> list[Comparison]:
    return list(cross_check(system, Native(), most=1000))


@pytest.mark.parametrize("which", range(4))
def test_a_search_that_the_user_ends_is_no_difference(which: int) -> None:
    """The searches by the engine itself, one after the other."""
    searches = iter(range(100))

    def interrupted(result: SearchResult) -> SearchResult:
        half = replace(result, complete=False, stopped="interrupted", states=1)
        return half if next(searches) == which else result

    with pytest.raises(KeyboardInterrupt):
        list(cross_check(die_hard(), Engine(interrupted), most=1000))
