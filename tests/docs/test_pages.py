"""The documentation tells the truth: its commands do what is shown, and its pages are complete and hang together."""

from __future__ import annotations

import contextlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import pytest

from docs.site.commands import PAGE as REFERENCE
from docs.site.commands import reference
from ovlcheck.cli import VERBS, cli
from ovlcheck.lang.loading import load_properties, shipped
from ovlcheck.options import Session
from tests.docs.console import PAGES, ROOT, Command, items
from tests.docs.runner import failures

_WITH_COMMANDS = [
    page for page in PAGES if any(isinstance(i, Command) for i in items(page.read_text(encoding="utf-8")))
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("page", _WITH_COMMANDS, ids=lambda page: str(page.name))
def test_the_commands_of_a_page_do_what_it_shows(page: Path, cache: Path) -> None:
    wrong = list(failures(page, cache, slow=False))
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_command_line_of_a_page_is_one(page: Path) -> None:
    """Also those that are not run: verbs, options and names of models and properties exist."""
    wrong = [problem for line in _command_lines(page) if (problem := _problem(line)) is not None]
    assert not wrong, "\n".join(wrong)


def _command_lines(page: Path) -> Iterator[str]:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        found = re.match(r"(?:    |\$ )(?:\.venv/bin/)?(ovlcheck .*)", line)
        if found is not None and "[OPTIONS]" not in line:
            yield re.split(r" +#| [<>|;&]", found[1])[0]


def _problem(line: str) -> str | None:
    """What is wrong with a command line; words in capitals stand for what the reader puts there."""
    _, verb, *arguments = shlex.split(line)
    if verb.startswith("-") or verb.isupper():
        return None
    if verb not in VERBS:
        return f"{line}: no such verb"
    context = click.Context(cli, info_name="ovlcheck", obj=Session())
    command = cli.get_command(context, verb)
    assert command is not None
    options = [a for a in arguments if not a.startswith("[") and a != "..."]
    try:
        with contextlib.suppress(click.exceptions.Exit):
            command.make_context(verb, options, parent=context).close()
    except click.ClickException as error:
        return f"{line}: {error.format_message()}"
    names = [b for a, b in pairwise(arguments) if a == "--property" and not b.isupper()]
    unknown = [] if "--properties" in arguments else [name for name in names if name not in _properties()]
    return f"{line}: no property {', '.join(unknown)}" if unknown else None


def _properties() -> set[str]:
    home = shipped("properties")
    assert home is not None
    return {declared.name for declared in load_properties([home])}


def test_the_reference_of_commands_is_what_the_commands_say() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference(), "run python -m docs.site.commands"


def test_make_targets_that_pages_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = {
            *re.findall(r"^\$ make ([a-z-]+)", text, re.MULTILINE),
            *re.findall(r"`make ([a-z-]+)`", text),
        }
        assert named <= targets, f"{page.name}: {named - targets}"


def test_links_into_the_repository_lead_to_files() -> None:
    for page in (ROOT / "docs").glob("*.md"):
        for path in re.findall(r"\]\((\.\./[^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / path).exists(), f"{page.name}: {path}"


def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    built = subprocess.run(
        [
            *(sys.executable, "-m", "mkdocs", "build", "--strict"),
            *("--site-dir", str(tmp_path / "site")),
            *("--config-file", str(ROOT / "docs" / "site" / "mkdocs.yml")),
        ],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert built.returncode == 0, built.stderr
    for page in (tmp_path / "site").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe)[^>]* src="([^"]+)"|<link[^>]* href="([^"]+)"', text)
        assert not [src or href for src, href in loaded if (src or href).startswith(("http", "//"))], (
            page.name
        )
