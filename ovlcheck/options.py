"""Options that several commands share, and how their texts are understood."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ovlcheck.prepare import Options

EXIT_CODES = (
    "Exit codes: 0 every property is as expected; 1 a property is violated or vacuous, an expectation "
    "is not met, or a step is never taken; 2 bad usage, a model that does not compile, or a "
    "file that cannot be written; 3 no answer within the limits given, or too little memory."
)


@dataclass
class Session:
    """What the whole command line shares.

    ``own_process``: nothing else runs in this process.  ``colour`` is ``auto``, ``always`` or ``never``.
    """

    debug: bool = False
    own_process: bool = False
    colour: str = "auto"


def offer(what: str) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """What the tab key offers: the function ``what`` of ``ovlcheck.completion``, loaded when it is pressed."""

    def offered(context: click.Context, option: click.Parameter, begun: str) -> list[Any]:
        from ovlcheck import completion

        names: list[Any] = getattr(completion, what)(context, option, begun)
        return names

    return offered


def set_debug(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Remember that tracebacks are wanted."""
    if value:
        context.obj.debug = True


def debug_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ``--debug`` to a command."""
    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=set_debug,
        help="Show the traceback of an error.",
    )(command)


def set_colour(context: click.Context, _: click.Parameter, value: str) -> None:
    """Remember whether colours are wanted."""
    context.obj.colour = value


def colour_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ``--color`` to a command, which finds it in its ``Session``."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        expose_value=False,
        callback=set_colour,
        help="Colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.",
    )(command)


def quiet_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ``--quiet`` to a command, as the argument ``quiet``."""
    return click.option("--quiet", "-q", is_flag=True, help="Say only what is not as expected, a line each.")(
        command
    )


REPORTS = ("text", "json", "junit", "sarif")


def report_files(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, Path], ...]:
    """``FORMAT=FILE`` texts as pairs; raises ``click.BadParameter`` for anything else."""
    pairs = []
    for value in values:
        style, _, file = value.partition("=")
        if style not in REPORTS or not file:
            known = ", ".join(REPORTS)
            raise click.BadParameter(
                f"{value!r} is not FORMAT=FILE, as in --report junit=report.xml; formats are {known}"
            )
        pairs.append((style, Path(file)))
    return tuple(pairs)


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--format`` as the argument ``style``, and ``--report`` as ``reports``."""
    with_reports = click.option(
        "--report",
        "reports",
        metavar="FORMAT=FILE",
        multiple=True,
        callback=report_files,
        help="Write a report in this format to FILE as well, as in --report junit=report.xml.",
    )(command)
    return click.option(
        "--format",
        "style",
        type=click.Choice(REPORTS),
        default="text",
        show_default=True,
        help="What stdout gets.",
    )(with_reports)


def proof_time(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--time`` as the argument ``seconds``: wall time for a proof about one property, or about all refcounts."""
    return click.option(
        "--time",
        "seconds",
        type=Seconds(),
        default=300,
        show_default=True,
        metavar="SECONDS",
        help="Give up on a proof after this time.",
    )(command)


def form_of(file: Path | None, forms: Mapping[str, str], usual: str) -> str:
    """Which of ``forms``, by how names of files end, ``file`` is called after; ``usual`` where it has no such ending.

    The longest ending counts.  Raises ``click.UsageError`` for an ending that stands for none of them.
    """
    if file is None or not file.suffix:
        return usual
    for ending in sorted(forms, key=len, reverse=True):
        if file.name.endswith(ending):
            return forms[ending]
    raise click.UsageError(
        f"--out {file}: no form is called {file.suffix}; name the file {', '.join(sorted(forms))}, or give --format"
    )


def assignments(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """``NAME=VALUE`` texts as constants; raises ``click.BadParameter`` for anything else."""
    constants = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not (equals and name.strip() and text.strip()):
            raise click.BadParameter(f"{value!r} is not NAME=VALUE, as in --set inodes=2")
        constants[name.strip()] = text.strip()
    return constants


def reduction_names(_: click.Context, __: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of reductions; raises ``click.BadParameter`` for one that does not exist."""
    if not names:
        return names
    from ovlcheck.explore.reductions import EVERY

    for name in names:
        if name not in EVERY:
            raise click.BadParameter(f"{name!r} is no reduction; there are {', '.join(EVERY)}")
    return names


def parse_reductions(
    context: click.Context, option: click.Parameter, text: str | None
) -> tuple[str, ...] | None:
    """``all``, ``none`` or names with commas between them; None where the option is not given."""
    if text is None:
        return None
    from ovlcheck.explore.reductions import EVERY

    if text in ("all", "none"):
        return EVERY if text == "all" else ()
    return reduction_names(context, option, tuple(name.strip() for name in text.split(",")))


EVERY_STATE = sys.maxsize
"""For ``--audit``: as many states as there are."""


def audited_states(_: click.Context, __: click.Parameter, text: str | None) -> int:
    """A number of states, ``all`` of them, or 0 where the option is not given; raises ``click.BadParameter``."""
    if text is None:
        return 0
    if text == "all":
        return EVERY_STATE
    if not text.isdecimal() or int(text) == 0:
        raise click.BadParameter(
            f"{text!r} is not a number of states; name the model before --audit, or give one"
        )
    return int(text)


class Seconds(click.FloatRange):
    """A time to wait: a finite number of seconds, more than 0 unless ``or_none``."""

    name = "seconds"

    def __init__(self, or_none: bool = False) -> None:
        super().__init__(min=0, min_open=not or_none)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no time; give seconds, as in --time 60", param, ctx)
        return number


def threads(_: click.Context, __: click.Parameter, number: int | None) -> int | None:
    """A number of threads; raises ``click.BadParameter`` for an impossible one."""
    from ovlcheck.machine import check_threads

    return None if number is None else _as_parameter(check_threads, number)


def memory(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """A size of memory in bytes; raises ``click.BadParameter`` for an impossible one."""
    from ovlcheck.machine import parse_memory

    return None if text is None else _as_parameter(parse_memory, text)


def _as_parameter(parse: Callable[[Any], int], given: object) -> int:
    from ovlcheck.errors import UsageError

    try:
        return parse(given)
    except UsageError as error:
        raise click.BadParameter(f"{error.message}; {error.remedy}") from None


@dataclass(frozen=True)
class Asked:
    """Which transition system is meant, as the command line says it: the options of ``what_to_check``."""

    properties: tuple[str, ...]
    property_paths: tuple[Path, ...]
    constants: Mapping[str, str]
    config: str | None
    own_process: bool = False

    def options(self, engine: str | None = None) -> Options:
        """These over the settings in pyproject.toml.  Raises ``UsageError`` for bad settings."""
        from ovlcheck.request import make_options

        return make_options(**self.arguments(engine))

    def arguments(self, engine: str | None = None) -> dict[str, Any]:
        """These as arguments of ``ovlcheck.api.verify``.  Raises ``UsageError`` for bad settings."""
        from ovlcheck.settings import find_settings

        return {
            "properties": self.properties,
            "property_paths": self.property_paths or None,
            "constants": self.constants,
            "config": self.config,
            "engine": engine,
            "settings": find_settings(Path.cwd()),
            "keep_compiled": self.own_process,
        }


def which_system(command: Callable[..., Any]) -> Callable[..., Any]:
    """As ``what_to_check``, for a command to which properties are nothing."""
    return what_to_check(command, with_properties=False)


def what_to_check(command: Callable[..., Any], with_properties: bool = True) -> Callable[..., Any]:
    """Adds the options that say which transition system is meant; the command gets them as ``asked``."""

    @wraps(command)
    def bundled(
        *arguments: Any,
        constants: dict[str, str],
        config: str | None,
        properties: tuple[str, ...] = (),
        property_paths: tuple[Path, ...] = (),
        **others: Any,
    ) -> Any:
        session = click.get_current_context().obj
        asked = Asked(properties, property_paths, constants, config, session.own_process)
        return command(*arguments, asked=asked, **others)

    parametrised: Callable[..., Any] = bundled
    of_properties = (
        click.option(
            "--properties",
            "property_paths",
            metavar="DIR",
            multiple=True,
            type=click.Path(path_type=Path),
            help="Where to find properties, instead of the shipped ones and those beside the model.",
        ),
        click.option(
            "--property",
            "properties",
            metavar="NAME",
            multiple=True,
            shell_complete=offer("properties"),
            help="Check only this property.",
        ),
    )
    for option in (
        click.option(
            "--config",
            metavar="NAME",
            shell_complete=offer("configurations"),
            help="Named constants of the model: small, default, large, …",
        ),
        click.option(
            "--set",
            "constants",
            metavar="NAME=VALUE",
            multiple=True,
            callback=assignments,
            help="Give a constant of the model another value.",
        ),
        *(of_properties if with_properties else ()),
    ):
        parametrised = option(parametrised)
    return parametrised
