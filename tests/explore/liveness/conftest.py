"""Both engines, one after the other."""

from __future__ import annotations

import pytest

from ovlcheck.explore.liveness.native import check_natively
from tests.explore.liveness.asking import ASKED
from tests.explore.native_testing import compile_quickly


@pytest.fixture(params=["reference", "native"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine that ``asking.checked`` asks."""
    if request.param == "native":
        compile_quickly(monkeypatch, tmp_path_factory.mktemp("cache"))
        monkeypatch.setitem(ASKED, "engine", check_natively)
