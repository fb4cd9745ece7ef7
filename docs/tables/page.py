"""From kept tables and claims to ``docs/table.md``: nothing on the page but reasons is written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from docs.tables.claims import EVIDENCE, Claim, found_in
from ovlcheck.report.table import Cell, Column, Table
from ovlcheck.report.table_markdown import render_markdown

_HEAD = """\
# The table

Written by `make table` from searches that it makes; what they found is kept in `docs/tables/`, and
`ovlcheck compare models/*.py --config small --against docs/tables/small.json` says which cell is another now.
How to read a table, and how to make one: [compare.md](compare.md).
"""


Decided = tuple[Claim, Column, Cell]


def render_page(tables: Mapping[str, Table | None], found: Sequence[Decided]) -> str:
    """The text of the page; parts that nothing is kept of are left out."""
    lines = [_HEAD]
    for title, table in tables.items():
        if table is not None:
            lines += [f"## {title}", "", render_markdown(table), *_searches(table)]
    if found:
        lines += _claims(found)
    return "\n".join(lines) + "\n"


def _searches(table: Table) -> Iterator[str]:
    """What the searches took, wherever the table was made."""
    yield "Seconds for each row, and the states of the largest search for properties of states and steps:"
    yield ""
    for row in table.rows:
        states = max((cell.states for cell in row.cells.values()), default=0)
        yield f"* `{row.model}`: {row.seconds:.0f} s, {states:,} states"
    yield ""


def decided(claims: Sequence[Claim], tables: Mapping[str, Table]) -> list[Decided]:
    """Each claim that something is kept of, with the cell that was found."""
    return [(claim, *found) for claim in claims if (found := _found(claim, tables)) is not None]


def _claims(found: Sequence[Decided]) -> Iterator[str]:
    wrong = [one for one in found if one[0].agrees(one[2]) is False]
    open_ = [one for one in found if one[0].agrees(one[2]) is None]
    yield "## Against what was expected"
    yield ""
    yield (
        "What the kernel's source, the mails and a prototype had led to expect, cell by cell, and what the checker "
        f"finds in configuration `small` with the constants given: {len(found)} cells, {len(wrong)} of them not as "
        f"expected, {len(open_)} not decided."
    )
    for row in dict.fromkeys(claim.row for claim, _, _ in found):
        mine = [one for one in found if one[0].row == row]
        yield ""
        yield f"### {row} (`{mine[0][0].model}`)"
        yield ""
        yield "| | expected | evidence | found | every state seen | constants |"
        yield "|---|---|---|---|---|---|"
        for claim, _, cell in mine:
            yield (
                f"| {claim.short} | {' '.join((claim.mark, *claim.scenario))} | {EVIDENCE[claim.evidence]} "
                f"| {_mark(claim, cell)} | {_seen(cell)} | {_where(claim, cell)} |"
            )
    yield ""
    yield "## Where the checker does not agree"
    yield ""
    for claim, column, cell in wrong:
        yield f"* **{claim.row}, {claim.short}**: expected {claim.mark}, found {cell.words}. {claim.because}"
        yield ""
        yield f"      {_command(claim, column, cell)}"
        yield ""


def _found(claim: Claim, tables: Mapping[str, Table]) -> tuple[Column, Cell] | None:
    table = tables.get(claim.settings)
    return None if table is None else found_in(table, claim)


def _mark(claim: Claim, cell: Cell) -> str:
    agrees = claim.agrees(cell)
    if agrees is None:
        return f"? {cell.reason}"
    return cell.mark if agrees else f"**{cell.mark}**"


def _seen(cell: Cell) -> str:
    if cell.states and cell.complete:
        return f"{cell.states:,}"
    return "yes" if cell.complete else "no"


def _where(claim: Claim, cell: Cell) -> str:
    own = " ".join(f"{name}={value}" for name, value in cell.constants.items())
    words = " ".join(part for part in (claim.settings, own) if part)
    return f"`{words}`" if words else ""


def _command(claim: Claim, column: Column, cell: Cell) -> str:
    constants = {**dict(claim.constants), **cell.constants}
    settings = "".join(f" --set {name}={value}" for name, value in constants.items())
    return f"ovlcheck verify {claim.model} --config small{settings} --property {column.name}"
