"""The way that is found is as short as any, whether the interpreter or an engine finds it."""

from __future__ import annotations

import pytest

from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.lang.questions import Questions
from ovlcheck.runs import find
from ovlcheck.runs.find import Goal, TooManyStates, shortest_way
from ovlcheck.runs.moves import Moves
from ovlcheck.system.action import Action, State
from tests.runs.cache_model import Project, prepared

GOALS = ("freed", "len(listed) == 2", "entry1.changed", "entry0 in listed and not entry0.is_used")


def goal_of(project: Project, text: str) -> tuple[Moves, Goal]:
    made = prepared(project.directory, {"room": "2", "tasks": "2"})
    question = Questions(made.model, dict(made.constants), made.system).compile(text)
    return Moves(made.system), Goal(question.expr)


def end(moves: Moves, state: State, path: tuple[Action, ...]) -> State:
    for action in path:
        outcome = moves.fire(state, action)
        assert outcome is not None and outcome.state is not None
        state = outcome.state
    return state


@pytest.mark.parametrize("text", GOALS)
def test_an_engine_finds_a_way_as_short_as_the_interpreter(
    project: Project, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves, goal = goal_of(project, text)
    for state in list(reachable(moves.system))[::40]:
        near = shortest_way(moves, state, goal, 100_000)
        with monkeypatch.context() as patched:
            patched.setattr(find, "NEAR", 1)
            patched.setattr(find, "make_engine", lambda _: Reference())
            far = shortest_way(moves, state, goal, 100_000)
        assert (near is None) == (far is None)
        if near is not None and far is not None:
            assert len(near) == len(far)
            assert goal.condition is not None
            for path in (near, far):
                assert moves.semantics.evaluate(goal.condition, end(moves, state, path))


def test_a_state_in_which_the_condition_has_no_value_is_not_one_in_which_it_is_true(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine stops at the first state in which the invariant that stands for the goal cannot be evaluated."""
    monkeypatch.setattr(find, "NEAR", 1)
    moves, goal = goal_of(project, "entry1.changed")
    (start,) = moves.semantics.initial_states()
    path = shortest_way(moves, start, goal, 100_000)
    assert path is not None and goal.condition is not None
    assert moves.semantics.evaluate(goal.condition, end(moves, start, path)) == 1


def test_a_violation_is_a_goal_and_no_way_is_none(project: Project) -> None:
    moves, never = goal_of(project, "len(listed) > 2")
    (start,) = moves.semantics.initial_states()
    assert shortest_way(moves, start, never, 100_000) is None
    path = shortest_way(moves, start, Goal(checks=("a_listed_entry_is_used",)), 100_000)
    assert path is not None
    failed = moves.broken_in(end(moves, start, path))
    assert [failure.name for failure in failed] == ["a_listed_entry_is_used"]


def test_a_search_is_given_up_where_it_is_told_to(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    moves, never = goal_of(project, "len(listed) > 2")
    (start,) = moves.semantics.initial_states()
    with pytest.raises(TooManyStates):
        shortest_way(moves, start, never, 20)
    monkeypatch.setattr(find, "NEAR", 1)
    with pytest.raises(TooManyStates):
        shortest_way(moves, start, never, 20)
