"""From a model to its state graph: every state a node, or states with equal values of what ``by`` names merged.

What states are merged by is an expression in the language of properties (``upper0.is_dirty``, ``len(suspects)``), or a
task (``writer0``), which stands for the place where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ovlcheck.errors import UsageError
from ovlcheck.lang.questions import Question, Questions
from ovlcheck.prepare import Options, Prepared, prepare
from ovlcheck.runs.moves import Moves
from ovlcheck.state_graph.graph import Arc, Node, StateGraph
from ovlcheck.state_graph.reach import Reached, reach
from ovlcheck.system.action import State
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.trace.words import Words

ABSENT = "-"
"""The value of an expression where it has none: of a field of a freed object, say."""

MOST_STATES = 20_000

Reader = Callable[[State], str]


def graph_of_model(
    path: Path, options: Options, *, by: Sequence[str] = (), most: int = MOST_STATES
) -> StateGraph:
    """The graph of the model in the file ``path``, which has at most ``most`` states.

    Raises ``UsageError`` for a larger one and for ``by`` that is no expression of the model; and as ``prepare``.
    """
    return graph_of(prepare(path, options), by=by, most=most)


def graph_of(prepared: Prepared, *, by: Sequence[str] = (), most: int = MOST_STATES) -> StateGraph:
    """The graph of a prepared model.  Raises ``UsageError``."""
    moves = Moves(prepared.system)
    readers = _readers(prepared, moves.system, by)
    reached = reach(moves, most)
    if by:
        return _merged(moves, reached, readers)
    return _whole(moves, reached)


def _whole(moves: Moves, reached: Reached) -> StateGraph:
    words = Words(moves.system)
    leaving = {source for source, *_ in reached.steps}
    nodes = [
        Node(
            number,
            {**words.values(state), **_positions(moves, state)},
            depth=reached.depths[number],
            initial=number < reached.initial,
            terminal=number not in leaving,
            violates=reached.violates[number],
        )
        for number, state in enumerate(reached.states)
    ]
    arcs, ends = _Arcs(moves, apart=True), _Ends(len(nodes))
    for source, action, target, violates in reached.steps:
        arcs.add(
            source,
            ends.of(violates) if target is None else target,
            action.edge,
            moves.actor(action),
            violates,
        )
    return _graph(moves, reached, [*nodes, *ends.nodes()], arcs)


def _merged(moves: Moves, reached: Reached, readers: dict[str, Reader]) -> StateGraph:
    number: dict[tuple[str, ...], int] = {}
    groups: list[_Group] = []
    node_of: list[int] = []
    for at, state in enumerate(reached.states):
        key = tuple(read(state) for read in readers.values())
        if key not in number:
            number[key] = len(groups)
            groups.append(_Group(key, reached.depths[at]))
        node_of.append(number[key])
        groups[number[key]].add(at < reached.initial, reached.violates[at])
    leaving = {source for source, *_ in reached.steps}
    for at in range(len(reached.states)):
        groups[node_of[at]].terminal |= at not in leaving
    nodes = [group.node(i, tuple(readers)) for i, group in enumerate(groups)]
    arcs, ends, inside = _Arcs(moves, apart=False), _Ends(len(nodes)), 0
    for source, action, target, violates in reached.steps:
        to = ends.of(violates) if target is None else node_of[target]
        if to == node_of[source] and not violates:
            inside += 1
        else:
            arcs.add(node_of[source], to, action.edge, moves.actor(action), violates)
    return _graph(moves, reached, [*nodes, *ends.nodes()], arcs, by=tuple(readers), inside=inside)


def _graph(
    moves: Moves,
    reached: Reached,
    nodes: Sequence[Node],
    arcs: _Arcs,
    by: tuple[str, ...] = (),
    inside: int = 0,
) -> StateGraph:
    return StateGraph(
        model=moves.system.name,
        constants=dict(moves.system.constants),
        nodes=tuple(nodes),
        arcs=arcs.all(),
        states=len(reached.states),
        transitions=reached.transitions,
        by=by,
        inside=inside,
    )


@dataclass
class _Group:
    """States that become one node."""

    key: tuple[str, ...]
    depth: int
    states: int = 0
    initial: bool = False
    terminal: bool = False
    violates: dict[str, None] = field(default_factory=dict)

    def add(self, initial: bool, violates: Sequence[str]) -> None:
        self.states += 1
        self.initial |= initial
        self.violates.update(dict.fromkeys(violates))

    def node(self, number: int, names: tuple[str, ...]) -> Node:
        values = dict(zip(names, self.key, strict=True))
        return Node(
            number, values, self.states, self.depth, self.initial, self.terminal, tuple(self.violates)
        )


class _Arcs:
    """Arcs; unless ``apart``, those between the same two nodes that are called the same are one."""

    def __init__(self, moves: Moves, *, apart: bool) -> None:
        self._system = moves.system
        self._apart = apart
        self._single: list[Arc] = []
        self._counts: dict[tuple[int, int, str, str, tuple[str, ...]], int] = {}

    def add(self, source: int, target: int, edge: int, actor: str, violates: tuple[str, ...]) -> None:
        function = self._system.edges[edge].source.function
        if self._apart:
            self._single.append(Arc(source, target, actor, function, violates=violates))
        else:
            key = source, target, actor, function, violates
            self._counts[key] = self._counts.get(key, 0) + 1

    def all(self) -> tuple[Arc, ...]:
        merged = (Arc(s, t, actor, function, n, v) for (s, t, actor, function, v), n in self._counts.items())
        return (*self._single, *merged)


class _Ends:
    """A node for each combination of violations that cuts steps short; numbers begin at ``first``."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._number: dict[tuple[str, ...], int] = {}

    def of(self, violates: tuple[str, ...]) -> int:
        return self._first + self._number.setdefault(violates, len(self._number))

    def nodes(self) -> list[Node]:
        return [
            Node(self._first + i, states=0, terminal=True, violates=violates)
            for violates, i in self._number.items()
        ]


def _positions(moves: Moves, state: State) -> dict[str, str]:
    return {f"{process}{i}": _position(moves, state, process, i) for process, i in moves.semantics.instances}


def _position(moves: Moves, state: State, process: str, i: int) -> str:
    locations = moves.system.process[process].locations
    return locations[moves.semantics.location(state, process, i)].name if locations else ABSENT


def _readers(prepared: Prepared, system: TransitionSystem, by: Sequence[str]) -> dict[str, Reader]:
    """How to read what states are merged by.  Raises ``UsageError``."""
    if not by:
        return {}
    moves = Moves(system)
    tasks = {f"{process}{i}": (process, i) for process, i in moves.semantics.instances}
    questions = Questions(prepared.model, dict(prepared.constants), prepared.system)
    readers: dict[str, Reader] = {}
    for name in by:
        if name in tasks:
            readers[name] = _position_reader(moves, *tasks[name])
            continue
        try:
            readers[name] = _value_reader(moves, questions.compile(name))
        except UsageError as error:
            also = f"or name a task: {', '.join(tasks)}" if tasks else ""
            raise UsageError(f"--by {error.message}", "; ".join(filter(None, (error.remedy, also)))) from None
    return readers


def _position_reader(moves: Moves, process: str, i: int) -> Reader:
    return lambda state: _position(moves, state, process, i)


def _value_reader(moves: Moves, question: Question) -> Reader:
    value = moves.semantics.compile(question.expr)

    def read(state: State) -> str:
        try:
            return question.show(value(state))
        except Fault:
            return ABSENT

    return read
