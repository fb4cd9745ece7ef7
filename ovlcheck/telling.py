"""Telling the user what is found out, as it is found out, so that nothing found is lost by what happens next.

Text is shown model by model, traces are written at once, and every other report is written at the end, whatever the
end was: an error in one model, an interrupt, or a disk that is full.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovlcheck.failures import failure_of
from ovlcheck.messages import complain, discard_stdout, say, wants_colour
from ovlcheck.report.formats import render, render_findings
from ovlcheck.report.run import Run
from ovlcheck.whole_files import write_whole

if TYPE_CHECKING:
    from ovlcheck.report.run import Failure
    from ovlcheck.report.verdict import ExitCode, ModelResult


@dataclass(frozen=True)
class Manner:
    """How a run is told: the options of the command line that are about nothing else.

    ``style`` is what stdout gets; ``reports`` are further reports with the files they go to; ``out`` is the
    directory for traces.  ``colour`` is ``auto``, ``always`` or ``never``.
    """

    style: str = "text"
    reports: tuple[tuple[str, Path], ...] = ()
    out: Path | None = None
    colour: str = "auto"
    quiet: bool = False
    timing: bool = True
    debug: bool = False


class Teller:
    """Is told of each result and each error, and tells the user in the ``manner`` asked for.

    ``as_text`` says what people read of a result, if that is not the report of ``verify``.
    """

    def __init__(self, manner: Manner, as_text: Callable[[ModelResult], str] | None = None) -> None:
        self._manner = manner
        self._as_text = as_text
        self._results: list[ModelResult] = []
        self._failures: list[Failure] = []
        self._stems: dict[str, int] = {}
        self._silent = False

    def result(self, result: ModelResult) -> None:
        """Shows ``result`` and writes its traces.  Raises ``ReaderGoneError``."""
        self._results.append(result)
        if self._manner.out is not None:
            self._write_traces(result, self._manner.out)
        if self._manner.style == "text":
            self._say(self._text(result))

    def error(self, error: Exception, subject: str | os.PathLike[str] = "") -> None:
        """Shows ``error``, which ended the work on ``subject``."""
        if self._manner.debug:
            traceback.print_exception(error)
        failure = failure_of(error, subject)
        self._failures.append(failure)
        complain(failure.text)

    def end(self, *, interrupted: bool = False) -> ExitCode:
        """Writes what can be written only now, and returns the exit code.  Raises ``ReaderGoneError``."""
        from ovlcheck.report.github import on_github, workflow_commands, write_summary

        manner = self._manner
        run = Run(tuple(self._results), tuple(self._failures), interrupted)
        for style, file in manner.reports:
            try:
                write_whole(file, self._rendered(style, run))
            except OSError as error:
                self.error(error, file)
        if manner.style != "text":
            self._say(self._rendered(manner.style, run))
        if on_github():
            for line in workflow_commands(run):
                click.echo(line, err=True)
            try:
                write_summary(run)
            except OSError as error:
                self.error(error, os.environ["GITHUB_STEP_SUMMARY"])
        return Run(tuple(self._results), tuple(self._failures)).exit_code

    def _rendered(self, style: str, run: Run) -> str:
        if style == "text" and self._as_text is not None:
            return "".join(
                [*map(self._as_text, run.results), *(f"{failure.text}\n" for failure in run.failures)]
            )
        return render(style, run, timing=self._manner.timing)

    def _text(self, result: ModelResult) -> str:
        if self._manner.quiet:
            return render_findings(result)
        if self._as_text is not None:
            return self._as_text(result)
        from ovlcheck.report.console import render_report

        return render_report(
            result,
            terminal=sys.stdout.isatty(),
            colour=wants_colour(self._manner.colour, sys.stdout),
            timing=self._manner.timing,
        )

    def _write_traces(self, result: ModelResult, directory: Path) -> None:
        """Under names of their own also where two models have one name."""
        from ovlcheck.report.files import write_traces

        number = self._stems[result.name] = self._stems.get(result.name, 0) + 1
        named = result if number == 1 else replace(result, name=f"{result.name}-{number}")
        try:
            write_traces(named, directory)
        except Exception as error:  # the result is still to be told
            self.error(error, directory)

    def _say(self, text: str) -> None:
        """``text`` on stdout; where that cannot be written it is told once, and the run goes on."""
        if self._silent:
            return
        try:
            say(text)
        except OSError as error:
            self._silent = True
            discard_stdout()
            self.error(error, "standard output")
