"""The command line: which verbs there are, and what becomes of an error.

Each verb is a module of ``ovlcheck.commands`` that is loaded when the verb is called, so that
``ovlcheck --help`` answers at once.
"""

from __future__ import annotations

import errno
import gc
import io
import signal
import sys
from importlib import import_module
from typing import NamedTuple, NoReturn

import click

from ovlcheck.messages import ReaderGoneError, complain, discard_stdout
from ovlcheck.options import EXIT_CODES, Session

INTERRUPTED = 130
PIPE_CLOSED = 141


class Verb(NamedTuple):
    """The module whose ``command`` does it, and what ``ovlcheck --help`` says of it."""

    module: str
    help: str


VERBS = {
    "verify": Verb(
        "ovlcheck.commands.verify", "Explore every state of each MODEL and say which properties hold."
    ),
    "compare": Verb(
        "ovlcheck.commands.compare",
        "The table of MODELs against properties: what holds, what breaks and in how many steps.",
    ),
    "prove": Verb(
        "ovlcheck.commands.prove", "Prove properties of MODEL with Z3, for refcounts without any bound."
    ),
    "check-certificate": Verb("ovlcheck.commands.check_certificate", "Verify again the proof in FILE."),
    "show": Verb("ovlcheck.commands.show", "Print the transition system that MODEL is compiled to."),
    "trace": Verb("ovlcheck.commands.trace", "Render the saved trace in each FILE again."),
    "simulate": Verb("ovlcheck.commands.simulate", "Make random runs of MODEL and say what they broke."),
    "explore": Verb("ovlcheck.commands.explore", "Walk through MODEL by hand."),
    "graph": Verb(
        "ovlcheck.commands.graph",
        "Write the reachable states of MODEL and the steps between them as a graph.",
    ),
    "bounds": Verb(
        "ovlcheck.commands.bounds",
        "Say for each refcount of MODEL what it counts, and the least bound that is proved.",
    ),
    "export": Verb("ovlcheck.commands.export", "Print MODEL in the language of another checker."),
    "completion": Verb(
        "ovlcheck.commands.completion",
        "Print the script that makes SHELL complete what is typed after ovlcheck.",
    ),
    "cross-check": Verb(
        "ovlcheck.commands.cross_check",
        "Hold the native engine against the reference, one thread against four, and reductions against none, on MODEL.",
    ),
}


class _Verbs(click.Group):
    """A group that loads a verb's module when the verb is asked for, and not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(VERBS[cmd_name].module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from ovlcheck.errors import did_you_mean

            ctx.fail(f"{args[0]!r} is no command{did_you_mean(args[0], VERBS) or '.'}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.help) for name, verb in VERBS.items()])


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from ovlcheck.version import tool_version

        click.echo(f"ovlcheck {tool_version()}")
        context.exit()


@click.group(cls=_Verbs, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
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


def run(arguments: list[str] | None = None, *, own_process: bool = False) -> int:
    """Run the command line and return its exit code.

    Whatever happens is said in one message on stderr.  ``own_process`` says that nothing but the command line
    runs in this process.
    """
    session = Session(own_process=own_process)
    try:
        outcome = cli.main(arguments, prog_name="ovlcheck", standalone_mode=False, obj=session)
        sys.stdout.flush()
        return outcome if isinstance(outcome, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort) as interrupt:
        click.echo("ovlcheck: interrupted: what was not reported by now was not found out", err=True)
        from ovlcheck.trace.escape import printable

        for note in getattr(interrupt.__cause__ or interrupt, "__notes__", ()):
            click.echo(f"    {printable(note)}", err=True)
        return INTERRUPTED
    except (ReaderGoneError, BrokenPipeError):
        discard_stdout()
        return PIPE_CLOSED
    except Exception as error:
        return _failed(error, session.debug)


def _failed(error: Exception, debug: bool) -> int:
    """One message for ``error``, and the exit code for it."""
    from ovlcheck.failures import failure_of

    if debug:
        import traceback

        traceback.print_exception(error)
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
    if isinstance(error, OSError) and error.filename is None and error.errno in full:
        discard_stdout()
    failure = failure_of(error)
    complain(failure.text)
    return int(failure.code)


def main() -> NoReturn:
    """The command line as a process of its own."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None where it is closed
            stream.reconfigure(errors="backslashreplace")  # no name can be what the terminal cannot show
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # what was found is told before a CI server kills
    gc.disable()  # almost nothing that becomes garbage is in a cycle: looking for it costs a tenth of a short run
    sys.exit(run(own_process=True))
