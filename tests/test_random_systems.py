"""The random systems are hard ones: what engines may get wrong turns up in a good share of them."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import networkx as nx
from hypothesis import HealthCheck, Phase, given, settings

from ovlcheck.explore.reductions import EVERY
from ovlcheck.explore.reference import Reference, transitions
from ovlcheck.explore.result import Limits, WidthOverflow
from ovlcheck.explore.search import explore
from ovlcheck.system.action import State
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import TransitionSystem
from tests.random_systems import ACQUIRE, transition_systems

FEW = 60
"""States of systems that are searched under every reduction, and for cycles."""

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
    if result.complete and result.states <= FEW:
        found |= reduced(system, result.states)
        if has_fair_cycle(system):
            found.add("fair cycle")
    return found


def reduced(system: TransitionSystem, states: int) -> set[str]:
    """The reductions that leave out some of ``states``."""
    found = {name for name in EVERY if explore(system, Reference(), reductions=(name,))[1].states < states}
    return found | ({"reduced"} if found else set())


def has_fair_cycle(system: TransitionSystem) -> bool:
    """Whether a run can go round for ever through several states and no instance that can always step never does."""
    semantics = Semantics(system)
    graph = nx.DiGraph()
    graph.add_edges_from((a, b) for a, _, b in transitions(system))

    def who(edge: int, arguments: tuple[int, ...]) -> tuple[str, int] | None:
        process = system.edges[edge].process
        return None if process is None else (process, arguments[0])

    def fair(states: set[State]) -> bool:
        able = {s: {who(a.edge, a.arguments) for a in semantics.enabled(s)} for s in states}
        steps = {
            who(o.action.edge, o.action.arguments)
            for s in states
            for o in semantics.successors(s)
            if o.state in states
        }
        return set.intersection(*able.values()) - {None} <= steps

    return any(len(c) > 1 and fair(c) for c in nx.strongly_connected_components(graph))


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
        "fair cycle": 0.08,
        "reduced": 0.05,
        **dict.fromkeys(EVERY, 0.003),
        **dict.fromkeys(FAULTS, 0.003),
    }
    shares = {name: seen[name] / seen["systems"] for name in least}
    assert {name: share for name, share in shares.items() if share < least[name]} == {}, shares
