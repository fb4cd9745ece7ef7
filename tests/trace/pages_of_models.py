"""Every violation of every shipped model, stepped through in a browser: some minutes, and no part of the suite.

python -m pytest tests/trace/pages_of_models.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.lang.loading import shipped
from tests.trace.chromium import CHROMIUM, chromium
from tests.trace.walking import violations_of, walk

_HOME = shipped("models")
MODELS = sorted(file.stem for file in _HOME.glob("*.py")) if _HOME is not None else []


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium to show the page in")
@pytest.mark.parametrize("model", MODELS)
def test_every_step_of_every_violation_is_shown(model: str, tmp_path: Path) -> None:
    traces = violations_of(model, calls=1, writers=0)
    if not traces:
        pytest.skip("nothing is violated in this configuration")
    with chromium(tmp_path / "profile") as page:
        walk(page, traces, tmp_path / "page.html")
