"""Calls: functions are inlined with their results; the words of the language and a few builtins mean what they say."""

from __future__ import annotations

import ast
import enum
from dataclasses import replace
from typing import Any

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.conditions import Conditions
from ovlcheck.lang.context import Frame, Impure, frame_of
from ovlcheck.lang.expressions import has_call
from ovlcheck.lang.flow import LOCAL, locals_in
from ovlcheck.lang.fold import cond
from ovlcheck.lang.kinds import NONE, SCALARS, RecordT, RefT, join, system_type
from ovlcheck.lang.source import Function, Refused, function_of
from ovlcheck.lang.values import Bound, Method, Model, Objects, Place, Py, Struct, Val, Value, constant
from ovlcheck.system.expr import Const, Expr
from ovlcheck.system.transition_system import Event

_NO_DEFAULT = object()


class Calls(Conditions):
    """``_call`` dispatches on what is called."""

    def _call(self, node: ast.Call) -> Value:
        if any(k.arg is None for k in node.keywords):
            self.refuse(node, "** in a call", "name the arguments")
        if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
            if self.frame.cls is None:
                self.refuse(node, "super() outside a method", "use it in a method of the model")
            receiver = self.frame.locals[self.frame.function.parameters[0].arg]
            return (
                Model(after=self.frame.cls)
                if isinstance(receiver, Model)
                else self._super_object(receiver, node)
            )
        target = self.expr(node.func)
        match target:
            case Bound():
                return self._call_bound(target, node)
            case Method(receiver, name):
                return self._call_method(receiver, name, node)
            case Py(value):
                return self._call_python(value, node)
        self.refuse(
            node,
            f"{ast.unparse(node.func)} cannot be called",
            "call methods, functions of the module or words of the language",
        )

    def _super_object(self, receiver: Value, node: ast.AST) -> Value:
        self.refuse(
            node, "super() in a method of an Object", "call the base class's method under another name"
        )

    def _arguments(self, node: ast.Call) -> tuple[list[Value], dict[str, Value]]:
        """The arguments in Python's order; scalars are settled when a later one has steps of its own."""
        values: list[Value] = []
        nodes = [*node.args, *(k.value for k in node.keywords)]
        for i, argument in enumerate(nodes):
            value = self.expr(argument)
            if isinstance(value, Place) and isinstance(value.kind, SCALARS):
                value = self.load(value, argument)
            if isinstance(value, Objects):
                value = self.members(value)
            if isinstance(value, Struct) and not self.pure:
                value = self.keep_struct(value, argument)
            if isinstance(value, Val) and not self.pure:
                if any(map(has_call, nodes[i + 1 :])) or not self.anchored(value):
                    value = self.hold(value, argument)
                else:
                    self.look(value.expr, argument)
            values.append(value)
        count = len(node.args)
        return values[:count], {str(k.arg): v for k, v in zip(node.keywords, values[count:], strict=True)}

    def anchored(self, value: Val) -> bool:
        """Whether ``value`` stays what it is while a function is called: it is made of locals of active functions."""
        own = f"{LOCAL}{self.frame.label}."
        return self.stable(value.expr) and all(
            n.startswith(own) or self.of_caller(n) for n in locals_in(value.expr)
        )

    def _call_bound(self, bound: Bound, node: ast.Call) -> Value:
        if self.pure and not self.predicate:
            raise Impure  # a call of a method is an event: it needs a place in the graph
        if isinstance(bound.receiver, Val):
            bound = replace(bound, receiver=self.hold(bound.receiver, node))
        positional, keywords = self._arguments(node)
        return self.call_function(bound, positional, keywords, node)

    def keep_struct(self, value: Struct, node: ast.AST) -> Struct:
        """``value`` with the fields that may change before they are read put into locals."""
        kept = tuple(
            (n, self.keep(v, node) if isinstance(v, Val) and not self.anchored(v) else v)
            for n, v in value.fields
        )
        return Struct(value.cls, kept)

    def call_function(
        self,
        bound: Bound,
        arguments: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        silent: bool = False,
    ) -> Value:
        """Inline a function; ``silent`` ones (properties) are no events."""
        function = bound.function
        if any(f.function.object is function.object for f in self.frames):
            self.refuse(
                node, f"{function.name} calls itself", "recursion is not in the language: write a loop"
            )
        values = self._bind(bound, arguments, keywords, node)
        label = "holds'" if function.name == "holds" else function.name  # p.holds.x: whether p holds x
        if any(f.label == label for f in self.frames):
            label = f"{bound.cls.__name__}.{label}" if bound.cls else f"{label}'"
        frame = frame_of(function, label, bound.cls)
        if self.pure:
            return self._call_pure(frame, values, node)
        self.frames.append(frame)
        try:
            return self._inline(frame, values, node, silent)
        finally:
            self.frames.pop()

    def _bind(
        self, bound: Bound, arguments: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> dict[str, Value]:
        function = bound.function
        if function.tree.args.vararg or function.tree.args.kwarg:
            self.refuse(node, f"{function.name} takes * or ** parameters", "name the parameters")
        names = [p.arg for p in function.parameters]
        plain = isinstance(bound.receiver, Py) and bound.receiver.value is None
        given: list[Value] = arguments if plain else [bound.receiver, *arguments]
        if len(given) > len(names):
            self.refuse(
                node, f"too many arguments for {function.name}", f"it takes {len(names) - (not plain)}"
            )
        values = dict(zip(names, given, strict=False))
        keyword_only = [p.arg for p in function.tree.args.kwonlyargs]
        for name, value in keywords.items():
            if name in values or name not in names + keyword_only:
                self.refuse(node, f"{function.name} has no free parameter {name}", "check the arguments")
            values[name] = value
        defaults = function.object.__defaults__ or ()
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            values.setdefault(name, constant(default))
        for name, default in (function.object.__kwdefaults__ or {}).items():
            values.setdefault(name, constant(default))
        missing = [n for n in names + keyword_only if n not in values]
        if missing:
            self.refuse(node, f"{function.name} misses {', '.join(missing)}", "give all its arguments")
        return {n: values[n] for n in names + keyword_only}

    def _inline(self, frame: Frame, values: dict[str, Value], node: ast.AST, silent: bool) -> Value:
        function = frame.function
        if frame.uses.stored:
            self.emit("enter", function.tree, variable=frame.label)
        for name, value in values.items():
            declared = self.annotated_kind(name, function) if isinstance(value, Val) else None
            if isinstance(value, Val) and declared is not None:
                value = Val(join(declared, value.kind) or declared, self.coerce(value, declared, node))
            if isinstance(value, Val) and (name in frame.uses.stored or not self.stable(value.expr)):
                value = self.assign_local(name, value, node)
            frame.locals[name] = value
        shown = tuple(
            (n, v.expr, system_type(v.kind)) for name in values for n, v in _leaves(name, frame.locals[name])
        )
        first = function.tree
        if not silent:
            self.emit("event", first, event=Event("call", function.name, shown, function.source(first)))
        self.block(function.body)
        result = self._returned(frame)
        if not self.exits:
            return result
        if result.kind != NONE:
            shown = (*shown, ("result", result.expr, system_type(result.kind)))
        if not silent:
            last = function.body[-1] if function.body else first
            self.emit("event", last, event=Event("return", function.name, shown, function.source(last)))
        return result

    def _returned(self, frame: Frame) -> Val:
        """The result of the function behind all its returns; a way without one returns None."""
        tree, without = frame.function.tree, frame.plain_returns + self.exits
        if not frame.returns_value:
            self.exits = without
            return Val(NONE, Const(0))
        if without:
            kind = frame.kinds["$result"]
            if not isinstance(kind, RefT):
                self.refuse(
                    tree,
                    f"{frame.function.name} returns a {kind} on some paths only",
                    "return a value on every path",
                )
            self.exits = without
            self.assign_local("$result", Val(NONE, Const(0)), tree)
            frame.returns += self.exits
        self.exits = frame.returns
        result = self.rebound("$result")
        return result if result.kind != NONE else Val(NONE, Const(0))

    def annotated_kind(self, name: str, function: Function) -> Any:
        """The kind that a parameter's annotation gives, or None."""
        annotation = function.object.__annotations__.get(name)
        if annotation is None:
            return None
        if isinstance(annotation, str):
            try:
                annotation = eval(annotation, function.object.__globals__)
            except Exception:  # an annotation that only a type checker understands says nothing here
                return None
        before = len(self.schema.diagnostics)
        kind = self.schema.kind(annotation, self.schema.cls, name)
        del self.schema.diagnostics[before:]
        return kind

    def _call_pure(self, frame: Frame, values: dict[str, Value], node: ast.AST) -> Value:
        frame.locals.update(values)
        self.frames.append(frame)
        try:
            result = self.pure_body(list(frame.function.body))
        finally:
            self.frames.pop()
        return result if result is not None else Val(NONE, Const(0))

    def pure_body(self, statements: list[ast.stmt]) -> Value | None:
        """The value that straight-line code returns; None if it ends without ``return``."""
        for i, statement in enumerate(statements):
            rest = statements[i + 1 :]
            match statement:
                case ast.Return(value):
                    return self.expr(value) if value is not None else Val(NONE, Const(0))
                case ast.Pass() | ast.Expr(ast.Constant()):
                    continue
                case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(
                    ast.Name(name), _, ast.expr() as value
                ):
                    found = self.expr(value)
                    self.frame.locals[name] = (
                        self.load(found, value)
                        if isinstance(found, Place) and isinstance(found.kind, SCALARS)
                        else found
                    )
                case ast.If(test, body, orelse):
                    truth = self.condition(test)
                    if isinstance(truth, Const):
                        return self.pure_body((body if truth.value else orelse) + rest)
                    saved = dict(self.frame.locals)
                    then = self.pure_body(body + rest)
                    self.frame.locals = dict(saved)
                    other = self.pure_body(orelse + rest)
                    return self._pure_choice(truth, then, other, statement)
                case _:
                    if self.predicate:
                        self.refuse(
                            statement,
                            f"{type(statement).__name__} in a predicate",
                            "a predicate assigns locals, tests and returns",
                        )
                    raise Impure
        return None

    def _pure_choice(self, test: Expr, then: Value | None, other: Value | None, node: ast.AST) -> Value:
        if not isinstance(then, (Val, Place)) or not isinstance(other, (Val, Place)):
            self.refuse(node, "a branch that returns nothing", "return a value on every path")
        a = self.load(then, node) if isinstance(then, Place) else then
        b = self.load(other, node) if isinstance(other, Place) else other
        kind = a.kind if a.kind == b.kind else join(a.kind, b.kind)
        if kind is None:
            self.refuse(node, f"returns a {a.kind} or a {b.kind}", "return values of one type")
        return Val(kind, cond(test, a.expr, b.expr))

    def _call_python(self, value: Any, node: ast.Call) -> Value:
        name = getattr(value, "__name__", str(value))
        builtin = {
            any: "any", all: "all", sum: "sum", len: "len", min: "min", max: "max", bool: "bool", int: "int",
            abs: "abs", range: "range", set: "set", frozenset: "set", tuple: "tuple", list: "tuple", sorted: "sorted",
            decl.wait: "wait", decl.choose: "choose", decl.new: "new", decl.free: "free", decl.idle: "idle",
            decl.may_not_happen: "may_not_happen", decl.event: "event", decl.pre: "pre",
        }.get(value) if _hashable(value) else None  # fmt: skip
        if any(value is operator for operator in decl.OPERATORS):
            remedy = "write it in the formula that a property with @behaviour returns, not inside a predicate"
            self.refuse(node, f"{name} is about a behaviour, and this about a state", remedy)
        if builtin is not None:
            if node.keywords:
                self.refuse(node, f"{builtin} takes no named arguments", "give the values alone")
            result: Value = getattr(self, f"word_{builtin}")(node)
            return result
        if isinstance(value, type) and issubclass(value, enum.Flag):
            return self._flags(value, node)
        if isinstance(value, type) and issubclass(value, decl.Record):
            return self._record(value, node)
        function = function_of(value)
        if function is None:
            self.refuse(
                node,
                f"{name} cannot be compiled",
                "call functions that are written in Python, or words of the language",
            )
        positional, keywords = self._arguments(node)
        if not self.pure:
            pure = self._try_pure_function(function, positional, keywords, node)
            if pure is not None:
                return pure
        return self.call_function(Bound(function, Py(None)), positional, keywords, node)

    def _flags(self, cls: type[enum.Flag], node: ast.Call) -> Value:
        """``Mode(0)``: the empty word; members have names."""
        match node.args:
            case [ast.Constant(int(number))] if not node.keywords:
                try:
                    return constant(cls(number))
                except ValueError:
                    self.refuse(node, f"{number} is no {cls.__name__}", "use its members")
        self.refuse(
            node,
            f"{cls.__name__} of something that is no number",
            f"write {cls.__name__}(0), or use its members",
        )

    def _record(self, cls: type, node: ast.Call) -> Value:
        """A record in locals: every field that its class annotates, by position or by name."""
        kind = self.schema.kind(cls, self.schema.cls, cls.__name__)
        if not isinstance(kind, RecordT):
            self.refuse(
                node,
                f"{cls.__name__} has fields that are not of the language",
                "annotate them with its types",
            )
        positional, keywords = self._arguments(node)
        names = [n for n, _ in kind.fields]
        given = {**dict(zip(names, positional, strict=False)), **keywords}
        if set(given) != set(names) or len(positional) > len(names):
            self.refuse(node, f"{cls.__name__} takes {', '.join(names)}", "give each field once")
        fields = []
        for name, field in kind.fields:
            value = given[name]
            if not isinstance(value, Val):
                self.refuse(node, f"{name} is no scalar", "records in locals hold scalars")
            expr = self.coerce(value, field, node)
            fields.append(
                (
                    name,
                    Val(
                        value.kind if isinstance(value.expr, Const) else join(field, value.kind) or field,
                        expr,
                    ),
                )
            )
        return Struct(cls, tuple(fields))

    def _try_pure_function(
        self, function: Function, positional: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value | None:
        """A module's function that only returns an expression of one access is no event and costs what that costs."""
        self.pure += 1
        try:
            value = self.call_function(Bound(function, Py(None)), positional, keywords, node)
        except (Impure, Refused):
            return None
        finally:
            self.pure -= 1
        if not isinstance(value, Val) or value.kind == NONE:
            return None
        return value if self.atomic or self.is_single_access(value.expr) else None

    def is_choice(self, node: ast.Call) -> bool:
        target = node.func
        return (
            isinstance(target, ast.Name)
            and target.id not in self.frame.locals
            and self.frame.function.lookup(target.id) is decl.choose
            and not node.args
        )

    # Provided by the classes that mix this one in.
    def _call_method(self, receiver: Value, name: str, node: ast.Call) -> Value:
        raise NotImplementedError

    def block(self, statements: list[ast.stmt]) -> None:
        raise NotImplementedError


def _leaves(name: str, value: Value) -> list[tuple[str, Val]]:
    """The scalars of an argument, each under its name: itself, or the fields of a record."""
    match value:
        case Val():
            return [(name, value)]
        case Struct(_, fields):
            return [leaf for field, inner in fields for leaf in _leaves(f"{name}.{field}", inner)]
    return []


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
