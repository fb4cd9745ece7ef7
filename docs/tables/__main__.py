"""``python -m docs.tables``: searches again what the page of tables rests on, keeps it, and writes the page."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from docs.tables.claims import HERE, ROOT, Claim, load_claims
from docs.tables.page import Decided, decided, render_page
from ovlcheck.comparison.compare import Asked, compare
from ovlcheck.comparison.job import Job
from ovlcheck.explore.result import Limits
from ovlcheck.machine import processors
from ovlcheck.prepare import Options
from ovlcheck.report.table import Table
from ovlcheck.report.table_json import dumps, from_json, load, to_json
from ovlcheck.version import tool_version

PAGE = ROOT / "docs" / "table.md"
CLAIMS = HERE / "claims.json"
CONFIGURATIONS = ("small", "default")


@click.command()
@click.argument("names", metavar="[PART]...", nargs=-1, type=click.Choice([*CONFIGURATIONS, "claims", "page"]))
@click.option("--jobs", type=click.IntRange(min=1), default=processors(), help="Search so many models at a time.")
@click.option("--model", "only", metavar="NAME", multiple=True, help="Search only this model again.")
@click.option("--missing", is_flag=True, help="Search only what nothing is kept of yet.")
@click.option("--max-states", type=click.IntRange(min=1), help="Stop each search after so many states.")
def main(
    names: tuple[str, ...], jobs: int, only: tuple[str, ...], missing: bool, max_states: int | None
) -> None:
    """Search each PART again (all unless told), and write docs/table.md from what is kept."""
    wanted = names or (*CONFIGURATIONS, "claims")
    limits = Limits(states=max_states)

    def search(old: Table | None, models: Iterable[str], options: Options, properties: tuple[str, ...]) -> Table:
        """``old`` with the rows of ``models`` that are wanted as they are found now."""
        kept_rows = {} if old is None else {row.model: row for row in old.rows if row.model in models}
        again = [m for m in models if m not in kept_rows or not (missing or (only and m not in only))]
        if not again:
            assert old is not None
            return old
        print(f"{options.config} {dict(options.constants)}: {', '.join(again)}", file=sys.stderr, flush=True)
        found = _search(again, options, properties, jobs)
        rows = {**kept_rows, **{row.model: row for row in found.rows}}
        return replace(found, rows=tuple(rows[model] for model in models))

    for name in CONFIGURATIONS:
        if name in wanted:
            table = search(kept(name), _shipped(), Options(config=name, limits=limits), ())
            kept_table(name).write_text(dumps(table), encoding="utf-8")
    claims = load_claims()
    if "claims" in wanted:
        tables = {settings: table for settings, table in kept_claims().items() if settings in groups(claims)}
        for settings, group in groups(claims).items():
            options = Options(config="small", constants=dict(group[0].constants), limits=limits)
            models = sorted({claim.model for claim in group})
            shorts = tuple(sorted({claim.short for claim in group}))
            tables[settings] = search(tables.get(settings), models, options, shorts)
            data = {known: to_json(table) for known, table in tables.items()}
            CLAIMS.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The page as it follows from what is kept."""
    return render_page({name: kept(name) for name in CONFIGURATIONS}, findings())


def findings() -> list[Decided]:
    """Every claim that something is kept of, with what was found."""
    small = kept("small")
    return decided(load_claims(), {**({"": small} if small else {}), **kept_claims()})


def _shipped() -> list[str]:
    return sorted(file.stem for file in (ROOT / "models").glob("*.py"))


def kept_table(configuration: str) -> Path:
    """The file in which the table of all shipped models is kept."""
    return HERE / f"{configuration}.json"


def kept(configuration: str) -> Table | None:
    file = kept_table(configuration)
    return load(file) if file.exists() else None


def kept_claims() -> dict[str, Table]:
    """What is kept of the claims, by the constants that they are made at."""
    data = json.loads(CLAIMS.read_text(encoding="utf-8")) if CLAIMS.exists() else {}
    return {settings: from_json(table) for settings, table in data.items()}


def groups(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    """The claims by the constants that they are made at, where these are not those of the table."""
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.constants:
            found.setdefault(claim.settings, []).append(claim)
    return found


def _search(models: list[str], options: Options, properties: tuple[str, ...], jobs: int) -> Table:
    def watch(running: list[Job], waiting: int) -> None:
        print(f"{waiting} to come, now {'; '.join(job.title for job in running)}", file=sys.stderr, flush=True)

    paths = [Path("models", f"{model}.py") for model in models]
    table = compare(paths, options, Asked(properties, jobs=jobs), watch)
    if table.interrupted:
        raise click.Abort
    return replace(table, tool_version=tool_version())


if __name__ == "__main__":
    main()
