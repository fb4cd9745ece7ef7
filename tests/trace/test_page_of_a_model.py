"""Every violation of a shipped model, stepped through in a browser; ``pages_of_models`` does it for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trace.chromium import CHROMIUM, chromium
from tests.trace.walking import violations_of, walk

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium to show the page in")


def test_every_step_of_every_violation_of_upstream_is_shown(tmp_path: Path) -> None:
    traces = violations_of("upstream", calls=1, umounts=0)
    assert len(traces) == 2
    with chromium(tmp_path / "profile") as page:
        walk(page, traces, tmp_path / "page.html")
