"""``ovlcheck bounds``: how large refcounts become, and what they count."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ovlcheck.messages import say
from ovlcheck.options import Asked, debug_option, proof_time, which_system


@click.command(
    "bounds",
    epilog="Exit codes: 0 everything that is said is proved; 1 a refcount falls below zero, or grows for ever: the "
    "run, or the cycle, that shows it is printed; 2 bad usage, or a model that does not compile; 3 something is seen "
    "and not proved.",
)
@click.argument("model", type=click.Path(path_type=Path))
@which_system
@proof_time
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@debug_option
def command(model: Path, asked: Asked, seconds: float, style: str) -> int:
    """Say for each refcount of MODEL what it counts, and the least bound that is proved.

    What is proved is remembered: ovlcheck verify begins with counters just as wide.
    """
    from ovlcheck.bounds import bounds
    from ovlcheck.report.bounds import as_json, as_text
    from ovlcheck.report.console import render_report

    shown = sys.stderr.isatty()

    def progress(text: str) -> None:
        if shown:
            click.echo(f"{text} ...", err=True)

    result = bounds(model, asked.options(), seconds, progress)
    if style == "json":
        say(as_json(result))
    elif result.broken is not None:
        say(render_report(result.broken, terminal=False))
    else:
        say(as_text(result))
    return int(result.exit_code)
