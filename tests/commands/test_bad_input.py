"""Bad input, verb by verb: one message with place, cause and remedy, the documented exit code, and no traceback."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path

import pytest

from ovlcheck.cli import VERBS
from ovlcheck.errors import UsageError
from ovlcheck.failures import failure_of
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from tests.commands.project import COUNTER, Project

OTHERS = sorted(
    verb
    for verb, where in VERBS.items()
    if any(p.name == "model" and p.required for p in import_module(where.module).command.params)
)
"""The verbs beside verify and compare that a MODEL is named to."""

EXTRA = {"export": ("--to", "promela")}


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
        (("verify", "counter.py", "--report", "report.xml"), "--report junit=report.xml"),
        (("verify", "counter.py", "--report", "xml=report.xml"), "formats are text, json, junit, sarif"),
        (("verify", "counter.py", "--color", "red"), "--color"),
        (("verify", "counter.py", "--reductions", "magic"), "'magic' is no reduction"),
        (("verify", "counter.py", "--threads", "0"), "--threads"),
        (("verify", "counter.py", "--memory", "much"), "--memory"),
        (("verify", "counter.py", "--memory", "1K"), "--memory"),
        (("verify", "counter.py", "--memory", "9000T"), "of this machine"),
        (("verify", "counter.py", "--scenario", "missing.txt"), "missing.txt"),
        (("verify", "counter.py", "--audit", "counter.py"), "name the model before --audit"),
        (("verify", "counter.py", "--set", "tasks=-1"), "task has -1 instances"),
        (("verify", "counter.py", "--set", "tasks=99999999999999999999"), "give it 0 to 1000"),
        (("show", "counter.py", "--set", "tasks=99999999999999999999"), "give it 0 to 1000"),
        (("verify", "counter.py", "--set", "tasks=x"), "as in --set tasks=2"),
        (("verify", "counter.py", "--time", "nan"), "'nan' is no time"),
        (("prove", "counter.py", "--time", "inf"), "'inf' is no time"),
        (("bounds", "counter.py", "--time", "0"), "--time"),
        (("graph", "counter.py", "--out", "graph.pdf"), "no form is called .pdf"),
        (("trace", "missing.json", "--out", "trace.pdf"), "no form is called .pdf"),
        (
            ("export", "counter.py", "--to", "promela", "--assert", "deadlok"),
            "did you mean 'deadlock'?\n    help: there are: ",
        ),
        (("trace", "missing.json"), "missing.json: cannot be read"),
        (("trace", "counter.py"), "not a saved trace"),
        (("trace", "."), ".: cannot be read"),
        (("shwo", "counter.py"), "'shwo' is no command; did you mean 'show'?"),
        (("frobnicate",), "'frobnicate' is no command."),
        (("show", "missing.py"), "missing.py: no such model"),
        (("export", "counter.py"), "--to"),
        (("export", "counter.py", "--to", "prolog"), "--to"),
        (("completion", "tcsh"), "tcsh"),
        (("completion",), "SHELL"),
    ],
)
def test_bad_usage_is_one_message_and_code_2(project: Project, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = project(*arguments)
    assert (code, out) == (2, "")
    assert says in err


NOT_SAVED = {"empty": b"", "text": b"(a", "binary": b"\xff\0", "json": b"[]", "deep": b"[" * 100_000}


@pytest.mark.parametrize("text", NOT_SAVED.values(), ids=list(NOT_SAVED))
@pytest.mark.parametrize(
    "arguments",
    [
        ("trace", "FILE"),
        ("explore", "--trace", "FILE"),
        ("check-certificate", "FILE"),
        ("compare", "counter.py", "--against", "FILE"),
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_a_file_that_was_not_saved_for_this_is_named_with_what_writes_such_files(
    project: Project, arguments: tuple[str, ...], text: bytes
) -> None:
    (project.directory / "saved").write_bytes(text)
    code, out, err = project(*("saved" if word == "FILE" else word for word in arguments))
    assert (code, out) == (2, "")
    assert err.startswith("ovlcheck: error: saved: not a ")
    assert "\n    help: " in err
    assert "written by ovlcheck" in err


def test_no_compiler_is_told_with_what_to_do(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "/nonexistent")
    for arguments in (("cross-check", "counter.py"), ("verify", "counter.py", "--engine", "native")):
        code, _, err = project(*arguments)
        assert code == 2
        assert "CC is '/nonexistent'" in err
        assert "help: set CC to a C compiler" in err


SLASH = COUNTER.replace("self.n += 1", "self.n = self.n / 2").encode()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no model"),
        (b"import sys\nsys.exit(0)\n", "SystemExit"),
        (b"\xff\xfe", "model.py"),
        (b"# \xe4\n", "model.py"),
        (b"1 / 0\n", "model.py:1"),
        (b"from nowhere import nothing\n", "nowhere"),
        (b"while True print(1)\n", "model.py:1"),
        (b"\0", "model.py"),
        (SLASH, "model.py:17:"),
    ],
)
def test_a_file_that_holds_no_model_is_refused(project: Project, text: bytes, says: str) -> None:
    (project.directory / "model.py").write_bytes(text)
    code, out, err = project("verify", "model.py")
    assert (code, out) == (2, "")
    assert says in err
    assert "help:" in err


@pytest.mark.parametrize("verb", OTHERS)
@pytest.mark.parametrize(
    ("text", "says"), [(b"while True print(1)\n", "model.py:1"), (SLASH, "model.py:17:")]
)
def test_no_verb_takes_what_is_no_model(project: Project, verb: str, text: bytes, says: str) -> None:
    (project.directory / "model.py").write_bytes(text)
    code, out, err = project(verb, "model.py", *EXTRA.get(verb, ()))
    assert (code, out) == (2, "")
    assert says in err
    assert "help:" in err
    for asked, complaint in (("missing.py", "missing.py: no such model"), (".", "is a directory")):
        code, out, err = project(verb, asked, *EXTRA.get(verb, ()))
        assert (code, out) == (2, "")
        assert complaint in err


def test_a_model_that_does_not_compile_is_shown_with_line_and_remedy(project: Project) -> None:
    project.write("counter.py", COUNTER.replace("self.n += 1", "self.n = self.n / 2"))
    code, out, err = project.verify()
    assert (code, out) == (2, "")
    assert "counter.py:17:" in err
    assert "self.n = self.n / 2" in err
    assert "help:" in err


def test_a_model_that_never_ends_its_import_is_ended_and_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ovlcheck.prepare.IMPORT_SECONDS", 0.2)
    project.write("loop.py", "x = 0\nwhile True:\n    x += 1\n")
    code, out, err = project("verify", "loop.py")
    assert (code, out) == (2, "")
    assert "loop.py:" in err
    assert "its code was still running after 0.2 seconds" in err
    assert "    x += 1" in err or "while True" in err


def test_a_file_of_properties_that_never_ends_its_import_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ovlcheck.prepare.IMPORT_SECONDS", 0.2)
    project.write(
        "properties/all.py", "while True:\n    try:\n        pass\n    except Exception:\n        pass\n"
    )
    code, _, err = project.verify()
    assert code == 2
    assert "properties/all.py:" in err
    assert "its code was still running" in err


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>.py",
        "quo\"te's.py",
        "new\nline.py",
        "\x1b[31mred.py",
        "a::error::b,c%0A.py",
        os.fsdecode(b"\xff.py"),
    ],
)
def test_a_hostile_file_name_is_shown_and_does_nothing(project: Project, name: str) -> None:
    file = project.directory / name.replace("/", "\N{FRACTION SLASH}")
    file.write_text(COUNTER, encoding="utf-8")
    code, out, err = project(
        "verify", str(file), "--properties", "properties", "--engine", "reference", "--out", "traces"
    )
    assert (code, err) == (1, "")
    assert "\x1b" not in out
    assert "VIOLATED" in out
    for written in (project.directory / "traces").iterdir():
        text = written.read_text(encoding="utf-8")
        assert "<script>alert(1)" not in text or written.suffix in (".txt", ".json")
        assert "\x1b" not in text
    code, _, err = project("verify", f"{name}?")
    assert code == 2
    assert "\x1b" not in err


@pytest.mark.parametrize(
    "error",
    [
        UsageError("\x1b[31mx\x07: no such model", "look\x1b[2J"),
        CompileError([Diagnostic("\x1b[31mx.py", 1, 1, "no", "yes", "a\x1b[2J")]),
        OSError(5, "Input/output error", "\x1b[31mx"),
        ValueError("\x1b[31mx"),
        MemoryError(),
    ],
)
def test_no_message_moves_the_cursor_of_a_terminal(error: Exception) -> None:
    failure = failure_of(error, "\x1b[31mx")
    assert not set(failure.text) & {"\x1b", "\x07", "\r"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_model_that_may_not_be_read_is_named(project: Project) -> None:
    (project.directory / "counter.py").chmod(0)
    code, _, err = project.verify()
    assert code == 2
    assert "counter.py: cannot be read" in err


def test_what_a_model_prints_when_it_is_imported_is_no_part_of_a_report(project: Project) -> None:
    project.write("counter.py", COUNTER + "\nprint('hello')\n")
    _, out, err = project.verify("--format", "json")
    assert json.loads(out)["schema"] == "ovlcheck/1"
    assert err == "hello\n"


def test_broken_settings_are_refused(project: Project) -> None:
    project.write("pyproject.toml", "[tool.ovlcheck]\nengin = 'native'\n")
    code, _, err = project.verify()
    assert code == 2
    assert "did you mean 'engine'" in err


def test_out_that_cannot_be_written_is_named_and_the_result_is_told(project: Project) -> None:
    project.write("taken/file", "")
    code, out, err = project.verify("--out", "taken/file/traces")
    assert code == 2
    assert "taken/file" in err
    assert "nothing_is_lost" in out


def test_a_trace_that_cannot_be_drawn_does_not_keep_the_result_from_being_told(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no graph today")

    monkeypatch.setattr("ovlcheck.report.files.write_traces", fail)
    project.write("other.py", COUNTER)
    code, out, err = project.verify("other.py", "--out", "traces")
    assert code == 2
    assert err.count("traces: internal error: RuntimeError: no graph today") == 2
    assert out.count("nothing_is_lost         VIOLATED") == 2


def test_a_report_that_cannot_be_written_is_named_and_the_others_are_written(project: Project) -> None:
    project.write("taken/file", "")
    code, out, err = project.verify("--report", "junit=taken/file/a.xml", "--report", "json=a.json")
    assert code == 2
    assert "taken/file" in err
    assert "nothing_is_lost" in out
    assert Path("a.json").stat().st_size > 0


def test_an_internal_error_is_one_message_and_a_traceback_only_with_debug(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("no such thing")

    monkeypatch.setattr("ovlcheck.verify_model.judge", fail)
    code, _, err = project.verify()
    assert code == 2
    assert "counter.py: internal error: AssertionError: no such thing" in err
    from ovlcheck.cli import run

    assert run(["verify", "counter.py", "--engine", "reference", "--debug"]) == 2
    err = project.capsys.readouterr().err
    assert "Traceback" in err
    assert err.count("internal error: AssertionError") == 1


def test_want_of_memory_is_no_answer_and_the_next_model_is_checked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovlcheck.verify_model import explore

    asked = []

    def exhaust(*given: object, **others: object) -> object:
        asked.append(given)
        if len(asked) == 1:
            raise MemoryError
        return explore(*given, **others)  # type: ignore[arg-type]

    monkeypatch.setattr("ovlcheck.verify_model.explore", exhaust)
    project.write("other.py", COUNTER)
    code, out, err = project.verify("other.py", "--property", "something_is_counted")
    assert code == 3
    assert "counter.py: out of memory" in err
    assert "--max-states" in err
    assert "other (other.py)" in out


def test_what_cannot_be_loaded_is_one_line_and_what_may_help() -> None:
    """As numpy has it where memory is limited: pages of advice, and the reason at their end."""
    text = failure_of(ImportError("\n\nIMPORTANT: PLEASE READ\n\nOriginal error was: no room\n\n")).text
    assert text.splitlines() == [
        "ovlcheck: error: something that ovlcheck needs cannot be loaded: Original error was: no room",
        "    help: let it have more memory, where ulimit -v limits that, or install ovlcheck again",
    ]
