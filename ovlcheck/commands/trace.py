"""``ovlcheck trace``: a saved trace in another form."""

from __future__ import annotations

from pathlib import Path

import click

from ovlcheck.messages import say
from ovlcheck.options import debug_option


@click.command("trace")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format", "style", type=click.Choice(["text", "dot", "svg"]), default="text", show_default=True
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there."
)
@debug_option
def command(file: Path, style: str, out: Path | None) -> None:
    """Render the saved trace in FILE again."""
    from ovlcheck.trace.dot import render_dot, render_svg
    from ovlcheck.trace.saved import load
    from ovlcheck.trace.text import render_text

    rendered = {"text": render_text, "dot": render_dot, "svg": render_svg}[style](load(file))
    if out is None:
        say(rendered)
    else:
        out.write_text(rendered, encoding="utf-8")
