"""``ovlcheck explore``: a run of a model, chosen step by step."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovlcheck.options import Asked, debug_option, what_to_check

if TYPE_CHECKING:
    from ovlcheck.prepare import Options, Prepared
    from ovlcheck.runs.moves import Moves
    from ovlcheck.trace.trace import Trace

EXIT_CODES = (
    "Exit codes: 0 the dialogue was ended; 2 bad usage, a model that does not compile, or a script with a command "
    "that could not be done."
)


@click.command("explore", epilog=EXIT_CODES)
@click.argument("model", required=False, type=click.Path(path_type=Path))
@what_to_check
@click.option(
    "--trace",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Go along this saved trace; MODEL and constants are those of the trace unless told.",
)
@click.option(
    "--max-states",
    type=click.IntRange(min=1),
    default=1_000_000,
    show_default=True,
    metavar="N",
    help="Look at N states at most to find a way to where you want to be.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="S",
    help="Draws random steps.",
)
@debug_option
def command(model: Path | None, asked: Asked, file: Path | None, max_states: int, seed: int) -> int:
    """Walk through MODEL by hand: see what can happen next, choose a step, go back, try another.

    Commands are read from the terminal, or from standard input; help lists them.
    """
    from ovlcheck.lang.questions import Questions
    from ovlcheck.prepare import prepare
    from ovlcheck.runs.moves import Moves
    from ovlcheck.runs.recorded import Narrator
    from ovlcheck.runs.terminal import Terminal
    from ovlcheck.runs.walk import Walk
    from ovlcheck.trace.saved import load
    from ovlcheck.verify_model import about

    options = asked.options()
    if file is not None:
        trace = load(file)
        model = model or (Path(trace.path) if Path(trace.path).is_file() else Path(trace.model))
        options = _as_in(trace, options, asked)
    if model is None:
        raise click.UsageError("name a MODEL to explore, or give --trace FILE")
    prepared = prepare(model, options)
    moves = Moves(prepared.system)
    path = about(prepared, options).path
    narrator = Narrator(moves, path)
    script = None if sys.stdin.isatty() else sys.stdin
    terminal = Terminal(
        Walk(moves),
        narrator,
        lambda: Questions(prepared.model, dict(prepared.constants), prepared.system),
        script,
        max_states,
        seed,
    )
    if file is not None:
        terminal.follow(file)
    with _line_history(script is None):
        terminal.run(_welcome(prepared, moves, path))
    return 2 if script is not None and terminal.refused else 0


def _as_in(trace: Trace, options: Options, asked: Asked) -> Options:
    """``options`` with the constants of ``trace``, unless the command line gives others."""
    if asked.config is not None:
        return options
    return replace(options, config=None, constants={**trace.constants, **asked.constants})


def _welcome(prepared: Prepared, moves: Moves, path: str) -> str:
    configuration = f", configuration {prepared.configuration}" if prepared.configuration else ""
    tasks = ", ".join(f"{process}{i}" for process, i in moves.semantics.instances)
    starts = len(moves.initial())
    initial = "one initial state" if starts == 1 else f"{starts} initial states (start N chooses)"
    return (
        f"{moves.system.name} ({path}){configuration}: {initial}\n"
        f"tasks: {tasks or 'none'}\nhelp lists the commands\n\n"
    )


@contextmanager
def _line_history(at_terminal: bool) -> Iterator[None]:
    """Lines typed in earlier dialogues can be had again with the arrow keys, where there is a readline."""
    if not at_terminal:
        yield
        return
    try:
        import readline
    except ImportError:
        yield
        return
    import platformdirs

    file = Path(platformdirs.user_state_dir("ovlcheck")) / "explore_history"
    with suppress(OSError):  # there may be none yet
        readline.read_history_file(file)
    readline.set_history_length(1000)
    try:
        yield
    finally:
        with suppress(OSError):  # a dialogue without a history is one all the same
            file.parent.mkdir(parents=True, exist_ok=True)
            readline.write_history_file(file)
