"""On random systems: what can happen next is what the engines see, and what a run breaks is broken to them as well."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ovlcheck.errors import UsageError
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.replay import replay
from ovlcheck.explore.result import Limits, Violation
from ovlcheck.explore.search import explore
from ovlcheck.runs.chance import EvenHanded, Priorities, Taken
from ovlcheck.runs.moves import GrowsWithoutEnd, Moves
from ovlcheck.runs.shorten import shortened
from ovlcheck.runs.walk import Walk
from ovlcheck.state_graph.reach import reach
from ovlcheck.system.action import Action, State
from ovlcheck.system.transition_system import TransitionSystem
from tests.examples import examples
from tests.random_systems import transition_systems

MANY = 1_500

quickly = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@settings(quickly, max_examples=examples(60, 150))
@given(transition_systems())
def test_a_graph_has_the_states_transitions_and_violations_of_the_search(system: TransitionSystem) -> None:
    _, result = explore(system, Reference(), limits=Limits(states=MANY))
    if not result.complete:
        with pytest.raises(UsageError):
            reach(Moves(system), MANY)
        return
    found = reach(Moves(system), MANY)
    assert (len(found.states), found.transitions) == (result.states, result.transitions)
    assert max(found.depths, default=0) == result.depth
    in_steps = {name for _, _, _, names in found.steps for name in names}
    in_states = {name for names in found.violates for name in names}
    at_start = {failure.name for start in Moves(system).initial() for failure in start.faults}
    assert in_steps | in_states | at_start == {v.name for v in result.violations} - {"deadlock"}


@settings(quickly, max_examples=examples(60, 150))
@given(transition_systems(), st.integers(0, 1000), st.booleans())
def test_whatever_a_random_run_breaks_is_broken_by_the_shortened_run_too(
    system: TransitionSystem, seed: int, by_priority: bool
) -> None:
    moves, chance = Moves(system), random.Random(seed)

    def at_rest(state: State, action: Action) -> bool:
        who = moves.semantics.instance(action)
        return who is None or moves.semantics.at_rest(state, *who)

    chooser = (
        Priorities(chance, moves.actor, Taken(), 40, at_rest)
        if by_priority
        else EvenHanded(chance, moves.actor, Taken())
    )
    try:
        starts = [start.state for start in moves.initial() if start.state is not None]
        if not starts:
            return
        state = initial = chance.choice(starts)
        path: list[Action] = []
        while len(path) < 40:
            outcomes = moves.successors(state)
            if not outcomes:
                return
            outcome = chooser.choose(state, outcomes)
            assert outcome in outcomes
            path.append(outcome.action)
            for failure in moves.broken_by(outcome):
                short = shortened(moves, initial, path, failure.name)
                assert len(short) <= len(path)
                assert short[-1] in path
                replay(moves.system, Violation(failure.name, failure.message, initial, short))
            if outcome.state is None:
                return
            state = outcome.state
    except GrowsWithoutEnd:
        return


@settings(quickly, max_examples=examples(40, 100))
@given(transition_systems(), st.integers(0, 1000))
def test_going_back_and_forth_leads_to_the_same_states(system: TransitionSystem, seed: int) -> None:
    moves, chance = Moves(system), random.Random(seed)
    try:
        if not moves.initial():
            return
        walk = Walk(moves)
        states = [walk.state]
        while len(states) < 15 and (choices := walk.choices()):
            walk.take(chance.choice(choices).action)
            states.append(walk.state)
    except GrowsWithoutEnd:
        return
    for step in (0, len(states) - 1, len(states) // 2, len(states) - 1):
        walk.goto(step)
        assert walk.state == states[step]
        assert len(walk.taken) + len(walk.ahead) == len(states) - 1
    assert [walk.state_after(step) for step in range(len(states))] == states
