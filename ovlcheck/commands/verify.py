"""``ovlcheck verify``: what holds of each model."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovlcheck.messages import complain, say
from ovlcheck.options import (
    EXIT_CODES,
    Asked,
    Session,
    audited_states,
    debug_option,
    memory,
    parse_reductions,
    reduction_names,
    threads,
    what_to_check,
)

if TYPE_CHECKING:
    from ovlcheck.report.verdict import ExitCode, ModelResult
    from ovlcheck.temporal.scenario import Scenario


@click.command("verify", epilog=EXIT_CODES)
@click.argument("models", metavar="[MODEL]...", nargs=-1, type=click.Path(path_type=Path))
@what_to_check
@click.option(
    "--engine", type=click.Choice(["auto", "native", "reference"]), help="What explores; auto prefers native."
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
    "--time", "seconds", type=click.FloatRange(min=0), metavar="SECONDS", help="Stop after this time."
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
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write each trace there as text, JSON, DOT and SVG.",
)
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
    audit: int,
    max_states: int | None,
    depth: int | None,
    seconds: float | None,
    most_threads: int | None,
    most_memory: int | None,
    style: str,
    out: Path | None,
) -> int:
    """Explore every state of each MODEL and say which properties hold.

    A MODEL is a file, or the name of a model that comes with ovlcheck.  With --scenario it may be
    left out: a scenario names the model that it is about.
    """
    from ovlcheck.errors import UsageError
    from ovlcheck.explore.reductions import REDUCE_BEYOND, USUAL
    from ovlcheck.explore.result import Limits
    from ovlcheck.lang.diagnostics import CompileError
    from ovlcheck.report.progress import watched
    from ovlcheck.report.verdict import ExitCode, worst
    from ovlcheck.verify_model import verify_model

    options = asked.options(engine)
    options = replace(
        options,
        limits=Limits(
            max_states,
            depth,
            seconds,
            threads=most_threads or options.limits.threads,
            memory=most_memory or options.limits.memory,
        ),
        reductions=tuple(n for n in (USUAL if reductions is None else reductions) if n not in unwanted),
        reduce_beyond=REDUCE_BEYOND if reductions is None else 0,
        audit=audit,
    )
    if audit and scenario is not None:
        raise click.UsageError("--audit tries out the reductions of a verification, not of --scenario")
    story: Scenario | None = None
    if scenario is not None:
        from ovlcheck.verify_scenario import read_scenario, scenario_model, verify_scenario

        story = read_scenario(scenario)
        models = models or (scenario_model(story),)
    if not models:
        raise click.UsageError("name a MODEL to verify")
    results: list[ModelResult] = []
    codes: list[ExitCode] = []
    interrupted = False
    for model in models:
        try:
            if story is None:
                with watched(model.stem) as progress:
                    result = verify_model(model, options, progress)
            else:
                result = verify_scenario(model, story, options)
        except (UsageError, CompileError) as error:
            if session.debug:
                raise
            complain(error)
            codes.append(ExitCode.USAGE)
            continue
        results.append(result)
        codes.append(result.exit_code)
        if style == "text":
            from ovlcheck.report.console import render_report

            say(render_report(result, terminal=sys.stdout.isatty()))
        if out is not None:
            from ovlcheck.report.files import write_traces

            try:
                write_traces(result, out)
            except (OSError, UsageError) as error:
                complain(error)
                codes.append(ExitCode.USAGE)
        interrupted = result.stopped == "interrupted"
        if interrupted:
            break
    if style == "json":
        import json

        from ovlcheck.report.json import to_json
        from ovlcheck.version import tool_version

        say(json.dumps(to_json(results, tool_version()), indent=1, ensure_ascii=False) + "\n")
    if interrupted:
        raise KeyboardInterrupt
    return int(worst(codes))
