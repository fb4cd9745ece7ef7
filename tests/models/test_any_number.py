"""Shipped designs with any number of tasks: answers that the explicit engines give for small numbers only."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.prepare import Options, find_model
from ovlcheck.verify_any_number import OpenModel, prove

SMALL = {"umounts": 0, "syncers": 0}


@pytest.mark.parametrize(
    ("model", "constants", "properties", "controls"),
    [
        ("upstream", {"readers": 0}, ("no_evicted_inode_is_open_for_write", "refcounts_are_balanced"), 322),
        ("proposed", {"writers": 0}, ("no_evicted_inode_has_dirty_upper", "no_use_after_free"), 1507),
    ],
)
def test_what_a_design_keeps_it_keeps_for_any_number(
    model: str, constants: dict[str, int], properties: tuple[str, ...], controls: int
) -> None:
    options = Options(properties=properties, constants={**SMALL, **constants})
    proof = prove(OpenModel(find_model(Path(model)), options), properties)
    assert proof.unproved == {}
    (search,) = proof.searches
    assert search.complete
    assert search.controls == controls


def test_what_a_design_breaks_is_never_proved() -> None:
    broken = ("no_evicted_inode_has_dirty_upper",)
    options = Options(properties=broken, constants={**SMALL, "writers": 0})
    proof = prove(OpenModel(find_model(Path("upstream")), options), broken)
    assert proof.unproved.keys() == set(broken)
