"""``python -m docs.site.commands``: writes docs/commands.md, the reference of the command line, from the code.

Nothing is said here that ``--help`` does not say.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from ovlcheck.cli import VERBS, cli

PAGE = Path(__file__).resolve().parents[1] / "commands.md"

_HEAD = """\
# Commands

<!-- Written by python -m docs.site.commands from what the commands themselves say: edit these. -->

`ovlcheck COMMAND --help` says the same. A MODEL is a file, or the name of a model that comes with ovlcheck.
"""


def reference() -> str:
    """The page."""
    context = click.Context(cli, info_name="ovlcheck")
    parts = [_HEAD.strip(), "| command | |\n|---|---|"]
    parts[1] += "".join(f"\n| [`{name}`](#{name}) | {_cell(verb.help)} |" for name, verb in VERBS.items())
    for name in VERBS:
        command = cli.get_command(context, name)
        assert command is not None
        parts.append("\n\n".join(_section(name, command)))
    parts.append(f"## Exit codes\n\n{_text(cli.epilog or '')}")
    return "\n\n".join(parts) + "\n"


def _section(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=f"ovlcheck {name}")
    yield f"## {name}"
    yield f"    {command.get_usage(context).removeprefix('Usage: ')}"
    yield _text(inspect.cleandoc(command.help or ""))
    options = [
        p for p in command.get_params(context) if isinstance(p, click.Option) and "--help" not in p.opts
    ]
    shown = [record for option in options if (record := option.get_help_record(context)) is not None]
    if shown:
        yield "\n".join(
            [
                "| option | |",
                "|---|---|",
                *(f"| `{_cell(option)}` | {_cell(text)} |" for option, text in shown),
            ]
        )
    if command.epilog and command.epilog != cli.epilog:
        yield _text(command.epilog)


def _text(text: str) -> str:
    """Paragraphs of a help text as Markdown; those that click is asked to leave as they are stay so."""
    return "\n\n".join(
        "\n".join(f"    {line}" for line in paragraph.replace("\b", "").strip("\n").splitlines())
        if "\b" in paragraph
        else _escaped(" ".join(paragraph.split()))
        for paragraph in text.split("\n\n")
    )


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split())).replace("|", "\\|")


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*")


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
