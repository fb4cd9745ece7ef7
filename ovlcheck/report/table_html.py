"""The table as one page that needs nothing else: every shortest run is in it."""

from __future__ import annotations

import re
from importlib.resources import files

from jinja2 import Environment
from markupsafe import Markup

from ovlcheck.report.table import Cell, Column, Row, Table, legend, notes
from ovlcheck.report.verdict import UNKNOWN, VIOLATED
from ovlcheck.trace.escape import markup, plain, printable

_TEMPLATE = "templates/table.html"


def render_html(table: Table) -> str:
    """``table`` as HTML; whatever a name holds, it is text there."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(safe_text=printable, plain=plain, name=_name, kind=_kind, anchor=_anchor)
    template = environment.from_string(files("ovlcheck.report").joinpath(_TEMPLATE).read_text(encoding="utf-8"))
    return template.render(
        table=table,
        legend=legend(table),
        unexpected=any("unexpected" in _kind(cell) for _, _, cell in table.marked()),
        sections=list(notes(table)),
        errors=[row for row in table.rows if row.error],
        traces=[(row, column, cell) for row, column, cell in table.marked() if cell.text],
    )


def _name(name: str) -> Markup:
    """A name that a narrow screen may break at its underscores."""
    return Markup(markup(name).replace("_", "_<wbr>"))


def _kind(cell: Cell) -> str:
    """The classes that a cell is shown with."""
    if not cell.applies:
        return "none"
    if cell.verdict == UNKNOWN:
        return "unknown"
    shown = "violated" if cell.verdict == VIOLATED else "holds"
    return shown if cell.expected else f"{shown} unexpected"


def _anchor(row: Row, column: Column) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", f"{row.title} {column.key}").strip("-")
