"""The examples of README.md that are no commands: its variant and its property compile, its settings are accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ovlcheck.prepare import Options, prepare
from ovlcheck.settings import find_settings
from tests.docs.console import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    """The fenced block of ``language`` that contains the given text."""
    found = [b for b in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if containing in b]
    assert len(found) == 1
    return str(found[0])


def test_the_example_variant_and_the_example_property_compile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(block("python", "class Mine"), encoding="utf-8")
    (tmp_path / "properties").mkdir()
    (tmp_path / "properties" / "list.py").write_text(block("python", "@after("), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (name,) = re.findall(r"@after\(.*\)\ndef (\w+)", README)
    prepared = prepare(Path("mine.py"), Options())
    (info,) = (p for p in prepared.system.properties if p.name == name)
    assert info.covers


def test_the_example_settings_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(block("toml", "[tool.ovlcheck]"), encoding="utf-8")
    settings = find_settings(tmp_path)
    assert (settings.config, settings.engine, settings.set) == ("small", "auto", {"inodes": 2})
