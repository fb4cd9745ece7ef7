"""The control-flow graph of one process while it is compiled: nodes finer than steps.

Locals stand in expressions as ``Param("%function.name")``, things that are known only when all processes are
compiled as ``Param("?...")`` (see ``lang.link``).  ``lang.paths`` cuts the graph into the steps of the system.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ovlcheck.lang.kinds import Kind, RefT
from ovlcheck.system.expr import Expr, Load, Param, walk
from ovlcheck.system.transition_system import Event, Parameter, Source

LOCAL = "%"
PENDING = "?"
NO_SPINLOCK = Param("?no spinlock held")


def local(name: str) -> Param:
    return Param(LOCAL + name)


def locals_in(expr: Expr) -> list[str]:
    """The locals in ``expr``, with their mark."""
    return [e.name for e in walk(expr) if isinstance(e, Param) and e.name[0] == LOCAL]


# What a loop over a set assumes itself: where that is known to be false, there is no such way through the loop.
ITERATION = "iteration"


@dataclass(eq=False)
class Node:
    """``kind`` is one of

    ``nop``; ``set`` (local := value); ``store`` (variable[index] := value); ``branch`` (on value: next[0] if true);
    ``fork`` (any successor); ``pick`` (local := any of 0..size-1, a parameter of the step); ``assume``; ``check``;
    ``look`` (evaluate value for its faults); ``event``; ``begin`` and ``end`` of an atomic block; ``enter`` (the
    locals of the function labelled ``variable`` have no values yet); ``idle``; ``stop``.
    ``access``: it reads or writes shared mutable state.
    """

    kind: str
    source: Source
    depth: int = 0
    calls: tuple[str, ...] = ()
    value: Expr | None = None
    variable: str = ""
    index: tuple[Expr, ...] = ()
    parameter: Parameter | None = None
    event: Event | None = None
    name: str = ""
    message: str = ""
    access: bool = False
    strong: bool = False
    optional: bool = False
    next: list["Node"] = field(default_factory=list)
    number: int = 0

    def expressions(self) -> list[Expr]:
        found = list(self.index)
        if self.value is not None:
            found.append(self.value)
        if self.event is not None:
            found += [e for _, e, _ in self.event.arguments]
        return found

    @cached_property
    def uses(self) -> set[str]:
        """The locals that this node reads."""
        return {name for x in self.expressions() for name in locals_in(x)}

    def defines(self) -> str | None:
        return LOCAL + self.variable if self.kind in ("set", "pick") else None


Exits = list[tuple[Node, int]]


@dataclass(frozen=True)
class Round:
    """The part of a loop for one element, which is a ``member``, as ``test`` assumes.

    ``visit`` and what follows it, up to the node with the number ``last``, is its body.
    """

    member: Expr
    test: Node
    visit: Node
    last: int


@dataclass(frozen=True)
class SetLoop:
    """A loop over a set inside one step: ``head`` leads by ``fork`` to ``done``, which assumes that no member is left,
    or to a round, and each round back to ``head``.

    ``visited`` is the local that remembers the members taken; ``population`` names the population whose allocated
    objects the loop is over, if it is over these.
    """

    head: Node
    fork: Node
    done: Node
    rounds: tuple[Round, ...]
    visited: str
    population: str | None


class Graph:
    """Nodes in the order of emission; ``exits`` are the loose ends that the next node continues.

    ``set_loops`` are those over sets inside one step, inner ones first.
    """

    def __init__(self, source: Source) -> None:
        self.entry = Node("nop", source)
        self.set_loops: list[SetLoop] = []
        self.nodes = [self.entry]
        self.exits: Exits = [(self.entry, 0)]

    @property
    def reachable(self) -> bool:
        return bool(self.exits)

    def emit(self, node: Node) -> Node:
        """Append ``node`` at all loose ends; it has one loose end itself."""
        node.number = len(self.nodes)
        self.nodes.append(node)
        self.connect(self.exits, node)
        self.exits = [(node, 0)]
        return node

    def connect(self, exits: Exits, node: Node) -> None:
        for end, slot in exits:
            while len(end.next) <= slot:
                end.next.append(end)
            end.next[slot] = node


def shared_loads(expr: Expr | None, mutable: frozenset[str] | set[str]) -> int:
    """How many reads of variables in ``mutable`` an evaluation of ``expr`` may perform."""
    if expr is None:
        return 0
    return sum(1 for e in walk(expr) if isinstance(e, Load) and e.variable in mutable)


def of_frame(label: str, kinds: Mapping[str, Kind]) -> list[str]:
    """The locals, with their mark, of all activations of the function with this label."""
    return [LOCAL + name for name in kinds if name.startswith(f"{label}.")]


def live_locals(graph: Graph, kinds: Mapping[str, Kind]) -> dict[int, frozenset[str]]:
    """The locals, with their mark, that may still be read behind each node, that node included."""
    names = [LOCAL + name for name in kinds]
    bit = {name: 1 << i for i, name in enumerate(names)}
    uses = [sum(bit[n] for n in node.uses) for node in graph.nodes]
    kills = [
        sum(bit[n] for n in of_frame(node.variable, kinds))
        if node.kind == "enter"
        else bit.get(node.defines() or "", 0)
        for node in graph.nodes
    ]
    live = [0] * len(graph.nodes)
    changed = True
    while changed:
        changed = False
        for node in reversed(graph.nodes):
            after = 0
            for successor in node.next:
                after |= live[successor.number]
            now = uses[node.number] | (after & ~kills[node.number])
            if now != live[node.number]:
                live[node.number] = now
                changed = True
    return {i: frozenset(n for n in names if bit[n] & word) for i, word in enumerate(live)}


def unassigned(graph: Graph, kinds: dict[str, Kind]) -> Iterator[tuple[Node, str]]:
    """Reads of locals that may come before their first assignment, each local once.

    References are exempt: one that was not assigned is None, and using it is a violation.
    """
    bit = {LOCAL + name: 1 << i for i, (name, kind) in enumerate(kinds.items()) if not isinstance(kind, RefT)}
    frames: dict[str, int] = {}
    everything = sum(bit.values())
    known: dict[int, int] = {graph.entry.number: 0}
    waiting = [graph.entry]
    while waiting:
        node = waiting.pop()
        after = known[node.number] | bit.get(node.defines() or "", 0)
        if node.kind == "enter":
            label = node.variable
            if label not in frames:
                frames[label] = sum(b for name, b in bit.items() if name.startswith(f"{LOCAL}{label}."))
            after &= ~frames[label]
        for successor in node.next:
            merged = known.get(successor.number, everything) & after
            if known.get(successor.number) != merged:
                known[successor.number] = merged
                waiting.append(successor)
    reported = 0
    for node in graph.nodes:
        for name in node.uses:
            missing = bit.get(name, 0) & ~known.get(node.number, everything) & ~reported
            if missing:
                reported |= missing
                yield node, name
