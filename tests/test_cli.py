"""The command line as a user and a script meet it: what it prints where, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ovlcheck.cli import PIPE_CLOSED, VERBS, run
from ovlcheck.explore.native.problems import NotSupported
from ovlcheck.explore.search import explore

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


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


def test_a_violation_is_reported_with_figures_scope_and_trace(project: Project) -> None:
    code, out, err = project.verify("--reductions", "none")
    assert (code, err) == (1, "")
    for part in (
        "counter (counter.py)",
        "configuration default: tasks=2",
        "reference: 46 states, 66 transitions, depth 8",
        "nothing_is_lost         VIOLATED in 8 steps",
        "something_is_counted    holds",
        "tasks: 2 task",
        "memory model: sequentially consistent",
        "counter.py:17   self.n += 1",
        "n: 0 -> 1",
    ):
        assert " ".join(part.split()) in " ".join(out.split())


def test_what_holds_ends_with_success(project: Project) -> None:
    code, out, _ = project.verify("--property", "something_is_counted")
    assert code == 0
    assert "nothing_is_lost" not in out


def test_constants_come_from_the_configuration_and_the_command_line_wins(project: Project) -> None:
    assert project.json("--config", "small")["results"][0]["constants"] == {"tasks": "1"}
    assert project.json("--config", "small", "--set", "tasks=2")["results"][0]["constants"] == {"tasks": "2"}


def test_settings_of_the_project_are_used_and_the_command_line_wins(project: Project) -> None:
    project.write("pyproject.toml", "[tool.ovlcheck]\nconfig = 'small'\nengine = 'reference'\n")
    _, out, _ = project("verify", "counter.py", "--property", "nothing_is_lost")
    assert "configuration small: tasks=1" in out
    _, out, _ = project("verify", "counter.py", "--config", "default", "--property", "nothing_is_lost")
    assert "configuration default: tasks=2" in out


def test_json_is_one_object_with_the_promised_keys(project: Project) -> None:
    data = project.json("--reductions", "none")
    assert (data["schema"], set(data)) == ("ovlcheck/1", {"schema", "results", "tool_version"})
    (result,) = data["results"]
    assert {
        "model", "name", "constants", "engine", "complete", "states", "transitions", "depth", "seconds",
        "bytes_per_state", "scope", "properties",
    } <= set(result)  # fmt: skip
    assert (result["complete"], result["states"], result["transitions"], result["depth"]) == (True, 46, 66, 8)
    lost, counted = result["properties"]
    assert {
        "name", "verdict", "bound", "engine", "method", "complete", "fairness", "reductions", "vacuous",
        "expected", "trace",
    } <= set(lost)  # fmt: skip
    assert (lost["verdict"], lost["expected"], len(lost["trace"]["steps"])) == ("violated", False, 8)
    assert (counted["verdict"], counted["expected"], counted["trace"]) == ("holds", True, None)


@pytest.mark.parametrize("limit", [("--max-states", "3"), ("--depth", "2"), ("--time", "0")])
def test_a_search_that_was_cut_short_never_reports_success(project: Project, limit: tuple[str, str]) -> None:
    code, out, _ = project.verify("--property", "something_is_counted", *limit)
    assert code == 3
    assert "cut short" in out
    assert "unknown" in out


def test_expected_violations_are_a_strict_xfail(project: Project) -> None:
    expecting = COUNTER.replace("    n: Int", '    expected_violations = ("nothing_is_lost",)\n    n: Int', 1)
    project.write("counter.py", expecting)
    code, out, _ = project.verify()
    assert code == 0
    assert "as expected" in out
    code, out, _ = project.verify("--set", "tasks=1")
    assert code == 1
    assert "expects a violation, but it holds" in out


def test_every_violation_is_written_in_every_form_and_can_be_rendered_again(project: Project) -> None:
    project.verify("--out", "traces")
    names = {file.name for file in (project.directory / "traces").iterdir()}
    assert names == {f"counter.nothing_is_lost.{suffix}" for suffix in ("txt", "json", "dot", "svg")}
    for style, suffix in (("text", "txt"), ("dot", "dot"), ("svg", "svg")):
        code, out, _ = project("trace", "traces/counter.nothing_is_lost.json", "--format", style)
        written = (project.directory / f"traces/counter.nothing_is_lost.{suffix}").read_text(encoding="utf-8")
        assert (code, out) == (0, written)


def test_a_rendered_trace_goes_where_it_is_told(project: Project) -> None:
    project.verify("--out", "traces")
    code, out, _ = project(
        "trace", "traces/counter.nothing_is_lost.json", "--format", "dot", "--out", "x.dot"
    )
    assert (code, out) == (0, "")
    assert (project.directory / "x.dot").read_text(encoding="utf-8").startswith("digraph")


def test_several_models_get_a_block_each_and_a_broken_one_does_not_stop_the_others(project: Project) -> None:
    project.write("broken.py", "class Broken(:")
    code, out, err = project(
        "verify", "broken.py", "counter.py", "--properties", "properties", "--engine", "reference"
    )
    assert code == 2
    assert "broken.py:1" in err
    assert "nothing_is_lost" in out


def test_a_vacuous_property_is_no_success(project: Project) -> None:
    project.write(
        "properties/all.py",
        """
        from ovlcheck import always

        @always
        def about_nothing(fs):
            return fs.n <= 2 or fs.done == 1
        """,
    )
    code, out, _ = project.verify()
    assert code == 1
    assert "vacuous" in out


def test_a_step_that_is_never_taken_is_told_with_its_place(project: Project) -> None:
    unreachable = COUNTER.replace(
        "        self.done += 1", "        if self.n > 5:\n            self.n = 0\n        self.done += 1"
    )
    project.write("counter.py", unreachable)
    code, out, _ = project.verify("--property", "something_is_counted")
    assert code == 1
    assert "counter.py:19 in bump: self.n = 0" in out


def test_show_prints_the_transition_system(project: Project) -> None:
    code, out, _ = project("show", "counter.py", "--properties", "properties")
    assert code == 0
    assert "counter.py:17" in out
    assert "nothing_is_lost" in out


def test_show_prints_the_same_c_every_time(project: Project) -> None:
    code, out, _ = project("show", "counter.py", "--properties", "properties", "--c")
    assert code == 0
    assert "#include" in out
    assert "nothing_is_lost" in out
    assert project("show", "counter.py", "--properties", "properties", "--c")[1] == out


def test_show_says_why_there_is_no_c(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise NotSupported("n needs more than 64 bits")

    monkeypatch.setattr("ovlcheck.explore.native.generate.generate", refuse)
    code, out, err = project("show", "counter.py", "--properties", "properties", "--c")
    assert (code, out) == (2, "")
    assert "no C for this model" in err
    assert "n needs more than 64 bits" in err


def test_limits_come_from_the_settings_and_the_command_line_wins(project: Project) -> None:
    project.write("pyproject.toml", "[tool.ovlcheck]\nthreads = 3\nmemory = '64M'\n")
    (result,) = project.json("--max-states", "900", "--memory", "32M")["results"]
    assert result["limits"] == {
        "states": 900, "depth": None, "seconds": None, "threads": 3, "memory": 32 << 20,
    }  # fmt: skip


def test_without_a_compiler_the_reference_engine_answers_and_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(project.directory / "cache"))
    code, out, _ = project.verify("--engine", "auto")
    assert code == 1
    assert "explored by the reference engine" in out
    code, _, err = project.verify("--engine", "native")
    assert code == 2
    assert "--engine reference" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("verify",), "name a MODEL"),
        (("verify", "missing.py"), "missing.py: no such model"),
        (("verify", "countr.py"), "did you mean 'counter.py'"),
        (("verify", "."), "is a directory"),
        (("verify", "counter.py", "--properties", "nowhere"), "nowhere: no such"),
        (
            ("verify", "counter.py", "--properties", "properties", "--property", "nothing_is_lst"),
            "'nothing_is_lost'",
        ),
        (("verify", "counter.py", "--set", "taks=1"), "did you mean 'tasks'"),
        (("verify", "counter.py", "--set", "tasks"), "not NAME=VALUE"),
        (("verify", "counter.py", "--set", "tasks=many"), "tasks"),
        (("verify", "counter.py", "--config", "smal"), "did you mean 'small'"),
        (("verify", "counter.py", "--engine", "fast"), "--engine"),
        (("verify", "counter.py", "--max-states", "0"), "--max-states"),
        (("verify", "counter.py", "--format", "xml"), "--format"),
        (("verify", "counter.py", "--threads", "0"), "--threads"),
        (("verify", "counter.py", "--memory", "much"), "--memory"),
        (("verify", "counter.py", "--memory", "1K"), "--memory"),
        (("verify", "counter.py", "--memory", "9000T"), "of this machine"),
        (("verify", "counter.py", "--scenario", "missing.txt"), "missing.txt"),
        (("trace", "missing.json"), "missing.json: cannot be read"),
        (("trace", "counter.py"), "not a saved trace"),
        (("shwo", "counter.py"), "shwo"),
        (("show", "missing.py"), "missing.py: no such model"),
    ],
)
def test_bad_usage_is_one_message_and_code_2(project: Project, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = project(*arguments)
    assert (code, out) == (2, "")
    assert says in err


def test_a_model_that_does_not_compile_is_shown_with_line_and_remedy(project: Project) -> None:
    project.write("counter.py", COUNTER.replace("self.n += 1", "self.n = self.n / 2"))
    code, out, err = project.verify()
    assert (code, out) == (2, "")
    assert "counter.py:17:" in err
    assert "self.n = self.n / 2" in err
    assert "help:" in err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no model"),
        (b"import sys\nsys.exit(0)\n", "SystemExit"),
        (b"\xff\xfe", "model.py"),
        (b"1 / 0\n", "ZeroDivisionError"),
        (b"from nowhere import nothing\n", "nowhere"),
        (b"while True print(1)\n", "model.py:1"),
    ],
)
def test_a_file_that_holds_no_model_is_refused(project: Project, text: bytes, says: str) -> None:
    (project.directory / "model.py").write_bytes(text)
    code, out, err = project("verify", "model.py")
    assert (code, out) == (2, "")
    assert says in err


def test_broken_settings_are_refused(project: Project) -> None:
    project.write("pyproject.toml", "[tool.ovlcheck]\nengin = 'native'\n")
    code, _, err = project.verify()
    assert code == 2
    assert "did you mean 'engine'" in err


def test_an_internal_error_is_one_message_and_a_traceback_only_with_debug(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("no such thing")

    monkeypatch.setattr("ovlcheck.verify_model.judge", fail)
    code, _, err = project.verify()
    assert code == 2
    assert "internal error" in err
    with pytest.raises(AssertionError):
        project.verify("--debug")


def test_an_interrupt_is_told_and_is_no_verdict(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ovlcheck.verify_model.explore", interrupt)
    code, _, err = project.verify()
    assert code == 130
    assert "interrupted" in err


def test_an_interrupted_search_is_reported_as_far_as_it_came_and_nothing_follows(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(system: Any, engine: Any, **options: Any) -> Any:
        system, result = explore(system, engine, **options)
        return system, replace(result, complete=False, stopped="interrupted")

    monkeypatch.setattr("ovlcheck.verify_model.explore", interrupted)
    code, out, err = project.verify("counter.py")
    assert code == 130
    assert out.count("nothing_is_lost         VIOLATED") == 1
    assert "something_is_counted    unknown" in out
    assert "interrupted" in err


def test_want_of_memory_is_no_answer(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("ovlcheck.verify_model.explore", exhaust)
    code, _, err = project.verify()
    assert code == 3
    assert "--max-states" in err


def command(directory: Path, *arguments: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": root}
    return subprocess.run(
        [sys.executable, "-m", "ovlcheck", *arguments],
        cwd=directory, env=environment, text=True, stderr=subprocess.PIPE, check=False, **streams,
    )  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_message_and_no_success(project: Project) -> None:
    with Path("/dev/full").open("w") as full:
        done = command(
            project.directory, "verify", "counter.py", "--property", "something_is_counted",
            "--properties", "properties", "--engine", "reference", stdout=full,
        )  # fmt: skip
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_reader_that_leaves_is_no_error_message(project: Project) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = command(
        project.directory,
        "verify",
        "counter.py",
        "--properties",
        "properties",
        "--engine",
        "reference",
        stdout=writer,
    )
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == PIPE_CLOSED


def test_out_that_cannot_be_written_is_named(project: Project) -> None:
    project.write("taken/file", "")
    code, out, err = project.verify("--out", "taken/file/traces")
    assert code == 2
    assert "taken/file" in err
    assert "nothing_is_lost" in out


def test_the_version_is_told(project: Project) -> None:
    code, out, _ = project("--version")
    assert code == 0
    assert out.startswith("ovlcheck ")


def test_help_names_every_command_and_the_exit_codes(project: Project) -> None:
    code, out, _ = project("--help")
    assert code == 0
    for word in ("verify", "show", "trace", "Exit codes"):
        assert word in out


def loaded_by(*arguments: str) -> set[str]:
    """The modules that are loaded once ``ovlcheck ARGUMENTS`` is done."""
    script = (
        f"import sys\nfrom ovlcheck.cli import run\nrun({list(arguments)!r})\nprint('LOADED', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).resolve().parent.parent,
        text=True, capture_output=True, check=True,
    )  # fmt: skip
    return set(done.stdout.rpartition("LOADED")[2].split())


def test_help_loads_no_verb_no_engine_and_no_renderer() -> None:
    loaded = loaded_by("--help")
    assert "ovlcheck.cli" in loaded
    heavy = {"numpy", "rich", "pygraphviz", "ovlcheck.prepare", *(verb.module for verb in VERBS.values())}
    assert not loaded & heavy


def test_a_verb_loads_no_other_verb() -> None:
    loaded = loaded_by("trace", "--help")
    assert {m for m in loaded if m.startswith("ovlcheck.commands.")} == {"ovlcheck.commands.trace"}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_does_what_the_list_of_verbs_says(project: Project, verb: str) -> None:
    code, out, _ = project(verb, "--help")
    assert code == 0
    assert out.startswith(f"Usage: ovlcheck {verb} ")
    said = " ".join(out.split("Options:")[0].split())
    assert VERBS[verb].help.rstrip(".") in said
