"""``ovlcheck show``: what a model is compiled to, and why there is no C for it where there is none."""

from __future__ import annotations

import pytest

from ovlcheck.explore.native.problems import NotSupported
from tests.commands.project import Project


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
