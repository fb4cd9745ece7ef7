"""What each reduction saves on each shipped model, alone and with all others, and that no verdict changes.

Counts and verdicts are what this is about: as many searches run side by side as there are cores, on one thread each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks import tool
from benchmarks.budget import FAILURES, Budget, reason
from benchmarks.systems import ROOT

_LIMIT = 60.0
"""Seconds that one search may take."""


def reductions(quick: bool, budget: Budget, tell: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """A table for each model and configuration, as they come in."""
    names = tool.reductions()
    models = sorted(path.stem for path in (ROOT / "models").glob("*.py"))
    cases = [("upstream", "small")] if quick else [(m, c) for c in ("default", "small") for m in models]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda case: saved(case[0], case[1], names, budget, tell), cases)


def saved(
    model: str, config: str, names: tuple[str, ...], budget: Budget, tell: Callable[[str], None]
) -> dict[str, Any]:
    """One search for none, each of ``names``, and all; verdicts are held against those of none."""
    rows: list[dict[str, Any]] = []
    for used in ("none", *names, "all"):
        tell(f"{model}, {config}: reductions {used}")
        try:
            found = tool.verify(
                [model, "--config", config],
                threads=1 if tool.has_threads() else None,
                reductions=used,
                seconds=budget.left(_LIMIT),
            )
        except FAILURES as error:
            rows.append({"reductions": used, "error": reason(error)})
            continue
        row = {
            "reductions": used,
            "states": found.result["states"],
            "transitions": found.result["transitions"],
            "search_seconds": found.search_seconds,
            "seconds": found.process.seconds,
            "verdicts": found.verdicts,
            "error": None if found.result["complete"] else f"not complete: {found.result['stopped']}",
        }
        if rows and not rows[0]["error"] and not row["error"] and row["verdicts"] != rows[0]["verdicts"]:
            row["error"] = "verdicts differ: " + ", ".join(_differing(rows[0]["verdicts"], row["verdicts"]))
        rows.append(row)
    return {"model": model, "config": config, "rows": rows}


def _differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
