"""What ovlcheck is to reach, and whether a run of the benchmarks says that it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.compare import OVLCHECK, RUMUR, SPIN
from benchmarks.liveness import BEHAVIOURS, STATES

TIMES_SPIN, TIMES_RUMUR = 10.0, 20.0
SHARE_OF_MACHINE_RATIO = 0.9
SHARE_OF_UPDATES = 1 / 3
BYTES_BEYOND_PACKED = 6
TIMES_FEWER = 5.0
TIMES_OWN_SAFETY = 4.0
ENOUGH_STATES = 80_000
"""With fewer a search is over before its time means anything."""
STARTUP = {"cold": 1.5, "warm": 0.6, "help": 0.15}
"""Seconds."""

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """``value`` is to be at least, or else at most, ``bound``; None where it was not measured."""

    what: str
    value: float | None
    bound: float
    at_least: bool
    unit: str = ""

    @property
    def met(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    @property
    def verdict(self) -> str:
        """``met``, ``not measured``, or by how much it is missed."""
        if self.value is None:
            return "not measured"
        if self.met:
            return "met"
        off = abs(self.value - self.bound) / self.bound
        return f"missed by {off:.0%}" if off >= 0.005 else "missed by less than 1%"


def targets(results: Data) -> list[Target]:
    """Every target, in the order in which they were set."""
    found = [target for system in results.get("systems", []) for target in _of_system(system)]
    found += [target for case in results.get("liveness", []) for target in _of_behaviours(case)]
    found += _of_startup(results.get("startup", []))
    found += _of_reductions(results.get("reductions", []))
    return found


def good(system: Data, checker: str, variant: str | None = None) -> list[Data]:
    """The rows of ``checker`` that came to an end, those written by hand apart."""
    return [
        row
        for row in system["rows"]
        if row["checker"] == checker
        and row["error"] is None
        and variant in (None, row["variant"])
        and not row["variant"].startswith("by hand")
    ]


def fastest(rows: list[Data]) -> Data | None:
    """The row with the shortest search."""
    return min(rows, key=lambda row: row["search_seconds"], default=None)


def two_threads_to_one(system: Data) -> float | None:
    """How many times as fast ovlcheck is with a second thread."""
    one, two = (_seconds(good(system, OVLCHECK, variant)) for variant in ("1 thread", "2 threads"))
    return _quotient(one, two)


def machine_two_to_one(system: Data) -> float | None:
    """How many times as many random updates the machine makes with a second thread."""
    return _quotient(updates_per_second(system, 2), updates_per_second(system, 1))


def updates_per_second(system: Data, threads: int) -> float | None:
    """The machine's limit at the size of ovlcheck's store."""
    measured = system["updates"].get(str(threads))
    return None if measured is None else measured["per_second"]


def share_of_updates(system: Data) -> float | None:
    """Transitions a second on one thread as a share of random updates a second on one thread."""
    row = fastest(good(system, OVLCHECK, "1 thread"))
    limit = updates_per_second(system, 1)
    if row is None or limit is None or not row["search_seconds"]:
        return None
    return float(row["transitions"] / row["search_seconds"] / limit)


def _of_system(system: Data) -> Iterator[Target]:
    if not system["enough"]:
        return
    about = f"({system['group']}) {system['title']}"
    ours = good(system, OVLCHECK, "1 thread")
    enough = bool(ours) and ours[0]["states"] >= system["enough"]
    one = _seconds(ours) if enough else None
    peers = () if system["alone"] else ((SPIN, TIMES_SPIN), (RUMUR, TIMES_RUMUR))
    for peer, times in peers:
        theirs = _seconds(good(system, peer))
        yield Target(f"{about}: states/s to {peer}'s", _quotient(theirs, one), times, True, "x")
    ratio = _quotient(two_threads_to_one(system), machine_two_to_one(system)) if enough else None
    yield Target(
        f"{about}: gain of a second thread to the machine's", ratio, SHARE_OF_MACHINE_RATIO, True, "x"
    )
    if system["group"] == "b":
        share = share_of_updates(system) if enough else None
        yield Target(f"{about}: transitions/s to random updates/s", share, SHARE_OF_UPDATES, True, "x")
    else:
        packed = -(-ours[0]["bits_per_state"] // 8) if enough else 0
        each = ours[0]["peak_bytes"] / ours[0]["states"] if enough else None
        yield Target(
            f"{about}: bytes/state, {packed} packed", each, packed + BYTES_BEYOND_PACKED, False, " B"
        )


def run_of(case: Data, of: str) -> Data | None:
    """The run of ``case`` that is called ``of``, if it came to an end as it should."""
    return next((run for run in case["runs"] if run["of"] == of and run["error"] is None), None)


def times_own_safety(case: Data) -> float | None:
    """How many times as long as finding the states deciding the property takes, finding them included."""
    states, behaviours = run_of(case, STATES), run_of(case, BEHAVIOURS)
    return (
        None if states is None or behaviours is None else _quotient(behaviours["seconds"], states["seconds"])
    )


def _of_behaviours(case: Data) -> Iterator[Target]:
    states = run_of(case, STATES)
    if states is not None and states["states"] < ENOUGH_STATES:
        return
    what = f"{case['title']}, {case['property']}: behaviours to states"
    yield Target(what, times_own_safety(case), TIMES_OWN_SAFETY, False, "x")


def _of_startup(rows: list[Data]) -> Iterator[Target]:
    names = {"cold": "verify upstream small, cold", "warm": "verify upstream small, warm", "help": "--help"}
    seconds = {row["name"]: row.get("seconds") for row in rows}
    for name, bound in STARTUP.items():
        if rows:
            yield Target(names[name], seconds.get(name), bound, False, " s")


def _of_reductions(tables: list[Data]) -> Iterator[Target]:
    for table in tables:
        if table["config"] == "default":
            states = {row["reductions"]: row["states"] for row in table["rows"] if not row["error"]}
            fewer = _quotient(states.get("none"), states.get("all"))
            yield Target(f"{table['model']}: states, none to all reductions", fewer, TIMES_FEWER, True, "x")


def _seconds(rows: list[Data]) -> float | None:
    row = fastest(rows)
    return None if row is None else row["search_seconds"]


def _quotient(a: float | None, b: float | None) -> float | None:
    return a / b if a and b else None
