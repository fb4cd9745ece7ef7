"""Designs that are wrong about references break ``refcounts_are_balanced``."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.search import explore
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model, load_properties
from tests.models.verdicts import ROOT

BALANCED = "refcounts_are_balanced"
SMALL = {"writers": 0, "syncers": 0, "foreign": False, "meta_ops": False, "kswapd_threads": 0, "umounts": 0}

LEAKS = """
    def open(self, file: File) -> None:
        file.inode.i_count.inc()
"""
PUTS_TWICE = """
    def release(self, file: File) -> None:
        file.inode.i_count.dec()
"""
KEEPS_THE_NAME = """
    def release(self, file: File) -> None:
        file.dentry.d_count.inc()
"""
IS_RIGHT = """
    def open(self, file: File) -> None:
        file.inode.i_count.inc()

    def release(self, file: File) -> None:
        file.inode.i_count.dec()
"""


def broken(directory: Path, hooks: str) -> set[str]:
    """The names of what a variant of upstream with these hooks breaks, with one reader and nobody else."""
    model = directory / "variant.py"
    head = "from upstream import Upstream\nfrom ovlcheck.vfs import File\n\n\nclass Variant(Upstream):"
    model.write_text(head + hooks)
    declared = [p for p in load_properties([ROOT / "properties"]) if p.name == BALANCED]
    system = build(load_model(model), SMALL, declared)
    _, result = explore(system, Reference(), stop_early=frozenset({BALANCED}))
    return {violation.name for violation in result.violations}


@pytest.mark.parametrize("hooks", [LEAKS, PUTS_TWICE, KEEPS_THE_NAME])
def test_a_leak_or_a_put_too_many_is_found(tmp_path: Path, hooks: str) -> None:
    assert BALANCED in broken(tmp_path, hooks)


def test_a_reference_that_is_given_back_is_none_too_many(tmp_path: Path) -> None:
    assert broken(tmp_path, IS_RIGHT) == set()
