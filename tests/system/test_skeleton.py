"""Skeletons against the systems that they are of: whatever happens there happens in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, assume, given, settings

from ovlcheck.explore.reference import reachable
from ovlcheck.system.action import State
from ovlcheck.system.beside import Beside, TooMany, look_around
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.movers import watched
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.skeleton import Skeleton, of_control, of_data, skeleton
from ovlcheck.system.transition_system import Invariant, TransitionSystem
from tests.examples import examples
from tests.locking_programs import locking_programs
from tests.system.fusion_cases import CASES, references_of_two

MOST = 1500


def skeletons(system: TransitionSystem) -> Iterator[Skeleton]:
    for wanted in (of_control, of_data):
        yield skeleton(system, wanted(system))


def seen_in(thin: Skeleton, system: TransitionSystem, state: State) -> State:
    """``state`` without what ``thin`` leaves out."""
    places = {p.pc: thin.places[p.name] for p in system.processes}
    return tuple(
        places[v.name][value] if v.name in places else value
        for v in thin.system.variables
        for value in state[system.offset[v.name] : system.offset[v.name] + v.cells]
    )


def wrong(system: TransitionSystem) -> str | None:
    """The first thing that a skeleton of ``system`` says and that is not so."""
    semantics = Semantics(system)
    states = reachable(system)
    for thin in skeletons(system):
        beside = Beside(system, thin)
        known = {beside._word.state(word) for word in beside.states}
        for state in states:
            if seen_in(thin, system, state) not in known:
                return f"a state that the skeleton has not: {state}"
            for first in semantics.successors(state):
                if first.state is None:
                    if beside.never_fails(first.action.edge):
                        return f"edge {first.action.edge} fails"
                    continue
                for second in semantics.successors(first.state):
                    edges = first.action.edge, second.action.edge
                    same = semantics.instance(first.action) == semantics.instance(second.action) is not None
                    if not same and beside.never(*edges, failing=False):
                        return f"edge {edges[1]} comes behind {edges[0]}"
        for process in system.processes:
            for place in range(len(process.locations)):
                leaving = [
                    n for n, e in enumerate(system.edges) if (e.process, e.origin) == (process.name, place)
                ]
                if (
                    leaving
                    and beside.always_leaves(leaving)
                    and _stuck(semantics, states, process.name, place)
                ):
                    return f"{process.name} is stuck at {place}"
        for invariant in system.invariants:
            if beside.proves(invariant.condition) and not all(
                _holds(semantics, invariant, s) for s in states
            ):
                return f"{invariant.name} does not hold"
        for name, most in beside.largest().items():
            if max(s[system.offset[name]] for s in states) > most:
                return f"{name} is greater than {most}"
    return None


def _stuck(semantics: Semantics, states: list[State], process: str, place: int) -> bool:
    instances = range(semantics.system.process[process].instances)
    return any(
        semantics.location(state, process, i) == place
        and not any(semantics.instance(a) == (process, i) for a in semantics.enabled(state))
        for state in states
        for i in instances
    )


def _holds(semantics: Semantics, invariant: Invariant, state: State) -> bool:
    try:
        return bool(semantics.evaluate(invariant.condition, state))
    except Fault:
        return False


@settings(max_examples=examples(60, 300), deadline=None, suppress_health_check=list(HealthCheck))
@given(locking_programs())
def test_what_a_skeleton_says_of_a_random_program_is_so(system: TransitionSystem) -> None:
    assume(not watched(system))
    try:
        assume(len(reachable(system)) <= MOST)
        found = wrong(system)
    except (CountOverflow, TooMany):
        assume(False)
    assert found is None


@pytest.mark.parametrize("name", CASES)
def test_what_a_skeleton_says_of_a_small_system_is_so(name: str) -> None:
    system = CASES[name]()
    if not watched(system):
        assert wrong(system) is None


def test_a_skeleton_bounds_counts_and_proves_what_follows_from_them() -> None:
    system = references_of_two()
    around = Beside(system, skeleton(system, of_control(system)))
    assert around.largest() == {"count": 2}
    assert around.proves(system.invariants[0].condition)


@pytest.mark.parametrize("limit", ["MOST_STATES", "MOST_COMPARED"])
def test_a_skeleton_with_too_many_states_or_pairs_of_steps_is_left_out(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = CASES["properly_locked"]()
    assert len(look_around(system)) == 2
    monkeypatch.setattr(f"ovlcheck.system.beside.{limit}", 1)
    for thin in skeletons(system):
        with pytest.raises(TooMany):
            Beside(system, thin)
    assert look_around(system) == ()
