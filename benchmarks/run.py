"""``make bench``: every measurement in one run, kept as it comes in, and the page that shows them.

Ends with 1 if a checker counted something else than ovlcheck, a reduction changed a verdict, or a measurement
failed.  Missed targets are shown and are no failure of the run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import behaviour_cases, machine, openers, tables
from benchmarks.budget import FAILURES, Budget, reason
from benchmarks.compare import How, compare
from benchmarks.liveness import measured
from benchmarks.reductions import reductions
from benchmarks.startup import startup
from benchmarks.systems import FULL, QUICK

PARTS = ("machine", "startup", "b", "c", "a", "liveness", "openers", "reductions")
"""In the order in which they run: the last is what the time for the whole run may cut short."""
_REFERENCE_SIZES = (512 << 20, 8 << 30)
_QUICK_SIZES = (8 << 20,)


class Bench:
    """One run: ``results`` grow part by part, and are written after each step."""

    def __init__(
        self, quick: bool, minutes: float, out: Path | None, kept: dict[str, Any] | None = None
    ) -> None:
        self.quick = quick
        self.budget = Budget(minutes * 60)
        self._out = out
        self._began = time.monotonic()
        self.results: dict[str, Any] = {
            "schema": "ovlcheck-bench/1",
            "quick": quick,
            "began": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "seconds": 0.0,
            "machine": machine.description(),
            "failed": {},
        }
        self._earlier = 0.0
        self._now = self.results["machine"]
        if kept is not None:
            self._earlier = kept["seconds"]
            self.results = {**kept, "machine": completed(kept["machine"], self._now)}

    def run(self, parts: Sequence[str]) -> None:
        """Measures ``parts``; what fails is named in the results, and the others still run."""
        if not self._now["idle"]:
            tell(f"warning: the machine is not idle (load {self._now['load']})")
        doing: dict[str, Callable[[], None]] = {
            "machine": self._limits,
            "startup": self._startup,
            "liveness": self._liveness,
            "openers": self._openers,
            "reductions": self._reductions,
            **{group: partial(self._systems, group) for group in "abc"},
        }
        for part in PARTS:
            if part in parts:
                try:
                    doing[part]()
                except Exception as error:  # whatever it is, the other parts are worth having
                    self.results["failed"][part] = f"{type(error).__name__}: {reason(error)}"
                self._keep()

    def _limits(self) -> None:
        with self._updates() as updates:
            for size in _QUICK_SIZES if self.quick else _REFERENCE_SIZES:
                for threads in (1, 2):
                    tell(f"random updates, {size >> 20} MiB, {threads}")
                    try:
                        found = machine.as_data(updates.measure(size, threads))
                    except FAILURES as error:
                        found = {"bytes": size, "threads": threads, "error": reason(error)}
                    self._add("limits", found)

    def _systems(self, group: str) -> None:
        how = How(self.budget)
        if self.quick:
            how = How(self.budget, repeated=1, orders=("breadth-first",), flags=("-O0",))
        with self._updates() as updates:
            for system in QUICK if self.quick else FULL:
                if system.group == group:
                    self._add("systems", compare(system, how, updates, tell))

    def _startup(self) -> None:
        for row in startup(1 if self.quick else 5, self.budget, tell):
            self._add("startup", row)

    def _liveness(self) -> None:
        for case in behaviour_cases.QUICK if self.quick else behaviour_cases.FULL:
            if self.quick:
                found = measured(case, self.budget, tell, repeated=1, flags=("-O0",))
            else:
                found = measured(case, self.budget, tell)
            self._add("liveness", found)

    def _openers(self) -> None:
        cases, most = (openers.QUICK, 1_000) if self.quick else (openers.FULL, openers.MOST_STATES)
        for found in openers.openers(cases, self.budget, tell, most):
            self._add("openers", found)

    def _reductions(self) -> None:
        for found in reductions(self.quick, self.budget, tell):
            self._add("reductions", found)

    def _updates(self) -> machine.RandomUpdates:
        return machine.RandomUpdates(0.05 if self.quick else 3.0)

    def _add(self, part: str, found: dict[str, Any]) -> None:
        self.results.setdefault(part, []).append(found)
        self._keep()

    def _keep(self) -> None:
        self.results["seconds"] = round(self._earlier + time.monotonic() - self._began, 1)
        if self._out is not None:
            self._out.mkdir(parents=True, exist_ok=True)
            _replace(self._out / "results.json", json.dumps(self.results, indent=1) + "\n")
            _replace(self._out / "RESULTS.md", tables.report(self.results))


def without(results: dict[str, Any], parts: Sequence[str]) -> dict[str, Any]:
    """What ``results`` have of other parts than these, which the commit that they are of is said to lack."""
    dropped = {"limits" if part == "machine" else part for part in parts}
    kept = {name: found for name, found in results.items() if name not in dropped or name == "machine"}
    kept["failed"] = {part: why for part, why in results["failed"].items() if part not in parts}
    kept["systems"] = [system for system in results.get("systems", []) if system["group"] not in parts]
    named = f", {', '.join(parts)}"
    earlier = rf"{re.escape(named)} \w+( \(not idle: load [\d.]+\))?"
    commit = re.sub(earlier, "", results["machine"]["commit"]) + named
    return {**kept, "machine": {**results["machine"], "commit": commit}}


def completed(kept: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """The machine of results of which some parts are measured again: of which commit, and under which load."""
    load = "" if now["idle"] else f" (not idle: load {now['load']})"
    return {**kept, "commit": f"{kept['commit']} {now['commit']}{load}"}


def failures(results: dict[str, Any]) -> list[str]:
    """Whatever was not measured or came out different, a line each."""
    found = [f"{part}: {why}" for part, why in results["failed"].items()]
    for system in results.get("systems", []):
        about = system["title"]
        found += [_line(f"{about}: {row['checker']}, {row['variant']}", row) for row in system["rows"]]
        found.append(_line(f"{about}: random updates", system["updates"]))
    for it in results.get("liveness", []):
        found += [_line(f"{it['title']}, {it['property']}: {row['of']}", row) for row in it["runs"]]
    for it in results.get("openers", []):
        found += [_line(f"{it['model']}, {row['writers']} writers", row) for row in it["rows"]]
    for it in results.get("reductions", []):
        found += [_line(f"{it['model']}, {it['config']}: {row['reductions']}", row) for row in it["rows"]]
    found += [_line(f"start-up, {row['name']}", row) for row in results.get("startup", [])]
    found += [_line(f"random updates, {row['bytes']} bytes", row) for row in results.get("limits", [])]
    return [line for line in found if line]


def _line(about: str, measured: dict[str, Any]) -> str:
    return f"{about}: {measured['error']}" if measured.get("error") else ""


def tell(what: str) -> None:
    """Progress, for whoever waits."""
    print(f"bench: {what}", file=sys.stderr, flush=True)


def _replace(file: Path, text: str) -> None:
    beside = file.with_suffix(f"{file.suffix}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be given again")
    parser.add_argument("--quick", action="store_true", help="a smoke test of seconds")
    parser.add_argument("--minutes", type=float, default=25.0, help="for the whole run  [default: 25]")
    parser.add_argument("--out", type=Path, help="keep results there  [a whole run: benchmarks/]")
    parser.add_argument(
        "--again",
        action="store_true",
        help="with --only: these parts of the results that are kept, and the page",
    )
    said = parser.parse_args(arguments)
    if said.again and (said.quick or not said.only):
        parser.error("--again is for the parts that --only names, and they are measured in full")
    whole = said.again or (not said.only and not said.quick)
    out: Path | None = said.out or (Path(__file__).parent if whole else None)
    kept = None
    if said.again and out is not None:
        kept = without(json.loads((out / "results.json").read_text(encoding="utf-8")), said.only)
    bench = Bench(said.quick, said.minutes, out, kept)
    bench.run(said.only or PARTS)
    print(tables.report(bench.results), end="")
    problems = failures(bench.results)
    for problem in problems:
        tell(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
