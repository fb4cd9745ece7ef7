"""The project that runs are made in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs.cache_model import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project(tmp_path, monkeypatch, capsys)
