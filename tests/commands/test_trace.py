"""``ovlcheck trace``: where it writes, and what it says of a file that is no trace."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.commands.project import Project


def test_a_rendered_trace_goes_where_it_is_told(project: Project) -> None:
    project.verify("--out", "traces")
    code, out, _ = project(
        "trace", "traces/counter.nothing_is_lost.json", "--format", "dot", "--out", "x.dot"
    )
    assert (code, out) == (0, "")
    assert (project.directory / "x.dot").read_text(encoding="utf-8").startswith("digraph")


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("x.svg", "<?xml"),
        ("x.html", "<!DOCTYPE html>"),
        ("x.dot", "digraph"),
        ("x.cpu.txt", "CPU0"),
        ("new/x.txt", "nothing_is_lost: 8 steps"),
        ("x", "nothing_is_lost: 8 steps"),
    ],
)
def test_a_file_has_the_form_it_is_called_after(project: Project, name: str, begins: str) -> None:
    project.verify("--out", "traces")
    code, _, err = project("trace", "traces/counter.nothing_is_lost.json", "--out", name)
    assert (code, err) == (0, "")
    assert (project.directory / name).read_text(encoding="utf-8").startswith(begins)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda text: text[: len(text) // 2], "not a saved trace, or cut short"),
        (lambda text: text.replace("ovlcheck-trace/", "other/"), "its schema is"),
        (lambda text: json.dumps({**json.loads(text), "steps": 3}), "trace.steps is no"),
        (lambda text: "[]", "the top is no JSON object"),
        (lambda text: "", "cut short"),
    ],
)
def test_a_damaged_trace_is_one_message_with_place_and_remedy(
    project: Project, damage: Callable[[str], str], says: str
) -> None:
    project.verify("--out", "traces")
    file = project.directory / "traces/counter.nothing_is_lost.json"
    file.write_text(damage(file.read_text(encoding="utf-8")), encoding="utf-8")
    code, out, err = project("trace", str(file))
    assert (code, out) == (2, "")
    assert str(file) in err
    assert says in err
    assert "help: traces are written by ovlcheck verify" in err
