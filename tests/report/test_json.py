"""The report for programs keeps to its schema."""

from __future__ import annotations

import json

from ovlcheck.report.json import SCHEMA, to_json
from ovlcheck.report.verdict import ScenarioVerdict
from ovlcheck.trace.saved import from_json
from tests.report.results import result, sample_result

MODEL = {
    "model": str, "name": str, "constants": dict, "engine": str, "complete": bool, "states": int,
    "transitions": int, "depth": int, "seconds": float, "bytes_per_state": float, "scope": str,
    "properties": list,
}  # fmt: skip
PROPERTY = {
    "name": str, "verdict": str, "bound": str, "engine": str, "method": str,
    "complete": bool, "fairness": list, "reductions": list, "vacuous": bool, "expected": bool, "trace": dict,
}  # fmt: skip


def test_every_promised_key_is_there_with_its_type() -> None:
    data = json.loads(json.dumps(to_json([sample_result()], "1.2")))
    assert {key: type(data["results"][0][key]) for key in MODEL} == MODEL
    assert {key: type(data["results"][0]["properties"][0][key]) for key in PROPERTY} == PROPERTY
    assert (data["schema"], data["tool_version"]) == (SCHEMA, "1.2")


def test_a_trace_in_a_report_is_a_saved_trace() -> None:
    (verdict,) = sample_result().properties
    data = json.loads(json.dumps(to_json([sample_result()], "")))
    assert from_json(data["results"][0]["properties"][0]["trace"]) == verdict.trace


def test_a_scenario_is_told_beside_the_properties() -> None:
    data = to_json([result(scenario=ScenarioVerdict("s", True, breaks=("p",)))], "")
    assert data["results"][0]["scenario"] == {"name": "s", "followed": True, "breaks": ["p"], "trace": None}
    assert "scenario" not in to_json([result()], "")["results"][0]
