"""Bounds of refcounts that were proved once: a search starts with counters that are just wide enough.

``ovlcheck bounds`` keeps what it proves of a model and its constants in the user's cache, under a digest of all
that it can depend on (``build_cache``).  A search that finds it there guesses no widths.  Nobody relies on it: every
increment is checked as ever, and a value above a bound that was proved is told (``explore.search``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ovlcheck.build_cache import entry_for_model, keep_whole
from ovlcheck.prepare import Prepared

if TYPE_CHECKING:
    from ovlcheck.symbolic.refcount_bounds import RefcountBound

_FORMAT = "ovlcheck bounds 1"


def keep_bounds(prepared: Prepared, bounds: Iterable[RefcountBound]) -> None:
    """Remember what was proved, by variable; a cache that cannot be written is done without."""
    from ovlcheck.symbolic.refcount_bounds import by_variable

    entry = _entry(prepared)
    if entry is not None:
        told = {"format": _FORMAT, "bounds": by_variable(bounds)}
        keep_whole(entry, json.dumps(told, indent=1).encode())


def known_bounds(prepared: Prepared) -> dict[str, int]:
    """What was proved of the counters of this model with these constants; empty where nothing was."""
    entry = _entry(prepared)
    try:
        told = json.loads(entry.read_bytes()) if entry is not None else {}
        if entry is not None:
            os.utime(entry)  # the entries unused for longest are removed
    except (OSError, ValueError):
        return {}
    if not isinstance(told, dict) or told.get("format") != _FORMAT:
        return {}
    found = told.get("bounds")
    names = {v.name for v in prepared.system.variables}
    return {
        name: bound
        for name, bound in (found.items() if isinstance(found, dict) else ())
        if name in names and isinstance(bound, int) and bound >= 0
    }


def _entry(prepared: Prepared) -> Path | None:
    return entry_for_model(prepared.model, (_FORMAT, sorted(prepared.constants.items())), "bounds")
