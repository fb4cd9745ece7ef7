"""``ovlcheck compare``: rows, forms, exit codes, kept tables, and workers that do not live to answer."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ovlcheck.trace.saved import load
from tests.commands.project import COUNTER, EXPECTING, PATIENCE, Project

CAREFUL = COUNTER.replace("import Constant", "import atomic, Constant").replace(
    "        self.n += 1\n        self.done += 1\n",
    "        with atomic:\n            self.n += 1\n            self.done += 1\n",
)

ENDLESS = '''\
"""Counts for a long time."""

from ovlcheck import Array, Int, System, rule


class Endless(System):
    n: Int[0, 2]
    done: Int[0, 2]
    counts: Array[Int[0, 255], 8]

    @rule
    def bump(self, which: Int[0, 7]):
        self.counts[which] = (self.counts[which] + 1) % 256
        self.done = 2 - self.done
        self.n = self.done
'''


def compare(project: Project, *arguments: str) -> tuple[int, str, str]:
    return project("compare", "--properties", "properties", "--engine", "reference", *arguments)


def cells(out: str) -> dict[str, dict[str, Any]]:
    """The cells of a table in JSON by row and short name of the property."""
    data = json.loads(out)
    shorts = {column["key"]: column["short"] for column in data["properties"]}
    return {
        " ".join([row["model"], *(f"{n}={v}" for n, v in row["given"].items())]): {
            shorts[key]: cell for key, cell in row["cells"].items()
        }
        for row in data["rows"]
    }


def test_each_model_has_a_row_and_each_property_a_column(project: Project) -> None:
    project.write("careful.py", CAREFUL)
    code, out, err = compare(project, "counter.py", "careful.py")
    assert (code, err) == (1, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "X1 X2" in lines
    assert "counter ✗8 ✓" in lines
    assert "careful ✓ ✓" in lines
    assert "configuration default: tasks=2" in lines
    assert "X1 nothing_is_lost: Every addition counts." in lines
    assert "counter: broken: X1" in lines


def test_what_the_models_expect_is_as_it_should_be(project: Project) -> None:
    project.write("counter.py", EXPECTING)
    code, out, _ = compare(project, "counter.py", "--format", "json")
    assert code == 0
    assert cells(out)["counter"]["X1"]["mark"] == "✗8"


def test_constants_that_vary_have_a_group_of_rows_for_each_value(project: Project) -> None:
    code, out, _ = compare(project, "counter.py", "--vary", "tasks=1,2", "--format", "json")
    assert code == 1
    found = cells(out)
    assert list(found) == ["counter tasks=1", "counter tasks=2"]
    assert [found[row]["X1"]["mark"] for row in found] == ["∅", "✗8"]


def test_a_table_is_held_against_a_kept_one_and_each_changed_cell_is_named(project: Project) -> None:
    project.write("careful.py", CAREFUL)
    _, kept, _ = compare(project, "counter.py", "careful.py", "--format", "json")
    project.write("kept.json", kept)
    code, _, err = compare(project, "counter.py", "careful.py", "--against", "kept.json")
    assert (code, err) == (0, "kept.json: all 4 cells are as they were\n")
    project.write("careful.py", COUNTER)
    code, _, err = compare(project, "careful.py", "--against", "kept.json")
    assert code == 1
    assert "kept.json: careful X1: holds -> violated in 8 steps\n" in err
    assert "not compared, since not asked for: counter" in err


def test_a_search_that_was_cut_short_is_code_3_and_says_why(project: Project) -> None:
    code, out, _ = compare(project, "counter.py", "--property", "X2", "--max-states", "5", "--format", "json")
    assert code == 3
    cell = cells(out)["counter"]["X2"]
    assert (cell["mark"], cell["reason"], cell["complete"]) == ("?", "state limit of 5 reached", False)


def test_a_model_that_does_not_compile_and_one_that_kills_its_process_leave_the_others_alone(
    project: Project,
) -> None:
    project.write("broken.py", COUNTER.replace("self.n += 1", "self.n = self.n / 2"))
    project.write("dying.py", f"import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n{COUNTER}")
    code, out, err = compare(
        project, "broken.py", "dying.py", "counter.py", "missing.py", "--property", "X1", "--jobs", "2"
    )
    assert (code, err) == (2, "")
    assert "\nbroken  does not compile" in out
    assert "broken.py:17:" in out
    assert "help:" in out
    assert "\ndying   ?" in out
    assert "dying X1: its process was ended by SIGKILL" in out
    assert "\ncounter ✗8" in out
    assert "missing.py: no such model" in out


def test_out_has_the_table_in_every_form_and_each_trace_where_its_cell_says(project: Project) -> None:
    code, out, _ = compare(project, "counter.py", "--out", "found")
    assert code == 1
    assert "counter X1, violated in 8 steps: counter.nothing_is_lost.json" in out
    found = project.directory / "found"
    assert {file.name for file in found.glob("table.*")} == {
        "table.txt",
        "table.md",
        "table.json",
        "table.html",
    }
    cell = cells((found / "table.json").read_text())["counter"]["X1"]
    assert len(load(found / cell["trace"]).steps) == cell["steps"] == 8
    assert "[✗8](counter.nothing_is_lost.txt)" in (found / "table.md").read_text()
    assert (found / "counter.nothing_is_lost.txt").exists()
    assert "self.n += 1" in (found / "table.html").read_text()


def test_a_property_that_nobody_has_is_refused_with_those_there_are(project: Project) -> None:
    code, out, err = compare(project, "counter.py", "--property", "X9")
    assert (code, out) == (2, "")
    assert "no property is called 'X9'" in err
    assert "nothing_is_lost" in err


def test_two_models_of_one_name_are_refused(project: Project) -> None:
    project.write("other/counter.py", COUNTER)
    code, _, err = compare(project, "counter.py", "other/counter.py")
    assert code == 2
    assert "rename one of them" in err


def test_values_to_vary_that_are_none_are_refused(project: Project) -> None:
    code, _, err = compare(project, "counter.py", "--vary", "tasks")
    assert code == 2
    assert "--vary pin=true,false" in err


def children(process: int) -> list[int]:
    """The processes that ``process`` has started and that live."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == process:
                found.append(int(entry.name))
    return found


BEGINS = "from pathlib import Path\n\nPath('next_begins').touch()\n"


def begun(project: Project) -> tuple[subprocess.Popen[str], list[int]]:
    """A comparison that will not end by itself, and its workers, once it has taken the answer for its first model.

    There are two workers: the third model has its turn when the first has been told.
    """
    project.write("endless.py", ENDLESS)
    project.write("next.py", f"{BEGINS}{ENDLESS}")
    running = subprocess.Popen(
        [
            sys.executable, "-m", "ovlcheck", "compare", "counter.py", "endless.py", "next.py", "--property", "X1",
            "--properties", "properties", "--engine", "reference", "--jobs", "2", "--out", "found",
        ],
        cwd=project.directory, env=project.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    until = time.monotonic() + PATIENCE
    while not (project.directory / "next_begins").exists() and time.monotonic() < until:
        time.sleep(0.05)
    return running, children(running.pid)


def gone(processes: list[int]) -> bool:
    until = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{p}").exists() for p in processes) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(Path(f"/proc/{p}").exists() for p in processes)


def test_an_interrupt_keeps_what_was_found_and_leaves_no_process(project: Project) -> None:
    running, workers = begun(project)
    running.send_signal(signal.SIGINT)
    try:
        out, err = running.communicate(timeout=PATIENCE)
    finally:
        running.kill()  # nothing is left behind where the interrupt does nothing
    assert running.returncode == 130
    assert "interrupted" in err
    assert "\ncounter ✗8" in out
    assert "\nendless ?" in out
    assert "Traceback" not in err
    assert workers and gone(workers)


def test_workers_do_not_outlive_the_command_that_was_killed(project: Project) -> None:
    running, workers = begun(project)
    running.kill()
    running.wait()
    for stream in (running.stdout, running.stderr):
        assert stream is not None
        stream.close()
    assert workers and gone(workers)
