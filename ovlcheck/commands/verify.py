"""``ovlcheck verify``: what holds of each model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ovlcheck.messages import ReaderGoneError
from ovlcheck.options import (
    EXIT_CODES,
    Asked,
    Seconds,
    Session,
    audited_states,
    colour_option,
    debug_option,
    memory,
    offer,
    parse_reductions,
    quiet_option,
    reduction_names,
    report_options,
    threads,
    what_to_check,
)

if TYPE_CHECKING:
    from ovlcheck.telling import Teller


@click.command("verify", epilog=EXIT_CODES)
@click.argument(
    "models",
    metavar="[MODEL]...",
    nargs=-1,
    type=click.Path(path_type=Path),
    shell_complete=offer("models"),
)
@what_to_check
@click.option(
    "--engine",
    type=click.Choice(["auto", "native", "reference", "symbolic"]),
    help="What explores; auto prefers native.  symbolic leaves the numbers of tasks open, as --set writers=any does.",
)
@click.option(
    "--reductions",
    metavar="NAMES",
    callback=parse_reductions,
    help="all, none, or which of slicing,fusion,symmetry,partial-order: what makes the states fewer.  Unless told, "
    "the first three for a model with more than 500,000 states, else none.",
)
@click.option(
    "--no-reduction",
    "unwanted",
    metavar="NAME",
    multiple=True,
    callback=reduction_names,
    help="Search without this reduction.",
)
@click.option(
    "--scenario",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Find the shortest run that follows this scenario.",
)
@click.option(
    "--order",
    type=click.Choice(["steps", "switches", "calls"]),
    help="Show of each violation the run with the fewest of these, the others breaking ties: takes further searches.",
)
@click.option(
    "--all",
    "runs",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Show up to N runs of each violation, each the shortest that differs in what users call.",
)
@click.option(
    "--audit",
    is_flag=False,
    flag_value="1000",
    callback=audited_states,
    metavar="[N]",
    help="Try out what the reductions believe, in N reachable states (1000 unless told) or in all.",
)
@click.option("--max-states", type=click.IntRange(min=1), metavar="N", help="Stop after N states.")
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Follow runs of at most N steps.")
@click.option(
    "--time", "seconds", type=Seconds(or_none=True), metavar="SECONDS", help="Stop after this time."
)
@click.option(
    "--threads",
    "most_threads",
    type=int,
    callback=threads,
    metavar="N",
    help="Search with N threads; one for each core unless told.",
)
@click.option(
    "--memory",
    "most_memory",
    callback=memory,
    metavar="SIZE",
    help="Stop when the search needs more memory than SIZE, as in 20G or 512M; what the machine has unless told.",
)
@report_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write each trace there in every form of ovlcheck trace, and a page of all of them.",
)
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Search once more, without reductions, and write every state to FILE for ovlcheck check-certificate.",
)
@quiet_option
@click.option("--no-timing", is_flag=True, help="Leave times out: the same input gives the same bytes.")
@colour_option
@debug_option
@click.pass_obj
def command(
    session: Session,
    models: tuple[Path, ...],
    asked: Asked,
    engine: str | None,
    reductions: tuple[str, ...] | None,
    unwanted: tuple[str, ...],
    scenario: Path | None,
    order: str | None,
    runs: int,
    audit: int,
    max_states: int | None,
    depth: int | None,
    seconds: float | None,
    most_threads: int | None,
    most_memory: int | None,
    style: str,
    reports: tuple[tuple[str, Path], ...],
    out: Path | None,
    certificate: Path | None,
    quiet: bool,
    no_timing: bool,
) -> int:
    """Explore every state of each MODEL and say which properties hold.

    A MODEL is a file, or the name of a model that comes with ovlcheck.  With --scenario it may be
    left out: a scenario names the model that it is about.
    """
    from ovlcheck.explore.reductions import REDUCE_BEYOND, USUAL
    from ovlcheck.explore.result import Limits
    from ovlcheck.telling import Manner, Teller

    if audit and scenario is not None:
        raise click.UsageError("--audit tries out the reductions of a verification, not of --scenario")
    if scenario is not None and (order is not None or runs > 1):
        raise click.UsageError(
            "--order and --all are for a verification, not for --scenario, which has one run"
        )
    if scenario is not None and not models:
        from ovlcheck.verify_scenario import read_scenario, scenario_model

        models = (scenario_model(read_scenario(scenario)),)
    if not models:
        raise click.UsageError("name a MODEL to verify")
    if certificate is not None and (len(_each_once(models)) > 1 or scenario is not None):
        raise click.UsageError("--certificate is about one MODEL and every run of it")
    if certificate is not None:
        from ovlcheck.certify import check_states_are_visited

        check_states_are_visited(asked.options(engine))
    arguments = asked.arguments(engine) | {
        "reductions": tuple(n for n in (USUAL if reductions is None else reductions) if n not in unwanted),
        "reduce_beyond": REDUCE_BEYOND if reductions is None else 0,
        "limits": Limits(max_states, depth, seconds, threads=most_threads, memory=most_memory),
        "audit": audit,
        "scenario": scenario,
        "order": order,
        "runs": runs,
    }
    teller = Teller(
        Manner(style, reports, out, session.colour, quiet, timing=not no_timing, debug=session.debug)
    )
    interrupt = _verify_each(_each_once(models), arguments, teller, quiet)
    code = teller.end(interrupted=interrupt is not None)
    if interrupt is not None:
        raise interrupt
    if certificate is not None:
        from ovlcheck.certify import certify

        written = certify(models[0], asked.options(engine), certificate)
        if not quiet:
            click.echo(f"{certificate}: {written.states:,} states, {len(written.never)} claims", err=True)
    return int(code)


def _verify_each(
    models: list[Path], arguments: dict[str, Any], teller: Teller, quiet: bool
) -> KeyboardInterrupt | None:
    """Tells what becomes of each of ``models``; returns the interrupt if the user ended that."""
    from ovlcheck.api import verify
    from ovlcheck.report.progress import watched

    for model in models:
        try:
            with watched(model.stem, silent=quiet) as progress:
                result = verify(model, **arguments, progress=progress)
            teller.result(result)
        except KeyboardInterrupt as interrupt:
            return interrupt
        except ReaderGoneError:
            raise
        except Exception as error:  # one model's trouble is not the others'
            teller.error(error, model)
            continue
        if result.stopped == "interrupted":
            return KeyboardInterrupt()
    return None


def _each_once(models: tuple[Path, ...]) -> list[Path]:
    """``models`` without those that name a file again."""
    from ovlcheck.errors import UsageError
    from ovlcheck.prepare import find_model

    found: dict[Path, Path] = {}
    for model in models:
        try:
            file = find_model(model).resolve()
        except UsageError:  # told when its turn comes
            file = model
        found.setdefault(file, model)
    return list(found.values())
