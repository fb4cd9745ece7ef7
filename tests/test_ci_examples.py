"""The examples for CI name only options that there are, and run what the text beside them says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ovlcheck.cli import cli
from ovlcheck.pytest_plugin import pytest_addoption
from tests.commands.project import ROOT

PAGES = sorted([*(ROOT / "docs" / "ci").iterdir(), ROOT / "docs" / "ci.md", ROOT / "docs" / "api.md"])


class Group:
    """Stands in for the parser of pytest and its group."""

    def __init__(self) -> None:
        self.options: list[str] = []

    def getgroup(self, *_: str) -> Group:
        return self

    def addoption(self, name: str, **_: object) -> None:
        self.options.append(name)


def known_options() -> set[str]:
    context = cli.make_context("ovlcheck", ["completion", "bash"])
    verify = cli.get_command(context, "verify")
    assert verify is not None
    group = Group()
    pytest_addoption(group)  # type: ignore[arg-type]
    return {name for p in verify.params for name in p.opts} | set(group.options) | {"--dist"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_that_a_page_names_is_one(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    assert named <= known_options()
    for style in re.findall(r"--report ([a-z]+)=", text):
        assert style in ("text", "json", "junit", "sarif")


def test_the_examples_write_what_they_hand_on() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        handed_on = set(re.findall(r"(?:sarif_file|junit): (\S+)", text))
        assert handed_on <= set(re.findall(r"--report \w+=(\S+)", text))
