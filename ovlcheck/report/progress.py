"""Where the search stands, on a terminal's last line; nothing where nobody watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from ovlcheck.explore.result import Progress
from ovlcheck.report.outlook import Outlook
from ovlcheck.trace.escape import printable

_CLEAR = "\r\x1b[K"


@contextmanager
def watched(what: str, *, silent: bool = False) -> Iterator[Callable[[Progress], None] | None]:
    """What to call with every ``Progress`` while ``what`` is explored; None unless stderr is a terminal that can
    rewrite its last line, and not if ``silent``.
    """
    terminal = sys.stderr
    if silent or not terminal.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield None
        return
    outlook, what = Outlook(), printable(what)

    def show(now: Progress) -> None:
        outlook.see(now)
        _rewrite(terminal, line(what, now, outlook.seconds_left(), _columns(terminal)))

    _rewrite(terminal, f"{what}: compiling"[: _columns(terminal)])
    try:
        yield show
    finally:
        _rewrite(terminal, "")


def line(what: str, now: Progress, seconds_left: float | None, columns: int) -> str:
    """One line of at most ``columns`` characters; what matters least is left out first where all does not fit."""
    rate = now.states / now.seconds if now.seconds > 0 else 0.0
    ranked = [  # in the order in which they are shown, with how much each matters
        (6, f"layer {now.depth}"),
        (7, f"{now.states:,} states"),
        (4, f"{_short(rate)}/s"),
        (2, f"{_short(now.queue)} waiting"),
        (3, f"{_short(now.bytes)}B" if now.bytes else ""),
        (1, _duration(now.seconds)),
        (5, "" if seconds_left is None else f"about {_duration(seconds_left)} left"),
    ]
    shown = [(rank, text) for rank, text in ranked if text]
    while True:
        text = f"{what}: {', '.join(text for _, text in shown)}"
        if len(text) <= columns or len(shown) == 1:
            return text[:columns]
        shown.remove(min(shown))


def _short(number: float) -> str:
    """Three digits and a decimal prefix, as in ``12.3k``."""
    for size, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{prefix}"
    return f"{number:.0f}"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{seconds / 3600:.1f} h"


def _columns(terminal: TextIO) -> int:
    """The columns that can be written without the terminal going to its next line."""
    try:
        return max(os.get_terminal_size(terminal.fileno()).columns - 1, 1)
    except (OSError, ValueError):
        return 79


def _rewrite(terminal: TextIO, text: str) -> None:
    try:
        terminal.write(f"{_CLEAR}{text}")
        terminal.flush()
    except OSError:  # a terminal that went away is no reason to end a search
        return
