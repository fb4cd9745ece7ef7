"""README.md tells the truth: its counterexample is the one that is found, and its examples compile."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ovlcheck.cli import run
from ovlcheck.prepare import Options, prepare
from ovlcheck.settings import find_settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    """The fenced block of ``language`` that contains the given text."""
    found = [b for b in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if containing in b]
    assert len(found) == 1
    return str(found[0])


def settled(trace: str) -> str:
    """``trace`` without what says nothing about the run: line numbers, and the list of constants."""
    return re.sub(
        r"\.py:\d+", ".py", re.sub(r"^constants .*?\n\n", "", trace, flags=re.DOTALL | re.MULTILINE)
    )


def test_the_counterexample_is_what_the_command_above_it_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = re.search(r"<!-- ovlcheck (.*?) -->\n```text\n(.*?)```", README, re.DOTALL)
    assert command is not None
    monkeypatch.chdir(ROOT)
    assert run([*shlex.split(command[1]), "--out", str(tmp_path)]) == 0
    (text,) = (file for file in tmp_path.glob("*.txt") if not file.name.endswith(".cpu.txt"))
    assert settled(text.read_text(encoding="utf-8")) == settled(command[2])


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


def test_the_two_commands_are_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^\$ make (\w+)", block("console", "make"), re.MULTILINE)
    assert targets == ["verify", "test"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
