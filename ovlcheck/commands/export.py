"""``ovlcheck export``: a model in the language of another checker."""

from __future__ import annotations

from pathlib import Path

import click

from ovlcheck.messages import deliver
from ovlcheck.options import Asked, debug_option, offer, what_to_check


@click.command("export")
@click.argument("model", type=click.Path(path_type=Path), shell_complete=offer("models"))
@what_to_check
@click.option(
    "--to",
    type=click.Choice(["promela", "promela-flat", "murphi"]),
    required=True,
    help="For Spin, with or without a proctype for each process, or for Rumur.",
)
@click.option(
    "--assert",
    "asserting",
    metavar="NAME",
    multiple=True,
    help="What the other checker is to report: a property, a check, deadlock.  [default: each --property]",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there."
)
@debug_option
def command(model: Path, asked: Asked, to: str, asserting: tuple[str, ...], out: Path | None) -> None:
    """Print MODEL in the language of another checker, which then explores the same states."""
    from ovlcheck.export.formats import export
    from ovlcheck.prepare import prepare

    system = prepare(model, asked.options()).system
    text = export(system, to, asserting or asked.properties).text
    deliver(text, out)
