"""Fused systems against the systems that they were made of, on random programs that lock."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, event, given, settings

from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.result import Limits, SearchResult, WidthOverflow
from ovlcheck.system.fusion import Fused, fuse
from ovlcheck.system.transition_system import TransitionSystem
from tests.examples import examples
from tests.locking_programs import locking_programs

MOST = 3000
SOFT = {"always 0", "deadlock"}
"""Violations behind which the search goes on."""


def explored(system: TransitionSystem) -> SearchResult | None:
    """What the reference finds; None where a counter overflows or there are too many states."""
    try:
        result = Reference().search(system, limits=Limits(states=MOST))
    except WidthOverflow:
        return None
    return result if result.complete else None


def disagreement(system: TransitionSystem, fused: Fused) -> str | None:
    """The first thing that the search of the fused system tells wrong; None if there is none, or too much to see."""
    whole, part = explored(system), explored(fused.system)
    if whole is None:
        return None
    if part is None:
        return "the fused system has more states, or counters overflow in it alone"
    doubtful = fused.doubtful(part.largest, part.covered)
    if doubtful:
        return disagreement(system, fuse(system, fused.seen | doubtful))
    names = {v.name for v in whole.violations}
    if names != {v.name for v in part.violations}:
        return f"violated {sorted(names)} against {sorted(v.name for v in part.violations)}"
    if whole.covered != part.covered:
        return f"covered {sorted(whole.covered)} against {sorted(part.covered)}"
    if whole.largest != part.largest:
        return f"largest {whole.largest} against {part.largest}"
    fired = {p.edge for number in part.fired for p in fused.parts[number]}
    # Behind a fatal failure nothing is known: a fused step that fails counts as taken with all of its parts.
    fatal = any(v.name not in SOFT for v in whole.violations)
    if whole.fired - fired or (fired - whole.fired and not fatal):
        return f"taken {sorted(whole.fired)} against {sorted(fired)}"
    full, reduced = set(reachable(system)), set(reachable(fused.system))
    if reduced - full:
        return f"a state that cannot be reached: {min(reduced - full)}"
    missing = {s for s in full if not fused.passes(s)} - reduced
    return f"a state outside all runs is missing: {min(missing)}" if missing else None


@settings(max_examples=examples(100, 300), deadline=None, suppress_health_check=list(HealthCheck))
@given(locking_programs())
def test_fusing_changes_no_verdict_no_cover_and_no_state_outside_runs(system: TransitionSystem) -> None:
    fused = fuse(system)
    assume(fused.removed)
    event("fused")
    assert disagreement(system, fused) is None
