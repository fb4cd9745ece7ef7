"""The table of designs and properties, in the smallest configuration of each design that shows its row."""

from __future__ import annotations

import pytest

from ovlcheck.lang.loading import load_model
from tests.models.catalogue import EXPECTED, REASONS, SMALLEST
from tests.models.verdicts import ROOT, shipped, violated


def declared(model: str) -> set[str]:
    return set(load_model(shipped(model)).expected_violations)


def test_every_shipped_model_has_a_row() -> None:
    assert set(SMALLEST) == {path.stem for path in (ROOT / "models").glob("*.py")}


@pytest.mark.parametrize("model", SMALLEST)
def test_a_design_breaks_what_it_declares_and_nothing_else(model: str) -> None:
    assert violated(shipped(model), SMALLEST[model]) == declared(model)


def test_every_verdict_that_was_not_expected_has_a_reason_and_no_other() -> None:
    surprises = {(model, name) for model, names in EXPECTED.items() for name in names ^ declared(model)}
    assert surprises == set(REASONS)
