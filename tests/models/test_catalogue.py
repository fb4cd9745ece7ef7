"""The table of designs and properties, in the smallest configuration of each design that shows its row."""

from __future__ import annotations

import pytest

from tests.models.catalogue import SMALLEST
from tests.models.verdicts import ROOT, declared, shipped, violated


def test_every_shipped_model_has_a_row() -> None:
    assert set(SMALLEST) == {path.stem for path in (ROOT / "models").glob("*.py")}


@pytest.mark.parametrize("model", SMALLEST)
def test_a_design_breaks_what_it_declares_and_nothing_else(model: str) -> None:
    assert violated(shipped(model), SMALLEST[model]) == declared(model)
