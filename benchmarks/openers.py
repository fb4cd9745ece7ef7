"""Any number of openers against a given number: what each search has to look at.

A part of ``make bench``; ``python -m benchmarks.openers`` measures it alone, and with ``--keep`` puts it into the page
that is there.  Every search decides the same properties of a model, in this process, one after the other.  Processor
time is what counts, that of the C compiler included, so that a busy machine changes little.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine, tables
from benchmarks.budget import FAILURES, Budget, reason
from benchmarks.openers_table import openers as section
from ovlcheck.engines import make_engine
from ovlcheck.explore.result import Limits
from ovlcheck.explore.search import explore
from ovlcheck.prepare import Options, find_model
from ovlcheck.symbolic.focus import focused
from ovlcheck.verify_any_number import OpenModel, prove

ANY = "any"
MOST_WRITERS = 6
MOST_STATES = 5_000_000
"""Of a given number of writers; a greater number is not tried where one was cut short."""

MINUTES = 30.0
"""For all of it."""

_SECONDS = 600.0


@dataclass(frozen=True)
class Case:
    """What is decided of a model: ``broken`` are checks of every run of which it is known that some run breaks them."""

    model: str
    properties: tuple[str, ...]
    broken: frozenset[str] = frozenset()


_KEPT = ("no_evicted_inode_is_open_for_write", "refcounts_are_balanced")

FULL = (
    Case("upstream", (*_KEPT, "no_use_after_free")),
    Case("suspect_list_as_posted", _KEPT, frozenset({"use after free"})),
    Case("list_holds_reference_gc", (*_KEPT, "no_use_after_free")),
    Case("proposed", (*_KEPT, "no_use_after_free", "no_evicted_inode_has_dirty_upper")),
)
QUICK = (FULL[0],)


def openers(
    cases: Sequence[Case], budget: Budget, tell: Callable[[str], None], most_states: int = MOST_STATES
) -> Iterator[dict[str, Any]]:
    """For each of ``cases`` the searches with 1, 2, 3, ... writers, and the one for any number."""
    for case in cases:
        rows = list(_rows(case, budget, tell, most_states))
        yield {"model": case.model, "properties": list(case.properties), "rows": rows}


def _rows(
    case: Case, budget: Budget, tell: Callable[[str], None], most_states: int
) -> Iterator[dict[str, Any]]:
    model = OpenModel(find_model(Path(case.model)), Options(properties=case.properties))
    for writers in range(1, MOST_WRITERS + 1):
        tell(f"{case.model}: {writers} writer{'s' * (writers > 1)}")
        row = _measured(str(writers), lambda: _explicit(model, case, writers, budget, most_states))  # noqa: B023
        yield row
        if row["error"] or row["cut_short"]:
            break
    tell(f"{case.model}: any number of writers and readers")
    yield _measured(ANY, lambda: _symbolic(model, case, budget))


def _measured(writers: str, search: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    began = _processor_seconds()
    try:
        found = search()
    except FAILURES as error:
        return {"writers": writers, "error": reason(error)}
    return {"writers": writers, **found, "seconds": round(_processor_seconds() - began, 2), "error": None}


def _explicit(model: OpenModel, case: Case, writers: int, budget: Budget, most_states: int) -> dict[str, Any]:
    system = focused(model.at({**dict.fromkeys(model.sizes, 1), "writers": writers}), case.properties)
    limits = Limits(states=most_states, seconds=budget.left(_SECONDS))
    _, found = explore(system, make_engine("auto"), limits=limits)
    return {"states": found.states, "cut_short": found.stopped}


def _symbolic(model: OpenModel, case: Case, budget: Budget) -> dict[str, Any]:
    proof = prove(model, case.properties, Limits(seconds=budget.left(_SECONDS)), broken=case.broken)
    controls = sum(search.controls for search in proof.searches)
    return {"states": controls, "cut_short": "; ".join(sorted(set(proof.unproved.values()))) or None}


def _processor_seconds() -> float:
    """Of this process and of those that it waited for."""
    return sum(os.times()[:4])


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.openers", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="all unless told")
    parser.add_argument("--keep", action="store_true", help="put it into results.json and the page")
    parser.add_argument(
        "--most-states", type=int, default=MOST_STATES, metavar="N", help="of one search  [default: %(default)s]"
    )
    asked = parser.parse_args(arguments)

    def tell(what: str) -> None:
        print(what, file=sys.stderr, flush=True)

    cases = [case for case in FULL if not asked.models or case.model in asked.models]
    commit = machine.description()["commit"]
    found = [{**one, "commit": commit} for one in openers(cases, Budget(MINUTES * 60), tell, asked.most_states)]
    if asked.keep:
        home = Path(__file__).parent
        results = json.loads((home / "results.json").read_text(encoding="utf-8"))
        results["openers"] = found
        (home / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        (home / "RESULTS.md").write_text(tables.report(results), encoding="utf-8")
    print("\n".join(section(found)))
    return 1 if any(row["error"] for one in found for row in one["rows"]) else 0


if __name__ == "__main__":
    sys.exit(main())
