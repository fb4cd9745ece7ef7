"""What the command line says, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys

import click


class ReaderGoneError(Exception):
    """Whoever read stdout does so no more.  Not an ``OSError``: click would make exit code 1 of that."""


def say(text: str) -> None:
    """Writes ``text`` to stdout as it is.  Raises ``ReaderGoneError``."""
    try:
        click.echo(text, nl=False)
    except BrokenPipeError:
        raise ReaderGoneError from None


def complain(error: Exception) -> None:
    """One message about ``error`` on stderr."""
    from ovlcheck.lang.diagnostics import CompileError

    if isinstance(error, CompileError):
        click.echo(str(error), err=True)
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"ovlcheck: error: {place}{error.strerror or error}", err=True)
    else:
        click.echo(f"ovlcheck: error: {error}", err=True)


def discard_stdout() -> None:
    """Let nobody write to the broken stdout again, not even the interpreter on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
