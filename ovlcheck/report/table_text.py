"""The table for people, in at most a hundred columns: marks, a legend, and below them what a mark cannot say."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console
from rich.text import Text

from ovlcheck.machine import shown
from ovlcheck.report.table import Column, Row, Table, legend, notes
from ovlcheck.report.verdict import UNKNOWN, VIOLATED
from ovlcheck.trace.escape import plain, printable

WIDTH = 100
"""Columns of a line, at most."""

_NAME = 27
"""Columns for the name of a model; longer ones have a line of their own."""

_UNLIMITED = 10_000


def render_table(table: Table, *, colour: bool = False, width: int = WIDTH, directory: str = "") -> str:
    """``table`` as text of ``width`` columns; ``directory`` is where its traces are."""
    return _Page(table, colour, min(width, WIDTH), directory).text()


class _Page:
    def __init__(self, table: Table, colour: bool, width: int, directory: str) -> None:
        self._table = table
        self._width = max(width, 40)
        self._directory = directory
        self._written = StringIO()
        self._console = Console(
            file=self._written,
            force_terminal=colour,
            color_system="standard" if colour else None,
            no_color=not colour,
            width=_UNLIMITED,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def text(self) -> str:
        table = self._table
        self._head()
        for group, rows in table.groups.items():
            for block in self._blocks():
                self._line()
                if group:
                    self._line(group, "bold")
                self._grid(rows, block)
        self._line()
        marks = legend(table)
        for mark, words in marks:
            self._paragraph(mark, words, 6)
        if marks:
            self._line()
        for column in table.columns:
            says = plain(column.says)
            self._paragraph(column.short, f"{column.title}: {says}" if says else column.title, 6)
        self._notes()
        return "".join(f"{line.rstrip()}\n" for line in self._written.getvalue().splitlines())

    def _head(self) -> None:
        table = self._table
        words = f"{table.configuration}: {table.contains}" if table.contains else table.configuration
        self._paragraph("configuration", words, 15)
        common = table.common_constants
        if common:
            self._paragraph("constants", " ".join(f"{n}={v}" for n, v in common.items()), 15)
        own = dict.fromkeys(name for row in table.rows for name in table.own_constants(row))
        if own:
            self._paragraph("by design", ", ".join(own), 15)
        if table.interrupted:
            self._paragraph("interrupted", "what was not found out by then is marked ?", 15, "bold yellow")

    def _blocks(self) -> list[Sequence[Column]]:
        """The columns in as many parts as are needed for the width."""
        blocks: list[list[Column]] = [[]]
        used = self._name_width()
        for column in self._table.columns:
            size = self._size(column) + 1
            if blocks[-1] and used + size > self._width:
                blocks.append([])
                used = self._name_width()
            blocks[-1].append(column)
            used += size
        return [block for block in blocks if block]

    def _name_width(self) -> int:
        return min(max((len(row.model) for row in self._table.rows), default=0), _NAME)

    def _size(self, column: Column) -> int:
        marks = (row.cells[column.key].mark for row in self._table.rows if column.key in row.cells)
        return max(len(column.short), *map(len, marks), 1)

    def _grid(self, rows: Iterable[Row], columns: Sequence[Column]) -> None:
        name = self._name_width()
        head = " ".join(f"{column.short:<{self._size(column)}}" for column in columns)
        self._line(f"{'':<{name}} {head}", "bold")
        for row in rows:
            title = printable(row.model)
            if len(title) > name:
                self._line(title)
                title = ""
            line = Text(f"{title:<{name}}")
            if row.error:
                line.append(" does not compile, or cannot be asked for this; see below", "bold red")
            else:
                for column in columns:
                    line.append(" ")
                    line.append_text(self._cell(row, column))
            self._console.print(line, soft_wrap=True)

    def _cell(self, row: Row, column: Column) -> Text:
        cell = row.cells.get(column.key)
        size = self._size(column)
        if cell is None:
            return Text(" " * size)
        style = "dim"
        if cell.verdict == UNKNOWN:
            style = "yellow"
        elif not cell.expected:
            style = "bold red"
        elif cell.vacuous:
            style = "dim"
        elif cell.verdict == VIOLATED:
            style = "red"
        elif cell.applies:
            style = "green"
        return Text(f"{cell.mark:<{size}}", style)

    def _notes(self) -> None:
        table = self._table
        for title, lines in notes(table):
            self._section(title, lines)
        if self._directory:
            self._section(
                f"Traces, in {self._directory}",
                (
                    f"{row.title} {column.short}, {cell.words}: {cell.trace}"
                    for row, column, cell in table.marked()
                    if cell.trace
                ),
            )
        for row in table.rows:
            if row.error:
                self._line()
                self._line(row.title, "bold red")
                for line in row.error.splitlines():
                    self._line(f"  {line}")
        self._line()
        self._paragraph("scope", _scope(table), 7)
        jobs = f"{table.jobs} at a time" if table.jobs > 1 else "one after the other"
        self._paragraph("", f"{table.seconds:.0f} s, searches {jobs}; {_limits(table)}", 7)

    def _section(self, title: str, lines: Iterable[str]) -> None:
        listed = list(lines)
        if not listed:
            return
        self._line()
        self._line(title, "bold")
        for line in listed:
            self._paragraph("", line, 2)

    def _paragraph(self, name: str, text: str, indent: int, style: str = "") -> None:
        for line in textwrap.wrap(
            printable(text),
            self._width,
            initial_indent=f"{name:<{indent}}",
            subsequent_indent=" " * (indent + 2 if not name else indent),
            break_long_words=False,
            break_on_hyphens=False,
        ):
            self._line(line, style)

    def _line(self, text: str = "", style: str = "") -> None:
        self._console.print(Text(text, style=style), soft_wrap=True)


def _scope(table: Table) -> str:
    return "; ".join(f"{name}: {text}" for name, text in table.common_scope.items()) or "nothing was searched"


def _limits(table: Table) -> str:
    given = [
        f"{name} {shown(int(value)) if name == 'memory' else f'{value:,}'}"
        for name, value in table.limits.items()
        if value is not None
    ]
    return f"limits of each search: {', '.join(given) or 'none'}"
