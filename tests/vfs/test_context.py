"""Which tasks evict with PF_MEMALLOC: kswapd and direct reclaim, not drop_caches."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.search import explore
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model

MODEL = Path(__file__).parent / "eviction_outside_reclaim.py"
QUIET = {"calls": 1, "syncers": 0, "umounts": 0, "mmaps": False, "kswapd_threads": 0, "bdi": False}


@pytest.mark.parametrize(
    ("task", "memalloc"),
    [
        ({"kswapd_threads": 1, "readers": 0}, True),
        ({"drop_caches_tasks": 1, "readers": 0, "calls": 2}, False),
        ({"direct_reclaim": True, "readers": 0, "inodes": 2, "calls": 2}, True),
    ],
    ids=["kswapd", "drop_caches", "direct reclaim"],
)
def test_a_shrinker_knows_the_context_it_runs_in(task: dict[str, object], memalloc: bool) -> None:
    system = build(load_model(MODEL), {**QUIET, "meta_ops": False, **task})
    _, result = explore(system, Reference())
    assert result.complete
    assert {v.name for v in result.violations} == ({"assertion"} if memalloc else set())
