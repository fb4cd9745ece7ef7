"""All processes, rules and initial states of a model, compiled under one assumption about what is ever written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.context import Frame, frame_of
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.lang.flow import LOCAL, Graph, Node, unassigned
from ovlcheck.lang.fold import binary
from ovlcheck.lang.kinds import BoolT, EnumT, IntT, Kind, RefT, default_value, system_type
from ovlcheck.lang.link import Holders, Linker
from ovlcheck.lang.paths import EndlessStep, Step, Steps
from ovlcheck.lang.schema import Schema
from ovlcheck.lang.source import Function, Refused, attribute_place, function_of
from ovlcheck.lang.statements import Statements
from ovlcheck.lang.values import Model, Val, Value
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load, Param, walk
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Edge,
    Event,
    Initial,
    Let,
    Location,
    Op,
    Parameter,
    Process,
    Source,
    Variable,
    map_expressions,
)  # fmt: skip

_SELF = Param("self")

# How often a method is compiled until the kinds of its locals are those that its loops need.
MOST_PASSES = 5


@dataclass(frozen=True)
class Method:
    """A marked method of the model: its mark may come from a base class whose method it overrides."""

    name: str
    mark: Any
    function: Function
    owner: type


def marked_methods(cls: type) -> list[Method]:
    """Processes and rules, in the order of declaration, base classes first."""
    marks: dict[str, Any] = {}
    for owner in reversed(cls.__mro__):
        for name, value in owner.__dict__.items():
            mark = getattr(value, decl.MARK, None)
            if isinstance(mark, (decl.ProcessMark, decl.RuleMark)):
                marks[name] = mark
    found = []
    for name, mark in marks.items():
        owner = next(c for c in cls.__mro__ if name in c.__dict__)
        function = function_of(owner.__dict__[name])
        if function is None:
            file, line, text = attribute_place(owner, name)
            message, remedy = f"{name} has no text that can be compiled", "define it with def, without other decorators"
            raise CompileError([Diagnostic(file, line, 1, message, remedy, text)])
        found.append(Method(name, mark, function, owner))
    return found


class Body(Statements):
    """One method compiled to a graph.  ``parameters`` gives the values of its parameters behind ``self``."""

    def __init__(self, schema: Schema, mutable: frozenset[str], known: dict[str, tuple[int, ...]], name: str) -> None:
        super().__init__(schema, mutable, known, name)
        self.diagnostics: list[Diagnostic] = []

    def compile(self, method: Function, owner: type, values: dict[str, Value], one_step: bool) -> Graph:
        for _ in range(MOST_PASSES):
            graph = self._compile(method, owner, values, one_step)
            if self.loop_kinds.grown is None or self.diagnostics:
                break
        if not self.diagnostics:
            grown = self.loop_kinds.grown
            self.diagnostics += [grown.diagnostic] if grown is not None else []
            self.diagnostics += [_no_value(node, name) for node, name in unassigned(graph, self.locals)]
        return graph

    def _compile(self, method: Function, owner: type, values: dict[str, Value], one_step: bool) -> Graph:
        """One pass; see ``LoopKinds``."""
        self.loop_kinds.restart()
        self.locals, self.held = {}, {}
        frame = frame_of(method, method.name, owner)
        self.frames.append(frame)
        self.graph = graph = Graph(method.source(method.tree))
        names = [p.arg for p in method.parameters]
        if names:
            frame.locals[names[0]] = Model()
        try:
            for name, value in values.items():
                if isinstance(value, Val) and name in frame.uses.stored:
                    value = self.assign_local(name, value, method.tree)
                frame.locals[name] = value
            if one_step:
                with self.one_step(method.tree):
                    shown = tuple((n, v.expr, system_type(v.kind)) for n, v in values.items() if isinstance(v, Val))
                    place = method.source(method.tree)
                    self.emit("event", method.tree, event=Event("call", method.name, shown, place))
                    self._body(frame, method)
                    if self.exits:
                        self.emit("event", method.tree, event=Event("return", method.name, shown, place))
            else:
                self._body(frame, method)
            if self.exits:
                graph.emit(Node("stop", method.source(method.body[-1] if method.body else method.tree)))
        except Refused as refused:
            self.diagnostics.append(refused.diagnostic)
        except RecursionError:
            self.diagnostics.append(method.diagnose(method.tree, "this nests too deeply", "break it up"))
        self.frames.pop()
        return graph

    def _body(self, frame: Frame, method: Function) -> None:
        self.block(method.body)
        self.exits = self.exits + frame.plain_returns + frame.returns


def _no_value(node: Node, name: str) -> Diagnostic:
    source, short = node.source, name.rpartition(".")[2]
    message, remedy = f"{short} may have no value here", "assign it on every path to this place"
    column = max(source.text.find(short), 0) + 1
    return Diagnostic(source.file, source.line, column, message, remedy, source.text)


class Program:
    """The edges and processes of a model.  ``diagnostics`` is not empty if something was refused."""

    def __init__(self, schema: Schema, mutable: frozenset[str], known: dict[str, tuple[int, ...]]) -> None:
        self.schema = schema
        self.mutable = mutable
        self.known = known
        self.diagnostics: list[Diagnostic] = []
        self.absent: list[str] = []
        self.static = frozenset(p.name for p in schema.populations.values() if not p.dynamic)
        self.alive = frozenset(p.alive for p in schema.populations.values() if p.dynamic)
        self.processes: list[Process] = []
        self.variables: list[Variable] = list(schema.variables.values())
        self.edges: list[Edge] = []
        self.optional: dict[tuple[str, int], bool] = {}
        self.steps: dict[Source, None] = {}
        self.written: set[str] = set()
        holders: Holders = {}
        pending: list[tuple[Edge, str]] = []
        for method in marked_methods(schema.cls):
            if isinstance(method.mark, decl.RuleMark):
                self._rule(method, pending)
            else:
                self._process(method, holders, pending)
        self.initial = self._initial()
        self._link(holders, pending)

    def _body(self, name: str) -> Body:
        return Body(self.schema, self.mutable, self.known, name)

    def _collect(self, body: Body) -> bool:
        for diagnostic in body.diagnostics:
            if diagnostic not in self.diagnostics:
                self.diagnostics.append(diagnostic)
        return not body.diagnostics

    def _parameter(self, function: Function, name: str, body: Body) -> Kind | None:
        kind = body.annotated_kind(name, function)
        if isinstance(kind, (IntT, EnumT, RefT, BoolT)):
            return kind
        self.diagnostics.append(
            function.diagnose(function.tree, f"parameter {name} has no finite type", f"annotate it: {name}: Inode, or Int[lo, hi], or an Enum")
        )
        return None

    def _process(self, method: Method, holders: Holders, pending: list[tuple[Edge, str]]) -> None:
        function, mark = method.function, method.mark
        body = self._body(method.name)
        body.has_instances = True
        extra = [p.arg for p in function.parameters[1:]]
        values: dict[str, Value] = {}
        instances = 1 if mark.instances is None else self.schema.size(mark.instances, method.owner, method.name)
        if len(extra) > 1 or (extra and mark.instances is not None):
            self.diagnostics.append(function.diagnose(function.tree, "a process has at most one parameter, and then no instances=", "keep one"))
            return
        if extra:
            kind = self._parameter(function, extra[0], body)
            if kind is None:
                return
            instances, value = _domain(kind, _SELF)
            values[extra[0]] = value
        if instances <= 0:
            self.absent.append(f"no {method.name}")
            return
        graph = body.compile(function, method.owner, values, one_step=False)
        if not self._collect(body):
            return
        for lock, mode in body.held:
            holders.setdefault((lock, mode), {})[method.name] = instances
        steps = Steps(graph, method.name, body.locals, self.static, self.alive)
        self._assemble(method, instances, steps, body, pending)

    def _steps(self, steps: Steps, function: Function) -> list[Step]:
        try:
            found = steps.run()
            self.written |= steps.written
            return found
        except EndlessStep as endless:
            source = endless.source
            self.diagnostics.append(
                Diagnostic(source.file, source.line, 1, "a loop that no shared access interrupts does not end", "bound it, or read shared state in it", source.text)
            )
            return []

    def _assemble(
        self, method: Method, instances: int, steps: Steps, body: Body, pending: list[tuple[Edge, str]]
    ) -> None:
        found = self._steps(steps, method.function)
        nodes: dict[int, Node] = {steps.entry().number: steps.entry()}
        for step in found:
            nodes.setdefault(step.origin.number, step.origin)
            nodes.setdefault(step.target.number, step.target)
        place = {number: i for i, number in enumerate(nodes)}
        kept = sorted({name for number in nodes for name in steps.live[number]})
        for name in kept:
            kind = body.locals[name[len(LOCAL) :]]
            self.variables.append(
                Variable(steps.cell(name), system_type(kind), (instances,), "local", method.name, default_value(kind))
            )
        pc = f"{method.name}.pc" if len(nodes) > 1 else None
        if pc is not None:
            self.variables.append(
                Variable(pc, system_type(IntT(0, len(nodes) - 1)), (instances,), "pc", method.name)
            )
        locations = []
        for number, node in nodes.items():
            rest = number == steps.entry().number or self._at_rest(node, method.mark.daemon)
            live = tuple(sorted(steps.cell(n) for n in steps.live[number]))
            name = f"{node.calls[-1] if node.calls else method.name}:{node.source.line}"
            locations.append(Location(name, node.source, rest, live))
        self.processes.append(Process(method.name, instances, tuple(locations), pc, method.mark.daemon))
        for step in found:
            origin, target = place[step.origin.number], place[step.target.number]
            ops = (*step.path.ops, *self._write_back(step, steps, body))
            fairness = "weak"
            if locations[origin].rest:
                fairness = "weak" if method.mark.daemon else "none"
            elif step.path.strong:
                fairness = "strong"
            pending.append((self._edge(method.name, step, ops, origin, target, instances, fairness), method.name))

    def _at_rest(self, node: Node, daemon: bool) -> bool:
        if node.kind in ("idle", "stop"):
            return True
        if node.depth:
            return False
        chooses = node.kind in ("fork", "pick") or (node.kind == "begin" and node.next[0].kind == "pick")
        return chooses or (daemon and node.kind in ("assume", "check"))

    def _write_back(self, step: Step, steps: Steps, body: Body) -> list[Op]:
        """Put the locals that live on into their cells, and reset the ones that died."""
        alive = steps.live[step.target.number]
        new: dict[str, Expr] = {}
        for name in sorted(steps.live[step.origin.number] | alive):
            own = Load(steps.cell(name), (_SELF,))
            default = Const(default_value(body.locals[name[len(LOCAL) :]]))
            before: Expr = own if name in steps.live[step.origin.number] else default
            after = steps.final(step, name) if name in alive else default
            if after != before:
                new[steps.cell(name)] = after
        ops: list[Op] = []
        values = dict(new)
        for cell, value in new.items():
            if any(isinstance(e, Load) and e.variable in new and e.variable != cell for e in walk(value)):
                temp = f"t{step.path.lets}"
                step.path.lets += 1
                ops.append(Let(temp, value))
                values[cell] = _temp(temp)
        ops += [Assign(cell, (_SELF,), value, None) for cell, value in values.items()]
        return ops

    def _edge(
        self, name: str, step: Step, ops: tuple[Op, ...], origin: int, target: int, instances: int, fairness: str
    ) -> Edge:
        node = step.path.acting or step.origin
        for line, optional in step.path.lines.items():
            self.steps.setdefault(line)
            self.optional[line.file, line.line] = self.optional.get((line.file, line.line), False) or optional
        parameters = ((Parameter("self", instances),) if instances else ()) + tuple(step.path.parameters)
        return Edge(
            f"{name}: {node.calls[-1]}" if len(node.calls) > 1 else name,
            ops, node.source, name if instances else None, origin, target,
            tuple(p for p in parameters if p.size != 1 or p.name == "self"),
            fairness, tuple(step.path.lines), node.calls,
        )  # fmt: skip

    def _rule(self, method: Method, pending: list[tuple[Edge, str]]) -> None:
        function, mark = method.function, method.mark
        if mark.fair not in ("weak", "strong", "none") or (mark.when is not None and mark.when not in self.schema.constants):
            message, remedy = "this rule cannot be understood", "fair= is weak, strong or none; when= names a constant"
            self.diagnostics.append(function.diagnose(function.tree, message, remedy))
            return
        if mark.when is not None and not self.schema.constants[mark.when]:
            return
        body = self._body(method.name)
        values: dict[str, Value] = {}
        parameters: list[Parameter] = []
        guards: list[Expr] = []
        for name in [p.arg for p in function.parameters[1:]]:
            kind = self._parameter(function, name, body)
            if kind is None:
                return
            size, values[name] = _domain(kind, Param(name))
            if size == 0:
                return
            parameters.append(Parameter(name, size, system_type(kind)))
            if isinstance(kind, RefT) and self.schema.populations[kind.population].dynamic:
                guards.append(Load(self.schema.populations[kind.population].alive, (Param(name),)))
        graph = body.compile(function, method.owner, values, one_step=True)
        if not self._collect(body):
            return
        steps = Steps(graph, "", body.locals, self.static, self.alive)
        for step in self._steps(steps, function):
            ops = (*(Assume(g) for g in guards), *step.path.ops)
            edge = self._edge(method.name, step, ops, 0, 0, 0, mark.fair)
            pending.append((replace(edge, parameters=(*parameters, *edge.parameters)), method.name))

    def _initial(self) -> tuple[Initial, ...]:
        found = getattr(self.schema.cls, "initial", None)
        function = function_of(found)
        if function is None:
            return (Initial(()),)
        owner = next(c for c in self.schema.cls.__mro__ if "initial" in c.__dict__)
        body = Body(self.schema, frozenset(self.schema.variables), {}, "initial")
        graph = body.compile(function, owner, {}, one_step=True)
        if not self._collect(body):
            return (Initial(()),)
        steps = Steps(graph, "", body.locals, self.static, self.alive)
        written = set(self.written)
        found = self._steps(steps, function)
        self.written = written
        return tuple(
            Initial(tuple(s.path.ops), tuple(p for p in s.path.parameters if p.size != 1)) for s in found
        )

    def _link(self, holders: Holders, pending: list[tuple[Edge, str]]) -> None:
        linker = Linker(self.schema, holders)
        self.variables += linker.held_variables()
        linker.variables = tuple(self.variables)
        for edge, process in pending:
            ops = tuple(map_expressions(op, lambda e, p=process: linker.resolve(e, p)) for op in edge.ops)  # type: ignore[misc]
            if Assume(FALSE) not in ops:
                self.edges.append(replace(edge, ops=tuple(op for op in ops if not _idle(op))))

        def resolve(expr: Expr) -> Expr:
            return linker.resolve(expr, "initial")

        self.initial = tuple(
            replace(i, ops=tuple(map_expressions(op, resolve) for op in i.ops)) for i in self.initial
        )

    def stored(self) -> frozenset[str]:
        """The variables that some step writes."""
        return frozenset(op.variable for e in self.edges for op in e.ops if isinstance(op, Assign))


def _idle(op: Op) -> bool:
    return isinstance(op, (Assume, Check)) and op.condition == TRUE


def _temp(name: str) -> Expr:
    from ovlcheck.system.expr import Temp

    return Temp(name)


def _domain(kind: Kind, parameter: Param) -> tuple[int, Val]:
    """How many values a parameter of ``kind`` has, and the one that ``parameter`` (from 0) stands for."""
    match kind:
        case IntT(lo, hi):
            return hi - lo + 1, Val(kind, binary("+", parameter, Const(lo)))
        case RefT(population, size):
            return size, Val(RefT(population, size, nullable=False), binary("+", parameter, Const(1)))
        case EnumT(cls):
            return len(cls), Val(kind, parameter)
    return 2, Val(kind, parameter)


