"""Annotations and summaries: nothing that a model says can become a command, a link or markup."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlcheck.failures import failure_of
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.report.github import on_github, summary, workflow_commands, write_summary
from ovlcheck.report.run import Run
from ovlcheck.report.verdict import PropertyVerdict
from tests.report.results import result, sample_result


def told(**changes: object) -> list[str]:
    return list(workflow_commands(Run((result(**changes),))))


def test_a_violation_is_an_error_at_its_place_with_the_whole_trace() -> None:
    (line,) = workflow_commands(Run((sample_result(),)))
    head, _, text = line.partition("::no_evicted")
    assert head == (
        "::error file=models/sample.py,line=30,"
        "title=sample%3A no_evicted_inode_is_dirty is violated in 3 steps"
    )
    assert "%0A 3  shrink   evict_inode  models/sample.py:30" in text


def test_what_is_not_decided_is_a_warning_and_what_is_expected_is_nothing() -> None:
    (line,) = told(properties=(PropertyVerdict("p", "", "unknown", message="state limit of 3 reached"),))
    assert line.startswith("::warning file=models/sample.py,line=1,")
    assert told(properties=(PropertyVerdict("p", "", "violated", listed=True),)) == []
    assert told(properties=(PropertyVerdict("p", "", "holds"),)) == []


def test_a_model_that_does_not_compile_is_an_error_for_each_message() -> None:
    error = CompileError([Diagnostic("m.py", 3, 5, "no /", "write //"), Diagnostic("m.py", 4, 1, "no goto")])
    lines = list(workflow_commands(Run((), (failure_of(error, "m.py"),))))
    assert lines == [
        "::error file=m.py,line=3,title=m.py%3A does not compile::no /; write //",
        "::error file=m.py,line=4,title=m.py%3A does not compile::no goto",
    ]


@given(st.text(), st.text(), st.text(st.characters(blacklist_categories=["Cs"]), min_size=1))
def test_no_name_can_end_a_command_or_begin_another(name: str, doc: str, path: str) -> None:
    verdict = PropertyVerdict(name, doc, "violated")
    (line,) = told(name=name, path=path, properties=(verdict,))
    assert "\n" not in line
    assert "\r" not in line
    head, _, _ = line.removeprefix("::error ").partition("::")
    assert [part.partition("=")[0] for part in head.split(",")] == ["file", "line", "title"]


def test_the_summary_is_a_table_and_the_traces_behind_a_fold() -> None:
    page = summary(Run((sample_result(),)))
    assert "| ❌ | no\\_evicted\\_inode\\_is\\_dirty | violated in 3 steps |" in page
    assert "<details><summary>" in page
    assert "\n```text\nno_evicted_inode_is_dirty: 3 steps" in page


def test_nothing_in_the_summary_is_markup_of_the_models() -> None:
    hostile = "<script>|[x](y)`*@a\n## b"
    page = summary(Run((replace(sample_result(), name=hostile, path=hostile, configuration=hostile),)))
    assert "<script>" not in page
    assert "[x](" not in page
    assert not any(line.startswith("## b") for line in page.splitlines())


@pytest.mark.parametrize("limit", [200, 3000])
def test_a_summary_that_would_be_too_long_leaves_out_traces_first(limit: int) -> None:
    page = summary(Run((sample_result(),) * 3), limit=limit)
    assert len(page.encode()) <= limit
    assert "```" not in page
    assert ("too long for this page" in page) == (limit == 3000)


def test_the_summary_is_added_to_the_page_of_the_step(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n")
    write_summary(Run((sample_result(),)), {"GITHUB_STEP_SUMMARY": str(page)})
    assert page.read_text(encoding="utf-8").startswith("before\n## ovlcheck\n")
    write_summary(Run((sample_result(),)), {})


def test_only_a_job_on_github_is_one() -> None:
    assert on_github({"GITHUB_ACTIONS": "true"})
    assert not on_github({"GITHUB_ACTIONS": "false"})
    assert not on_github({})
