"""All that one call of the command line found out: the results, and what came to none."""

from __future__ import annotations

from dataclasses import dataclass

from ovlcheck.lang.diagnostics import Diagnostic
from ovlcheck.report.verdict import ExitCode, ModelResult, worst


@dataclass(frozen=True)
class Failure:
    """A model that gave no result, or a report that could not be written.

    ``subject`` is the model or the file as the user named it, ``kind`` a word for what went wrong, ``text`` the
    whole message as it was shown, ``message`` its first line without what tool says it.  ``diagnostics`` are those
    of a model that does not compile.
    """

    subject: str
    kind: str
    text: str
    message: str
    code: ExitCode
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class Run:
    """``interrupted``: the user ended it, and further models were not looked at."""

    results: tuple[ModelResult, ...]
    failures: tuple[Failure, ...] = ()
    interrupted: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """The code that takes precedence over the others."""
        return worst([*(r.exit_code for r in self.results), *(f.code for f in self.failures)])
