"""How long a user waits for an answer that needs next to no search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import tool
from benchmarks.budget import FAILURES, Budget, reason

_LIMIT = 60.0
_MODEL = ("upstream", "--config", "small")


def startup(times: int, budget: Budget, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Medians, over ``times`` runs, of the seconds from the command to its end."""

    def help_() -> float:
        return tool.ovlcheck(["--help"], seconds=budget.left(_LIMIT)).seconds

    def verify(cache: Path) -> float:
        said = ["verify", *_MODEL]
        return tool.ovlcheck(said, seconds=budget.left(_LIMIT), cache=cache, accepted=(0, 1)).seconds

    def cold() -> float:
        with TemporaryDirectory(prefix="ovlcheck-bench-") as cache:
            return verify(Path(cache))

    with TemporaryDirectory(prefix="ovlcheck-bench-") as cache:
        what: dict[str, Callable[[], float]] = {
            "help": help_,
            "cold": cold,
            "warm": lambda: verify(Path(cache)),
        }
        rows: list[dict[str, Any]] = []
        for name, measure in what.items():
            tell(f"start-up: {name}")
            try:
                if name != "cold":
                    measure()  # what the file system and the cache have to learn first
                rows.append({"name": name, "seconds": median(measure() for _ in range(times))})
            except FAILURES as error:
                rows.append({"name": name, "error": reason(error)})
    return rows
