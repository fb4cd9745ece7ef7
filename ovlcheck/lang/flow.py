"""The control-flow graph of one process while it is compiled: nodes finer than steps.

Locals stand in expressions as ``Param("%function.name")``, things that are known only when all processes are
compiled as ``Param("?...")`` (see ``lang.link``).  ``lang.paths`` cuts the graph into the steps of the system.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ovlcheck.system.expr import Expr, Load, Param, walk
from ovlcheck.system.transition_system import Event, Parameter, Source

LOCAL = "%"
PENDING = "?"


def local(name: str) -> Param:
    return Param(LOCAL + name)


@dataclass(eq=False)
class Node:
    """``kind`` is one of

    ``nop``; ``set`` (local := value); ``store`` (variable[index] := value); ``branch`` (on value: next[0] if true);
    ``fork`` (any successor); ``pick`` (local := any of 0..size-1, a parameter of the step); ``assume``; ``check``;
    ``event``; ``begin`` and ``end`` of an atomic block; ``idle``; ``stop``.
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

    def uses(self) -> set[str]:
        """The locals that this node reads."""
        return {e.name for x in self.expressions() for e in walk(x) if isinstance(e, Param) and e.name[0] == LOCAL}

    def defines(self) -> str | None:
        return LOCAL + self.variable if self.kind in ("set", "pick") else None


Exits = list[tuple[Node, int]]


class Graph:
    """Nodes in the order of emission; ``exits`` are the loose ends that the next node continues."""

    def __init__(self, source: Source) -> None:
        self.entry = Node("nop", source)
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
