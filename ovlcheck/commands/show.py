"""``ovlcheck show``: what a model is compiled to."""

from __future__ import annotations

from pathlib import Path

import click

from ovlcheck.messages import say
from ovlcheck.options import Asked, debug_option, what_to_check


@click.command("show")
@click.argument("model", type=click.Path(path_type=Path))
@what_to_check
@debug_option
def command(model: Path, asked: Asked) -> None:
    """Print the transition system that MODEL is compiled to."""
    from ovlcheck.prepare import prepare
    from ovlcheck.system.show import show

    say(show(prepare(model, asked.options()).system))
