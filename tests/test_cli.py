"""The command line as a whole: its help, its verbs, and what it loads to answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ovlcheck.cli import VERBS, run

ROOT = Path(__file__).resolve().parent.parent


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("ovlcheck ")


def test_help_names_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    for word in (*VERBS, "Exit codes"):
        assert word in out


def loaded_by(script: str) -> set[str]:
    """The modules that are loaded once ``script`` is done."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{script}\nprint('LOADED', *sys.modules)"],
        cwd=ROOT, text=True, capture_output=True, check=True,
    )  # fmt: skip
    return set(done.stdout.rpartition("LOADED")[2].split())


def loaded_by_command(*arguments: str) -> set[str]:
    return loaded_by(f"from ovlcheck.cli import run\nrun({list(arguments)!r})")


HEAVY = {"numpy", "rich", "pygraphviz", "z3", "jinja2", "networkx", "ovlcheck.prepare", "ovlcheck.api"}


def test_help_loads_no_verb_no_engine_and_no_renderer() -> None:
    loaded = loaded_by_command("--help")
    assert "ovlcheck.cli" in loaded
    assert not loaded & {*HEAVY, *(verb.module for verb in VERBS.values())}


def test_a_verb_loads_no_other_verb() -> None:
    loaded = loaded_by_command("trace", "--help")
    assert {m for m in loaded if m.startswith("ovlcheck.commands.")} == {"ovlcheck.commands.trace"}


def test_the_package_alone_loads_the_language_and_nothing_else() -> None:
    loaded = loaded_by("import ovlcheck")
    assert not loaded & {*HEAVY, "click"}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_does_what_the_list_of_verbs_says(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Usage: ovlcheck {verb} ")
    said = " ".join(out.split("Options:")[0].split())
    assert VERBS[verb].help.rstrip(".") in said
