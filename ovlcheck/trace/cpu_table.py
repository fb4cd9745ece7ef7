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


def cpu_table(trace: Trace, width: int = 75) -> str:
    """``trace`` in lines of at most ``width`` columns (``NARROWEST`` at least), and below it what is broken.

    Raises ``ValueError`` if ``width`` is less.
    """
    if width < NARROWEST:
        raise ValueError(f"a table needs {NARROWEST} columns, not {width}")
    told = list(lines(trace))
    actors = list(dict.fromkeys(line.actor for line in told if line.actor))
    needs = [max(2 * line.depth + len(line.text) for line in told if line.actor == actor) for actor in actors]
    begins = _columns([printable(actor) for actor in actors], needs, width)
    rows = _heading(actors, begins, width)
    for line in told:
        if line.kind == "loop":
            rows.append(f"- {line.text} ".ljust(width, "-"))
        else:
            rows += _row(line, begins[actors.index(line.actor)], width)
    if rows:
        rows.append("")
    for paragraph in (broken(trace), summary(trace)):
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


def _heading(actors: list[str], begins: list[int], width: int) -> list[str]:
    rows = ["", "", ""]
    for number, (actor, begin) in enumerate(zip(actors, begins, strict=True)):
        end = begins[number + 1] - 1 if number + 1 < len(begins) else width
        name = printable(actor)[: end - begin]
        cpu = f"CPU{number}"
        for row, text in enumerate((cpu, name, "-" * max(len(cpu), len(name)))):
            rows[row] = rows[row].ljust(begin) + text
    return rows if actors else []


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
