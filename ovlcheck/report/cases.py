"""What a run comes to, case by case: a property of a model, or another thing that every run looks at.

JUnit, SARIF, annotations and pytest tell the same story in notations of their own.  What the story is, which case has
failed and where it is to be shown, is decided here once, so that no two of them can differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ovlcheck.report.verdict import (
    DISTRUST,
    HOLDS,
    UNKNOWN,
    VIOLATED,
    ExitCode,
    ModelResult,
    PropertyVerdict,
    ScenarioVerdict,
)
from ovlcheck.trace.trace import Trace

_NEVER_TAKEN = re.compile(r"(?P<file>.+?):(?P<line>\d+) in (?P<function>[^:]*): (?P<source>.*)", re.DOTALL)


class Outcome(Enum):
    """How a case ended; ``EXPECTED`` is a violation that the model declares, ``SKIPPED`` is not about the model."""

    PASSED = "passed"
    EXPECTED = "expected"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def exit_code(self) -> ExitCode:
        return {Outcome.FAILED: ExitCode.VIOLATED, Outcome.UNKNOWN: ExitCode.UNKNOWN}.get(self, ExitCode.OK)


@dataclass(frozen=True)
class Case:
    """One thing that was looked at.

    ``rule`` is the name of what is demanded and the same for every model; ``kind`` says in a word or two what
    became of it, ``message`` in one line.  ``file`` and ``line`` are where a reader should look; the file is as
    ``ModelResult.path`` has it, or begins with ``ovlcheck/`` where the place is in the installed package.  ``others``
    are further runs that show the same as ``trace``.
    """

    name: str
    outcome: Outcome
    kind: str
    message: str
    file: str
    line: int
    doc: str = ""
    trace: Trace | None = None
    rule: str = ""
    others: tuple[Trace, ...] = ()

    @property
    def traces(self) -> tuple[Trace, ...]:
        return self.others if self.trace is None else (self.trace, *self.others)


def cases(result: ModelResult) -> tuple[Case, ...]:
    """Every case of ``result``; the worst of their exit codes is the result's."""
    found = [_property(verdict, result) for verdict in result.properties]
    found += _never_taken(result)
    if result.scenario is not None:
        found.append(_scenario(result.scenario, result))
    if result.audited is not None:
        wrong = result.audited.wrong
        found.append(
            Case(
                "reductions",
                Outcome.FAILED if wrong else Outcome.PASSED,
                "wrong" if wrong else "sound",
                f"{DISTRUST}: {_first_line(wrong)}" if wrong else result.audited.extent,
                result.path,
                1,
                doc="What the reductions believe of the model is true.",
                rule="reductions",
            )
        )
    if not result.complete and all(case.outcome.exit_code is ExitCode.OK for case in found):
        if result.exit_code is ExitCode.UNKNOWN:
            found.append(_cut_short(result))
    return tuple(found)


def _property(verdict: PropertyVerdict, result: ModelResult) -> Case:
    outcome, kind, message = _outcome(verdict)
    file, line = place(verdict.trace, result)
    return Case(
        verdict.name,
        outcome,
        kind,
        message,
        file,
        line,
        verdict.doc,
        verdict.trace,
        rule=verdict.name,
        others=verdict.others,
    )


def _outcome(verdict: PropertyVerdict) -> tuple[Outcome, str, str]:
    code = verdict.exit_code
    if verdict.verdict == VIOLATED:
        length = "" if verdict.trace is None else f" in {verdict.trace.length}"
        told = f"{verdict.name} is violated{length}"
        if code is ExitCode.OK:
            return Outcome.EXPECTED, "violated as expected", f"{told}, as the model expects"
        return Outcome.FAILED, "violated", told
    if code is ExitCode.UNKNOWN or verdict.verdict == UNKNOWN:
        return Outcome.UNKNOWN, "unknown", f"{verdict.name} is not decided: {_first_line(verdict.message)}"
    if verdict.vacuous and verdict.expected:
        return Outcome.PASSED, "vacuous as expected", f"{verdict.name} says nothing, as the model expects"
    if verdict.vacuous:
        return Outcome.FAILED, "vacuous", f"{verdict.name} is vacuous: {_first_line(verdict.message)}"
    if code is not ExitCode.OK:
        if verdict.listed_vacuous:
            told = f"{verdict.name} says something about the model after all: mend its expected_vacuous"
            return Outcome.FAILED, "not vacuous", told
        told = f"{verdict.name} holds, but the model expects a violation: mend its expected_violations"
        return Outcome.FAILED, "expected violation missing", told
    if not verdict.applies:
        return Outcome.SKIPPED, "not applicable", f"{verdict.name}: {_first_line(verdict.message)}"
    return Outcome.PASSED, HOLDS, f"{verdict.name} holds"


def place(trace: Trace | None, result: ModelResult) -> tuple[str, int]:
    """The last step of ``trace`` that is in the model's own file, where its author will look first; else the file."""
    steps = () if trace is None else trace.steps
    own = [step.line for step in steps if step.file == result.path and step.line > 0]
    return result.path, own[-1] if own else 1


def _never_taken(result: ModelResult) -> Iterator[Case]:
    for text in result.never_taken:
        match = _NEVER_TAKEN.fullmatch(text)
        file, line = (match["file"], max(int(match["line"]), 1)) if match else (result.path, 1)
        yield Case(
            f"step {text}",
            Outcome.FAILED,
            "never taken",
            f"this step happens in no run: {match['source'] if match else text}",
            file,
            line,
            doc="Every step of a model happens in some run, unless it is marked may_not_happen.",
            rule="step-never-taken",
        )


def _scenario(scenario: ScenarioVerdict, result: ModelResult) -> Case:
    outcome = {
        ExitCode.OK: Outcome.PASSED,
        ExitCode.UNKNOWN: Outcome.UNKNOWN,
        ExitCode.VIOLATED: Outcome.FAILED,
    }[scenario.exit_code]
    kinds = {None: "unknown", True: "followed", False: "not followed"}
    messages = {
        None: "it is not known whether a run follows it: the search was cut short",
        True: f"a run follows it and breaks {', '.join(scenario.breaks) or 'no property'}",
        False: "no run follows it",
    }
    return Case(
        f"scenario {scenario.name}",
        outcome,
        kinds[scenario.followed],
        f"scenario {scenario.name}: {messages[scenario.followed]}",
        *place(scenario.trace, result),
        doc="Some run follows the scenario.",
        trace=scenario.trace,
        rule="scenario",
    )


def _cut_short(result: ModelResult) -> Case:
    return Case(
        "search",
        Outcome.UNKNOWN,
        "unknown",
        f"the search was cut short: {result.stopped}",
        result.path,
        1,
        doc="Every reachable state is looked at.",
        rule="search",
    )


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
