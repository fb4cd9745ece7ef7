"""Compiling properties: predicates to single expressions, handlers of observers to updates of ghosts."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import Any

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.context import Impure, frame_of
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.lang.expressions import ARITHMETIC
from ovlcheck.lang.fold import binary, cond, conjunction, negate
from ovlcheck.lang.kinds import BOOL, SCALARS, CountT, IntT, Kind, RecordT, RefT, SetT, system_type
from ovlcheck.lang.schema import Schema
from ovlcheck.lang.source import Function, Refused, function_of
from ovlcheck.lang.statements import Statements
from ovlcheck.lang.values import Ghosts, Model, Place, Struct, Val, Value
from ovlcheck.system import types as st
from ovlcheck.system.expr import TRUE, Expr, Load, Param, Temp
from ovlcheck.system.formula import Requirement
from ovlcheck.system.transition_system import Source, Variable
from ovlcheck.temporal.property import Handler, Property, Update


@dataclass(frozen=True)
class Declared:
    """A property as found in a file: a decorated function, an observer class or an unasked check."""

    name: str
    doc: str
    value: Any
    file: str
    line: int

    @property
    def events(self) -> tuple[str, ...]:
        """The events it listens to."""
        if isinstance(self.value, type):
            marks = [decl.source_marks(v) for c in self.value.__mro__ for v in vars(c).values()]
        else:
            marks = [decl.source_marks(self.value)]
        return tuple(m.event for m in marks if isinstance(m, decl.Listener) and m.event)

    @property
    def about_behaviours(self) -> bool:
        """Whether it is about whole behaviours."""
        return bool(behaviour_marks(self.value))

    @property
    def on_request(self) -> bool:
        """Whether only a run that names it checks it."""
        if isinstance(self.value, decl.Unasked):
            return self.value.on_request
        return any(mark.on_request for mark in behaviour_marks(self.value))


def behaviour_marks(value: Any) -> list[decl.Behaviour]:
    """The marks of the formulas of a property: a function, or an observer's methods."""
    if isinstance(value, type):
        members = {name: member for owner in reversed(value.__mro__) for name, member in vars(owner).items()}
        marks = [decl.source_marks(member) for member in members.values()]
    else:
        marks = [decl.source_marks(value)]
    return [mark for mark in marks if isinstance(mark, decl.Behaviour)]


class Predicate(Statements):
    """Compiles the body of one handler; what it needs from the model may be of any class that has it."""

    def __init__(self, schema: Schema, known: dict[str, tuple[int, ...]], kinds: dict[str, Kind]) -> None:
        super().__init__(schema, frozenset(), known, "property")
        self.predicate = True
        self.pure = 1
        self.ghost_kinds = kinds
        self.pre: list[tuple[str, Expr]] = []
        self.prefix = ""

    def open(self, function: Function, values: dict[str, Value]) -> None:
        frame = frame_of(function, function.name, None)
        frame.locals.update(values)
        self.frames.append(frame)

    def word_pre(self, node: ast.Call) -> Value:
        value = self.rvalue(self.one_argument(node))
        name = f"{self.prefix}.pre{len(self.pre)}"
        self.pre.append((name, value.expr))
        return Val(value.kind, Temp(name))

    def load(self, place: Place, node: ast.AST) -> Val:
        if place.variable not in self.schema.variables and isinstance(place.kind, SCALARS):
            return Val(place.kind, Load(place.variable, place.index))
        return super().load(place, node)

    def updates(
        self, statements: list[ast.stmt], guard: Expr, found: dict[tuple[str, tuple[Expr, ...]], Expr]
    ) -> None:
        """Assignments to ghosts under ``guard``; each reads the values that the updates before it gave."""
        for statement in statements:
            match statement:
                case ast.Pass() | ast.Expr(ast.Constant()):
                    continue
                case ast.Return(None):
                    return
                case ast.If(test, body, orelse):
                    truth = self.condition(test)
                    self.updates(body, conjunction(guard, truth), found)
                    self.updates(orelse, conjunction(guard, negate(truth)), found)
                    if any(isinstance(s, ast.Return) for s in body):
                        guard = conjunction(guard, negate(truth))
                case ast.Assign([ast.Name(name)], value):
                    self.frame.locals[name] = self.rvalue(value)
                case ast.Assign([target], value):
                    self._update(target, self.rvalue(value), guard, found)
                case ast.AugAssign(target, op, value) if type(op) in ARITHMETIC:
                    place = self._ghost(target)
                    current = Val(
                        place.kind,
                        found.get((place.variable, place.index), Load(place.variable, place.index)),
                    )
                    self._update(
                        target,
                        self.arithmetic(ARITHMETIC[type(op)], current, self.rvalue(value), target),
                        guard,
                        found,
                    )
                case ast.Expr(ast.Call(ast.Attribute(target, "add" | "discard" as name), [element])):
                    place = self._ghost(target)
                    if not isinstance(place.kind, SetT):
                        self.refuse(statement, f"{name} of a {place.kind}", "add to a Set")
                    current = Val(
                        place.kind,
                        found.get((place.variable, place.index), Load(place.variable, place.index)),
                    )
                    bit = self.element_bit(self.rvalue(element), place.kind, statement)
                    changed = binary("|" if name == "add" else "&~", current.expr, bit)
                    self._update(target, Val(place.kind, changed), guard, found)
                case ast.For(ast.Name(name), iterable, body, []):
                    for present, member in self.elements(iterable, statement):
                        self.frame.locals[name] = member
                        self.updates(body, conjunction(guard, present), found)
                case _:
                    self.refuse(
                        statement, f"{type(statement).__name__} in a handler",
                        "a handler assigns ghosts, under if and for, or returns a predicate",
                    )  # fmt: skip

    def _ghost(self, target: ast.expr) -> Place:
        place = self.expr(target)
        if not isinstance(place, Place) or place.variable in self.schema.variables:
            self.refuse(
                target, f"{ast.unparse(target)} is no ghost", "a property changes only its own fields"
            )
        return place

    def _update(
        self, target: ast.expr, value: Val, guard: Expr, found: dict[tuple[str, tuple[Expr, ...]], Expr]
    ) -> None:
        place = self._ghost(target)
        key = place.variable, place.index
        current = found.get(key, Load(place.variable, place.index))
        found[key] = cond(guard, self.coerce(value, place.kind, target), current)


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
        # Imported here: a formula is compiled by a predicate's compiler with more words.
        from ovlcheck.lang.behaviours import requirements_of

        def fresh() -> Predicate:
            context = Predicate(self.schema, self.known, kinds)
            context.prefix = f"{name}.{function.name}"
            return context

        return requirements_of(name, function, mark, fresh, Ghosts(cls) if cls is not None else None)

    def _listener(
        self, name: str, function: Function, mark: decl.Listener, kinds: dict[str, Kind], cls: type | None
    ) -> tuple[tuple[Expr, ...], tuple[Handler, ...]]:
        context = Predicate(self.schema, self.known, kinds)
        context.prefix = f"{name}.{function.name}"
        names = [p.arg for p in function.parameters]
        values: dict[str, Value] = {}
        if cls is not None and names:
            values[names.pop(0)] = Ghosts(cls)
        if names:
            values[names.pop(0)] = Model()
        context.open(function, values)
        events = self.event_kinds.get(mark.event, {})
        leaves: dict[str, list[str]] = {}
        positions = [k for n, k in events.items() if n != "result"]
        for i, parameter in enumerate(names):
            kind = context.annotated_kind(parameter, function) or events.get(parameter)
            if kind is None and i < len(positions):
                kind = positions[i]
            if kind is None:
                if mark.event and mark.event not in self.event_kinds:
                    return (), (
                        Handler(
                            mark.kind, mark.event, tuple(names), TRUE, source=context.source(function.tree)
                        ),
                    )
                context.refuse(
                    function.tree,
                    f"the event {mark.event} has no argument {parameter}",
                    f"it has: {', '.join(events) or 'none of a type that is known here: annotate the parameter'}",
                )
            if isinstance(kind, RefT):
                kind = RefT(kind.population, kind.size, nullable=False)
            if isinstance(kind, RecordT):
                values[parameter] = Struct(
                    kind.cls, tuple((f, Val(k, Param(f"{parameter}.{f}"))) for f, k in kind.fields)
                )
                leaves[parameter] = [f"{parameter}.{f}" for f, _ in kind.fields]
                continue
            values[parameter] = Val(kind, Param(parameter))
        context.frame.locals.update(values)
        names = [leaf for name in names for leaf in leaves.get(name, [name])]
        returns = any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(function.tree))
        if returns:
            value = context.pure_body(function.body)
            if isinstance(value, Place):
                value = context.load(value, function.tree)
            if not isinstance(value, Val):
                context.refuse(
                    function.tree,
                    f"{function.name} returns no value on some path",
                    "return a truth value on every path",
                )
            predicate = context.truth(value, function.tree)
            if mark.kind == "always":
                return (predicate,), ()
            return (), (
                Handler(
                    mark.kind,
                    mark.event,
                    tuple(names),
                    predicate,
                    (),
                    tuple(context.pre),
                    context.source(function.tree),
                ),
            )
        if mark.kind == "always":
            context.refuse(function.tree, f"{function.name} returns nothing", "return a truth value")
        found: dict[tuple[str, tuple[Expr, ...]], Expr] = {}
        context.updates(list(function.body), TRUE, found)
        updates = tuple(Update(variable, index, value) for (variable, index), value in found.items())
        return (), (
            Handler(
                mark.kind,
                mark.event,
                tuple(names),
                None,
                updates,
                tuple(context.pre),
                context.source(function.tree),
            ),
        )


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
