"""``ovlcheck simulate``: random runs of a model."""

from __future__ import annotations

from pathlib import Path

import click

from ovlcheck.options import (
    Asked,
    Seconds,
    Session,
    colour_option,
    debug_option,
    quiet_option,
    report_options,
    what_to_check,
)

EXIT_CODES = (
    "Exit codes: 1 a run broke something; 2 bad usage, or a model that does not compile; 3 no run broke anything, "
    "which proves nothing."
)


@click.command("simulate", epilog=EXIT_CODES)
@click.argument("model", type=click.Path(path_type=Path))
@what_to_check
@click.option(
    "--runs", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="Make N runs."
)
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    metavar="N",
    help="End a run after N steps.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="S",
    help="Make the same runs as another simulation that printed this seed; a new one is drawn unless told.",
)
@click.option(
    "--time", "seconds", type=Seconds(or_none=True), metavar="SECONDS", help="Begin no run after this time."
)
@report_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Save the traces of what was broken there.",
)
@quiet_option
@colour_option
@debug_option
@click.pass_obj
def command(
    session: Session,
    model: Path,
    asked: Asked,
    runs: int,
    depth: int,
    seed: int | None,
    seconds: float | None,
    style: str,
    reports: tuple[tuple[str, Path], ...],
    out: Path | None,
    quiet: bool,
) -> int:
    """Make random runs of MODEL and say what they broke.

    That is a quick first look, also at models that are too large to be verified.  Nothing is proved by it: a
    property that no run broke is reported as unknown.
    """
    import secrets

    from ovlcheck.runs.simulate import Budget, simulate_model
    from ovlcheck.telling import Manner, Teller

    budget = Budget(runs, depth, secrets.randbelow(10**6) if seed is None else seed, seconds)
    teller = Teller(Manner(style, reports, out, session.colour, quiet, debug=session.debug))
    result = simulate_model(model, asked.options(), budget)
    teller.result(result)
    interrupted = result.stopped == "interrupted"
    code = teller.end(interrupted=interrupted)
    if interrupted:
        raise KeyboardInterrupt
    return int(code)
