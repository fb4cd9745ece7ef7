"""The report for code scanning: SARIF 2.1.0 (OASIS Standard, 27 March 2020).

Rules are the properties, results are what a reader should look at: violations with the run as a code flow, properties
that are vacuous, steps that are never taken, what was not decided (kind ``open``), and violations that the model
declares, which are suppressed.  What holds is no result, because code scanning would show it as an alert; every
outcome stands in ``properties.outcomes`` of the run.

A code flow is one ``threadFlow`` with the steps of all processes in their order.  The standard would allow one for
each process, but the viewers in use (GitHub, the SARIF viewer of VS Code) show the first one only, and the
interleaving is what there is to see.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ovlcheck.report.cases import Case, Outcome, cases
from ovlcheck.report.run import Failure, Run
from ovlcheck.report.verdict import ModelResult
from ovlcheck.trace.escape import printable
from ovlcheck.trace.text import render_text
from ovlcheck.trace.trace import UNBROKEN, Step, Trace

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
PACKAGE = "OVLCHECK"

_SEMANTIC = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_BASES = {
    ROOT: {"description": {"text": "The directory that ovlcheck was called in: the top of the sources."}},
    PACKAGE: {"description": {"text": "The directory that the package ovlcheck is installed in."}},
}
_NOT_COMPILED = "model-does-not-compile"


def to_sarif(run: Run, tool_version: str) -> dict[str, Any]:
    """``run`` as an object of JSON.  There are no times in it."""
    told = [(result, case) for result in run.results for case in cases(result)]
    rules = _rules([case for _, case in told], any(failure.diagnostics for failure in run.failures))
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [_result(case, result, index) for result, case in told if case.outcome in _LEVELS]
    results += [entry for failure in run.failures for entry in _compile_errors(failure, index)]
    driver: dict[str, Any] = {"name": "ovlcheck", "version": tool_version, "rules": rules}
    if _SEMANTIC.fullmatch(tool_version):
        driver["semanticVersion"] = tool_version
    invocation: dict[str, Any] = {
        "executionSuccessful": not run.failures and not run.interrupted,
        "exitCode": int(run.exit_code),
        "toolExecutionNotifications": [_notification(failure) for failure in run.failures],
    }
    if run.interrupted:
        invocation["exitCodeDescription"] = "interrupted"
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": _BASES,
                "invocations": [invocation],
                "results": results,
                "properties": {"outcomes": [_outcome(case, result) for result, case in told]},
            }
        ],
    }


_LEVELS = {
    Outcome.FAILED: ("fail", "error"),
    Outcome.EXPECTED: ("fail", "note"),
    Outcome.UNKNOWN: ("open", "none"),  # the standard wants "none" wherever the kind is not "fail"
}


def _rules(told: Iterable[Case], not_compiled: bool) -> list[dict[str, Any]]:
    docs = {case.rule: case.doc for case in reversed(list(told))}
    if not_compiled:
        docs[_NOT_COMPILED] = "A model or a property is in the modelling language."
    rules = []
    for name, doc in sorted(docs.items()):
        text = _text(doc) or _text(name)
        rule: dict[str, Any] = {
            "id": _text(name),
            "shortDescription": {"text": text.partition("\n")[0]},
            "fullDescription": {"text": text},
            "help": {"text": text},  # what code scanning shows beside an alert
            "defaultConfiguration": {"level": "error"},
        }
        rules.append(rule)
    return rules


def _result(case: Case, result: ModelResult, index: dict[str, int]) -> dict[str, Any]:
    kind, level = _LEVELS[case.outcome]
    entry: dict[str, Any] = {
        "ruleId": _text(case.rule),
        "ruleIndex": index[_text(case.rule)],
        "kind": kind,
        "level": level,
        "message": _message(case, result),
        "locations": [{"physicalLocation": _physical(case.file, case.line)}],
        "partialFingerprints": {"ovlcheckCase/v1": _fingerprint(case, result)},
        "suppressions": [],
        "properties": _outcome(case, result),
    }
    if case.outcome is Outcome.EXPECTED:
        entry["suppressions"] = [
            {
                "kind": "inSource",
                "justification": "the model names it in expected_violations",
            }
        ]
    flows = [_code_flow(trace) for trace in case.traces if trace.steps]
    if flows:
        entry["codeFlows"] = flows
    return entry


def _message(case: Case, result: ModelResult) -> dict[str, str]:
    lines = [f"{result.name}: {case.message}"]
    if case.trace is not None:
        lines += case.trace.remarks
    message = {"text": "\n".join(_text(line) for line in lines)}
    if case.trace is not None:
        text = render_text(case.trace)
        fence = "`" * (max([2, *(len(run) for run in re.findall("`+", text))]) + 1)
        message["markdown"] = f"{fence}text\n{text}{fence}"
    return message


def _code_flow(trace: Trace) -> dict[str, Any]:
    return {"message": {"text": _text(trace.headline)}, "threadFlows": [{"locations": _flow(trace)}]}


def _flow(trace: Trace) -> list[dict[str, Any]]:
    locations = []
    for number, step in enumerate(trace.steps, start=1):
        again = " (from here on for ever)" if trace.loop_start == number - 1 else ""
        text = "\n".join([f"{step.actor}: {step.source.strip()}{again}", *step.remarks])
        locations.append(
            {
                "executionOrder": number,
                "nestingLevel": max(len(step.stack) - 1, 0),
                "importance": _importance(step, number, trace),
                "location": _step_location(step, text),
                "state": {
                    _text(change.name): {"text": _text(change.new or "none")} for change in step.changes
                },
            }
        )
    return locations


def _importance(step: Step, number: int, trace: Trace) -> str:
    """Viewers may hide what is unimportant: the steps that the violation does not come from, where that is known."""
    if number == len(trace.steps) or step.role is not None:
        return "essential"
    return "unimportant" if trace.analysed else "important"


def _step_location(step: Step, text: str) -> dict[str, Any]:
    return {
        "physicalLocation": _physical(step.file, step.line, step.source.strip()),
        "logicalLocations": [
            {"name": _text(step.function), "kind": "function", "fullyQualifiedName": _text(_qualified(step))}
        ],
        "message": {"text": "\n".join(_text(line) for line in text.split("\n"))},
    }


def _qualified(step: Step) -> str:
    return f"{step.actor}/{'/'.join(step.stack)}" if step.stack else f"{step.actor}/{step.function}"


def _physical(file: str, line: int, source: str = "") -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": max(line, 1)}
    if source:
        region["snippet"] = {"text": _text(source)}
    return {"artifactLocation": _artifact(file), "region": region}


def _artifact(file: str) -> dict[str, str]:
    """Where ``file`` is: below the working directory, in the installed package, or at a place of this machine."""
    if Path(file).is_absolute():
        return {"uri": f"file://{_quoted(file)}"}
    installed = file.startswith("ovlcheck/") and not Path(file).exists()
    return {"uri": _quoted(file), "uriBaseId": PACKAGE if installed else ROOT}


def _quoted(file: str) -> str:
    return quote(os.fsencode(file), safe="/")


def _outcome(case: Case, result: ModelResult) -> dict[str, str]:
    return {
        "model": result.path,
        "configuration": result.configuration,
        "case": case.name,
        "outcome": case.outcome.value,
        "kind": case.kind,
    }


def _fingerprint(case: Case, result: ModelResult) -> str:
    """The same for a finding from run to run, however its lines move."""
    parts = "\0".join((result.path, result.configuration, case.name))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def _compile_errors(failure: Failure, index: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "ruleId": _NOT_COMPILED,
            "ruleIndex": index[_NOT_COMPILED],
            "kind": "fail",
            "level": "error",
            "message": {"text": _text("; ".join(filter(None, (found.message, found.remedy))))},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": _artifact(found.file),
                        "region": {"startLine": max(found.line, 1), "startColumn": max(found.column, 1)},
                    }
                }
            ],
            "suppressions": [],
        }
        for found in failure.diagnostics
    ]


def _notification(failure: Failure) -> dict[str, Any]:
    return {
        "level": "error",
        "descriptor": {"id": failure.kind.replace(" ", "-")},
        "message": {"text": "\n".join(_text(line) for line in failure.text.split("\n"))},
    }


def _text(words: str) -> str:
    """``words`` without characters that would move a cursor; lines stay apart."""
    return "\n".join(printable(line) for line in words.replace(UNBROKEN, " ").strip().split("\n"))
