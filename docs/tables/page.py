"""From kept tables and claims to ``docs/table.md``: nothing on the page but reasons is written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from docs.tables.claims import CONFIGS, EVIDENCE, Claim, found_in
from ovlcheck.report.table import Cell, Column, Table
from ovlcheck.report.table_markdown import render_markdown

_HEAD = """\
# The table

Written by `make table` from searches that it makes; what they found is kept in `docs/tables/`, and
`ovlcheck compare models/*.py --config small --against docs/tables/small.json` says which cell is another now.
How to read a table, and how to make one: [compare.md](compare.md).
"""


@dataclass(frozen=True)
class Decided:
    """``claim``, and in which column and cell each configuration decides it."""

    claim: Claim
    found: Mapping[str, tuple[Column, Cell]]

    @property
    def refuted(self) -> bool:
        return any(self.claim.agrees(cell) is False for _, cell in self.found.values())

    @property
    def open(self) -> bool:
        """Whether a configuration has not decided it."""
        return len(self.found) < len(CONFIGS) or any(
            self.claim.agrees(cell) is None for _, cell in self.found.values()
        )


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


def decided(claims: Sequence[Claim], tables: Mapping[str, Mapping[str, Table]]) -> list[Decided]:
    """Each claim that something is kept of, with what was found; ``tables`` by configuration and constants."""
    every = (Decided(claim, dict(_found(claim, tables))) for claim in claims)
    return [one for one in every if one.found]


def _claims(every: Sequence[Decided]) -> Iterator[str]:
    wrong = [one for one in every if one.refuted]
    yield "## Against what was expected"
    yield ""
    yield (
        "What the kernel's source, the mails and a prototype had led to expect, cell by cell, and what the checker "
        "finds in configuration `small` with the constants given and in `default` with the same, where every user "
        f"makes any number of calls: {len(every)} cells, {len(wrong)} of them not as expected, "
        f"{sum(one.open for one in every)} not decided in both."
    )
    for row in dict.fromkeys(one.claim.row for one in every):
        mine = [one for one in every if one.claim.row == row]
        yield ""
        yield f"### {row} (`{mine[0].claim.model}`)"
        yield ""
        yield "| | expected | evidence | small | every state seen | default | every state seen | constants |"
        yield "|---|---|---|---|---|---|---|---|"
        for one in mine:
            claim = one.claim
            yield " | ".join(
                (
                    f"| {claim.short}",
                    " ".join((claim.mark, *claim.scenario)),
                    EVIDENCE[claim.evidence],
                    *(text for config in CONFIGS for text in _decision(one, config)),
                    f"{_where(one)} |",
                )
            )
    yield ""
    yield "## Where the checker does not agree"
    yield ""
    for one in wrong:
        claim = one.claim
        config, (column, cell) = next(
            (config, found) for config, found in one.found.items() if claim.agrees(found[1]) is False
        )
        yield f"* **{claim.row}, {claim.short}**: expected {claim.mark}, found {cell.words}. {claim.because}"
        yield ""
        yield f"      {_command(claim, config, column, cell)}"
        yield ""


def _found(claim: Claim, tables: Mapping[str, Mapping[str, Table]]) -> Iterator[tuple[str, tuple[Column, Cell]]]:
    for config in CONFIGS:
        table = tables[config].get(claim.settings_in(config))
        found = None if table is None else found_in(table, claim)
        if found is not None:
            yield config, found


def _decision(one: Decided, config: str) -> tuple[str, str]:
    """What that configuration says, and whether every state was seen."""
    if config not in one.found:
        return "not searched", ""
    _, cell = one.found[config]
    return _mark(one.claim, cell), _seen(cell)


def _mark(claim: Claim, cell: Cell) -> str:
    agrees = claim.agrees(cell)
    if agrees is None:
        return f"? {cell.reason}"
    return cell.mark if agrees else f"**{cell.mark}**"


def _seen(cell: Cell) -> str:
    if cell.states and cell.complete:
        return f"{cell.states:,}"
    return "yes" if cell.complete else "no"


def _where(one: Decided) -> str:
    """The constants; those of a cell's own are the same in both configurations, but for the calls."""
    _, cell = next(iter(one.found.values()))
    words = " ".join(part for part in (one.claim.settings_in("small"), _own(cell)) if part)
    return f"`{words}`" if words else ""


def _own(cell: Cell) -> str:
    return " ".join(f"{name}={value}" for name, value in cell.constants.items())


def _command(claim: Claim, config: str, column: Column, cell: Cell) -> str:
    constants = {**dict(claim.constants_in(config)), **cell.constants}
    settings = "".join(f" --set {name}={value}" for name, value in constants.items())
    return f"ovlcheck verify {claim.model} --config {config}{settings} --property {column.name}"
