"""All processes, rules and initial states of a model, compiled under one assumption about what is ever written."""

from __future__ import annotations

import re
from dataclasses import replace

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.assemble import Assembly, edge_of
from ovlcheck.lang.body import Body, Method, marked_methods
from ovlcheck.lang.diagnostics import Diagnostic
from ovlcheck.lang.effects import Known
from ovlcheck.lang.flow import Graph
from ovlcheck.lang.fold import binary, may_fault
from ovlcheck.lang.kinds import BoolT, EnumT, IntT, Kind, RefT, system_type
from ovlcheck.lang.link import Holders, Linker
from ovlcheck.lang.one_order import in_one_order
from ovlcheck.lang.paths import EndlessStep, Step, Steps
from ovlcheck.lang.schema import Schema
from ovlcheck.lang.source import Function, function_of
from ovlcheck.lang.values import Val, Value
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load, Param
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Edge,
    Initial,
    Op,
    Parameter,
    Process,
    Source,
    Variable,
    expressions,
)  # fmt: skip

_SELF = Param("self")


class Program:
    """The edges and processes of a model.  ``diagnostics`` is not empty if something was refused.

    The objects of the populations ``told_apart`` are instances of a process.
    """

    def __init__(
        self,
        schema: Schema,
        mutable: frozenset[str],
        known: dict[str, tuple[int, ...]],
        listened: frozenset[str],
    ) -> None:
        self.schema = schema
        self.mutable = mutable
        self.known = known
        self.listened = listened
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
        self.renamed: dict[str, str] = {}
        self.told_apart: set[str] = set()
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
            function.diagnose(
                function.tree,
                f"parameter {name} has no finite type",
                f"annotate it: {name}: Inode, or Int[lo, hi], or an Enum",
            )
        )
        return None

    def _process(self, method: Method, holders: Holders, pending: list[tuple[Edge, str]]) -> None:
        function, mark = method.function, method.mark
        body = self._body(method.name)
        body.has_instances = True
        extra = [p.arg for p in function.parameters[1:]]
        values: dict[str, Value] = {}
        instances = 1 if mark.instances is None else self.schema.instances(mark.instances, method.owner, method.name)
        if len(extra) > 1 or (extra and mark.instances is not None):
            self.diagnostics.append(
                function.diagnose(
                    function.tree, "a process has at most one parameter, and then no instances=", "keep one"
                )
            )
            return
        if extra:
            kind = self._parameter(function, extra[0], body)
            if kind is None:
                return
            if isinstance(kind, RefT):
                self.told_apart.add(kind.population)
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
        steps = self._steps_of(graph, method.name, body)
        made = Assembly(method, instances, steps, body, self._steps(steps))
        self.variables += made.variables
        self.renamed |= made.renamed
        self.processes.append(made.process)
        pending += [(edge, method.name) for edge in made.edges]

    def _steps_of(self, graph: Graph, owner: str, body: Body) -> Steps:
        alive = {p.name: p.alive for p in self.schema.populations.values() if p.dynamic}
        about = Known(self.schema.variables, body.locals, self.static, alive, self.listened)
        in_one_order(graph, about)
        return Steps(graph, owner, body.locals, self.static, self.alive)

    def _steps(self, steps: Steps) -> list[Step]:
        try:
            found = steps.run()
        except EndlessStep as endless:
            source, message = endless.source, "a loop that no shared access interrupts does not end"
            remedy = "bound it, or read shared state in it"
            self.diagnostics.append(Diagnostic(source.file, source.line, 1, message, remedy, source.text))
            return []
        self.written |= steps.written
        self._note_lines(found)
        return found

    def _note_lines(self, found: list[Step]) -> None:
        """The lines that steps run, and whether each need ever happen."""
        for step in (s for s in found if not s.ends or Assume(FALSE) not in s.path.ops):
            for line, optional in step.path.lines.items():
                self.steps.setdefault(line)
                self.optional[line.file, line.line] = (
                    self.optional.get((line.file, line.line), False) or optional
                )

    def _rule(self, method: Method, pending: list[tuple[Edge, str]]) -> None:
        function, mark = method.function, method.mark
        if mark.fair not in ("weak", "strong", "none") or (
            mark.when is not None and mark.when not in self.schema.constants
        ):
            message, remedy = (
                "this rule cannot be understood",
                "fair= is weak, strong or none; when= names a constant",
            )
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
            if re.fullmatch(r"(choice|element|taken)\d+", name):
                self.diagnostics.append(
                    function.diagnose(function.tree, f"a parameter called {name}", "use another name")
                )
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
        steps = self._steps_of(graph, "", body)
        for step in self._steps(steps):
            ops = (*(Assume(g) for g in guards), *step.path.ops)
            pending.append((edge_of(step, method.name, ops, mark.fair, tuple(parameters)), method.name))

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
        steps = self._steps_of(graph, "", body)
        before = set(self.written), dict(self.steps), dict(self.optional)
        found = self._steps(steps)
        self.written, self.steps, self.optional = before
        return tuple(
            Initial(tuple(s.path.ops), tuple(p for p in s.path.parameters if p.size != 1)) for s in found
        )

    def _link(self, holders: Holders, pending: list[tuple[Edge, str]]) -> None:
        linker = Linker(self.schema, holders, [p.name for p in self.processes], self.renamed)
        self.variables += linker.held_variables()
        linker.variables = tuple(self.variables)
        for edge, process in pending:
            ops = tuple(linker.resolve_op(op, process) for op in edge.ops)
            if not _in_vain(ops):
                self.edges.append(replace(edge, ops=tuple(op for op in ops if not _idle(op))))
        self.initial = tuple(
            replace(i, ops=tuple(linker.resolve_op(op, "initial") for op in i.ops)) for i in self.initial
        )

    def stored(self) -> frozenset[str]:
        """The variables that some step writes."""
        taken = (e for e in self.edges if Assume(FALSE) not in e.ops)
        return frozenset(op.variable for e in taken for op in e.ops if isinstance(op, Assign))


def _in_vain(ops: tuple[Op, ...]) -> bool:
    """Whether these operations wait for what is never true, and nothing before that can be a violation."""
    if Assume(FALSE) not in ops:
        return False
    before = (op for op in ops[: ops.index(Assume(FALSE))] if not _idle(op))
    stores = (op for op in before if isinstance(op, (Check, Assign)) or any(map(may_fault, expressions(op))))
    return not any(not (isinstance(op, Assign) and isinstance(op.value, Const)) for op in stores)


def _idle(op: Op) -> bool:
    return isinstance(op, (Assume, Check)) and op.condition == TRUE


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
