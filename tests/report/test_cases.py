"""Cases: one outcome for each thing that was looked at, and never another exit code than the result's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ovlcheck.report.cases import Outcome, cases
from ovlcheck.report.verdict import Audited, ModelResult, PropertyVerdict, ScenarioVerdict, worst
from tests.report.results import result, sample_result

VERDICTS = st.builds(
    PropertyVerdict,
    name=st.sampled_from(["p", "q", "use after free"]),
    doc=st.just("What is demanded."),
    verdict=st.sampled_from(["holds", "violated", "unknown"]),
    vacuous=st.booleans(),
    listed=st.booleans(),
    selected=st.booleans(),
    applies=st.booleans(),
    message=st.sampled_from(["", "state limit", "two\nlines"]),
    listed_vacuous=st.booleans(),
)
SCENARIOS = st.builds(
    ScenarioVerdict,
    name=st.just("race"),
    followed=st.sampled_from([None, True, False]),
    must_happen=st.booleans(),
)
RESULTS = st.builds(
    result,
    properties=st.lists(VERDICTS, max_size=3).map(tuple),
    complete=st.booleans(),
    never_taken=st.sampled_from([(), ("m.py:3 in f: x = 1",), ("not a place at all",)]),
    scenario=st.none() | SCENARIOS,
    audited=st.none() | st.builds(Audited, st.just("10 states"), st.sampled_from(["", "wrong\nhere"])),
)


@given(RESULTS)
def test_the_worst_case_is_the_exit_code(found: ModelResult) -> None:
    assert worst(case.outcome.exit_code for case in cases(found)) == found.exit_code


@given(RESULTS)
def test_each_case_is_told_in_one_line_with_a_place(found: ModelResult) -> None:
    for case in cases(found):
        assert case.message
        assert "\n" not in case.message
        assert case.file
        assert case.line >= 1
        assert case.rule


def test_a_violation_is_shown_where_the_models_own_code_was_last() -> None:
    (case,) = cases(sample_result())
    assert (case.outcome, case.file, case.line) == (Outcome.FAILED, "models/sample.py", 30)
    assert case.message == "no_evicted_inode_is_dirty is violated in 3 steps"
    assert case.trace is not None


def test_a_step_that_is_never_taken_is_shown_where_it_is() -> None:
    (case,) = cases(result(never_taken=("models/m.py:30 in drop_inode: return a:b",)))
    assert (case.file, case.line, case.kind) == ("models/m.py", 30, "never taken")
    assert case.message == "this step happens in no run: return a:b"


def test_an_expectation_that_is_not_met_says_what_to_mend() -> None:
    (case,) = cases(result(properties=(PropertyVerdict("p", "", "holds", listed=True),)))
    assert (case.outcome, case.kind) == (Outcome.FAILED, "expected violation missing")
    assert "expected_violations" in case.message
    (case,) = cases(result(properties=(PropertyVerdict("p", "", "holds", listed_vacuous=True),)))
    assert (case.outcome, case.kind) == (Outcome.FAILED, "not vacuous")
    assert "expected_vacuous" in case.message


def test_a_property_that_says_nothing_as_expected_passes() -> None:
    said = PropertyVerdict("p", "", "holds", vacuous=True, listed_vacuous=True)
    (case,) = cases(result(properties=(said,)))
    assert (case.outcome, case.kind) == (Outcome.PASSED, "vacuous as expected")
