"""What stays possible from every reachable state: ``AG (premise -> EF goal)`` of CTL, by one pass backwards."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from ovlcheck.explore.liveness.graph import FATAL, Graph
from ovlcheck.system.fairness import usable
from ovlcheck.system.formula import Possibility
from ovlcheck.system.semantics import Semantics


def first_without_a_way(
    graph: Graph, semantics: Semantics, demand: Possibility, premise: Sequence[bool], goal: Sequence[bool]
) -> int | None:
    """The first state with ``premise`` from which no way leads to one with ``goal``; None if there is none.

    Behind a state that was not expanded, and behind a step that ends in a violation, anything may be.
    """
    of_edge = [usable(edge, demand) for edge in semantics.system.edges]
    counts = [of_edge[action.edge] for action in semantics.actions]
    reaches = bytearray(len(graph.states))
    waiting = [s for s in range(len(graph.states)) if goal[s] or s >= graph.expanded]
    heads, sources = _backwards(graph, counts)
    for state in range(graph.expanded):
        steps = range(graph.offsets[state], graph.offsets[state + 1])
        if any(graph.targets[i] == FATAL and counts[graph.actions[i]] for i in steps):
            waiting.append(state)
    for state in waiting:
        reaches[state] = 1
    while waiting:
        state = waiting.pop()
        for i in range(heads[state], heads[state + 1]):
            source = sources[i]
            if not reaches[source]:
                reaches[source] = 1
                waiting.append(source)
    return next((s for s in range(len(graph.states)) if premise[s] and not reaches[s]), None)


def _backwards(graph: Graph, counts: Sequence[bool]) -> tuple[array[int], array[int]]:
    """For each state the sources of the usable steps to it: those from ``heads[s]`` up to ``heads[s + 1]``."""
    heads = array("q", [0]) * (len(graph.states) + 1)
    for target, action in zip(graph.targets, graph.actions, strict=True):
        if target != FATAL and counts[action]:
            heads[target + 1] += 1
    for state in range(len(graph.states)):
        heads[state + 1] += heads[state]
    sources = array("q", [0]) * heads[-1]
    place = heads[:-1]
    for source in range(graph.expanded):
        for step in range(graph.offsets[source], graph.offsets[source + 1]):
            target = graph.targets[step]
            if target != FATAL and counts[graph.actions[step]]:
                sources[place[target]] = source
                place[target] += 1
    return heads, sources
