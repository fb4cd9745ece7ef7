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
from ovlcheck.lang.flow import LOCAL, Exits, Graph, Node, local, locals_in
from ovlcheck.lang.fold import binary, conjunction, may_fault
from ovlcheck.lang.kinds import (
    BOOL,
    BoolT,
    CountT,
    FlagT,
    IntT,
    Kind,
    RefT,
    SetT,
    interval,
    is_number,
    join,
)  # fmt: skip
from ovlcheck.lang.names import NameUses, name_uses, names_stored
from ovlcheck.lang.schema import Schema
from ovlcheck.lang.source import Function, Refused
from ovlcheck.lang.values import Struct, Val, Value
from ovlcheck.system.evaluation import VALUE_OUT_OF_RANGE
from ovlcheck.system.expr import And, Cond, Const, Deref, Expr, Load, Or, Param, walk
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
    """One activation of an inlined function.

    ``label`` names its locals; no function is active twice.  ``kinds`` are those of the locals that it keeps, so far;
    ``storage`` is where; the kinds of ``annotated`` ones are fixed.  ``uses`` says how the text treats its names.
    """

    function: Function
    label: str
    uses: NameUses
    cls: type | None = None
    locals: dict[str, Value] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    storage: dict[str, str] = field(default_factory=dict)
    annotated: set[str] = field(default_factory=set)
    returns: Exits = field(default_factory=list)
    plain_returns: Exits = field(default_factory=list)
    returns_value: bool = False
    loops: list[Loop] = field(default_factory=list)
    cleanups: list[Callable[[], None]] = field(default_factory=list)
    temporaries: int = 0
    poisoned: set[str] = field(default_factory=set)
    optional: bool = False


def frame_of(function: Function, label: str, cls: type | None) -> Frame:
    return Frame(function, label, name_uses(function), cls)


class LoopKinds:
    """The kinds of locals at the heads of loops, which take a value back from the end of the body.

    The code is compiled again with what the time before found, until nothing grows.
    """

    def __init__(self) -> None:
        self.assumed: dict[tuple[int, str], Kind] = {}
        self.grown: Refused | None = None
        self.count = 0

    def restart(self) -> None:
        self.grown = None
        self.count = 0


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
        self.loop_kinds = LoopKinds()
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

    def connect(self, exits: Exits, head: Node) -> None:
        """Lead ``exits`` back to the head of a loop."""
        assert self.graph is not None
        self.graph.connect(exits, head)

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
            for part in (
                e.items[1:] if isinstance(e, (And, Or)) else (e.then, e.orelse) if isinstance(e, Cond) else ()
            )
        )
        return count == 1 and not lazy

    def settle(self, value: Val, node: ast.AST) -> Val:
        """Make the pending shared read of ``value`` happen now, as a step of its own."""
        if self.atomic or self.pure or not self.reads(value.expr):
            return value
        return self.keep(value, node)

    def hold(self, value: Val, node: ast.AST) -> Val:
        """``value`` as it is now, whatever the code behind it does; its faults happen now, too."""
        if self.pure:
            return value
        if self.stable(value.expr) and all(self._stays(name) for name in locals_in(value.expr)):
            self.look(value.expr, node)
            return value
        return self.keep(value, node)

    def look(self, expr: Expr, node: ast.AST) -> None:
        """Evaluate ``expr``, which is used later or not at all, for the faults that it may have now."""
        if may_fault(expr):
            self.emit("look", node, value=expr)

    def _stays(self, full: str) -> bool:
        """Whether a local keeps its value while one expression is evaluated.

        So do those of callers, temporaries, and what is assigned once; the result of a call only until the next one.
        """
        own = full.removeprefix(f"{LOCAL}{self.frame.label}.")
        if own == full:
            return self.of_caller(full)
        return own[0] == "$" or self.frame.uses.stored.get(own) == 1

    def of_caller(self, full: str) -> bool:
        """Whether this is a local of a function that is being called from, and so stands still."""
        return any(full.startswith(f"{LOCAL}{frame.label}.") for frame in self.frames[:-1])

    def temporary(self, prefix: str = "$") -> str:
        """A name for a local that the text does not name."""
        self.frame.temporaries += 1
        return f"{prefix}{self.frame.temporaries}"

    def keep(self, value: Val, node: ast.AST) -> Val:
        """``value`` in a fresh local."""
        return self.assign_local(self.temporary(), value, node)

    def assign_local(self, name: str, value: Val, node: ast.AST) -> Val:
        """Store ``value`` in the local ``name`` of this frame; unless annotated, its kind grows to hold it."""
        frame = self.frame
        kind = value.kind
        if name in frame.kinds:
            joined = join(frame.kinds[name], kind)
            if joined is None:
                self._refuse_kinds(name, frame.kinds[name], kind, node)
            kind = frame.kinds[name] if name in frame.annotated else joined
        if name in frame.annotated and isinstance(kind, IntT):
            value = self._within(name, value, kind, node)
        frame.kinds[name] = kind
        full = self._store_in(name, kind, node)
        self.emit("set", node, variable=full, value=value.expr, access=self.reads(value.expr) > 0)
        return Val(kind, local(full))

    def _refuse_kinds(self, name: str, before: Kind, now: Kind, node: ast.AST) -> NoReturn:
        if name[0] == "$":
            self.refuse(node, f"a {before} or a {now}", "both values must be of one type")
        self.refuse(node, f"{name} was a {before} and becomes a {now}", "use another name")

    def _within(self, name: str, value: Val, kind: IntT, node: ast.AST) -> Val:
        """``value``, with a check of the range that the annotation of ``name`` gives."""
        lo, hi = self.number(value, node)
        if kind.lo <= lo and hi <= kind.hi:
            return value
        value = self.keep(value, node)
        inside = conjunction(
            binary(">=", value.expr, Const(kind.lo)), binary("<=", value.expr, Const(kind.hi))
        )
        self.emit(
            "check", node, value=inside, name=VALUE_OUT_OF_RANGE, message=f"{name} would not be in {kind}"
        )
        return Val(kind, value.expr)

    def _store_in(self, name: str, kind: Kind, node: ast.AST) -> str:
        """The local that keeps ``name``: one for all activations of a function in which its types agree."""
        full = self.frame.storage.get(name)
        if full is not None:
            joined = join(self.locals[full], kind)
            if joined is None:
                self.refuse(
                    node,
                    f"{name} begins as None and becomes a {kind}",
                    f"annotate it: {name}: {kind} | None = None",
                )
            self.locals[full] = joined
            return full
        full = f"{self.frame.label}.{name}"
        while full in self.locals and (joined := join(self.locals[full], kind)) is None:
            full += "'"
        self.locals[full] = joined if full in self.locals and joined is not None else kind
        self.frame.storage[name] = full
        return full

    def rebound(self, name: str) -> Val:
        """The local ``name``, which this frame keeps, with all that it may hold by now."""
        return Val(self.frame.kinds[name], local(self.frame.storage[name]))

    @contextmanager
    def back_edge(self, node: ast.AST) -> Iterator[None]:
        """Around the head and the body of a loop, whose end leads back to its head."""
        frame, known = self.frame, self.loop_kinds
        number = known.count
        known.count += 1
        stored = names_stored(node)
        heads = {n: k for n, k in frame.kinds.items() if n.split(".")[0] in stored and n in frame.storage}
        for name in heads:
            wider = join(heads[name], known.assumed.get((number, name), heads[name]))
            if wider is not None and name not in frame.annotated:
                heads[name] = frame.kinds[name] = wider
                self._store_in(name, wider, node)
        frame.locals = {n: self.refreshed(n, v) for n, v in frame.locals.items()}
        before = dict(frame.locals)
        yield
        frame.locals = self.merged(before, frame.locals)
        for name, kind in heads.items():
            if frame.kinds[name] != kind:
                known.assumed[number, name] = frame.kinds[name]
                message, remedy = (
                    f"the range of {name} grows in every round",
                    f"annotate it: {name}: Int[lo, hi] = ...",
                )
                known.grown = Refused(frame.function.diagnose(node, message, remedy))

    def refreshed(self, name: str, value: Value) -> Value:
        """What ``name`` stands for, now that the local that keeps it may hold more."""
        frame = self.frame
        if isinstance(value, Struct):
            fields = ((f, f"{name}.{f}", v) for f, v in value.fields)
            return Struct(
                value.cls,
                tuple((f, self.rebound(full) if full in frame.storage else v) for f, full, v in fields),
            )
        kept = isinstance(value, Val) and name in frame.storage and value.expr == local(frame.storage[name])
        return self.rebound(name) if kept else value

    def merged(self, *ways: dict[str, Value]) -> dict[str, Value]:
        """What names stand for where control flow comes together.

        A name that is no local of its own must stand for one thing on all ways; else it has no value any more.
        """
        found: dict[str, Value] = {}
        for name, value in {n: v for way in ways for n, v in way.items()}.items():
            others = [self.refreshed(name, way[name]) for way in ways if name in way]
            value = self.refreshed(name, value)
            parts = [f"{name}.{f}" for f, _ in value.fields] if isinstance(value, Struct) else [name]
            kept = isinstance(value, (Struct, Val)) and all(part in self.frame.storage for part in parts)
            if all(other == value for other in others) and (kept or len(others) == len(ways)):
                found[name] = value
        return found

    def pick(self, name: str, size: int, kind: Kind, node: ast.AST) -> Param:
        """A local that takes any value from 0 to ``size`` - 1: a parameter of the step."""
        full = self._store_in(self.temporary(), IntT(0, max(size - 1, 0)), node)
        self.emit("pick", node, variable=full, parameter=Parameter(name, size, None))
        return local(full)

    def truth(self, value: Val, node: ast.AST) -> Expr:
        """The truth value of a scalar, as Python has it."""
        match value.kind:
            case BoolT():
                return value.expr
            case RefT(population="", size=0):
                self.refuse(
                    node, "this has no value whose truth could be asked for", "compare something with None"
                )
            case IntT() | CountT() | FlagT() | SetT() | RefT():
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

    def source(self, node: ast.AST) -> Source:
        return self.frame.function.source(node)


def boolean(expr: Expr) -> Val:
    return Val(BOOL, expr)
