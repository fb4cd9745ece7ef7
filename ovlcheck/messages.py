"""What the command line says, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import click

from ovlcheck.whole_files import write_whole


class ReaderGoneError(Exception):
    """Whoever read stdout does so no more.  Not an ``OSError``: click would make exit code 1 of that."""


def say(text: str) -> None:
    """Writes ``text`` to stdout as it is.  Raises ``ReaderGoneError``, and ``OSError`` where a disk is full."""
    try:
        click.echo(text, nl=False, color=True)
    except BrokenPipeError:
        raise ReaderGoneError from None


def deliver(text: str, file: Path | None) -> None:
    """``text`` to ``file``, in directories that are made for it, or to stdout where there is none.

    Raises ``OSError``, which names the file, and ``ReaderGoneError``.
    """
    if file is None:
        say(text)
    else:
        write_whole(file, text)


def wants_colour(choice: str, stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether what goes to ``stream`` is coloured; ``choice`` is ``auto``, ``always`` or ``never``.

    ``auto`` is for a terminal that can, unless ``NO_COLOR`` (no-color.org) or ``FORCE_COLOR`` (force-color.org) is
    set and not empty; the first wins.
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def discard_stdout() -> None:
    """Let nobody write to the broken stdout again, not even the interpreter on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
