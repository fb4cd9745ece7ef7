"""Results of a made-up run of the benchmarks, for the tests of what reads them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from benchmarks.compare import OVLCHECK, RUMUR, SPIN, Row

STATES, TRANSITIONS = 12_000_000, 90_000_000


def row(checker: str, variant: str, seconds: float, **others: Any) -> dict[str, Any]:
    """A search that found ``STATES`` in so many seconds."""
    usual: dict[str, Any] = {
        "states": STATES, "transitions": TRANSITIONS, "search_seconds": seconds, "build_seconds": 1.5,
        "peak_bytes": 20 * STATES, "bits_per_state": 110 if checker == OVLCHECK else 0,
    }  # fmt: skip
    return asdict(Row(checker, variant, **{**usual, **others}))


def system(group: str = "a", *, one: float = 4.0, two: float = 2.2, **others: Any) -> dict[str, Any]:
    """Spin takes 50 s or 44 s, by hand 40 s, Rumur 100 s; the machine makes 60 million updates/s, on two threads
    114."""
    return {
        "title": "proposed, large",
        "group": group,
        "enough": 10_000_000,
        "alone": False,
        "tried": {},
        "rows": [
            row(OVLCHECK, "1 thread", one),
            row(OVLCHECK, "2 threads", two),
            row(SPIN, "processes, depth-first", 50.0),
            row(SPIN, "flat, breadth-first", 44.0),
            row(SPIN, "by hand, depth-first", 40.0),
            row(RUMUR, "1 thread", 100.0),
        ],
        "updates": {
            "1": {"bytes": 1 << 28, "threads": 1, "per_second": 60e6, "huge_bytes": 1 << 28},
            "2": {"bytes": 1 << 28, "threads": 2, "per_second": 114e6, "huge_bytes": 1 << 28},
        },
        **others,
    }


def reduced(states_of_all: int, **others: Any) -> dict[str, Any]:
    """``proposed`` at default with 1000 states, and under all reductions with fewer."""
    rows = [
        {"reductions": name, "states": states, "transitions": 5 * states, "search_seconds": 0.5,
         "seconds": 1.0, "verdicts": {"p": "holds"}, "error": None}
        for name, states in (("none", 1000), ("fusion", 400), ("all", states_of_all))
    ]  # fmt: skip
    return {"model": "proposed", "config": "default", "rows": rows, **others}


def results(**others: Any) -> dict[str, Any]:
    """A whole run."""
    return {
        "schema": "ovlcheck-bench/1",
        "quick": False,
        "began": "2020-10-15 12:00 UTC",
        "seconds": 900.0,
        "machine": {
            "processor": "A processor", "cores": 2, "cache": "32 MB", "memory_bytes": 24 << 30,
            "available_bytes": 22 << 30, "huge_pages": "madvise", "system": "Linux 5.9", "compiler": "cc 12",
            "spin": "Spin 6", "rumur": "Rumur 1", "python": "3.11.2", "commit": "1234567", "load": 0.1, "idle": True,
        },
        "failed": {},
        "limits": [{"bytes": 512 << 20, "threads": 1, "per_second": 87e6, "huge_bytes": 512 << 20}],
        "startup": [
            {"name": "help", "seconds": 0.12},
            {"name": "cold", "seconds": 1.8},
            {"name": "warm", "seconds": 0.5},
        ],
        "systems": [system("a"), system("b")],
        "reductions": [reduced(180)],
        **others,
    }  # fmt: skip
