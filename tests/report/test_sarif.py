"""SARIF 2.1.0 that code scanning reads: it keeps to the schema, and shows a run as a code flow."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlcheck.failures import failure_of
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.report.run import Failure, Run
from ovlcheck.report.sarif import PACKAGE, ROOT, to_sarif
from ovlcheck.report.verdict import ModelResult, PropertyVerdict
from tests.examples import examples
from tests.report.results import result, sample_result
from tests.report.test_cases import RESULTS

jsonschema = pytest.importorskip("jsonschema")
SCHEMA = Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json"


@cache
def validator() -> Any:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema)


def log(*results: ModelResult, failures: tuple[Failure, ...] = ()) -> dict[str, Any]:
    """The only run of the log, which keeps to the schema."""
    data = json.loads(json.dumps(to_sarif(Run(results, failures), "1.2.3")))
    validator().validate(data)
    (run,) = data["runs"]
    assert isinstance(run, dict)
    return run


def test_a_violation_is_a_result_at_its_place_with_the_run_as_one_flow() -> None:
    (found,) = log(sample_result())["results"]
    assert (found["ruleId"], found["kind"], found["level"]) == ("no_evicted_inode_is_dirty", "fail", "error")
    (place,) = found["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "models/sample.py", "uriBaseId": ROOT},
        "region": {"startLine": 30},
    }
    ((flow,),) = ([f["locations"] for f in c["threadFlows"]] for c in found["codeFlows"])
    assert [step["executionOrder"] for step in flow] == [1, 2, 3]
    last = flow[-1]["location"]
    assert last["message"]["text"].startswith("shrink: free(inode)")
    assert last["physicalLocation"]["region"] == {"startLine": 30, "snippet": {"text": "free(inode)"}}
    assert "```text\nno_evicted_inode_is_dirty: 3 steps" in found["message"]["markdown"]


def test_further_runs_of_a_violation_are_further_flows() -> None:
    (verdict,) = sample_result().properties
    assert verdict.trace is not None
    twice = replace(verdict, others=(verdict.trace,))
    (found,) = log(replace(sample_result(), properties=(twice,)))["results"]
    assert len(found["codeFlows"]) == 2


def test_rules_are_what_is_demanded_in_its_authors_words() -> None:
    (rule,) = log(sample_result())["tool"]["driver"]["rules"]
    assert rule["id"] == "no_evicted_inode_is_dirty"
    assert rule["shortDescription"]["text"] == "Nothing could find the dirty inode any more."


def test_what_holds_is_no_result_and_what_is_expected_is_suppressed() -> None:
    run = log(
        result(
            properties=(
                PropertyVerdict("p", "", "holds"),
                PropertyVerdict("q", "", "violated", listed=True),
                PropertyVerdict("r", "", "unknown", message="state limit"),
            )
        )
    )
    told = {r["ruleId"]: (r["kind"], r["level"], len(r["suppressions"])) for r in run["results"]}
    assert told == {"q": ("fail", "note", 1), "r": ("open", "none", 0)}
    assert [o["outcome"] for o in run["properties"]["outcomes"]] == ["passed", "expected", "unknown"]


def test_a_finding_is_the_same_from_run_to_run_and_another_in_another_model() -> None:
    prints = [log(replace(sample_result(), path=path))["results"][0] for path in ("a.py", "a.py", "b.py")]
    first, second, other = (p["partialFingerprints"]["ovlcheckCase/v1"] for p in prints)
    assert first == second != other


def test_a_model_that_does_not_compile_is_a_result_and_a_notification() -> None:
    error = CompileError([Diagnostic("m.py", 3, 5, "no /", "write //")])
    run = log(failures=(failure_of(error, "m.py"),))
    (found,) = run["results"]
    assert found["message"]["text"] == "no /; write //"
    assert found["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 5}
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    assert len(invocation["toolExecutionNotifications"]) == 1


def test_places_are_below_the_sources_in_the_package_or_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    steps = (
        "ovlcheck/vfs/inode.py:3 in evict: x",
        "models/a b#c.py:4 in drop: y",
        "/somewhere/m.py:5 in drop: z",
    )
    places = [
        found["locations"][0]["physicalLocation"]["artifactLocation"]
        for found in log(result(never_taken=steps))["results"]
    ]
    assert places == [
        {"uri": "ovlcheck/vfs/inode.py", "uriBaseId": PACKAGE},
        {"uri": "models/a%20b%23c.py", "uriBaseId": ROOT},
        {"uri": "file:///somewhere/m.py"},
    ]


@settings(max_examples=examples(30, 300))
@given(RESULTS)
def test_every_result_keeps_to_the_schema(found: ModelResult) -> None:
    assert log(found)["tool"]["driver"]["name"] == "ovlcheck"


@settings(max_examples=examples(30, 300))
@given(st.text(), st.text(), st.text())
def test_no_text_can_break_the_log(name: str, path: str, doc: str) -> None:
    trace = sample_result().properties[0].trace
    verdict = PropertyVerdict(name, doc, "violated", trace=trace)
    run = log(replace(result(properties=(verdict,)), name=name, path=path, doc=doc))
    text = json.dumps(run, ensure_ascii=False)
    assert "\x1b" not in text
