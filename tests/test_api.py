"""``ovlcheck.verify`` from a program: the results of the command line, as data."""

from __future__ import annotations

import inspect
import json
import sys
import threading
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

import ovlcheck
from ovlcheck import api
from ovlcheck.cli import run
from ovlcheck.commands.verify import command
from ovlcheck.deadline import StillRunning, at_most
from ovlcheck.report.json import to_json
from ovlcheck.version import tool_version
from tests.commands.project import COUNTER, EXPECTING, PROPERTIES

PLACES = ["properties"]


@pytest.fixture(autouse=True)
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "counter.py").write_text(COUNTER, encoding="utf-8")
    (tmp_path / "properties").mkdir()
    (tmp_path / "properties" / "all.py").write_text(PROPERTIES, encoding="utf-8")
    return tmp_path / "counter.py"


def test_a_result_has_verdicts_figures_and_traces(model: Path) -> None:
    result = ovlcheck.verify(model, property_paths=PLACES, engine="reference", reductions=())
    assert isinstance(result, ovlcheck.ModelResult)
    assert (result.states, result.transitions, result.depth, result.complete) == (46, 66, 8, True)
    lost, counted = result.properties
    assert (lost.name, lost.verdict, counted.verdict) == ("nothing_is_lost", "violated", "holds")
    assert lost.trace is not None
    assert len(lost.trace.steps) == 8
    assert result.exit_code is ovlcheck.ExitCode.VIOLATED
    with pytest.raises(FrozenInstanceError):
        result.states = 1  # type: ignore[misc]


def test_a_trace_renders_itself(model: Path) -> None:
    result = ovlcheck.verify("counter.py", property_paths=PLACES, engine="reference")
    trace = result.properties[0].trace
    assert trace is not None
    assert trace.render().startswith("nothing_is_lost: 8 steps")
    assert trace.render("dot").startswith("digraph")
    assert "<svg" in trace.render("svg")
    assert json.loads(trace.render("json"))["property"] == "nothing_is_lost"
    with pytest.raises(ValueError, match="papyrus"):
        trace.render("papyrus")


@pytest.mark.parametrize("style", ["text", "json", "junit", "sarif"])
def test_a_result_renders_itself_as_the_command_line_does(
    style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = ovlcheck.verify("counter.py", property_paths=PLACES, engine="reference")
    run(
        [
            "verify",
            "counter.py",
            "--properties",
            "properties",
            "--engine",
            "reference",
            "--format",
            style,
            "--no-timing",
        ]
    )
    assert result.render(style, timing=False) == capsys.readouterr().out
    with pytest.raises(ValueError, match="papyrus"):
        result.render("papyrus")


def test_it_is_what_the_command_line_says(capsys: pytest.CaptureFixture[str]) -> None:
    (Path("counter.py")).write_text(EXPECTING, encoding="utf-8")
    arguments = [
        "--properties",
        "properties",
        "--engine",
        "reference",
        "--set",
        "tasks=1",
        "--max-states",
        "5",
    ]
    code = run(["verify", "counter.py", "--format", "json", "--no-timing", *arguments])
    told = json.loads(capsys.readouterr().out)
    result = ovlcheck.verify(
        "counter.py", property_paths=PLACES, engine="reference", constants={"tasks": 1},
        limits=ovlcheck.Limits(states=5),
    )  # fmt: skip
    assert to_json([result], tool_version(), timing=False) == told
    assert result.exit_code == code


def test_every_option_of_the_command_line_that_is_about_the_search_is_an_argument() -> None:
    telling = {"models", "style", "reports", "out", "certificate", "quiet", "no_timing"}
    named = {"unwanted": "reductions", "max_states": "limits", "depth": "limits", "seconds": "limits",
             "most_threads": "limits", "most_memory": "limits"}  # fmt: skip
    options = {p.name or "" for p in command.params if p.expose_value} - telling
    assert {named.get(name, name) for name in options} <= set(inspect.signature(api.verify).parameters)


def test_one_name_may_be_given_for_several() -> None:
    result = ovlcheck.verify(
        "counter.py", properties="something_is_counted", property_paths="properties", engine="reference"
    )
    assert [p.name for p in result.properties] == ["something_is_counted"]


def test_settings_stand_behind_arguments() -> None:
    settings = ovlcheck.Settings(properties=(Path("properties"),), config="small", engine="reference")
    result = ovlcheck.verify("counter.py", settings=settings)
    assert (result.configuration, result.engine) == ("small", "reference")
    assert "nothing_is_lost" in {p.name for p in result.properties}
    result = ovlcheck.verify("counter.py", settings=settings, config="default", property_paths=PLACES)
    assert result.configuration == "default"


def test_a_scenario_is_followed() -> None:
    Path("race.scenario").write_text("task0: bump\n...\ntask1: bump\n", encoding="utf-8")
    asked = {"property_paths": PLACES, "engine": "reference", "scenario": "race.scenario"}
    result = ovlcheck.verify("counter.py", **asked)  # type: ignore[arg-type]
    assert result.scenario is not None
    assert result.scenario.followed
    with pytest.raises(ovlcheck.UsageError, match="audit"):
        ovlcheck.verify("counter.py", audit=10, **asked)  # type: ignore[arg-type]


def test_progress_is_shown_and_can_end_the_search() -> None:
    class Enough(Exception):
        pass

    def stop(progress: ovlcheck.Progress) -> None:
        assert progress.states > 0
        raise Enough

    Path("counter.py").write_text(COUNTER.replace("0, 2]", "0, 9]").replace("Constant(2", "Constant(6"))
    with pytest.raises(Enough):
        ovlcheck.verify(
            "counter.py", property_paths=PLACES, engine="reference", constants={"tasks": 6}, progress=stop
        )


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"model": "missing.py"}, "no such model"),
        ({"properties": ["nothing"]}, "no property is called 'nothing'"),
        ({"engine": "natvie"}, "did you mean 'native'"),
        ({"reductions": ["fusoin"]}, "did you mean 'fusion'"),
        ({"constants": {"taks": 1}}, "did you mean 'tasks'"),
        ({"config": "huge"}, "no configuration is called 'huge'"),
        ({"scenario": "missing.scenario"}, "cannot be read"),
    ],
)
def test_impossible_arguments_are_refused_with_a_remedy(asked: dict[str, object], says: str) -> None:
    with pytest.raises(ovlcheck.UsageError, match=says):
        ovlcheck.verify(**{"model": "counter.py", "property_paths": PLACES, **asked})  # type: ignore[arg-type]


def test_a_model_that_does_not_compile_is_an_error_with_places() -> None:
    Path("counter.py").write_text(COUNTER.replace("+= 1", "/= 2"), encoding="utf-8")
    with pytest.raises(ovlcheck.CompileError) as refused:
        ovlcheck.verify("counter.py", property_paths=PLACES)
    assert refused.value.diagnostics[0].line == 17


def test_the_package_offers_what_the_api_does_and_the_language_nothing_of_it() -> None:
    for name in api.__all__:
        assert getattr(ovlcheck, name) is getattr(api, name)
    assert not set(api.__all__) & set(ovlcheck.__all__)
    with pytest.raises(AttributeError, match="no attribute 'verfiy'"):
        _ = ovlcheck.verfiy  # type: ignore[attr-defined]


def test_verify_is_a_function_whatever_was_imported_before() -> None:
    import ovlcheck.commands.verify
    import ovlcheck.verify_model

    assert ovlcheck.verify is api.verify
    assert "ovlcheck.verify" not in sys.modules


def test_what_does_not_end_is_ended_again_and_again() -> None:
    with pytest.raises(StillRunning, match="it was spinning after"), at_most(0.05, "it was spinning"):
        while True:
            pass


def test_nobodys_alarm_is_taken_from_another_thread() -> None:
    seen = []

    def work() -> None:
        with at_most(0.01, "work"):
            seen.append(threading.current_thread())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [thread]
