"""What was measured of properties of whole behaviours, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.behaviour_cases import ALONE
from benchmarks.liveness import BEHAVIOURS, SPIN_BEHAVIOURS, STATES
from benchmarks.markdown import NOTHING, table
from benchmarks.targets import Data, run_of, times_own_safety

_HEAD = (
    "system", "property", "verdict", "states", "fairness for Spin", "states s", "property s", "times",
    "Spin's states", "Spin s", "ovlcheck is",
)  # fmt: skip

_METHOD = (
    "*States s* is ovlcheck's search of the system's states, *property s* the whole search for a fair behaviour that",
    "breaks the property, that of the states and a counterexample included; *times* is their quotient. Both on one",
    "thread, with slicing as the only reduction, without compiling, and of several runs the fastest counts. Spin",
    "searches depth-first for acceptance cycles (`pan -a`, `-O3 -march=native -DNOREDUCE`: every step here reads or",
    "writes globals, so that its partial order reduction has nothing to leave out) of the same sliced system with the",
    "never claim of our automaton, which is as small as Spin's own for these formulas. *Every process*: fairness is",
    "`-f`, and Spin counts the states and transitions that ovlcheck does before it looks for cycles. *As a premise*:",
    "weak and strong fairness of our steps are part of the claim, since users need not call again and locks are fair",
    "to who waits, neither of which `-f` knows; whose step was the last is a variable then, and pan is compiled with",
    "`-O1`, since gcc takes minutes otherwise. *Spin's states* are those",
    "of the product with the claim. All verdicts are the same, or the row says so.",
    "",
)


def behaviours(cases: Sequence[Data]) -> Iterator[str]:
    """The section of the page."""
    yield "## Properties of whole behaviours"
    yield ""
    yield from table(_HEAD, (_row(case) for case in cases))
    yield from _METHOD


def _row(case: Data) -> tuple[str, ...]:
    states, ours, spin = (run_of(case, of) for of in (STATES, BEHAVIOURS, SPIN_BEHAVIOURS))
    times = times_own_safety(case)
    return (
        case["title"],
        case["property"],
        "violated" if case["violated"] else "holds",
        f"{states['states']:,}" if states else NOTHING,
        NOTHING if case["against"] == ALONE else case["against"],
        _seconds(states),
        _seconds(ours),
        f"{times:.1f} x" if times else NOTHING,
        f"{spin['states']:,}" if spin else NOTHING,
        _errors(case) or _seconds(spin),
        f"{spin['seconds'] / ours['seconds']:.1f} x as fast"
        if ours and spin and ours["seconds"]
        else NOTHING,
    )


def _seconds(run: Data | None) -> str:
    return f"{run['seconds']:.2f}" if run else NOTHING


def _errors(case: Data) -> str:
    return "; ".join(f"{run['of']}: {run['error']}" for run in case["runs"] if run["error"])
