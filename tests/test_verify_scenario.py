"""``--scenario``: the shortest run that follows it, what it breaks, and whether that is news."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.errors import UsageError
from ovlcheck.prepare import Options
from ovlcheck.report.verdict import ExitCode, ModelResult
from ovlcheck.verify_scenario import read_scenario, scenario_model, verify_scenario
from tests.commands.project import COUNTER, PROPERTIES

RACE = """
task0: bump
... without task0
task1: bump
...
task0: bump returns
...
task1: bump returns
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "counter.py").write_text(COUNTER, encoding="utf-8")
    (tmp_path / "properties").mkdir()
    (tmp_path / "properties" / "all.py").write_text(PROPERTIES, encoding="utf-8")
    return tmp_path


def follow(text: str, *properties: str) -> ModelResult:
    Path("race.scenario").write_text(text, encoding="utf-8")
    scenario = read_scenario(Path("race.scenario"))
    options = Options(properties, property_paths=(Path("properties"),), engine="reference")
    return verify_scenario(scenario_model(scenario), scenario, options)


def test_the_shortest_run_is_shown_with_what_it_breaks() -> None:
    result = follow(f"model: counter\n{RACE}", "nothing_is_lost")
    assert result.scenario is not None
    assert result.scenario.trace is not None
    assert len(result.scenario.trace.steps) == 8
    (verdict,) = result.properties
    assert verdict.trace is not None
    assert (verdict.verdict, len(verdict.trace.steps)) == ("violated", 8)
    assert verdict.trace.failed == "done != 2 or n == 2"
    assert result.exit_code == ExitCode.VIOLATED
    assert result.states > 0


def test_what_the_scenario_says_it_violates_is_expected() -> None:
    assert follow(f"model: counter\nviolates: nothing_is_lost\n{RACE}").exit_code == ExitCode.OK


def test_a_violation_that_the_scenario_promises_and_does_not_bring_is_an_unmet_expectation() -> None:
    result = follow(
        "model: counter\nviolates: nothing_is_lost\ntask0: bump\n... without task1\ntask0: bump returns\n"
    )
    assert [(p.name, p.verdict, p.expected) for p in result.properties] == [
        ("nothing_is_lost", "holds", False)
    ]
    assert result.exit_code == ExitCode.VIOLATED


def test_a_property_on_request_is_checked_where_the_scenario_names_it(project: Path) -> None:
    text = 'from ovlcheck import unasked\nno_deadlock = unasked("no_deadlock", "Doc.", on_request=True)\n'
    (project / "properties" / "stuck.py").write_text(text, encoding="utf-8")
    result = follow(f"model: counter\nviolates: no_deadlock\n{RACE}")
    assert ("no_deadlock", "holds") in {(p.name, p.verdict) for p in result.properties}


def test_a_scenario_that_no_run_follows_says_so() -> None:
    result = follow("model: counter\nset: tasks=1\ntask0: bump\n...\ntask0: bump\n")
    assert result.scenario is not None
    assert (result.scenario.followed, result.exit_code) == (False, ExitCode.VIOLATED)
    harmless = follow("model: counter\nset: tasks=1\nharmless-in: counter\ntask0: bump\n...\ntask0: bump\n")
    assert harmless.exit_code == ExitCode.OK


def test_its_constants_are_used_and_the_command_line_wins() -> None:
    text = "model: counter\nset: tasks=1\ntask0: bump\n"
    assert follow(text).scope.constants == {"tasks": "1"}
    scenario = read_scenario(Path("race.scenario"))
    options = Options(property_paths=(Path("properties"),), constants={"tasks": "2"}, engine="reference")
    assert verify_scenario(Path("counter.py"), scenario, options).scope.constants == {"tasks": "2"}


def test_the_scope_says_that_other_runs_were_left_out() -> None:
    assert "every run that does not follow the scenario" in str(follow(f"model: counter\n{RACE}").scope)


def test_unknown_properties_and_missing_models_are_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'nothing_is_lost'"):
        follow(f"model: counter\nviolates: nothing_is_lst\n{RACE}")
    with pytest.raises(UsageError, match="names no model"):
        follow(RACE)
    with pytest.raises(UsageError, match="missing"):
        read_scenario(Path("missing.scenario"))
