"""One run in every form: they agree with each other, and with the exit code, and are the same every time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.commands.project import COUNTER, EXPECTING, Project

REPORTS = (
    "--report", "json=run.json", "--report", "junit=run.xml", "--report", "sarif=run.sarif", "--report",
    "text=run.txt",
)  # fmt: skip


@pytest.fixture
def several(project: Project) -> Project:
    """Models of every fate: violated, as expected, holding, with dead code, and not compiled."""
    project.write("known.py", EXPECTING)
    project.write("mistaken.py", EXPECTING.replace('"tasks": 2}', '"tasks": 1}'))
    dead = "        if self.n > 2:\n            self.n = 0\n        self.done += 1"
    project.write("dead.py", COUNTER.replace("        self.done += 1", dead))
    project.write("broken.py", COUNTER.replace("+= 1", "/= 2"))
    return project


def outcomes_of_json(data: dict[str, Any]) -> dict[tuple[str, str], str]:
    found = {}
    for result in data["results"]:
        for p in result["properties"]:
            if not p["applies"]:
                outcome = "skipped"
            elif p["verdict"] == "unknown":
                outcome = "unknown"
            elif p["expected"]:
                outcome = "expected" if p["verdict"] == "violated" else "passed"
            else:
                outcome = "failed"
            found[result["model"], p["name"]] = outcome
    return found


def outcomes_of_junit(text: str) -> dict[tuple[str, str], str]:
    found = {}
    for suite in ElementTree.fromstring(text):
        for case in suite.iter("testcase"):
            tags = {child.tag: child.get("type") for child in case}
            outcome = "passed"
            if "failure" in tags:
                outcome = "failed"
            elif "error" in tags:
                outcome = "unknown"
            elif "skipped" in tags:
                outcome = "expected" if tags["skipped"] == "violated as expected" else "skipped"
            found[suite.get("file") or "", case.get("name") or ""] = outcome
    return found


def outcomes_of_sarif(data: dict[str, Any]) -> dict[tuple[str, str], str]:
    (run,) = data["runs"]
    told = {(o["model"], o["case"]): o["outcome"] for o in run["properties"]["outcomes"]}
    shown = {(r["properties"]["model"], r["properties"]["case"]) for r in run["results"] if "properties" in r}
    assert shown == {key for key, outcome in told.items() if outcome in ("failed", "unknown", "expected")}
    for result in run["results"]:
        if "properties" in result:
            suppressed = result["properties"]["outcome"] == "expected"
            assert bool(result["suppressions"]) == suppressed
            assert (result["kind"] == "open") == (result["properties"]["outcome"] == "unknown")
    return told


def test_every_form_of_one_run_tells_the_same(several: Project) -> None:
    code, out, err = several.verify("known.py", "mistaken.py", "dead.py", "broken.py", *REPORTS)
    assert code == 2
    assert "broken.py:17" in err
    data = json.loads(Path("run.json").read_text(encoding="utf-8"))
    by_json = outcomes_of_json(data)
    by_junit = outcomes_of_junit(Path("run.xml").read_text(encoding="utf-8"))
    sarif = json.loads(Path("run.sarif").read_text(encoding="utf-8"))
    by_sarif = outcomes_of_sarif(sarif)
    assert by_json[("counter.py", "nothing_is_lost")] == "failed"
    assert by_json[("known.py", "nothing_is_lost")] == "expected"
    assert by_json[("mistaken.py", "nothing_is_lost")] == "failed"
    properties = set(by_json)
    assert {key: by_junit[key] for key in properties} == by_json
    assert {key: by_sarif[key] for key in properties} == by_json
    assert set(by_junit) - set(by_sarif) == {("broken.py", "can be checked")}
    steps = {name for model, name in set(by_sarif) - properties if model == "dead.py"}
    assert len(steps) == 1
    assert [error["model"] for error in data["errors"]] == ["broken.py"]
    assert sarif["runs"][0]["invocations"][0]["exitCode"] == code
    assert Path("run.txt").read_text(encoding="utf-8").startswith(out)
    for model, name in properties:
        if by_json[model, name] == "failed":
            assert re.search(rf"{name} +VIOLATED|{name} +holds +the model expects", out)


def test_what_goes_to_stdout_is_what_goes_to_a_file(project: Project) -> None:
    for style, file in (
        ("json", "run.json"),
        ("junit", "run.xml"),
        ("sarif", "run.sarif"),
        ("text", "run.txt"),
    ):
        _, out, _ = project.verify("--no-timing", "--format", style, *REPORTS)
        assert Path(file).read_text(encoding="utf-8") == out


@pytest.mark.parametrize("style", ["text", "json", "junit", "sarif"])
@pytest.mark.parametrize("engine", ["reference", "native"])
def test_the_same_input_gives_the_same_bytes_with_any_number_of_threads(
    project: Project, style: str, engine: str
) -> None:
    told = {
        project.verify("--no-timing", "--format", style, "--engine", engine, "--threads", threads)[1]
        for threads in ("1", "2", "2")
    }
    (text,) = {re.sub(r'"threads": \d+', "", text) for text in told}
    assert "nothing_is_lost" in text


def test_quiet_says_only_what_is_not_as_expected(several: Project) -> None:
    code, out, err = several.verify("known.py", "dead.py", "--quiet")
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "counter.py:18: nothing_is_lost is violated in 8 steps",
        "dead.py:20: nothing_is_lost is violated in 10 steps",
        "dead.py:19: this step happens in no run: self.n = 0",
    ]
    assert several("verify", "known.py", "--quiet", "--properties", "properties", "--engine", "reference") == (
        0, "", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": ""}, False),
    ],
)
def test_colours_are_where_they_are_wanted(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    coloured: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    _, out, _ = project.verify(*arguments)
    assert ("\x1b[" in out) == coloured
    assert "VIOLATED in 8 steps" in re.sub(r"\x1b\[[0-9;]*m", "", out)


def test_a_job_on_github_gets_annotations_and_a_summary(
    several: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(several.directory / "summary.md"))
    code, out, err = several.verify("known.py", "dead.py", "broken.py", "--format", "json")
    assert code == 2
    json.loads(out)
    commands = [line for line in err.splitlines() if line.startswith("::")]
    assert any(line.startswith("::error file=broken.py,line=17,title=") for line in commands)
    assert any(
        line.startswith("::error file=counter.py,line=18,title=counter%3A nothing_is_lost")
        for line in commands
    )
    assert not any("known.py" in line for line in commands)
    summary = Path("summary.md").read_text(encoding="utf-8")
    assert "| ❌ | nothing\\_is\\_lost | violated in 8 steps |" in summary
    assert "violated, as expected" in summary


def test_a_summary_that_cannot_be_written_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.directory / "nowhere" / "summary.md"))
    code, out, err = project.verify()
    assert code == 2
    assert "summary.md: No such file" in err
    assert "nothing_is_lost" in out


def test_json_is_one_object_with_the_promised_keys(project: Project) -> None:
    data = project.json("--reductions", "none")
    assert (data["schema"], set(data)) == ("ovlcheck/1", {"schema", "results", "errors", "tool_version"})
    (result,) = data["results"]
    assert {
        "model", "name", "constants", "engine", "complete", "states", "transitions", "depth", "seconds",
        "bytes_per_state", "scope", "properties",
    } <= set(result)  # fmt: skip
    assert (result["complete"], result["states"], result["transitions"], result["depth"]) == (True, 46, 66, 8)
    lost, counted = result["properties"]
    assert {
        "name", "verdict", "bound", "engine", "method", "complete", "fairness", "reductions", "vacuous",
        "expected", "trace",
    } <= set(lost)  # fmt: skip
    assert (lost["verdict"], lost["expected"], len(lost["trace"]["steps"])) == ("violated", False, 8)
    assert (counted["verdict"], counted["expected"], counted["trace"]) == ("holds", True, None)


def test_without_timing_nothing_differs_between_runs(project: Project) -> None:
    (result,) = project.json("--no-timing")["results"]
    assert (result["seconds"], result["search_seconds"], result["bytes_per_state"]) == (None, None, None)
    _, out, _ = project.verify("--no-timing", "--format", "junit")
    assert " time=" not in out


@pytest.mark.parametrize(
    "verb", [("prove", "counter.py"), ("simulate", "counter.py", "--seed", "1")], ids=lambda v: v[0]
)
def test_quiet_is_the_same_for_every_verb_with_verdicts(project: Project, verb: tuple[str, ...]) -> None:
    code, out, err = project(*verb, "--properties", "properties", "--property", "nothing_is_lost", "-q")
    assert (code, err) == (1, "")
    assert re.fullmatch(r"counter.py:18: nothing_is_lost is violated in \d+ steps\n", out)
