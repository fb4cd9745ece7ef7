"""Small variants that are wrong in one way, and which of the shipped properties they break."""

from __future__ import annotations

from pathlib import Path

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.search import explore
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model, load_properties

ROOT = Path(__file__).parents[2]

QUIET = {"calls": 1, "syncers": 0, "foreign": False, "meta_ops": False, "kswapd_threads": 0, "umounts": 0}
QUIET |= {"readers": 0, "writers": 0, "mmaps": False}
"""Nobody does anything but the flushers; each mutant wakes those that it needs."""

HEAD = """
from upstream import Upstream

from ovlcheck import *
from ovlcheck.vfs import *


class Variant({base}):
{hooks}
"""


def breaks(directory: Path, name: str, hooks: str, awake: dict[str, object], base: str = "Upstream") -> bool:
    """Whether a variant of ``base`` with these hooks breaks the property ``name`` where ``awake`` may act."""
    model = directory / "variant.py"
    model.write_text(HEAD.format(base=base, hooks=hooks or "    pass"))
    declared = [p for p in load_properties([ROOT / "properties"]) if p.name == name]
    system = build(load_model(model), {**QUIET, **awake}, declared)
    (info,) = system.properties
    check = info.check or name
    _, result = explore(system, Reference(), stop_early=frozenset({check}))
    found = {violation.name for violation in result.violations}
    assert result.complete or check in found
    return check in found
