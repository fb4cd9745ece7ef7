"""The report for CI servers: JUnit XML, a test suite for each model and a test case for each property.

There is no standard; what is written here is what the schema of Jenkins' xUnit plugin (junit-10.xsd) accepts, which
GitLab, GitHub's actions and Azure read as well.  A violation that the model declares is a skipped case, as pytest
writes an expected failure.  The cases of a model are answered by one search, so only the suite has a time.
"""

from __future__ import annotations

from pathlib import PurePath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ovlcheck.report.cases import Case, Outcome, cases
from ovlcheck.report.run import Failure, Run
from ovlcheck.report.verdict import ModelResult
from ovlcheck.trace.escape import printable
from ovlcheck.trace.text import render_text


def to_junit(run: Run, tool_version: str, *, timing: bool = True) -> str:
    """``run`` as an XML document, without times unless ``timing``."""
    top = Element("testsuites", name="ovlcheck")
    suites = [_suite(result, tool_version, timing) for result in run.results]
    suites += [_failed_suite(failure) for failure in run.failures]
    top.extend(suites)
    for count in ("tests", "failures", "errors"):
        top.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    if timing:
        top.set("time", f"{sum(result.seconds for result in run.results):.3f}")
    indent(top, " ")
    document: bytes = tostring(top, encoding="utf-8", xml_declaration=True)
    return document.decode() + "\n"


def _suite(result: ModelResult, tool_version: str, timing: bool) -> Element:
    found = cases(result)
    suite = Element(
        "testsuite",
        name=printable(result.name),
        tests=str(len(found)),
        failures=_number(found, Outcome.FAILED),
        errors=_number(found, Outcome.UNKNOWN),
        skipped=_number(found, Outcome.SKIPPED, Outcome.EXPECTED),
        file=printable(result.path),
    )
    if timing:
        suite.set("time", f"{result.seconds:.3f}")
    properties = SubElement(suite, "properties")
    for name, value in {
        "tool_version": tool_version,
        "configuration": result.configuration,
        "engine": result.engine,
        "reductions": ", ".join(result.reductions) or "none",
        "complete": str(result.complete).lower(),
        "states": str(result.states),
        "transitions": str(result.transitions),
        "depth": str(result.depth),
        "scope": str(result.scope),
    }.items():
        SubElement(properties, "property", name=name, value=printable(value))
    for case in found:
        suite.append(_case(case, result))
    return suite


def _number(found: tuple[Case, ...], *outcomes: Outcome) -> str:
    return str(sum(case.outcome in outcomes for case in found))


def _case(case: Case, result: ModelResult) -> Element:
    element = Element("testcase", name=printable(case.name), classname=_class_name(result.path))
    tag = {
        Outcome.FAILED: "failure",
        Outcome.UNKNOWN: "error",
        Outcome.SKIPPED: "skipped",
        Outcome.EXPECTED: "skipped",
    }.get(case.outcome)
    if tag is None:
        return element
    told = SubElement(element, tag, type=case.kind, message=printable(case.message))
    told.text = _lines(f"{case.file}:{case.line}: {case.message}\n\n{case.doc}".rstrip())
    for trace in case.traces:
        SubElement(element, "system-out").text = _lines(render_text(trace))
    return element


def _failed_suite(failure: Failure) -> Element:
    """A suite with one case: an error is shown where the results of the model would have been."""
    name = printable(PurePath(failure.subject).stem or "ovlcheck")
    suite = Element("testsuite", name=name, tests="1", failures="0", errors="1", skipped="0")
    if failure.subject:
        suite.set("file", printable(failure.subject))
    case = SubElement(suite, "testcase", name="can be checked", classname=_class_name(failure.subject))
    told = SubElement(case, "error", type=failure.kind, message=printable(failure.message))
    told.text = _lines(failure.text)
    return suite


def _class_name(path: str) -> str:
    """``models/upstream.py`` as ``models.upstream``: readers make a tree of the dots."""
    parts = (
        [part for part in PurePath(path).with_suffix("").parts if part not in ("/", ".", "..")]
        if path
        else []
    )
    return printable(".".join(parts) or "ovlcheck")


def _lines(text: str) -> str:
    """``text`` with nothing in it that XML cannot hold."""
    return "\n".join(printable(line) for line in text.rstrip("\n").split("\n"))
