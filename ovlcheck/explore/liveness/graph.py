"""The graph of all reachable states with its steps written down one by one: what liveness is decided on."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from ovlcheck.explore.result import Limits, Progress, WidthOverflow
from ovlcheck.system.action import State
from ovlcheck.system.semantics import CountOverflow, Semantics

FATAL = -1
"""The target of a step that ends in a violation: nothing is behind it."""

_LOOK_EVERY = 256


@dataclass
class Graph:
    """States are numbered in breadth-first order, the ``initial`` first ones are initial states.

    The steps from state s are those from ``offsets[s]`` up to ``offsets[s + 1]``: ``targets`` are states or ``FATAL``,
    ``actions`` are indices into ``Semantics.actions``.  Of the states from ``expanded`` on no steps are known; there
    are none where ``stopped`` is None.  ``faults`` are the names of the violations on the way.
    """

    states: list[State] = field(default_factory=list)
    initial: int = 0
    offsets: array[int] = field(default_factory=lambda: array("q", [0]))
    targets: array[int] = field(default_factory=lambda: array("q"))
    actions: array[int] = field(default_factory=lambda: array("q"))
    depth: int = 0
    stopped: str | None = None
    faults: set[str] = field(default_factory=set)

    @property
    def expanded(self) -> int:
        return len(self.offsets) - 1

    @property
    def transitions(self) -> int:
        return sum(target != FATAL for target in self.targets)

    @property
    def cut(self) -> bool:
        """Whether some step ends in a violation, so that what is behind it is not known."""
        return FATAL in self.targets


def explore_graph(
    semantics: Semantics, *, limits: Limits = Limits(), progress: Callable[[Progress], None] | None = None
) -> Graph:
    """Every state and every step of the system, within ``limits``.

    An interrupt from the keyboard ends the search in order.  Raises ``WidthOverflow``, without a path.
    """
    graph = Graph()
    try:
        _explore(graph, semantics, limits, progress)
    except KeyboardInterrupt:
        graph.stopped = "interrupted"
    except CountOverflow as overflow:
        raise WidthOverflow(overflow.variable, (), ()) from None
    # A state whose steps were only partly written down counts as not expanded.
    del graph.targets[graph.offsets[-1] :], graph.actions[graph.offsets[-1] :]
    return graph


def _explore(
    graph: Graph, semantics: Semantics, limits: Limits, progress: Callable[[Progress], None] | None
) -> None:
    began = time.monotonic()
    index = {action: number for number, action in enumerate(semantics.actions)}
    number: dict[State, int] = {}
    for outcome in semantics.initial_outcomes():
        graph.faults.update(failure.name for failure in outcome.faults)
        if outcome.state is not None and outcome.state not in number:
            number[outcome.state] = len(graph.states)
            graph.states.append(outcome.state)
    graph.initial = layer_end = len(graph.states)
    source = 0
    while source < len(graph.states):
        if source == layer_end:
            graph.depth, layer_end = graph.depth + 1, len(graph.states)
            if limits.depth is not None and graph.depth > limits.depth:
                graph.stopped = f"depth limit of {limits.depth} reached"
                return
        if source % _LOOK_EVERY == 0:
            seconds = time.monotonic() - began
            if progress is not None:
                progress(Progress(graph.depth, len(graph.states), len(graph.states) - source, seconds))
            if limits.seconds is not None and seconds > limits.seconds:
                graph.stopped = "time limit reached"
                return
        for outcome in semantics.successors(graph.states[source]):
            target = FATAL
            if outcome.faults:
                graph.faults.update(failure.name for failure in outcome.faults)
            if outcome.state is not None:
                target = number.setdefault(outcome.state, len(graph.states))
                if target == len(graph.states):
                    if limits.states is not None and target >= limits.states:
                        graph.stopped = f"state limit of {limits.states} reached"
                        return
                    graph.states.append(outcome.state)
            graph.targets.append(target)
            graph.actions.append(index[outcome.action])
        graph.offsets.append(len(graph.targets))
        source += 1
