"""Random runs: the same seed makes the same, what they break is broken indeed, and nothing is ever proved by them."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from ovlcheck.explore.reference import reachable
from ovlcheck.explore.replay import replay
from ovlcheck.prepare import Options, prepare
from ovlcheck.report.verdict import UNKNOWN, VIOLATED, ExitCode
from ovlcheck.runs.moves import Moves
from ovlcheck.runs.shorten import shortened
from ovlcheck.runs.simulate import Budget, simulate_model
from ovlcheck.system.action import Action
from ovlcheck.trace.saved import load
from tests.runs.cache_model import NO_PROPERTIES, PROPERTY_OPTIONS, Project, prepared

BUDGET = ("--runs", "20", "--depth", "60", "--seed", "7")
BROKEN = {"a_listed_entry_is_used", "nothing_changed_is_reaped"}


def results(out: str) -> dict[str, Any]:
    (result,) = json.loads(out)["results"]
    assert isinstance(result, dict)
    return result


def test_a_violation_is_found_and_saved_and_ends_with_1(project: Project, tmp_path: Path) -> None:
    code, out, err = project("simulate", "cache.py", *PROPERTY_OPTIONS, *BUDGET, "--out", "traces")
    assert (code, err) == (ExitCode.VIOLATED, "")
    assert "simulated, not exhaustive: 20 runs of at most 60 steps, seed 7" in out
    for name in BROKEN:
        trace = load(tmp_path / "traces" / f"cache.{name}.json")
        assert (trace.property_name, trace.steps[-1].actor) in {
            ("a_listed_entry_is_used", "user0"),
            ("nothing_changed_is_reaped", "reaper0"),
        }


def test_what_no_run_broke_is_unknown_and_ends_with_3(project: Project) -> None:
    arguments = (*PROPERTY_OPTIONS, *BUDGET, "--format", "json")
    code, out, _ = project("simulate", "cache.py", "--property", "the_list_is_short", *arguments)
    result = results(out)
    (row,) = result["properties"]
    assert code == result["exit_code"] == ExitCode.UNKNOWN
    assert (row["verdict"], row["complete"], row["message"]) == (UNKNOWN, False, "no run broke it")
    assert (result["complete"], result["engine"]) == (False, "simulation")


def test_the_same_seed_makes_the_same_runs_and_another_seed_others(project: Project) -> None:
    def steps(seed: int) -> tuple[int, int]:
        options = Options(property_paths=(project.directory / "none",), config="two")
        result = simulate_model(project.directory / "cache.py", options, Budget(2, 30, seed))
        return result.states, result.transitions

    assert steps(1) == steps(1)
    assert len({steps(seed) for seed in range(6)}) > 1


def test_a_new_seed_is_drawn_and_told_unless_one_is_given(project: Project) -> None:
    arguments = ("simulate", "cache.py", *PROPERTY_OPTIONS, "--runs", "1", "--depth", "2", "--format", "json")
    seeds = {results(project(*arguments)[1])["stopped"] for _ in range(4)}
    assert len(seeds) > 1 and all("seed " in seed for seed in seeds)


def test_no_state_is_met_that_is_not_reachable_and_long_runs_meet_them_all(project: Project) -> None:
    system = prepared(project.directory).system
    options = Options(property_paths=(project.directory / "properties",), properties=("the_list_is_short",))
    result = simulate_model(project.directory / "cache.py", options, Budget(40, 100, 3))
    plain = prepare(project.directory / "cache.py", options).system
    assert result.states == len(reachable(plain)) <= len(reachable(system))


def test_both_ways_of_drawing_let_everybody_move(project: Project) -> None:
    options = Options(property_paths=(project.directory / "properties",), constants={"room": 2, "tasks": 2})
    result = simulate_model(project.directory / "cache.py", options, Budget(2, 200, 5))
    (reached,) = (note for note in result.notes if "places in the code" in note)
    numbers = [int(word) for word in reached.split() if word.isdigit()]
    assert numbers[0] == numbers[1] > 0


def test_shortened_runs_break_the_same_and_lose_only_steps(project: Project) -> None:
    moves = Moves(prepared(project.directory).system)
    options = Options(property_paths=(project.directory / "properties",))
    result = simulate_model(project.directory / "cache.py", options, Budget(20, 100, 11))
    broken = {row.name: row.trace for row in result.properties if row.verdict == VIOLATED}
    assert set(broken) == BROKEN
    for name, trace in broken.items():
        assert trace is not None
        actions = [Action(step.choice.edge, step.choice.arguments) for step in trace.steps]
        # Nothing can be left out of it: what shortening ends with is minimal in single steps.
        assert shortened(moves, trace.cells, actions, name) == tuple(actions)
        for left_out in range(len(actions)):
            rest = actions[:left_out] + actions[left_out + 1 :]
            assert not breaks(moves, trace.cells, rest, name)


def breaks(moves: Moves, state: tuple[int, ...], actions: list[Action], name: str) -> bool:
    for action in actions:
        outcome = moves.fire(state, action)
        if outcome is None:
            continue
        if any(failure.name == name for failure in moves.broken_by(outcome)):
            return True
        if outcome.state is None:
            return False
        state = outcome.state
    return False


def test_a_deadlock_is_found_and_told_with_who_is_stuck(project: Project) -> None:
    project.write(
        "knot.py",
        textwrap.dedent('''\
        """Two tasks take two locks in opposite orders."""
        from ovlcheck import Mutex, System, process


        class Knot(System):
            a: Mutex
            b: Mutex

            @process
            def one(self) -> None:
                with self.a:
                    with self.b:
                        pass

            @process
            def other(self) -> None:
                with self.b:
                    with self.a:
                        pass
        '''),
    )
    code, out, _ = project("simulate", "knot.py", *NO_PROPERTIES, *BUDGET)
    assert code == ExitCode.VIOLATED
    assert "deadlock" in out and "cycle: " in out


def test_a_counter_that_grows_without_end_ends_the_runs_in_order(project: Project) -> None:
    project.write(
        "grows.py",
        '"""It counts."""\nfrom ovlcheck import Refcount, System, process\n\n\nclass Grows(System):\n'
        "    n: Refcount\n\n    @process\n    def p(self) -> None:\n        while True:\n            self.n.inc()\n",
    )
    arguments = ("--runs", "1", "--depth", "500", "--seed", "1")
    code, out, _ = project("simulate", "grows.py", *NO_PROPERTIES, *arguments)
    assert code == ExitCode.UNKNOWN
    assert "n grows beyond 255" in out


@pytest.mark.parametrize(
    "arguments", [("--runs", "0"), ("--depth", "x"), ("--seed", "-1"), ("--config", "none")]
)
def test_bad_options_are_refused_with_2(project: Project, arguments: tuple[str, ...]) -> None:
    code, out, err = project("simulate", "cache.py", *arguments)
    assert (code, out) == (2, "")
    assert err


def test_violations_replay_in_the_system_as_it_is_verified(project: Project) -> None:
    from ovlcheck.explore.result import Violation

    system = prepared(project.directory).system
    options = Options(property_paths=(project.directory / "properties",))
    result = simulate_model(project.directory / "cache.py", options, Budget(20, 60, 7))
    told = [row.trace for row in result.properties if row.trace is not None]
    wide = Moves(system).system
    for trace in told:
        path = tuple(Action(step.choice.edge, step.choice.arguments) for step in trace.steps)
        assert len(replay(wide, Violation(trace.property_name, "", trace.cells, path))) >= len(path)
