"""JUnit XML that CI servers read: it keeps to the schema, whatever models are called."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlcheck.errors import UsageError
from ovlcheck.failures import failure_of
from ovlcheck.report.junit import to_junit
from ovlcheck.report.run import Run
from ovlcheck.report.verdict import ModelResult, PropertyVerdict
from tests.examples import examples
from tests.report.results import result, sample_result
from tests.report.test_cases import RESULTS

xmlschema = pytest.importorskip("xmlschema")
SCHEMA = Path(__file__).parent / "schemas" / "junit-10.xsd"


@cache
def schema() -> "xmlschema.XMLSchema":
    return xmlschema.XMLSchema(SCHEMA)


def document(*results: ModelResult, **others: bool) -> ElementTree.Element:
    text = to_junit(Run(results), "1.2.3", **others)
    schema().validate(text)
    return ElementTree.fromstring(text)


def test_each_outcome_has_its_element() -> None:
    top = document(
        result(
            properties=(
                PropertyVerdict("p", "", "holds"),
                PropertyVerdict("q", "", "unknown", message="state limit"),
                PropertyVerdict("r", "", "holds", vacuous=True, message="never"),
                PropertyVerdict("s", "", "holds", applies=False, message="no such events"),
                PropertyVerdict("t", "", "holds", listed=True),
                PropertyVerdict("u", "", "violated", listed=True),
                PropertyVerdict("v", "", "violated"),
            )
        )
    )
    (suite,) = top
    told = {case.get("name"): [(c.tag, c.get("type")) for c in case] for case in suite.iter("testcase")}
    assert told == {
        "p": [],
        "q": [("error", "unknown")],
        "r": [("failure", "vacuous")],
        "s": [("skipped", "not applicable")],
        "t": [("failure", "expected violation missing")],
        "u": [("skipped", "violated as expected")],
        "v": [("failure", "violated")],
    }
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "7", "failures": "3", "errors": "1", "skipped": "2"}
    assert {name: top.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "7", "failures": "3", "errors": "1",
    }  # fmt: skip


def test_a_violation_has_its_trace_and_a_suite_its_figures() -> None:
    top = document(sample_result())
    out = top.find("testsuite/testcase/system-out")
    assert out is not None
    assert " 3  shrink   evict_inode  models/sample.py:30   free(inode)\n" in (out.text or "")
    properties = {p.get("name"): p.get("value") for p in top.iter("property")}
    assert properties["tool_version"] == "1.2.3"
    assert properties["engine"] == "reference"


def test_a_model_without_a_result_is_an_error() -> None:
    text = to_junit(Run((), (failure_of(UsageError("models/x.py: no such model"), "models/x.py"),)), "")
    schema().validate(text)
    top = ElementTree.fromstring(text)
    (suite,) = top
    assert (suite.get("name"), suite.get("errors"), top.get("errors")) == ("x", "1", "1")
    error = suite.find("testcase/error")
    assert error is not None
    assert error.get("message") == "models/x.py: no such model"


def test_times_can_be_left_out() -> None:
    assert 'time="1.500"' in to_junit(Run((result(),)), "")
    assert "time=" not in to_junit(Run((result(),)), "", timing=False)


@settings(max_examples=examples(30, 300))
@given(RESULTS)
def test_every_result_keeps_to_the_schema(found: ModelResult) -> None:
    top = document(found)
    assert len(top) == 1


@settings(max_examples=examples(30, 300))
@given(st.text(), st.text(), st.text())
def test_no_text_can_break_the_document(name: str, path: str, doc: str) -> None:
    trace = sample_result().properties[0].trace
    verdict = PropertyVerdict(name, doc, "violated", trace=trace)
    document(replace(result(properties=(verdict,)), name=name, path=path, doc=doc))
