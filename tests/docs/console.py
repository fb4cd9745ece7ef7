"""The commands that the documentation shows: found in its pages, run in a shell, held against what is shown.

A ``console`` block holds commands behind ``$`` and, if any, what they print.  The commands of a page are run one after
the other in a directory of their own.  Comments right above a block say more about it:

* ``<!-- file NAME -->`` above any block: its text is written to that file before the next command;
* ``<!-- exit N -->``: each of its commands ends with exit code N (0 unless told);
* ``<!-- slow -->``: it is run by ``python -m tests.docs`` only;
* ``<!-- not run: REASON -->``: it is not run at all;
* ``<!-- ovlcheck ARGUMENTS -->`` above a ``text`` block: it shows the one trace that this command finds.

A line ``...`` of the output stands for any lines, ``...`` within a line for any characters.  Times, and the numbers of
lines in source files, may be others.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

TIMED_OUT = 124
"""The exit code of a command that was killed, as timeout(1) has it."""

_FENCE = re.compile(r"^(?P<fence>```+)(?P<language>\w*)\n(?P<body>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
_COMMENTS = re.compile(r"(?:^<!-- .*? -->\n)+\Z", re.MULTILINE)
_COMMENT = re.compile(r"^<!-- (.*?) -->$", re.MULTILINE)


@dataclass(frozen=True)
class File:
    """A file that a page asks its reader to write."""

    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command and what it is to print (None where nothing is shown); ``line`` is where its block begins."""

    line: int
    text: str
    output: str | None
    exit: int = 0
    slow: bool = False
    not_run: str = ""


@dataclass(frozen=True)
class Counterexample:
    """The trace that ``ovlcheck`` with these arguments finds; ``line`` is where its block begins."""

    line: int
    arguments: str
    text: str


@dataclass(frozen=True)
class Ran:
    """What a command came to; errors are part of the output, as in a terminal."""

    exit: int
    output: str


def items(page: str) -> Iterator[File | Command | Counterexample]:
    """The files, commands and counterexamples of a page in their order."""
    for block in _FENCE.finditer(page):
        above = _COMMENTS.search(page, 0, block.start())
        told = _COMMENT.findall(above[0]) if above is not None else []
        line = page.count("\n", 0, block.start()) + 1
        for comment in told:
            if comment.startswith("file "):
                yield File(comment.removeprefix("file "), block["body"])
            elif comment.startswith("ovlcheck ") and block["language"] == "text":
                yield Counterexample(line, comment.removeprefix("ovlcheck "), block["body"])
        if block["language"] == "console":
            yield from _commands(block["body"], line, told)


def _commands(body: str, line: int, told: list[str]) -> Iterator[Command]:
    code = next((int(c.removeprefix("exit ")) for c in told if c.startswith("exit ")), 0)
    reason = next((c.removeprefix("not run: ") for c in told if c.startswith("not run: ")), "")
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command = re.match(r"(?:.*\\\n)*.*\n?", part)
        assert command is not None
        shown = part[command.end() :]
        yield Command(
            line, command[0].strip(), shown if shown.strip() else None, code, "slow" in told, reason
        )


def run_command(text: str, directory: Path, cache: Path, seconds: float = 300) -> Ran:
    """``text`` run by the shell in ``directory``, with this interpreter's ``ovlcheck`` as the command of that name.

    It is killed after so many seconds.  What is compiled is kept in ``cache``; a home directory is made there, so that
    nothing outside is written to.
    """
    own, home = cache / "bin", cache / "home"
    for made in (own, home):
        made.mkdir(parents=True, exist_ok=True)
    script = own / "ovlcheck"
    if not script.exists():
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ovlcheck "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{own}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(cache),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    with subprocess.Popen(
        ["bash", "-c", text],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    ) as shell:
        try:
            output, _ = shell.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(shell.pid, signal.SIGKILL)
            output, _ = shell.communicate()
            return Ran(TIMED_OUT, f"{output}\nkilled after {seconds} s: mark it slow")
    return Ran(shell.returncode, output)


def difference(shown: str, printed: str) -> str | None:
    """How ``printed`` is not what a page shows; None if it is."""
    wanted = "\n".join(_pattern(line) for line in _settled(shown).strip("\n").splitlines())
    wanted = wanted.replace("(?:ANY)\n", "(?:.*\n)*?").replace("\n(?:ANY)", "(?:\n.*)*")
    if re.fullmatch(wanted, _settled(printed).strip("\n")):
        return None
    return f"the page shows\n\n{shown}\nbut the command prints\n\n{printed}"


def _pattern(line: str) -> str:
    if line.strip() == "...":
        return "(?:ANY)"
    return ".*".join(re.escape(part) for part in line.rstrip().split("..."))


def _settled(text: str) -> str:
    """``text`` without what differs from run to run, and from edit to edit of the files it names."""
    text = re.sub(r"\b\d+\.\d+ s\b", "TIME s", text)
    text = re.sub(r"\.py:\d+", ".py", text)
    return "\n".join(line.rstrip() for line in text.splitlines())
