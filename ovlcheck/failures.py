"""What an error is to the user: one message with place, cause and remedy, and an exit code.

Every error of the command line comes through here, whichever verb it ends, so that none is told in two ways.
"""

from __future__ import annotations

import errno
import os

from ovlcheck.errors import UsageError
from ovlcheck.lang.diagnostics import CompileError
from ovlcheck.report.run import Failure
from ovlcheck.report.verdict import ExitCode
from ovlcheck.trace.escape import printable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

OUT_OF_MEMORY = (
    "out of memory\n    help: take a smaller --config, or limit the search with --max-states or --memory"
)


def failure_of(error: Exception, subject: str | os.PathLike[str] = "") -> Failure:
    """``error`` as the user is told of it; ``subject`` is the model or the file that it ended the work on."""
    named = os.fspath(subject)
    if isinstance(error, CompileError):
        first = error.diagnostics[0].message if error.diagnostics else str(error)
        return Failure(named, "does not compile", shown(str(error)), first, ExitCode.USAGE, error.diagnostics)
    if isinstance(error, UsageError):
        return _told(named, "bad usage", str(error), ExitCode.USAGE)
    if isinstance(error, MemoryError):
        place = f"{named}: " if named else ""
        return _told(named, "out of memory", f"{place}{OUT_OF_MEMORY}", ExitCode.UNKNOWN)
    if isinstance(error, OSError):
        return _told(named, "cannot be read or written", _of_system(error, named), ExitCode.USAGE)
    place = f"{named}: " if named else ""
    if isinstance(error, ImportError):
        why = next(
            (line.strip() for line in reversed(str(error).splitlines()) if line.strip()), "no reason given"
        )
        remedy = "let it have more memory, where ulimit -v limits that, or install ovlcheck again"
        text = f"{place}something that ovlcheck needs cannot be loaded: {why}\n    help: {remedy}"
        return _told(named, "cannot be loaded", text, ExitCode.USAGE)
    return _told(
        named,
        "internal error",
        f"{place}internal error: {type(error).__name__}: {error}\n"
        "    help: run again with --debug and report what it prints; no verdict on it counts",
        ExitCode.USAGE,
    )


def shown(text: str) -> str:
    """``text`` as a terminal may be given it: whatever a file is called, it moves no cursor."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _told(subject: str, kind: str, text: str, code: ExitCode) -> Failure:
    return Failure(subject, kind, shown(f"ovlcheck: error: {text}"), text.partition("\n")[0], code)


def _of_system(error: OSError, subject: str) -> str:
    named = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else subject
    place = f"{named}: " if named else ""
    remedy = "\n    help: make room there, or name another place" if error.errno in _FULL else ""
    return f"{place}{error.strerror or error}{remedy}"
