"""How the real command ends when the machine or the user ends it: with one message, and with all that was found."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ovlcheck.cli import INTERRUPTED, PIPE_CLOSED
from ovlcheck.explore.search import explore
from ovlcheck.trace.saved import load
from tests.commands.project import COUNTER, PATIENCE, Project

ENDLESS = "import sys\nprint('begun', file=sys.stderr, flush=True)\nwhile True:\n    pass\n"
GROWING = COUNTER.replace("Int[0, 2]", "Int[0, 100000]").replace(
    "self.bump()", "while True:\n            self.bump()"
)
"""A counter that never ends counting, for as long as a test wants to look at it."""


def one_message(text: str) -> bool:
    """Whether ``text`` is a message and its remedies, and no traceback."""
    lines = text.strip().splitlines()
    return bool(lines) and all(line.startswith("    ") for line in lines[1:])


full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


@full_device
@pytest.mark.parametrize("style", ["text", "json", "junit", "sarif"])
def test_a_full_disk_is_one_message_and_no_success(project: Project, style: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = project.verify_command(
            "counter.py", "--property", "something_is_counted", "--format", style,
            "--report", "json=kept.json", stdout=full,
        )  # fmt: skip
    assert done.returncode == 2
    assert "standard output: No space left on device" in done.stderr
    assert one_message(done.stderr)
    (result,) = json.loads((project.directory / "kept.json").read_text(encoding="utf-8"))["results"]
    assert result["properties"][0]["verdict"] == "holds"


@full_device
def test_a_report_on_a_full_disk_is_named_and_stdout_is_written(project: Project) -> None:
    done = project.verify_command("counter.py", "--report", "junit=/dev/full")
    assert done.returncode == 2
    assert "/dev/full: No space left on device" in done.stderr
    assert one_message(done.stderr)
    assert "VIOLATED in 8 steps" in done.stdout


@full_device
@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "counter.py"),
        ("export", "counter.py", "--to", "promela"),
        ("trace", "trace.json"),
        ("completion", "zsh"),
    ],
)
def test_every_verb_says_that_the_disk_is_full(project: Project, arguments: tuple[str, ...]) -> None:
    if arguments[0] == "trace":
        project.verify("--out", "traces")
        (project.directory / "traces/counter.nothing_is_lost.json").rename(project.directory / "trace.json")
    with Path("/dev/full").open("w") as full:
        done = project.command(*arguments, stdout=full)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert one_message(done.stderr)


@full_device
@pytest.mark.parametrize(
    "arguments",
    [
        ("graph", "counter.py", "--out", "/dev/full"),
        ("export", "counter.py", "--to", "promela", "--out", "/dev/full"),
        ("verify", "counter.py", "--certificate", "/dev/full"),
    ],
)
def test_a_file_on_a_full_disk_is_named(project: Project, arguments: tuple[str, ...]) -> None:
    code, _, err = project(*arguments)
    assert code == 2
    assert "/dev/full: No space left on device\n    help: make room there" in err
    assert Path("/dev/full").exists()


def test_traces_that_do_not_fit_are_named_and_the_report_is_whole(project: Project) -> None:
    def no_large_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (15000, 15000))

    done = project.verify_command("counter.py", "--out", "traces", preexec_fn=no_large_files)
    assert done.returncode == 2
    assert "traces/counter.nothing_is_lost.svg: File too large" in done.stderr
    assert one_message(done.stderr)
    assert "VIOLATED in 8 steps" in done.stdout
    kept = {file.suffix: file for file in (project.directory / "traces").iterdir()}
    assert len(load(kept[".json"]).steps) == 8
    assert ".html" not in kept


def test_a_reader_that_leaves_is_no_error_message(project: Project) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = project.verify_command("counter.py", stdout=writer)
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == PIPE_CLOSED


def test_a_stdout_that_is_closed_is_no_traceback(project: Project) -> None:
    script = f'"{sys.executable}" -m ovlcheck show counter.py >&-'
    done = subprocess.run(
        ["sh", "-c", script], cwd=project.directory, env=project.environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)


def test_letters_that_the_terminal_has_not_are_spelt_out(project: Project) -> None:
    environment = {**project.environment, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(
        [sys.executable, "-m", "ovlcheck", "verify", "counter.py", "--properties", "properties", "--engine",
         "reference"],
        cwd=project.directory, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert "\\u2500 nothing_is_lost" in done.stdout


def test_want_of_memory_is_one_message_and_no_answer(project: Project) -> None:
    project.write("growing.py", GROWING)

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))

    done = project.verify_command(
        "counter.py", "growing.py", "--property", "nothing_is_lost", preexec_fn=little_memory
    )
    assert "Traceback" not in done.stderr
    assert "VIOLATED in 8 steps" in done.stdout
    assert done.returncode == 1  # counter.py is violated, and that comes before an answer that is wanting
    assert "memory" in done.stderr + done.stdout


class Running:
    """The command in a process that can be interrupted once it has said something."""

    def __init__(self, project: Project, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ovlcheck", *arguments], cwd=project.directory, env=project.environment,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def interrupted_after(
        self, word: str, stream: str, by: signal.Signals = signal.SIGINT
    ) -> tuple[int, str, str]:
        """Waits for ``word``, interrupts, and returns the exit code and all of stdout and stderr."""
        process = self._process
        assert process.stdout is not None
        assert process.stderr is not None
        source = process.stdout if stream == "stdout" else process.stderr
        seen = ""
        while word not in seen:
            line = source.readline()
            assert line, seen
            seen += line
        time.sleep(0.3)
        process.send_signal(by)
        try:
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()  # nothing is left behind where the interrupt does nothing
        return process.returncode, seen * (stream == "stdout") + out, seen * (stream == "stderr") + err


def test_an_interrupt_while_a_model_is_imported_names_the_line(project: Project) -> None:
    project.write("endless.py", ENDLESS)
    code, out, err = Running(project, "verify", "endless.py").interrupted_after("begun", "stderr")
    assert (code, out) == (INTERRUPTED, "")
    assert "ovlcheck: interrupted" in err
    assert "endless.py:" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("engine", "by"), [("native", signal.SIGINT), ("reference", signal.SIGTERM)])
def test_an_interrupt_keeps_what_was_found_in_every_report(
    project: Project, engine: str, by: signal.Signals
) -> None:
    project.write("endless.py", GROWING)
    running = Running(
        project, "verify", "counter.py", "endless.py", "--properties", "properties", "--engine", engine,
        "--property", "something_is_counted", "--reductions", "none",
        "--report", "json=report.json", "--report", "sarif=report.sarif",
    )  # fmt: skip
    code, out, err = running.interrupted_after("something_is_counted", "stdout", by)
    assert code == INTERRUPTED
    assert "ovlcheck: interrupted" in err
    assert "Traceback" not in err
    told = json.loads((project.directory / "report.json").read_text(encoding="utf-8"))
    assert told["results"][0]["properties"][0]["verdict"] == "holds"
    assert all(result["stopped"] == "interrupted" for result in told["results"][1:])
    (invocation,) = json.loads((project.directory / "report.sarif").read_text(encoding="utf-8"))["runs"][0][
        "invocations"
    ]
    assert not invocation["executionSuccessful"]
    assert "counter (counter.py)" in out


def test_an_interrupt_is_told_and_is_no_verdict(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ovlcheck.verify_model.explore", interrupt)
    code, _, err = project.verify()
    assert code == INTERRUPTED
    assert "interrupted" in err


def test_an_interrupted_search_is_reported_as_far_as_it_came_and_nothing_follows(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    def interrupted(system: Any, engine: Any, **options: Any) -> Any:
        system, result = explore(system, engine, **options)
        return system, replace(result, complete=False, stopped="interrupted")

    monkeypatch.setattr("ovlcheck.verify_model.explore", interrupted)
    project.write("other.py", COUNTER)
    code, out, err = project.verify("other.py")
    assert code == INTERRUPTED
    assert out.count("nothing_is_lost         VIOLATED") == 1
    assert "something_is_counted    unknown" in out
    assert "interrupted" in err
