"""Shipped designs in small configurations: the same states, and the same properties broken, as with Spin and Rumur."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.engines import make_engine
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model, load_properties
from ovlcheck.system.transition_system import TransitionSystem
from tests.export.agreement import WAYS, assert_same_figures, assert_same_verdict, needs_spin

ROOT = Path(__file__).parents[2]
SMALL = {"calls": "1", "writers": "1", "readers": "0", "umounts": "0", "mmaps": "false", "meta_ops": "false"}


def design(name: str, properties: tuple[str, ...] = (), **constants: str) -> TransitionSystem:
    model = load_model(ROOT / "models" / f"{name}.py")
    declared = [d for d in load_properties([ROOT / "properties"]) if d.name in properties]
    assert len(declared) == len(properties)
    return build(model, {**SMALL, **constants}, declared)


@pytest.mark.parametrize("way", WAYS)
def test_a_design_has_the_same_figures(way: str) -> None:
    assert_same_figures(design("proposed"), way, make_engine("auto"))


@needs_spin
@pytest.mark.parametrize("name", ["suspect_list_as_posted", "upstream"])
def test_other_designs_have_the_same_figures_with_spin(name: str) -> None:
    assert_same_figures(design(name), "processes", make_engine("auto"))


@needs_spin
@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("proposed", "no_evicted_inode_has_dirty_upper"),
        ("proposed", "refcounts_are_balanced"),
        ("suspect_list_as_posted", "no_evicted_inode_has_dirty_upper"),
        ("suspect_list_as_posted", "no_use_after_free"),
    ],
)
def test_spin_comes_to_the_same_verdict_on_a_design(model: str, name: str) -> None:
    system = design(model, (name,))
    (info,) = system.properties
    assert_same_verdict(system, "processes", info.check or info.name, make_engine("auto"))
