"""``python -m docs.tables``: searches again what the page of tables rests on, keeps it, and writes the page."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import click

from docs.tables.claims import CONFIGS, HERE, ROOT, Claim, load_claims
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
MOST_STATES = 100_000_000
"""Of a search in configuration default."""


@dataclass(frozen=True)
class Question:
    """What a kept table is made of, beside all shipped models: a section of the page.

    ``states`` is the most that each search may find.
    """

    title: str
    config: str
    constants: Mapping[str, str] = field(default_factory=dict)
    vary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    properties: tuple[str, ...] = ()
    states: int | None = None

    def asked(self, jobs: int) -> Asked:
        return Asked(self.properties, self.vary, jobs)

    def options(self) -> Options:
        return Options(config=self.config, constants=dict(self.constants), limits=Limits(states=self.states))


TABLES = {
    "small": Question("Configuration small", "small"),
    "default": Question("Configuration default", "default", states=MOST_STATES),
    "pin": Question(
        "With and without the pin of the real file",
        "small",
        {"umounts": "0"},
        {"pin": ("true", "false")},
        ("P1", "P1T", "P2", "P3", "P5", "P6", "P7", "P10", "P11"),
    ),
}


@click.command()
@click.argument("names", metavar="[PART]...", nargs=-1, type=click.Choice([*TABLES, "claims", "page"]))
@click.option("--jobs", type=click.IntRange(min=1), default=processors(), help="Search so many models at a time.")
@click.option("--model", "only", metavar="NAME", multiple=True, help="Search only this model again.")
@click.option("--missing", is_flag=True, help="Search only what nothing is kept of yet.")
def main(names: tuple[str, ...], jobs: int, only: tuple[str, ...], missing: bool) -> None:
    """Search each PART again (all unless told), and write docs/table.md from what is kept."""
    wanted = names or (*TABLES, "claims")

    def search(old: Table | None, models: Sequence[str], options: Options, asked: Asked) -> Table:
        """``old`` with the rows of ``models`` that are wanted as they are found now."""
        stay = [row for row in old.rows if row.model in models] if old is not None else []
        stay = [row for row in stay if missing or (only and row.model not in only)]
        again = [model for model in models if model not in {row.model for row in stay}]
        if not again and old is not None:
            return old
        print(f"{options.config} {dict(options.constants)}: {', '.join(again)}", file=sys.stderr, flush=True)
        found = _search(again, options, asked)
        order = list(product(product(*asked.vary.values()), models))
        return replace(
            found,
            rows=tuple(sorted((*stay, *found.rows), key=lambda r: order.index((tuple(r.given.values()), r.model)))),
        )

    for name, question in TABLES.items():
        if name in wanted:
            table = search(kept(name), _shipped(), question.options(), question.asked(jobs))
            kept_table(name).write_text(dumps(table), encoding="utf-8")
    for config in CONFIGS if "claims" in wanted else ():
        found = groups(load_claims(), config)
        tables = {settings: table for settings, table in kept_claims(config).items() if settings in found}
        for settings, group in found.items():
            limits = Limits(states=MOST_STATES) if config == "default" else Limits()
            options = Options(config=config, constants=dict(group[0].constants_in(config)), limits=limits)
            models = sorted({claim.model for claim in group})
            shorts = tuple(sorted({claim.short for claim in group}))
            tables[settings] = search(tables.get(settings), models, options, Asked(shorts, jobs=jobs))
            data = {known: to_json(table) for known, table in tables.items()}
            file = _claims_file(config)
            file.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The page as it follows from what is kept."""
    return render_page({question.title: kept(name) for name, question in TABLES.items()}, findings())


def findings() -> list[Decided]:
    """Every claim that something is kept of, with what was found in each configuration."""
    tables = {config: dict(kept_claims(config)) for config in CONFIGS}
    for config, known in tables.items():
        if (table := kept(config)) is not None:
            known[""] = table
    return decided(load_claims(), tables)


def _shipped() -> list[str]:
    return sorted(file.stem for file in (ROOT / "models").glob("*.py"))


def kept_table(name: str) -> Path:
    """The file in which that table of all shipped models is kept."""
    return HERE / f"{name}.json"


def kept(name: str) -> Table | None:
    file = kept_table(name)
    return load(file) if file.exists() else None


def kept_claims(config: str) -> dict[str, Table]:
    """What is kept of the claims in that configuration, by the constants that they are made at."""
    file = _claims_file(config)
    data = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {settings: from_json(table) for settings, table in data.items()}


def groups(claims: Iterable[Claim], config: str) -> dict[str, list[Claim]]:
    """The claims by the constants that they are made at, where these are not those of the configuration's table."""
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.constants:
            found.setdefault(claim.settings_in(config), []).append(claim)
    return found


def _claims_file(config: str) -> Path:
    return HERE / f"claims_{config}.json"


def _search(models: Iterable[str], options: Options, asked: Asked) -> Table:
    def watch(running: list[Job], waiting: int) -> None:
        print(f"{waiting} to come, now {'; '.join(job.title for job in running)}", file=sys.stderr, flush=True)

    paths = [Path("models", f"{model}.py") for model in models]
    table = compare(paths, options, asked, watch)
    if table.interrupted:
        raise click.Abort
    return replace(table, tool_version=tool_version())


if __name__ == "__main__":
    main()
