"""What the command line says on a terminal that is too narrow for it."""

from __future__ import annotations

import sys

import pytest

from ovlcheck.messages import complain

LONG = "ovlcheck: error: x: no such model\n    help: name one of " + ", ".join(["a_model"] * 30)
QUOTED = "x.py:1:1: error: no\n    " + "self.suspects.add(inode) " * 10


def narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on stderr is one."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)


def test_sentences_are_broken_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow_terminal(monkeypatch)
    complain(LONG)
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if len(line) > 60] == []
    assert " ".join(" ".join(said).split()) == " ".join(LONG.split())


def test_lines_of_a_model_are_quoted_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow_terminal(monkeypatch)
    complain(QUOTED)
    assert capsys.readouterr().err == f"{QUOTED}\n"


def test_what_no_terminal_shows_is_one_line_for_whoever_searches_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    complain(LONG)
    assert capsys.readouterr().err == f"{LONG}\n"
