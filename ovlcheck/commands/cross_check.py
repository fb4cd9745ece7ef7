"""``ovlcheck cross-check``: whether engines and reductions agree on a model."""

from __future__ import annotations

from pathlib import Path

import click

from ovlcheck.messages import say
from ovlcheck.options import Asked, debug_option, offer, what_to_check


@click.command("cross-check")
@click.argument("model", type=click.Path(path_type=Path), shell_complete=offer("models"))
@what_to_check
@click.option(
    "--max-states",
    type=click.IntRange(min=1),
    default=200_000,
    show_default=True,
    metavar="N",
    help="Let the reference engine go as deep as it comes with N states.",
)
@debug_option
def command(model: Path, asked: Asked, max_states: int) -> int:
    """Hold the native engine against the reference, one thread against four, and reductions against none, on MODEL.

    Exit code 1: they differ, and no verdict on this model is to be believed.
    """
    from ovlcheck.errors import UsageError
    from ovlcheck.explore.cross_check import cross_check
    from ovlcheck.explore.native import Native
    from ovlcheck.explore.native.problems import NativeUnavailable
    from ovlcheck.prepare import prepare

    prepared = prepare(model, asked.options())
    say(f"{prepared.system.name} ({prepared.configuration})\n")
    differ = False
    try:
        for found in cross_check(prepared.system, Native(), most=max_states):
            differ |= found.difference is not None
            say(f"  {found}\n")
    except NativeUnavailable as why:
        raise UsageError(f"nothing to hold the reference against: {why}", "set CC to a C compiler") from why
    return int(differ)
