"""The command line.  It only translates: options into calls, results into text and exit codes.

Heavy modules are imported where they are used, so that ``ovlcheck --help`` answers at once.
"""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from ovlcheck.options import Session, debug_option, parse_reductions, reduction_names, what_to_check

if TYPE_CHECKING:
    from ovlcheck.prepare import Options
    from ovlcheck.report.verdict import ExitCode, ModelResult

INTERRUPTED = 130
PIPE_CLOSED = 141

_EPILOG = (
    "Exit codes: 0 every property is as expected; 1 a property is violated or vacuous, an expectation "
    "is not met, or a step is never taken; 2 bad usage, or a model that does not compile; 3 no answer "
    "within the limits given."
)


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"ovlcheck {_version()}")
        context.exit()


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Check every interleaving of a filesystem protocol that is written down as Python."""


@cli.command(epilog=_EPILOG)
@click.argument("models", metavar="[MODEL]...", nargs=-1, type=click.Path(path_type=Path))
@what_to_check
@click.option(
    "--engine", type=click.Choice(["auto", "native", "reference"]), help="What explores; auto prefers native."
)
@click.option(
    "--reductions",
    metavar="NAMES",
    callback=parse_reductions,
    help="all, none, or which of slicing,fusion,symmetry: what makes the states fewer.  Unless told, all for a "
    "model with more than 200,000 states, else none.",
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
@click.option("--max-states", type=click.IntRange(min=1), metavar="N", help="Stop after N states.")
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Follow runs of at most N steps.")
@click.option(
    "--time", "seconds", type=click.FloatRange(min=0), metavar="SECONDS", help="Stop after this time."
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
def verify(
    session: Session,
    models: tuple[Path, ...],
    properties: tuple[str, ...],
    property_paths: tuple[Path, ...],
    constants: dict[str, str],
    config: str | None,
    engine: str | None,
    reductions: tuple[str, ...] | None,
    unwanted: tuple[str, ...],
    scenario: Path | None,
    max_states: int | None,
    depth: int | None,
    seconds: float | None,
    style: str,
    out: Path | None,
) -> int:
    """Explore every state of each MODEL and say which properties hold.

    A MODEL is a file, or the name of a model that comes with ovlcheck.  With --scenario it may be
    left out: a scenario names the model that it is about.
    """
    from ovlcheck.errors import UsageError
    from ovlcheck.explore.reductions import EVERY, REDUCE_BEYOND
    from ovlcheck.explore.result import Limits
    from ovlcheck.lang.diagnostics import CompileError
    from ovlcheck.report.files import write_traces
    from ovlcheck.report.progress import watched
    from ovlcheck.report.verdict import ExitCode, worst
    from ovlcheck.verify import verify as verify_model
    from ovlcheck.verify_scenario import read_scenario, scenario_model, verify_scenario

    options = replace(
        _options(properties, property_paths, constants, config, engine),
        limits=Limits(max_states, depth, seconds),
        reductions=tuple(n for n in (EVERY if reductions is None else reductions) if n not in unwanted),
        reduce_beyond=REDUCE_BEYOND if reductions is None else 0,
    )
    story = None if scenario is None else read_scenario(scenario)
    if not models and story is not None:
        models = (scenario_model(story),)
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
            _complain(error)
            codes.append(ExitCode.USAGE)
            continue
        results.append(result)
        codes.append(result.exit_code)
        if style == "text":
            from ovlcheck.report.console import render_report

            _print(render_report(result, terminal=sys.stdout.isatty()))
        if out is not None:
            try:
                write_traces(result, out)
            except (OSError, UsageError) as error:
                _complain(error)
                codes.append(ExitCode.USAGE)
        interrupted = result.stopped == "interrupted"
        if interrupted:
            break
    if style == "json":
        import json

        from ovlcheck.report.json import to_json

        _print(json.dumps(to_json(results, _version()), indent=1, ensure_ascii=False) + "\n")
    if interrupted:
        raise KeyboardInterrupt
    return int(worst(codes))


@cli.command()
@click.argument("model", type=click.Path(path_type=Path))
@what_to_check
@debug_option
def show(
    model: Path,
    properties: tuple[str, ...],
    property_paths: tuple[Path, ...],
    constants: dict[str, str],
    config: str | None,
) -> None:
    """Print the transition system that MODEL is compiled to."""
    from ovlcheck.prepare import prepare
    from ovlcheck.system.show import show as shown

    options = _options(properties, property_paths, constants, config, None)
    _print(shown(prepare(model, options).system))


@cli.command("cross-check")
@click.argument("model", type=click.Path(path_type=Path))
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
def cross_check(
    model: Path,
    properties: tuple[str, ...],
    property_paths: tuple[Path, ...],
    constants: dict[str, str],
    config: str | None,
    max_states: int,
) -> int:
    """Hold the native engine against the reference, and reductions against none, on MODEL.

    Exit code 1: they differ, and no verdict on this model is to be believed.
    """
    from ovlcheck.explore.cross_check import cross_check as comparisons
    from ovlcheck.explore.native import Native
    from ovlcheck.explore.native.problems import NativeUnavailable
    from ovlcheck.prepare import prepare

    options = _options(properties, property_paths, constants, config, None)
    prepared = prepare(model, options)
    _print(f"{prepared.system.name} ({prepared.configuration})\n")
    differ = False
    try:
        for found in comparisons(prepared.system, Native(), most=max_states):
            differ |= found.difference is not None
            _print(f"  {found}\n")
    except NativeUnavailable as why:
        click.echo(f"ovlcheck: error: nothing to hold the reference against: {why}", err=True)
        return 2
    return int(differ)


@cli.command()
@click.argument("model", type=click.Path(path_type=Path))
@what_to_check
@click.option(
    "--to",
    type=click.Choice(["promela", "promela-flat", "murphi"]),
    required=True,
    help="For Spin, with or without a proctype for each process, or for Rumur.",
)
@click.option(
    "--assert",
    "asserting",
    metavar="NAME",
    multiple=True,
    help="What the other checker is to report: a property, a check, deadlock.  [default: each --property]",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there."
)
@debug_option
def export(
    model: Path,
    properties: tuple[str, ...],
    property_paths: tuple[Path, ...],
    constants: dict[str, str],
    config: str | None,
    to: str,
    asserting: tuple[str, ...],
    out: Path | None,
) -> None:
    """Print MODEL in the language of another checker, which then explores the same states."""
    from ovlcheck.export.formats import export as exported
    from ovlcheck.prepare import prepare

    system = prepare(model, _options(properties, property_paths, constants, config, None)).system
    text = exported(system, to, asserting or properties).text
    if out is None:
        _print(text)
    else:
        out.write_text(text, encoding="ascii")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format", "style", type=click.Choice(["text", "dot", "svg"]), default="text", show_default=True
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there."
)
@debug_option
def trace(file: Path, style: str, out: Path | None) -> None:
    """Render the saved trace in FILE again."""
    from ovlcheck.trace.dot import render_dot, render_svg
    from ovlcheck.trace.saved import load
    from ovlcheck.trace.text import render_text

    rendered = {"text": render_text, "dot": render_dot, "svg": render_svg}[style](load(file))
    if out is None:
        _print(rendered)
    else:
        out.write_text(rendered, encoding="utf-8")


def _options(
    properties: tuple[str, ...],
    property_paths: tuple[Path, ...],
    constants: dict[str, str],
    config: str | None,
    engine: str | None,
) -> Options:
    """The options of the command line over those of pyproject.toml."""
    from ovlcheck.prepare import Options
    from ovlcheck.settings import find_settings

    settings = find_settings(Path.cwd())
    return Options(
        properties=properties,
        property_paths=property_paths or None,
        extra_property_paths=() if property_paths else settings.properties,
        constants={**settings.set, **constants},
        config=config or settings.config,
        engine=engine or settings.engine,
    )


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ovlcheck")
    except PackageNotFoundError:
        return "unknown"


class _ReaderGoneError(Exception):
    """Whoever read stdout does so no more.  Not an ``OSError``: click would make exit code 1 of that."""


def _print(text: str) -> None:
    try:
        click.echo(text, nl=False)
    except BrokenPipeError:
        raise _ReaderGoneError from None


def _complain(error: Exception) -> None:
    from ovlcheck.lang.diagnostics import CompileError

    if isinstance(error, CompileError):
        click.echo(str(error), err=True)
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"ovlcheck: error: {place}{error.strerror or error}", err=True)
    else:
        click.echo(f"ovlcheck: error: {error}", err=True)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Whatever happens is said in one message on stderr.
    """
    session = Session()
    try:
        outcome = cli.main(arguments, prog_name="ovlcheck", standalone_mode=False, obj=session)
        sys.stdout.flush()
        return outcome if isinstance(outcome, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("ovlcheck: interrupted: what was not reported by now was not found out", err=True)
        return INTERRUPTED
    except (_ReaderGoneError, BrokenPipeError):
        _discard_stdout()
        return PIPE_CLOSED
    except Exception as error:
        if session.debug:
            raise
        return _failed(error)


def _failed(error: Exception) -> int:
    """One message for ``error``, and the exit code for it."""
    from ovlcheck.errors import UsageError
    from ovlcheck.lang.diagnostics import CompileError

    if isinstance(error, UsageError | CompileError):
        _complain(error)
    elif isinstance(error, MemoryError):
        click.echo(
            "ovlcheck: error: out of memory\n"
            "    help: take a smaller --config, or limit the search with --max-states",
            err=True,
        )
        return 3
    elif isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EIO):
            _discard_stdout()
        _complain(error)
    else:
        click.echo(
            f"ovlcheck: internal error: {type(error).__name__}: {error}\n"
            "    help: run again with --debug and report what it prints; no verdict of this run counts",
            err=True,
        )
    return 2


def _discard_stdout() -> None:
    """Let nobody write to the broken stdout again, not even the interpreter on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> NoReturn:
    sys.exit(run())
