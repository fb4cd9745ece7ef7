"""Driving ``ovlcheck`` by its own command line, as a user would."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.systems import ROOT, System
from ovlcheck.export.measured import Finished, run

OVLCHECK = (sys.executable, "-m", "ovlcheck")
_ANSWERED = (0, 1, 3)
"""Exit codes of ``verify`` with a result: violations, and searches that were cut short, are results."""


class ToolFailed(Exception):
    """ovlcheck said something else than a result: its own words."""


@dataclass(frozen=True)
class Verified:
    """One run of ``ovlcheck verify``: the result for programs, and the process it came from."""

    result: Mapping[str, Any]
    process: Finished

    @property
    def search_seconds(self) -> float:
        """Seconds of the search alone, without compiling."""
        return float(self.result["search_seconds"])

    @property
    def verdicts(self) -> dict[str, str]:
        return {p["name"]: p["verdict"] for p in self.result["properties"]}


def ovlcheck(
    arguments: Sequence[str],
    *,
    seconds: float | None = None,
    cache: Path | None = None,
    accepted: Sequence[int] = (0,),
) -> Finished:
    """Runs the command; ``cache`` replaces the user's.  Raises ``ToolFailed`` and ``TookTooLong``."""
    environment = dict(os.environ)
    if cache is not None:
        environment["XDG_CACHE_HOME"] = str(cache)
    done = run([*OVLCHECK, *arguments], ROOT, seconds=seconds, environment=environment)
    if done.code not in accepted:
        raise ToolFailed(f"exit code {done.code}\n{done.errors.strip()}")
    return done


def verify(
    arguments: Sequence[str],
    *,
    threads: int | None = None,
    reductions: str = "none",
    seconds: float | None = None,
    cache: Path | None = None,
) -> Verified:
    """What ``ovlcheck verify`` says of the model in ``arguments``.  Raises as ``ovlcheck`` does."""
    said = ["verify", *arguments, "--reductions", reductions, "--format", "json"]
    if threads is not None:
        said += ["--threads", str(threads)]
    done = ovlcheck(said, seconds=seconds, cache=cache, accepted=_ANSWERED)
    try:
        (result,) = json.loads(done.output)["results"]
        return Verified(result, done)
    except (ValueError, KeyError) as error:
        raise ToolFailed(f"no result\n{done.errors.strip()}") from error


def exported(system: System, to: str) -> str:
    """``system`` for another checker, with nothing asserted.  Raises ``ToolFailed``."""
    return ovlcheck(["export", *system.arguments, "--to", to]).output


@cache
def has_threads() -> bool:
    """Whether this ovlcheck can be told how many threads to use."""
    return "--threads" in ovlcheck(["verify", "--help"]).output


def reductions() -> tuple[str, ...]:
    """The reductions that there are, by name."""
    code = "from ovlcheck.explore.reductions import EVERY; print(*EVERY)"
    done = run([sys.executable, "-c", code], ROOT)
    if done.code:
        raise ToolFailed(done.errors)
    return tuple(done.output.split())
