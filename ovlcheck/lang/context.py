"""The state of one compilation: the graph under construction, the frames of inlined functions, the rules of a step.

``pure`` compilation emits nothing: it is how predicates, code of one step and local work become single expressions.
Elsewhere a value may still contain one read of shared state that has not happened yet; ``settle`` makes it happen.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ovlcheck.lang import flow
from ovlcheck.lang.fold import cond, deref
from ovlcheck.lang.flow import Exits, Graph, Node, local
from ovlcheck.lang.kinds import BOOL, SCALARS, BoolT, CountT, FlagT, IntT, Kind, ListT, RefT, SetT, interval, is_number, join
from ovlcheck.lang.schema import Schema
from ovlcheck.lang.source import Function, Refused
from ovlcheck.lang.values import Place, Val, Value
from ovlcheck.system.expr import And, Binary, Cond, Const, Deref, Expr, Load, Or, Param, walk
from ovlcheck.system.transition_system import Parameter, Source


class Impure(Exception):
    """The code at hand needs steps or statements of its own: it is no single expression."""


@dataclass
class Loop:
    """An enclosing loop: where ``break`` and ``continue`` go, and how much to unwind first."""

    height: int
    breaks: Exits = field(default_factory=list)
    continues: Exits = field(default_factory=list)


@dataclass
class Frame:
    """One activation of an inlined function.  ``label`` names its locals; no function is active twice."""

    function: Function
    label: str
    cls: type | None = None
    locals: dict[str, Value] = field(default_factory=dict)
    returns: Exits = field(default_factory=list)
    result: Val | None = None
    loops: list[Loop] = field(default_factory=list)
    cleanups: list[Callable[[], None]] = field(default_factory=list)
    temporaries: int = 0
    poisoned: set[str] = field(default_factory=set)
    stored: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    optional: bool = False


def frame_of(function: Function, label: str, cls: type | None) -> Frame:
    """A fresh frame; ``stored`` counts the assignments of each local name (twice in a loop), ``places`` their places."""
    frame = Frame(function, label, cls)

    def visit(node: ast.AST, weight: int) -> None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            frame.stored[node.id] = frame.stored.get(node.id, 0) + weight
            frame.places[node.id] = frame.places.get(node.id, 0) + 1
        inner = 2 if isinstance(node, (ast.For, ast.While)) else weight
        for child in ast.iter_child_nodes(node):
            visit(child, inner)

    for statement in function.body:
        visit(statement, 1)
    return frame


class Context:
    """Emission of nodes and handling of values for one process, rule, property or set of initial states."""

    def __init__(
        self,
        schema: Schema,
        mutable: frozenset[str],
        known: dict[str, tuple[int, ...]],
        process: str = "",
    ) -> None:
        self.schema = schema
        self.mutable = mutable
        self.known = known
        self.process = process
        self.frames: list[Frame] = []
        self.locals: dict[str, Kind] = {}
        self.held: dict[tuple[str, str], None] = {}
        self.pure = 0
        self.atomic = 0
        self.predicate = False
        self.graph: Graph | None = None
        self.has_instances = False

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def refuse(self, node: ast.AST, message: str, remedy: str) -> NoReturn:
        """Reject ``node``: raises ``Refused`` with its place."""
        raise Refused(self.frame.function.diagnose(node, message, remedy))

    def emit(self, kind: str, node: ast.AST, **attributes: Any) -> Node:
        """Append a node of the graph for the syntax ``node``; nothing can be emitted while ``pure``."""
        if self.pure or self.graph is None:
            raise Impure
        made = Node(
            kind,
            self.frame.function.source(node),
            depth=len(self.frames) - 1,
            calls=tuple(f.function.name for f in self.frames),
            optional=any(f.optional for f in self.frames),
            **attributes,
        )
        return self.graph.emit(made)

    @property
    def exits(self) -> Exits:
        assert self.graph is not None
        return self.graph.exits

    @exits.setter
    def exits(self, exits: Exits) -> None:
        if self.pure or self.graph is None:
            raise Impure
        self.graph.exits = exits

    @contextmanager
    def one_step(self, node: ast.AST) -> Iterator[None]:
        """What is emitted inside happens as one step."""
        self.emit("begin", node)
        self.atomic += 1
        try:
            yield
        finally:
            self.atomic -= 1
        if self.exits:
            self.emit("end", node)

    def reads(self, expr: Expr) -> int:
        return flow.shared_loads(expr, self.mutable)

    def is_single_access(self, expr: Expr) -> bool:
        """At most one shared read, and one that happens whenever ``expr`` is evaluated."""
        count = self.reads(expr)
        if count == 0:
            return True
        lazy = any(
            self.reads(part)
            for e in walk(expr)
            for part in (e.items[1:] if isinstance(e, (And, Or)) else (e.then, e.orelse) if isinstance(e, Cond) else ())
        )
        return count == 1 and not lazy

    def settled(self, value: Val) -> bool:
        return bool(self.atomic) or self.pure > 0 or not self.reads(value.expr)

    def settle(self, value: Val, node: ast.AST, force: bool = False) -> Val:
        """Make the pending shared read of ``value`` happen now, as a step of its own."""
        if self.settled(value) and not (force and self.reads(value.expr) and not self.pure):
            return value
        return self.keep(value, node)

    def keep(self, value: Val, node: ast.AST) -> Val:
        """``value`` in a fresh local."""
        self.frame.temporaries += 1
        return self.assign_local(f"${self.frame.temporaries}", value, node)

    def assign_local(self, name: str, value: Val, node: ast.AST) -> Val:
        """Store ``value`` in the local ``name`` of this frame; its kind grows to hold it."""
        kind, full = self.declare_local(f"{self.frame.label}.{name}", value.kind, node)
        self.emit("set", node, variable=full, value=value.expr, access=self.reads(value.expr) > 0)
        return Val(kind, local(full))

    def declare_local(self, full: str, kind: Kind, node: ast.AST) -> tuple[Kind, str]:
        while full in self.locals:
            joined = join(self.locals[full], kind)
            if joined is not None:
                kind = joined
                break
            full += "'"
        self.locals[full] = kind
        return kind, full

    def pick(self, name: str, size: int, kind: Kind, node: ast.AST) -> Param:
        """A local that takes any value from 0 to ``size`` - 1: a parameter of the step."""
        self.frame.temporaries += 1
        _, full = self.declare_local(f"{self.frame.label}.${self.frame.temporaries}", IntT(0, max(size - 1, 0)), node)
        self.emit("pick", node, variable=full, parameter=Parameter(name, size, None))
        return local(full)

    def load(self, place: Place, node: ast.AST) -> Val:
        """The value of a scalar place; known values of this configuration are put in directly."""
        if not isinstance(place.kind, SCALARS):
            self.refuse(node, f"a whole {place.kind} is no value", "use its elements or fields one by one")
        if place.variable in self.known:
            return Val(place.kind, self._known(place, self.known[place.variable]))
        return Val(place.kind, Load(place.variable, place.index))

    def _known(self, place: Place, values: tuple[int, ...]) -> Expr:
        if len(set(values)) == 1:
            return Const(values[0])
        variable = self.schema.variables[place.variable]
        if len(variable.shape) > 1 or len(values) > 8:
            return Load(place.variable, place.index)
        index = place.index[0]
        if isinstance(index, Const) and 0 <= index.value < len(values):
            return Const(values[index.value])
        choice: Expr = Const(values[-1])
        for i in range(len(values) - 2, -1, -1):
            choice = cond(Binary("==", index, Const(i)), Const(values[i]), choice)
        return choice

    def slot(self, value: Val, node: ast.AST) -> Expr:
        """The index of the object that a reference names: a dereference, with its check."""
        assert isinstance(value.kind, RefT)
        if not value.kind.population:
            self.refuse(node, "None has no fields", "test for None first")
        return deref(value.expr, value.kind.population, self.schema.populations[value.kind.population].dynamic)

    def truth(self, value: Val, node: ast.AST) -> Expr:
        """The truth value of a scalar, as Python has it."""
        match value.kind:
            case BoolT():
                return value.expr
            case IntT() | CountT() | FlagT() | SetT() | RefT():
                from ovlcheck.lang.fold import binary

                return binary("!=", value.expr, Const(0))
        self.refuse(node, f"a {value.kind} is neither true nor false", "compare it with a member")

    def number(self, value: Val, node: ast.AST) -> tuple[int, int]:
        """The interval of a number; anything else is refused."""
        if not is_number(value.kind):
            self.refuse(node, f"arithmetic on a {value.kind}", "arithmetic is for integers and refcounts")
        return interval(value.kind)

    def coerce(self, value: Val, kind: Kind, node: ast.AST) -> Expr:
        """``value`` as something of ``kind``; whether an integer fits is checked when it is stored."""
        if isinstance(kind, BoolT) and not isinstance(value.kind, BoolT):
            self.refuse(node, f"a {value.kind} where a bool is expected", "write bool(...) or a comparison")
        if is_number(kind) and is_number(value.kind):
            return value.expr
        joined = join(kind, value.kind)
        if joined is None or (isinstance(kind, RefT) and not kind.population):
            self.refuse(node, f"a {value.kind} where a {kind} is expected", f"give a value of type {kind}")
        return value.expr

    def stable(self, expr: Expr) -> bool:
        """Whether ``expr`` keeps its value and its faults as long as the locals in it keep theirs."""
        return not any(
            (isinstance(e, Load) and e.variable in self.mutable)
            or (isinstance(e, Deref) and self.schema.populations[e.population].dynamic)
            for e in walk(expr)
        )

    def list_length(self, place: Place) -> Place:
        assert isinstance(place.kind, ListT)
        return Place(IntT(0, place.kind.capacity), f"{place.variable}.len", place.index)

    def list_item(self, place: Place, position: Expr) -> Place:
        assert isinstance(place.kind, ListT)
        return Place(place.kind.element, f"{place.variable}.items", (*place.index, position))

    def source(self, node: ast.AST) -> Source:
        return self.frame.function.source(node)


def boolean(expr: Expr) -> Val:
    return Val(BOOL, expr)
