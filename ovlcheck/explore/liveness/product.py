"""The behaviours of a system that an automaton accepts, as one graph: nodes are pairs of a state of each.

Conditions on a behaviour become bits: it must have each of ``required`` infinitely often, on a node or on a step, and
it must not have a bit of ``again`` on a node infinitely often unless it has that bit on a step infinitely often.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from ovlcheck.explore.liveness.graph import FATAL, Graph
from ovlcheck.system.fairness import NONE, STRONG, Fairness
from ovlcheck.temporal.automaton import Automaton, Transition


@dataclass(frozen=True)
class Enabled:
    """For each expanded state the groups with a fair step there, and with a strongly fair one, a bit each."""

    fair: Sequence[int]
    strong: Sequence[int]


def enabled_groups(graph: Graph, fairness: Fairness) -> Enabled:
    fair, strong = [], []
    for state in range(graph.expanded):
        any_fair = any_strong = 0
        for step in range(graph.offsets[state], graph.offsets[state + 1]):
            action = graph.actions[step]
            kind = fairness.kind[action]
            if kind != NONE:
                bit = 1 << fairness.group[action]
                any_fair |= bit
                if kind == STRONG:
                    any_strong |= bit
        fair.append(any_fair)
        strong.append(any_strong)
    return Enabled(fair, strong)


@dataclass
class Product:
    """Nodes are numbered in breadth-first order; ``state[n]`` is the system's, ``parent[n]`` the node and the place of
    the step in the graph by which ``n`` was found (-1 for initial ones).

    The steps from node n are those from ``offsets[n]`` up to ``offsets[n + 1]``; ``step`` is a step's place in the
    graph.  ``ends`` are the nodes at which a behaviour may come to an end: fair, and accepted.
    """

    required: int
    state: array[int] = field(default_factory=lambda: array("q"))
    parent: list[tuple[int, int]] = field(default_factory=list)
    offsets: array[int] = field(default_factory=lambda: array("q", [0]))
    targets: array[int] = field(default_factory=lambda: array("q"))
    step: array[int] = field(default_factory=lambda: array("q"))
    bits: list[int] = field(default_factory=list)
    node_bits: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


def product(
    graph: Graph, labels: Sequence[int], automaton: Automaton, fairness: Fairness, enabled: Enabled
) -> Product:
    """The product of ``graph``, whose state s has the atoms ``labels[s]``, with ``automaton``.

    States that were not expanded have no node: what is found lies in the part of the system that is known.
    """
    sets = (1 << automaton.sets) - 1
    shift = automaton.sets
    groups = (1 << fairness.groups) - 1
    result = Product(required=sets | groups << shift)
    took = [1 << group << shift for group in fairness.group]
    options = Options(automaton)
    stays = Stays(automaton, options)
    width, expanded = len(automaton.transitions), graph.expanded
    number: dict[int, int] = {}

    def add(state: int, place: int, parent: tuple[int, int]) -> int:
        key = state * width + place
        node = number.get(key)
        if node is None:
            node = number[key] = len(result.state)
            result.state.append(state)
            places.append(place)
            result.parent.append(parent)
        return node

    places: list[int] = []
    for state in range(min(graph.initial, graph.expanded)):
        add(state, 0, (-1, -1))
    node = 0
    while node < len(places):
        state, place = result.state[node], places[node]
        label = labels[state]
        idle = groups & ~enabled.fair[state]
        result.node_bits.append(idle << shift)
        result.again.append(enabled.strong[state] << shift)
        if idle == groups and stays.accepted(place, label):
            result.ends.append(node)
        ways = options.at(place, label)
        if ways:
            for step in range(graph.offsets[state], graph.offsets[state + 1]):
                target = graph.targets[step]
                if target == FATAL or target >= expanded:
                    continue
                moved = took[graph.actions[step]]
                for way in ways:
                    result.targets.append(add(target, way.target, (node, step)))
                    result.step.append(step)
                    result.bits.append(way.fulfils | moved)
        result.offsets.append(len(result.targets))
        node += 1
    return result


class Options:
    """The transitions that may be taken from a state of the automaton under a label."""

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._known: dict[tuple[int, int], tuple[Transition, ...]] = {}

    def at(self, place: int, label: int) -> tuple[Transition, ...]:
        key = place, label
        if key not in self._known:
            self._known[key] = tuple(t for t in self._automaton.transitions[place] if t.allows(label))
        return self._known[key]


class Stays:
    """Whether the automaton accepts, from one of its states on, a behaviour that stays in one state for ever."""

    def __init__(self, automaton: Automaton, options: Options) -> None:
        self._sets = (1 << automaton.sets) - 1
        self._options = options
        self._known: dict[tuple[int, int], bool] = {}

    def accepted(self, place: int, label: int) -> bool:
        key = place, label
        if key not in self._known:
            self._known[key] = any(self._loops(at, label) for at in self._reached(place, label))
        return self._known[key]

    def _reached(self, place: int, label: int) -> list[int]:
        found = [place]
        for at in found:
            found += [t.target for t in self._options.at(at, label) if t.target not in found]
        return found

    def _loops(self, place: int, label: int) -> bool:
        """Whether the strongly connected component of ``place`` has a cycle with every acceptance set on it."""
        inside = {at for at in self._reached(place, label) if place in self._reached(at, label)}
        fulfilled, moves = 0, False
        for at in inside:
            for t in self._options.at(at, label):
                if t.target in inside:
                    fulfilled, moves = fulfilled | t.fulfils, True
        return moves and fulfilled == self._sets
