"""Tables made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ovlcheck.report.table import Cell, Column, Row, Table

STATE = Column("P1", "nothing_is_lost", "nothing_is_lost", "What was written is kept.")
WEAK = Column("P2w", "it_returns (weak fairness)", "it_returns", "It returns.", True, "weak")
STRONG = Column("P2", "it_returns", "it_returns", "It returns.", True, "strong")

HOLDS = Cell("holds", engine="native", states=100)
BROKEN = Cell("violated", steps=9, trace="first.nothing_is_lost.json", text="1  writer0  write\n", states=100)
FOR_EVER = Cell(
    "violated", steps=7, loop=6, constants={"calls": "none"}, fairness=("weak: syncer",), engine="reference"
)
OPEN = Cell("unknown", expected=False, complete=False, reason="state limit of 10 reached")

FIRST = Row(
    "first",
    "models/first.py",
    doc="The first design.",
    cells={STATE.key: BROKEN, WEAK.key: FOR_EVER, STRONG.key: HOLDS},
    constants={"calls": "1", "tail": "NONE"},
    scope={"tasks": "1 writer", "hooks": "open"},
)
SECOND = Row(
    "second",
    "models/second.py",
    cells={STATE.key: HOLDS, WEAK.key: replace(HOLDS, applies=False), STRONG.key: OPEN},
    constants={"calls": "1", "tail": "ALL"},
    scope={"tasks": "1 writer", "hooks": "none"},
)

SAMPLE = Table(
    configuration="small",
    contains="one task of each kind",
    settings={},
    columns=(STATE, WEAK, STRONG),
    rows=(FIRST, SECOND),
    limits={"states": None, "memory": 1 << 30},
    seconds=12.5,
    jobs=2,
    tool_version="1.0",
)


def table(**changes: Any) -> Table:
    return replace(SAMPLE, **changes)


def with_cell(row: Row, column: Column, **changes: Any) -> Row:
    """``row`` with the cell in ``column`` changed."""
    return replace(row, cells={**row.cells, column.key: replace(row.cells[column.key], **changes)})
