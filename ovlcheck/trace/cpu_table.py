"""A trace as the table of CPUs that kernel commit messages use: time runs downwards, every task has a column.

It shows the functions that a task is in, indented as they call each other, and below them only what matters to the
violation.  One task moves at a time, so that a line may run on below the next task's heading.
"""

from __future__ import annotations

import textwrap

from ovlcheck.trace.escape import printable
from ovlcheck.trace.flow import Line, lines
from ovlcheck.trace.summary import broken, summary
from ovlcheck.trace.trace import UNBROKEN, Trace

NARROWEST = 40
_GAP = 2
_BROKEN = 4
"""More lines than this are not broken up: columns move closer together then, without names."""


def cpu_table(trace: Trace, width: int = 75) -> str:
    """``trace`` in lines of at most ``width`` columns (``NARROWEST`` at least), and below it what is broken.

    Raises ``ValueError`` if ``width`` is less.
    """
    if width < NARROWEST:
        raise ValueError(f"a table needs {NARROWEST} columns, not {width}")
    told = list(lines(trace))
    actors = list(dict.fromkeys(line.actor for line in told if line.actor))
    names = [printable(actor) for actor in actors]
    needs = [max(2 * line.depth + len(line.text) for line in told if line.actor == actor) for actor in actors]
    begins = _columns(names, needs, width)
    rooms = {actor: width - begin for actor, begin in zip(actors, begins, strict=True)}
    close = (
        len(actors) > 1
        and sum(2 * line.depth + len(line.text) > rooms.get(line.actor, width) for line in told) > _BROKEN
    )
    rows: list[str] = []
    if close:
        legend = ", ".join(f"CPU{number}: {name}" for number, name in enumerate(names))
        rows = [*textwrap.wrap(legend, width, break_on_hyphens=False), ""]
        begins, names = _columns([""] * len(names), needs, width), []
    rows += _heading(len(actors), names, begins, width)
    mover = ""
    for line in told:
        if line.kind == "loop":
            rows.append(f"- {line.text} ".ljust(width, "-"))
            mover = ""
        else:
            column = actors.index(line.actor)
            if close and line.actor != mover:
                rows.append(" " * begins[column] + f"[CPU{column}]")
            mover = line.actor
            rows += _row(line, begins[column], width)
    if rows:
        rows.append("")
    for paragraph in (broken(trace), *(summary(trace) or trace.message).splitlines()):
        rows += textwrap.wrap(printable(paragraph), width, break_on_hyphens=False)
    return "\n".join(row.rstrip() for row in rows) + "\n"


def _columns(names: list[str], needs: list[int], width: int) -> list[int]:
    """Where the columns of tasks begin that need so much room: evenly, if no line has to be broken then, and else
    further to the left, but nowhere so near that headings meet.
    """
    share = width // max(len(names), 1)
    least = [sum(max(len(name), 4) + _GAP for name in names[:column]) for column in range(len(names))]
    least = [min(first, share * column) for column, first in enumerate(least)]
    begins: list[int] = []
    for column in range(len(names) - 1, -1, -1):
        most = begins[-1] - max(len(names[column]), 4) - _GAP if begins else width
        begins.append(max(min(share * column, width - needs[column], most), least[column]))
    return begins[::-1]


def _heading(number: int, names: list[str], begins: list[int], width: int) -> list[str]:
    """``CPU0``, below it the name of the task if there are names, and a line."""
    rows = [""] * (3 if names else 2) if number else []
    for column, begin in enumerate(begins):
        end = begins[column + 1] - 1 if column + 1 < len(begins) else width
        told = [f"CPU{column}", *(name[: end - begin] for name in names[column : column + 1])]
        for row, text in enumerate((*told, "-" * max(map(len, told)))):
            rows[row] = rows[row].ljust(begin) + text
    return rows


def _row(line: Line, begin: int, width: int) -> list[str]:
    room = width - begin
    indent = min(2 * line.depth, room // 2)
    text = textwrap.wrap(
        printable(line.text),
        room,
        initial_indent=" " * indent,
        subsequent_indent=" " * min(indent + 4, room // 2 + 2),
        break_on_hyphens=False,
    )
    return [" " * begin + row.replace(UNBROKEN, " ") for row in text]
