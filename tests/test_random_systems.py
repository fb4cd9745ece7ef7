"""The random systems are hard ones: what engines may get wrong turns up in a good share of them."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from hypothesis import HealthCheck, Phase, given, settings

from ovlcheck.explore.reference import Reference, transitions
from ovlcheck.explore.result import Limits, WidthOverflow
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import TransitionSystem
from tests.random_systems import ACQUIRE, transition_systems

FAULTS = {
    "null dereference",
    "use after free",
    "index out of range",
    "division by zero",
    "value out of range",
    "refcount below zero",
}


def features(system: TransitionSystem) -> set[str]:
    """What there is in ``system`` that an engine may get wrong."""
    found = {f"{min(-(-system.bits // 64), 3)} words"}
    if any(v.type.lo < 0 for v in system.variables):
        found.add("negative")
    try:
        result = Reference().search(system, limits=Limits(states=400), deadlock_free=True)
    except WidthOverflow:
        return found | {"overflow"}
    names = {v.name for v in result.violations}
    found |= {"violation"} if names else {"none"}
    found |= names
    if names & FAULTS:
        found.add("fault")
    if result.states > 20:
        found.add("many states")
    if len(Semantics(system).initial_states()) > 1:
        found.add("several initial states")
    if result.covered:
        found.add("covered")
    if result.complete:
        found |= in_detail(system)
    return found


def in_detail(system: TransitionSystem) -> set[str]:
    """What single transitions show."""
    semantics, found, seen = Semantics(system), set(), set()
    for source, _, target in islice(transitions(system), 2000):
        if source == target:
            found.add("self-loop")
        if source in seen:
            continue
        seen.add(source)
        enabled = {action.edge for action in semantics.enabled(source)}
        for number, edge in enumerate(system.edges):
            if edge.name.startswith(ACQUIRE) and edge.process is not None and number not in enabled:
                places = {
                    semantics.location(source, edge.process, i)
                    for i in range(system.process[edge.process].instances)
                }
                if edge.origin in places:
                    found.add("lock conflict")
    return found


def test_what_is_hard_turns_up_often() -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=600,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(transition_systems())
    def collect(system: TransitionSystem) -> None:
        seen["systems"] += 1
        try:
            seen.update(features(system))
        except CountOverflow:
            seen["overflow"] += 1

    collect()
    least = {
        "2 words": 0.12,
        "3 words": 0.12,
        "negative": 0.5,
        "violation": 0.4,
        "none": 0.1,
        "fault": 0.25,
        "many states": 0.2,
        "several initial states": 0.1,
        "lock conflict": 0.08,
        "self-loop": 0.2,
        "covered": 0.1,
        "overflow": 0.003,
        "no_deadlock": 0.05,
        **dict.fromkeys(FAULTS, 0.003),
    }
    shares = {name: seen[name] / seen["systems"] for name in least}
    assert {name: share for name, share in shares.items() if share < least[name]} == {}, shares
