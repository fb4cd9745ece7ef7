"""``ovlcheck compare``: the table of variants against properties."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovlcheck.messages import say, wants_colour
from ovlcheck.options import (
    Asked,
    Seconds,
    Session,
    colour_option,
    debug_option,
    memory,
    threads,
    what_to_check,
)
from ovlcheck.trace.escape import printable
from ovlcheck.whole_files import write_whole

if TYPE_CHECKING:
    from ovlcheck.comparison.job import Job
    from ovlcheck.report.table import Table

FORMATS = {"text": "txt", "markdown": "md", "json": "json", "html": "html"}
"""The forms of a table, and what its files end in."""

CODES = (
    "Exit codes: 0 every cell is as the models declare, or, with --against, as in that table; 1 one is not; 2 bad "
    "usage, or a model that does not compile; 3 a cell is not decided within the limits given."
)


def several(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """``NAME=VALUE,VALUE`` texts as constants with several values; raises ``click.BadParameter`` for anything else."""
    varied: dict[str, tuple[str, ...]] = {}
    for value in values:
        name, equals, texts = value.partition("=")
        listed = tuple(dict.fromkeys(text.strip() for text in texts.split(",") if text.strip()))
        if not (equals and name.strip() and listed):
            raise click.BadParameter(f"{value!r} is not NAME=VALUE,VALUE, as in --vary pin=true,false")
        varied[name.strip()] = listed
    return varied


@click.command("compare", epilog=CODES)
@click.argument("models", metavar="MODEL...", nargs=-1, required=True, type=click.Path(path_type=Path))
@what_to_check
@click.option(
    "--vary",
    metavar="NAME=VALUE,VALUE",
    multiple=True,
    callback=several,
    help="Give a constant each of these values in turn, a group of rows for each.",
)
@click.option(
    "--engine", type=click.Choice(["auto", "native", "reference"]), help="What explores; auto prefers native."
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Search N models at a time, each in a process of its own; one for each core unless told.",
)
@click.option(
    "--max-states", type=click.IntRange(min=1), metavar="N", help="Stop each search after N states."
)
@click.option(
    "--time",
    "seconds",
    type=Seconds(or_none=True),
    metavar="SECONDS",
    help="Stop each search after this time.",
)
@click.option(
    "--threads",
    "most_threads",
    type=int,
    callback=threads,
    metavar="N",
    help="Share N threads out between the searches; one for each core unless told.",
)
@click.option(
    "--memory",
    "most_memory",
    callback=memory,
    metavar="SIZE",
    help="Share SIZE out between the searches, as in 20G or 512M; most of what the machine has unless told.",
)
@click.option("--format", "style", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write each trace there as text, JSON, DOT and SVG, and the table in every format.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="TABLE",
    help="Hold the table against one that was kept (--format json), and name each cell that changed.",
)
@colour_option
@debug_option
@click.pass_obj
def command(
    session: Session,
    models: tuple[Path, ...],
    asked: Asked,
    vary: dict[str, tuple[str, ...]],
    engine: str | None,
    jobs: int | None,
    max_states: int | None,
    seconds: float | None,
    most_threads: int | None,
    most_memory: int | None,
    style: str,
    out: Path | None,
    against: Path | None,
) -> int:
    """The table of MODELs against properties: what holds, what breaks and in how many steps.

    A MODEL is a file, or the name of a model that comes with ovlcheck.  Properties may be named by their short names
    as well: --property P3.
    """
    from ovlcheck.comparison import against as held
    from ovlcheck.comparison import compare
    from ovlcheck.explore.result import Limits
    from ovlcheck.machine import processors
    from ovlcheck.report.table_json import load
    from ovlcheck.version import tool_version

    kept = None if against is None else load(against)
    options = asked.options(engine)
    options = replace(
        options,
        properties=(),
        limits=Limits(
            states=max_states,
            seconds=seconds,
            threads=most_threads or options.limits.threads,
            memory=most_memory or options.limits.memory,
        ),
    )
    wanted = compare.Asked(asked.properties, vary, jobs or processors(), out)
    with _watched() as watch:
        table = compare.compare(tuple(dict.fromkeys(models)), options, wanted, watch)
    table = replace(table, tool_version=tool_version())
    colour = wants_colour(session.colour, sys.stdout)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    say(render(table, style, directory=str(out or ""), colour=colour, width=width))
    if out is not None:
        for form, suffix in FORMATS.items():
            write_whole(out / f"table.{suffix}", render(table, form))
    code = table.exit_code
    if kept is not None:
        for line in held.report(kept, table, str(against)):
            click.echo(line, err=True)
        code = held.exit_code(kept, table)
    if table.interrupted:
        raise KeyboardInterrupt
    return int(code)


def render(
    table: Table, style: str, *, directory: str = "", colour: bool = False, width: int | None = None
) -> str:
    """``table`` in one of ``FORMATS``; as text at most ``width`` columns wide, naming its traces in ``directory``."""
    if style == "json":
        from ovlcheck.report.table_json import dumps

        return dumps(table)
    if style == "markdown":
        from ovlcheck.report.table_markdown import render_markdown

        return render_markdown(table)
    if style == "html":
        from ovlcheck.report.table_html import render_html

        return render_html(table)
    from ovlcheck.report.table_text import WIDTH, render_table

    return render_table(table, colour=colour, width=width or WIDTH, directory=directory)


@contextmanager
def _watched() -> Iterator[Callable[[list[Job], int], None] | None]:
    """What to tell which searches are under way; None unless stderr is a terminal that can rewrite its last line."""
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield None
        return
    columns = max(shutil.get_terminal_size().columns - 1, 1)

    def show(running: list[Job], waiting: int) -> None:
        line = printable(f"{waiting} to come, now {'; '.join(job.title for job in running)}")
        click.echo(f"\r\x1b[K{line[:columns]}", nl=False, err=True)

    try:
        yield show
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)
