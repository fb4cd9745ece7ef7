"""``ovlcheck show``: what a model is compiled to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovlcheck.messages import say
from ovlcheck.options import Asked, debug_option, offer, what_to_check

if TYPE_CHECKING:
    from ovlcheck.system.transition_system import TransitionSystem


@click.command("show")
@click.argument("model", type=click.Path(path_type=Path), shell_complete=offer("models"))
@what_to_check
@click.option("--c", "as_c", is_flag=True, help="Print the C that the native engine compiles for it instead.")
@debug_option
def command(model: Path, asked: Asked, as_c: bool) -> None:
    """Print the transition system that MODEL is compiled to."""
    from ovlcheck.prepare import prepare

    system = prepare(model, asked.options()).system
    say(_generated(system) if as_c else _listed(system))


def _listed(system: TransitionSystem) -> str:
    from ovlcheck.system.show import show

    return show(system)


def _generated(system: TransitionSystem) -> str:
    """The C text for ``system``.  Raises ``UsageError`` where there is none."""
    from ovlcheck.errors import UsageError
    from ovlcheck.explore.native.generate import generate
    from ovlcheck.explore.native.problems import NotSupported

    try:
        return generate(system).text
    except NotSupported as why:
        raise UsageError(f"there is no C for this model: {why}") from None
