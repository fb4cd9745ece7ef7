"""One method of a model: found by its mark, and compiled to a control-flow graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.context import Frame, frame_of
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.lang.flow import Graph, Node, unassigned
from ovlcheck.lang.kinds import system_type
from ovlcheck.lang.schema import Schema
from ovlcheck.lang.source import Function, Refused, attribute_place, function_of
from ovlcheck.lang.statements import Statements
from ovlcheck.lang.values import Model, Val, Value
from ovlcheck.system.transition_system import Event

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
            message, remedy = (
                f"{name} has no text that can be compiled",
                "define it with def, without other decorators",
            )
            raise CompileError([Diagnostic(file, line, 1, message, remedy, text)])
        found.append(Method(name, mark, function, owner))
    return found


class Body(Statements):
    """One method compiled to a graph.  ``parameters`` gives the values of its parameters behind ``self``."""

    def __init__(
        self, schema: Schema, mutable: frozenset[str], known: dict[str, tuple[int, ...]], name: str
    ) -> None:
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
                    shown = tuple(
                        (n, v.expr, system_type(v.kind)) for n, v in values.items() if isinstance(v, Val)
                    )
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
