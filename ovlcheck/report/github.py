"""What a job on GitHub shows of a run: annotations beside the lines of a change, and a summary page.

The commands are those of "Workflow commands for GitHub Actions": the runner reads them on stdout and on stderr.  Here
they go to stderr, so that a report on stdout stays what it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ovlcheck.report.cases import Case, Outcome, cases
from ovlcheck.report.run import Failure, Run
from ovlcheck.report.verdict import ModelResult
from ovlcheck.trace.escape import printable
from ovlcheck.trace.text import render_text

SUMMARY_LIMIT = 1 << 20
"""Bytes beyond which GitHub throws the summary of a step away."""

_WORDS = {
    Outcome.PASSED: "holds",
    Outcome.EXPECTED: "violated, as expected",
    Outcome.SKIPPED: "not applicable",
}


def on_github(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process is a step of a job there."""
    return environment.get("GITHUB_ACTIONS") == "true"


def workflow_commands(run: Run) -> Iterator[str]:
    """A line for each thing that is not as expected."""
    for failure in run.failures:
        yield from _failure(failure)
    for result in run.results:
        for case in cases(result):
            if case.outcome is Outcome.FAILED:
                yield _command("error", case.file, case.line, result, case)
            elif case.outcome is Outcome.UNKNOWN:
                yield _command("warning", case.file, case.line, result, case)


def _command(level: str, file: str, line: int, result: ModelResult, case: Case) -> str:
    text = render_text(case.trace) if case.trace is not None else f"{case.message}\n{case.doc}".rstrip()
    return _annotation(level, file, line, f"{result.name}: {case.message}", text)


def _failure(failure: Failure) -> Iterator[str]:
    title = f"{failure.subject}: {failure.kind}" if failure.subject else failure.kind
    for found in failure.diagnostics:
        text = "; ".join(filter(None, (found.message, found.remedy)))
        yield _annotation("error", found.file, found.line, title, text)
    if not failure.diagnostics:
        yield _annotation("error", failure.subject, 1, title, failure.text)


def _annotation(level: str, file: str, line: int, title: str, text: str) -> str:
    place = f"file={_value(file)},line={max(line, 1)}," if file else ""
    return f"::{level} {place}title={_value(printable(title))}::{_data(_lines(text))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.rstrip("\n").split("\n"))


def summary(run: Run, *, limit: int = SUMMARY_LIMIT) -> str:
    """``run`` as a page of GitHub's Markdown, of at most ``limit`` bytes: traces are left out before anything else."""
    for with_traces in (True, False):
        page = "".join(f"{line}\n" for line in _page(run, with_traces))
        if len(page.encode()) <= limit:
            return page
    note = "\n\nThis summary was cut off.\n"
    return page.encode()[: max(limit - len(note), 0)].decode("utf-8", "ignore") + note


def _page(run: Run, with_traces: bool) -> Iterator[str]:
    yield "## ovlcheck"
    yield ""
    for failure in run.failures:
        yield f"**{_markdown(failure.subject or 'ovlcheck')}: {_markdown(failure.kind)}**"
        yield ""
        yield from _fenced(_lines(failure.text))
        yield ""
    for result in run.results:
        yield from _model(result, with_traces)


def _model(result: ModelResult, with_traces: bool) -> Iterator[str]:
    configuration = f", configuration {result.configuration}" if result.configuration else ""
    cut = "" if result.complete else f", cut short: {result.stopped}"
    yield f"### {_markdown(result.name)}"
    yield ""
    yield _markdown(
        f"{result.path}{configuration}: {result.states:,} states, {result.transitions:,} transitions, "
        f"depth {result.depth}, engine {result.engine}{cut}"
    )
    yield ""
    found = cases(result)
    if found:
        yield "| | property | verdict |"
        yield "|---|---|---|"
    for case in found:
        mark = {Outcome.FAILED: "❌", Outcome.UNKNOWN: "❔", Outcome.SKIPPED: "➖"}.get(case.outcome, "✅")
        verdict = _WORDS.get(case.outcome, case.message.removeprefix(f"{case.name} ").removeprefix("is "))
        yield f"| {mark} | {_markdown(case.name)} | {_markdown(verdict)} |"
    yield ""
    for case in found:
        if case.trace is None or case.outcome is not Outcome.FAILED:
            continue
        if not with_traces:
            yield f"{_markdown(case.name)}: the trace is too long for this page."
            yield ""
            continue
        yield f"<details><summary>{_html(case.trace.headline)}</summary>"
        yield ""
        yield from _fenced(render_text(case.trace))
        yield ""
        yield "</details>"
        yield ""
    yield f"<sub>{_html(str(result.scope))}</sub>"
    yield ""


def _fenced(text: str) -> Iterator[str]:
    fence = "`" * (max([2, *(len(run) for run in re.findall("`+", text))]) + 1)
    yield f"{fence}text"
    yield text.rstrip("\n")
    yield fence


def _markdown(text: str) -> str:
    """``text`` on one line, as it is: every punctuation mark that could mean something is escaped."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&@])", r"\\\1", printable(text))


def _html(text: str) -> str:
    """``text`` within an HTML element, where Markdown is still read."""
    return re.sub(r"[^\w .,;:/=-]", lambda mark: f"&#{ord(mark[0])};", printable(text)).replace("_", "&#95;")


def write_summary(run: Run, environment: Mapping[str, str] = os.environ) -> None:
    """Adds the summary of ``run`` to the page of this step, if it has one.  Raises ``OSError``."""
    file = environment.get("GITHUB_STEP_SUMMARY")
    if file:
        with Path(file).open("a", encoding="utf-8") as page:
            page.write(summary(run))
