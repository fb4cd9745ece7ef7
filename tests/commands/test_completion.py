"""``ovlcheck completion``: scripts that shells accept, and offers that run nobody's code."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.commands.project import Project


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_calls_back_and_the_shell_accepts_it(project: Project, shell: str) -> None:
    code, out, _ = project("completion", shell)
    assert code == 0
    assert f"_OVLCHECK_COMPLETE={shell}_complete" in out
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=out, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ovlcheck ver", "verify"),
        ("ovlcheck verify upst", "upstream"),
        ("ovlcheck verify counter.py --property nothing", "nothing_is_lost"),
        ("ovlcheck verify --property no_use", "no_use_after_free"),
        ("ovlcheck show x --config sm", "small"),
        ("ovlcheck verify --engine nat", "native"),
        ("ovlcheck verify --no-t", "--no-timing"),
    ],
)
def test_the_tab_key_offers_names(project: Project, typed: str, offered: str) -> None:
    project.write("properties/broken.py", "def :")
    project.write("properties/evil.py", "raise SystemExit('run')")
    words = typed.split()
    environment = {
        "_OVLCHECK_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1),
    }  # fmt: skip
    done = subprocess.run(
        project.python("-m", "ovlcheck"), env={**project.environment, **environment}, cwd=project.directory,
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert offered in [line.partition(",")[2] for line in done.stdout.splitlines()]
