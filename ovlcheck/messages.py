"""What the command line says, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
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


def complain(text: str) -> None:
    """The error message ``text`` on stderr, its sentences broken between words where a terminal is too narrow."""
    lines = text.split("\n")
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns
        lines = [part for line in lines for part in _sentence(line, width)]
    click.echo("\n".join(lines), err=True)


def _sentence(line: str, width: int) -> list[str]:
    """``line`` in at most ``width`` columns if it is a sentence, and as it is if it quotes a model."""
    if len(line) <= width or not line.startswith(("ovlcheck: error: ", "    help: ")):
        return [line]
    return textwrap.wrap(
        line, width, subsequent_indent=" " * 10, break_long_words=False, break_on_hyphens=False
    )


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
