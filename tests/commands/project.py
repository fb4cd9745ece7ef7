"""A small project as users have one: a model with a race, two properties, and the command line run in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from ovlcheck.cli import run

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 300.0
"""Seconds after which what a test waits for will not come: it ends a test that hangs, on however busy a machine."""

COUNTER = '''\
"""Two tasks add to a counter without a lock."""

from ovlcheck import Constant, Int, System, process


class Counter(System):
    n: Int[0, 2]
    done: Int[0, 2]
    tasks = Constant(2, "tasks that add")
    configurations = {"small": {"tasks": 1}, "default": {"tasks": 2}}

    @process(instances="tasks")
    def task(self):
        self.bump()

    def bump(self):
        self.n += 1
        self.done += 1
'''

EXPECTING = COUNTER.replace("    n: Int", '    expected_violations = ("nothing_is_lost",)\n    n: Int', 1)
"""The same, known for what it does wrong."""

PROPERTIES = '''\
from ovlcheck import after, always


@always
def nothing_is_lost(fs):
    """Every addition counts."""
    return fs.done != 2 or fs.n == 2


@after("bump")
def something_is_counted(fs):
    """Who has added finds something."""
    return fs.n >= 1
'''


class Project:
    """A directory with the counter as its model, and the command line run in it."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory = directory
        self.capsys = capsys
        self.write("counter.py", COUNTER)
        self.write("properties/all.py", PROPERTIES)

    def write(self, name: str, text: str) -> Path:
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """The exit code and what was written to stdout and stderr."""
        code = run(list(arguments))
        out, err = self.capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    def verify(self, *arguments: str) -> tuple[int, str, str]:
        engine = () if "--engine" in arguments else ("--engine", "reference")
        return self("verify", "counter.py", "--properties", "properties", *engine, *arguments)

    def json(self, *arguments: str) -> dict[str, Any]:
        _, out, err = self.verify("--format", "json", *arguments)
        assert err == ""
        data = json.loads(out)
        assert isinstance(data, dict)
        return data

    def command(self, *arguments: str, **others: Any) -> subprocess.CompletedProcess[str]:
        """The real command in a process of its own; ``others`` are for ``subprocess.run``."""
        others.setdefault("stdout", subprocess.PIPE)
        return subprocess.run(
            self.python("-m", "ovlcheck", *arguments),
            cwd=self.directory, env=self.environment, text=True, stderr=subprocess.PIPE, check=False,
            errors="backslashreplace", **others,
        )  # fmt: skip

    def python(self, *arguments: str) -> list[str]:
        return [sys.executable, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(self.directory / "cache")}

    def verify_command(self, *arguments: str, **others: Any) -> subprocess.CompletedProcess[str]:
        """``verify`` with the reference engine on the project's properties, in a process of its own."""
        return self.command(
            "verify", *arguments, "--properties", "properties", "--engine", "reference", **others
        )
