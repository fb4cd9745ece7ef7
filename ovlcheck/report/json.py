"""The report for programs: one JSON object with ``"schema": "ovlcheck/1"``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ovlcheck.report.run import Failure
from ovlcheck.report.timing import without_time
from ovlcheck.report.verdict import How, ModelResult, PropertyVerdict
from ovlcheck.trace.saved import to_json as trace_to_json

SCHEMA = "ovlcheck/1"


def to_json(
    results: Iterable[ModelResult],
    tool_version: str,
    failures: Iterable[Failure] = (),
    *,
    timing: bool = True,
) -> dict[str, Any]:
    """``results`` as an object of JSON, and as ``errors`` what came to no result.

    Without ``timing`` what differs between two runs of the same is null.
    """
    return {
        "schema": SCHEMA,
        "results": [_model(result, timing) for result in results],
        "errors": [_error(failure) for failure in failures],
        "tool_version": tool_version,
    }


def _model(result: ModelResult, timing: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "model": result.path,
        "name": result.name,
        "configuration": result.configuration,
        "constants": dict(result.scope.constants),
        "engine": result.engine,
        "complete": result.complete,
        "stopped": result.stopped,
        "limits": asdict(result.limits),
        "states": result.states,
        "transitions": result.transitions,
        "depth": result.depth,
        "seconds": round(result.seconds, 3) if timing else None,
        "search_seconds": round(result.search_seconds, 3) if timing else None,
        "bits_per_state": result.bits_per_state,
        "bytes_per_state": round(result.bytes_per_state, 2) if timing else None,
        "scope": str(result.scope),
        "properties": [_property(verdict, result) for verdict in result.properties],
        "largest_refcounts": dict(result.largest),
        "never_taken": list(result.never_taken),
        "cut_off_behind": list(result.cut),
        "notes": list(result.notes if timing else map(without_time, result.notes)),
        "exit_code": int(result.exit_code),
    }
    if result.audited is not None:
        data["audit"] = asdict(result.audited)
    if result.scenario is not None:
        data["scenario"] = {
            "name": result.scenario.name,
            "followed": result.scenario.followed,
            "breaks": list(result.scenario.breaks),
            "trace": None if result.scenario.trace is None else trace_to_json(result.scenario.trace),
        }
    return data


def _property(verdict: PropertyVerdict, result: ModelResult) -> dict[str, Any]:
    how = verdict.how or How(result.engine, result.method, result.complete, result.reductions)
    return {
        "name": verdict.name,
        "doc": verdict.doc,
        "verdict": verdict.verdict,
        "message": verdict.message,
        "bound": how.bound,
        "engine": how.engine,
        "method": how.method,
        "complete": how.complete,
        "fairness": list(verdict.fairness),
        "reductions": list(how.reductions),
        "vacuous": verdict.vacuous,
        "expected": verdict.expected,
        "selected": verdict.selected,
        "applies": verdict.applies,
        "trace": None if verdict.trace is None else trace_to_json(verdict.trace),
        **({"others": [trace_to_json(other) for other in verdict.others]} if verdict.others else {}),
    }


def _error(failure: Failure) -> dict[str, Any]:
    return {
        "model": failure.subject,
        "kind": failure.kind,
        "message": failure.message,
        "text": failure.text,
        "exit_code": int(failure.code),
        "places": [
            {"file": found.file, "line": found.line, "column": found.column, "message": found.message}
            for found in failure.diagnostics
        ],
    }
