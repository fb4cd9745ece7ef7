"""The table for a mail, an issue or the documentation: Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from ovlcheck.report.table import Cell, Row, Table, legend, notes
from ovlcheck.trace.escape import plain, printable

_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|"})


def render_markdown(table: Table) -> str:
    """``table`` as Markdown; the marks of what is broken lead to the texts of the traces, where these were written."""
    return "\n".join(_lines(table)) + "\n"


def _lines(table: Table) -> Iterator[str]:
    yield f"Configuration `{_code(table.configuration)}`: {_plain(table.contains)}"
    if table.settings:
        yield f"With {_constants(table.settings)}."
    if table.interrupted:
        yield ""
        yield "**Interrupted: what was not found out by then is marked ?.**"
    for group, rows in table.groups.items():
        yield ""
        if group:
            yield f"`{_code(group)}`"
            yield ""
        yield "| | " + " | ".join(column.short for column in table.columns) + " |"
        yield "|---|" + "---|" * len(table.columns)
        for row in rows:
            cells = [_cell(row.cells.get(column.key)) for column in table.columns]
            if row.error:
                cells = ["does not compile", *[""] * (len(table.columns) - 1)]
            yield f"| `{_code(row.model)}` | {' | '.join(cells)} |"
    yield ""
    yield "; ".join(f"{mark} {words}" for mark, words in legend(table)) + "."
    yield ""
    yield "| | property | |"
    yield "|---|---|---|"
    for column in table.columns:
        yield f"| {column.short} | `{_code(column.title)}` | {_plain(plain(column.says))} |"
    common = table.common_constants
    if common:
        yield from _section("Constants in every row", [_constants(common)])
    own = (
        f"{_plain(row.title)}: {_constants(table.own_constants(row))}"
        for row in table.rows
        if table.own_constants(row)
    )
    yield from _section("Constants that are a design's own", own)
    for title, lines in notes(table):
        yield from _section(title, map(_plain, lines))
    yield from _section(
        "Without a row", (f"{_plain(r.title)}: {_plain(_first(r))}" for r in table.rows if r.error)
    )
    yield from _section("Scope", (f"{name}: {_plain(text)}" for name, text in table.common_scope.items()))


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return f"[{cell.mark}]({PurePosixPath(cell.trace).with_suffix('.txt')})" if cell.trace else cell.mark


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield ""
        yield f"{title}:"
        yield ""
        yield from (f"* {line}" for line in listed)


def _constants(constants: Mapping[str, str]) -> str:
    return "`" + _code(" ".join(f"{name}={value}" for name, value in constants.items())) + "`"


def _first(row: Row) -> str:
    return row.error.splitlines()[0]


def _plain(text: str) -> str:
    """``text`` so that nothing in it is markup."""
    return printable(text).translate(_SPECIAL)


def _code(text: str) -> str:
    """``text`` between backquotes, in a cell or out of it."""
    return printable(text).replace("`", "'").replace("|", "\\|")
