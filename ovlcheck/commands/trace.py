"""``ovlcheck trace``: saved traces in another form."""

from __future__ import annotations

from pathlib import Path

import click

from ovlcheck.messages import deliver
from ovlcheck.options import debug_option, form_of

_FORMS = ("text", "cpu", "dot", "svg", "sequence", "html", "json")
"""The names of ``ovlcheck.trace.faces.FACES``, which ``--help`` must not load."""


@click.command("trace")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(_FORMS),
    help="text: every step with what it changed.  cpu: the CPU0/CPU1 table of commit messages.  dot, svg: states with "
    "the changed values.  sequence: a message-sequence chart in SVG.  html: one page to step through.  json: saved.  "
    "[default: as FILE is called, else text]",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there."
)
@debug_option
def command(files: tuple[Path, ...], style: str | None, out: Path | None) -> None:
    """Render the saved trace in each FILE again.

    Traces are saved by ovlcheck verify MODEL --out DIR, as DIR/*.json.  Several together are for html, whose page
    switches between them, and for text and cpu.
    """
    from ovlcheck.trace.faces import FACES
    from ovlcheck.trace.saved import load

    style = style or form_of(out, {f".{face.suffix}": name for name, face in FACES.items()}, "text")
    if len(files) > 1 and style not in ("html", "text", "cpu"):
        raise click.UsageError(f"--format {style} shows one trace; name one FILE, or use html, text or cpu")
    deliver(FACES[style].render([load(file) for file in files]), out)
