"""``ovlcheck trace``: saved traces in another form."""

from __future__ import annotations

from pathlib import Path

import click

from ovlcheck.messages import say
from ovlcheck.options import debug_option

_FORMS = ("text", "cpu", "dot", "svg", "sequence", "html", "json")
"""The names of ``ovlcheck.trace.faces.FACES``, which ``--help`` must not load."""


@click.command("trace")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(_FORMS),
    default="text",
    show_default=True,
    help="text: every step with what it changed.  cpu: the CPU0/CPU1 table of commit messages.  dot, svg: states with "
    "the changed values.  sequence: a message-sequence chart in SVG.  html: one page to step through.  json: saved.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there."
)
@debug_option
def command(files: tuple[Path, ...], style: str, out: Path | None) -> None:
    """Render the saved trace in each FILE again.

    Traces are saved by ovlcheck verify MODEL --out DIR, as DIR/*.json.  Several together are for html, whose page
    switches between them, and for text and cpu.
    """
    from ovlcheck.errors import UsageError
    from ovlcheck.trace.faces import FACES
    from ovlcheck.trace.saved import load

    if len(files) > 1 and style not in ("html", "text", "cpu"):
        raise click.UsageError(f"--format {style} shows one trace; name one FILE, or use html, text or cpu")
    rendered = FACES[style].render([load(file) for file in files])
    if out is None:
        say(rendered)
        return
    try:
        out.write_text(rendered, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror or error}") from error
