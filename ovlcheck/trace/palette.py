"""Colours of tasks that readers with any colour vision tell apart, and that differ in print.

They are those of M. Okabe and K. Ito ("Color Universal Design", 2008) but for vermilion, which is too near to the red
of violations.  No picture relies on them alone: a task has its column and its name as well.
"""

from __future__ import annotations

from typing import NamedTuple


class Colour(NamedTuple):
    """``line`` for outlines; ``fill`` is so light that black text on it is easy to read."""

    line: str
    fill: str


TASKS = (
    Colour("#0072b2", "#d6e8f4"),
    Colour("#b86e00", "#fbe3bd"),
    Colour("#007a59", "#cdeee2"),
    Colour("#a8407e", "#f5dcea"),
    Colour("#1f87bd", "#e4f4fd"),
    Colour("#7d6f00", "#f8f4bf"),
    Colour("#5c6670", "#e8eaec"),
)
VIOLATION = "#a50021"


def colour(task: int) -> Colour:
    """That of the task in column ``task``."""
    return TASKS[task % len(TASKS)]
