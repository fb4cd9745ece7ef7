"""Compiling properties: each declared one to predicates, handlers of events, and demands of whole behaviours."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.behaviours import requirements_of
from ovlcheck.lang.context import Impure
from ovlcheck.lang.declared import Declared, behaviour_marks
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.lang.handlers import HandlerCode
from ovlcheck.lang.kinds import BOOL, CountT, IntT, Kind, RecordT, RefT, SetT, system_type
from ovlcheck.lang.predicates import Predicate
from ovlcheck.lang.schema import Schema
from ovlcheck.lang.source import Function, Refused, function_of
from ovlcheck.lang.values import Ghosts, Model, Place, Struct, Val, Value
from ovlcheck.system import types as st
from ovlcheck.system.expr import TRUE, Expr, Param
from ovlcheck.system.formula import Requirement
from ovlcheck.system.transition_system import Source, Variable
from ovlcheck.temporal.property import Handler, Property, Update


class PropertyCompiler:
    """Compiles declared properties against one schema; raises CompileError with all their errors."""

    def __init__(
        self, schema: Schema, known: dict[str, tuple[int, ...]], kinds: dict[str, dict[str, Kind]]
    ) -> None:
        self.schema = schema
        self.known = known
        self.event_kinds = kinds
        self.diagnostics: list[Diagnostic] = []

    def compile(self, declared: list[Declared]) -> tuple[Property, ...]:
        made = [p for d in declared for p in [self._property(d)] if p is not None]
        if self.diagnostics:
            raise CompileError(self.diagnostics)
        return tuple(made)

    def _property(self, declared: Declared) -> Property | None:
        source = Source(declared.file, declared.line, declared.name, "")
        if isinstance(declared.value, decl.Unasked):
            return Property(declared.name, declared.doc, unasked=declared.value.check, source=source)
        try:
            if isinstance(declared.value, type):
                return self._observer(declared, source)
            function = function_of(declared.value)
            mark = decl.source_marks(declared.value)
            if function is not None and isinstance(mark, decl.Behaviour):
                demands = self._behaviours(declared.name, function, mark, {}, None)
                return Property(declared.name, declared.doc, source=source, requirements=demands)
            if function is None or not isinstance(mark, decl.Listener):
                message, remedy = (
                    f"{declared.name} has no text that can be compiled",
                    "define it with def, undecorated but for this",
                )
                self.diagnostics.append(Diagnostic(declared.file, declared.line, 1, message, remedy))
                return None
            always, handlers = self._listener(declared.name, function, mark, {}, None)
            return Property(declared.name, declared.doc, always, handlers, source=source)
        except Refused as refused:
            self.diagnostics.append(refused.diagnostic)
        except RecursionError:
            message = f"{declared.name} nests too deeply"
            self.diagnostics.append(Diagnostic(declared.file, declared.line, 1, message, "break it up"))
        except Impure:
            self.diagnostics.append(
                Diagnostic(
                    declared.file,
                    declared.line,
                    1,
                    f"{declared.name} does something besides computing a value",
                    "a predicate only reads",
                )
            )
        return None

    def _observer(self, declared: Declared, source: Source) -> Property:
        cls = declared.value
        ghosts: list[Variable] = []
        kinds: dict[str, Kind] = {}
        before = len(self.schema.diagnostics)
        annotations = self.schema.fields_of(cls, decl.Observer, skip=())
        if len(self.schema.diagnostics) > before:
            for found in self.schema.diagnostics[before:]:
                inherited = found.file != declared.file or found.line < declared.line
                place = (
                    replace(found, line=declared.line, file=declared.file, column=1, text="")
                    if inherited
                    else found
                )
                self.diagnostics += [place] if place not in self.diagnostics else []
            del self.schema.diagnostics[before:]
        saved = dict(self.schema.variables), dict(self.schema.kinds)
        for name, kind in annotations:
            kinds[name] = kind
            self.schema.declare(f"{cls.__name__}.{name}", kind, (), (), getattr(cls, name, None))
        for name, variable in self.schema.variables.items():
            if name not in saved[0]:
                ghosts.append(replace(variable, kind="ghost"))
        self.schema.variables, self.schema.kinds = saved
        always: tuple[Expr, ...] = ()
        handlers: tuple[Handler, ...] = ()
        demands: tuple[Requirement, ...] = ()
        members = {name: value for owner in reversed(cls.__mro__) for name, value in vars(owner).items()}
        for value in members.values():
            mark, function = decl.source_marks(value), function_of(value)
            if isinstance(mark, decl.Listener) and function is not None:
                more, handled = self._listener(declared.name, function, mark, kinds, cls)
                always, handlers = always + more, handlers + handled
                if behaviour_marks(cls) and (more or any(h.predicate not in (None, TRUE) for h in handled)):
                    message = f"{declared.name} is about whole behaviours, and {function.name} about a state"
                    remedy = "make two properties of it, which may share a base class"
                    raise Refused(function.diagnose(function.tree, message, remedy))
            elif isinstance(mark, decl.Behaviour) and function is not None:
                demands += self._behaviours(declared.name, function, mark, kinds, cls)
        return Property(
            declared.name, declared.doc, always, handlers, None, tuple(ghosts), source, requirements=demands
        )

    def _behaviours(
        self, name: str, function: Function, mark: decl.Behaviour, kinds: dict[str, Kind], cls: type | None
    ) -> tuple[Requirement, ...]:
        def fresh() -> Predicate:
            return Predicate(self.schema, self.known, kinds)

        return requirements_of(name, function, mark, fresh, Ghosts(cls) if cls is not None else None)

    def _listener(
        self, name: str, function: Function, mark: decl.Listener, kinds: dict[str, Kind], cls: type | None
    ) -> tuple[tuple[Expr, ...], tuple[Handler, ...]]:
        """A predicate on every state, or a handler of an event: one of the two is empty."""
        prefix = f"{name}.{function.name}" if mark.event else ""
        context = HandlerCode(self.schema, self.known, kinds, prefix)
        names = [p.arg for p in function.parameters]
        receivers: list[Value] = [Model()] if cls is None else [Ghosts(cls), Model()]
        context.open(function, dict(zip(names, receivers, strict=False)))
        source, parameters = context.source(function.tree), names[len(receivers) :]
        leaves = self._bind(context, function, mark.event, parameters)
        if leaves is None:
            return (), (Handler(mark.kind, mark.event, tuple(parameters), TRUE, source=source),)
        predicate: Expr | None = None
        updates: tuple[Update, ...] = ()
        if any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(function.tree)):
            predicate = self._returned(context, function)
            if mark.kind == "always":
                return (predicate,), ()
        elif mark.kind == "always":
            context.refuse(function.tree, f"{function.name} returns nothing", "return a truth value")
        else:
            updates = context.updates(list(function.body))
        pre = tuple(context.pre)
        return (), (Handler(mark.kind, mark.event, tuple(leaves), predicate, updates, pre, source),)

    def _bind(
        self, context: HandlerCode, function: Function, event: str, parameters: list[str]
    ) -> list[str] | None:
        """Gives ``parameters`` the arguments of ``event``: the names of these, None if the model has no such event."""
        known = self.event_kinds.get(event, {})
        positions = [kind for name, kind in known.items() if name != "result"]
        leaves: list[str] = []
        for i, parameter in enumerate(parameters):
            kind = context.annotated_kind(parameter, function) or known.get(parameter)
            if kind is None and i < len(positions):
                kind = positions[i]
            if kind is None:
                if event and event not in self.event_kinds:
                    return None
                context.refuse(
                    function.tree,
                    f"the event {event} has no argument {parameter}",
                    f"it has: {', '.join(known) or 'none of a type that is known here: annotate the parameter'}",
                )
            if isinstance(kind, RecordT):
                fields = tuple((f, Val(k, Param(f"{parameter}.{f}"))) for f, k in kind.fields)
                context.frame.locals[parameter] = Struct(kind.cls, fields)
                leaves += [f"{parameter}.{f}" for f, _ in kind.fields]
                continue
            if isinstance(kind, RefT):
                kind = RefT(kind.population, kind.size, nullable=False)
                # Elements of a set are objects; arguments and results of functions may be None.
                if "." not in event:
                    context.may_be_none.add(parameter)
            context.frame.locals[parameter] = Val(kind, Param(parameter))
            leaves.append(parameter)
        return leaves

    def _returned(self, context: HandlerCode, function: Function) -> Expr:
        """The truth of what ``function`` returns."""
        value = context.pure_body(function.body)
        if isinstance(value, Place):
            value = context.load(value, function.tree)
        if not isinstance(value, Val):
            context.refuse(
                function.tree,
                f"{function.name} returns no value on some path",
                "return a truth value on every path",
            )
        return context.truth(value, function.tree)


def event_kinds(arguments: dict[str, dict[str, Any]], schema: Schema) -> dict[str, dict[str, Kind]]:
    """The kinds of the arguments of events, from their types in the transition system."""

    def kind_of(found: Any) -> Kind | None:
        match found:
            case st.Bool():
                return BOOL
            case st.Int(lo, hi):
                return IntT(lo, hi)
            case st.Ref(population, size):
                return RefT(population, size)
            case st.Count():
                return CountT()
            case st.Bits(_, labels, str(population)):
                return SetT(RefT(population, len(labels), nullable=False))
            case st.Enum() | st.Bits():
                return next((k for k in schema.scalar_kinds() if system_type(k) == found), None)
        return None

    return {
        event: {n: k for n, t in found.items() for k in [kind_of(t)] if k is not None}
        for event, found in arguments.items()
    }
