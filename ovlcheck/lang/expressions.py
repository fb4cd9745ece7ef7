"""Compiling expressions: as one tree where they are one step's work, else as a sequence of steps."""

from __future__ import annotations

import ast
import inspect
from typing import Any

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.context import Impure, boolean
from ovlcheck.lang.fold import binary, cond, conjunction, unary
from ovlcheck.lang.kinds import (
    SCALARS,
    ArrayT,
    EnumT,
    FlagT,
    IntT,
    Kind,
    ListT,
    RecordT,
    RefT,
    SetT,
    set_size,
)  # fmt: skip
from ovlcheck.lang.operators import ARITHMETIC, INT64, Operators
from ovlcheck.lang.source import MISSING, function_of
from ovlcheck.lang.values import (
    Bound,
    Ghosts,
    Many,
    Method,
    Model,
    Objects,
    Place,
    Py,
    Struct,
    Val,
    Value,
    constant,
)  # fmt: skip
from ovlcheck.system.evaluation import INDEX_OUT_OF_RANGE
from ovlcheck.system.expr import FALSE, Const, Expr, Load


class Expressions(Operators):
    """``expr`` compiles any expression, ``rvalue`` one that must be a scalar, ``branch`` one that is a condition."""

    def rvalue(self, node: ast.expr) -> Val:
        """The scalar value of ``node``; it may hold one shared read that has not happened yet."""
        return self.scalar(self.expr(node), node)

    def scalar(self, value: Value, node: ast.expr) -> Val:
        """``value``, which is that of ``node``, if it is a scalar."""
        if isinstance(value, Place):
            return self.load(value, node)
        if isinstance(value, Objects):
            return self.members(value)
        if not isinstance(value, Val):
            self.refuse(
                node, f"{ast.unparse(node)} is no value of the language", "use a scalar: see docs/language.md"
            )
        return value

    def expr(self, node: ast.expr) -> Value:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            self.refuse(
                node, f"{type(node).__name__} expressions are not in the language", "see docs/language.md"
            )
        result: Value = method(node)
        return result

    def try_pure(self, node: ast.expr, condition: bool = False) -> Val | None:
        """``node`` (or its truth) as a single expression of one step's work, or None if it needs more."""
        self.pure += 1
        try:
            value = boolean(self.condition(node)) if condition else self.rvalue(node)
        except Impure:
            return None
        finally:
            self.pure -= 1
        if not self.atomic and not self.pure and not self.is_single_access(value.expr):
            return None
        return value

    def operands(self, *nodes: ast.expr) -> list[Val]:
        """The values of ``nodes`` in Python's order; at most the last has a shared read still pending."""
        if self.pure:
            return [self.rvalue(node) for node in nodes]
        values: list[Val] = []
        for node in nodes:
            value = self.try_pure(node)
            if value is None or (not self.atomic and self.reads(value.expr)):
                hold = self.settle if value is not None else self.hold
                values = [hold(earlier, at) for earlier, at in zip(values, nodes, strict=False)]
            values.append(self.rvalue(node) if value is None else value)
        return values

    def _constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, int) and node.value not in INT64:
            self.refuse(node, f"{node.value} does not fit 64 bits", "use smaller integers")
        if isinstance(node.value, (bool, int)) or node.value is None:
            return constant(node.value)
        if isinstance(node.value, (str, bytes)) or node.value is Ellipsis:
            return Py(node.value)
        self.refuse(node, f"{node.value!r} is no value of the language", "use integers, booleans and enums")

    def _name(self, node: ast.Name) -> Value:
        frame = self.frame
        if node.id in frame.locals:
            return frame.locals[node.id]
        if node.id in frame.poisoned:
            raise Poisoned
        if node.id in frame.uses.stored:
            self.refuse(node, f"{node.id} may have no value here", "assign it on every path to this place")
        found = frame.function.lookup(node.id)
        if found is MISSING:
            self.refuse(node, f"{node.id} is not defined", "assign it first, or import it")
        return self.lift(found, node)

    def lift(self, found: Any, node: ast.AST) -> Value:
        """A Python object that model code names."""
        if isinstance(found, (decl.Constant, decl.Population)):
            self.refuse(node, "a declaration of the model without self", "write self.NAME")
        if isinstance(found, int) and int(found) not in INT64:
            self.refuse(node, f"{found} does not fit 64 bits", "use smaller integers")
        return constant(found)

    def _namedexpr(self, node: ast.NamedExpr) -> Value:
        self.refuse(node, ":= inside an expression", "assign in a statement of its own")

    def _attribute(self, node: ast.Attribute) -> Value:
        receiver = self.expr(node.value)
        return self.attribute(receiver, node.attr, node)

    def attribute(self, receiver: Value, name: str, node: ast.AST) -> Value:
        """``receiver.name``."""
        match receiver:
            case Model():
                return self._model_attribute(receiver, name, node)
            case Ghosts(cls):
                kind = self.ghost_kinds.get(name)
                if kind is not None:
                    return Place(kind, f"{cls.__name__}.{name}")
                return self._class_attribute(cls, None, receiver, name, node)
            case Place(RecordT(_, fields), variable, index):
                for field, kind in fields:
                    if field == name:
                        return Place(kind, f"{variable}.{name}", index)
                self.refuse(node, f"{receiver.kind} has no field {name}", "declare it in the Record")
            case Struct(cls, fields):
                for field, found in fields:
                    if field == name:
                        return found
                return self._class_attribute(cls, None, receiver, name, node)
            case Place(RefT()):
                value = self.settle(self.load(receiver, node), node)
                return self._object_attribute(value, name, node)
            case Val(RefT()):
                return self._object_attribute(self.settle(receiver, node), name, node)
            case Place() | Val() | Objects() | Many():
                return Method(receiver, name)
            case Py(value):
                return self._python_attribute(value, name, node)
            case Method(inner, prefix) if isinstance(inner, Py):
                return Method(inner, f"{prefix}.{name}")
        self.refuse(node, f"no attribute {name} here", "see docs/language.md")

    def _python_attribute(self, value: object, name: str, node: ast.AST) -> Value:
        try:
            found = getattr(value, name, MISSING)
        except Exception:  # whatever a descriptor of the author's may raise
            found = MISSING
        if found is MISSING:
            self.refuse(node, f"{value!r} has no attribute {name}", "check its name")
        return self.lift(found, node)

    ghost_kinds: dict[str, Kind] = {}

    def _model_attribute(self, receiver: Model, name: str, node: ast.AST) -> Value:
        schema = self.schema
        if receiver.after is None:
            if name in schema.attribute_population:
                return Objects(schema.attribute_population[name])
            if name in schema.constants:
                return constant(schema.constants[name])
            if name in schema.fields:
                return Place(schema.fields[name], name)
            if name == "holds":
                return Method(receiver, "holds")
        return self._class_attribute(schema.cls, receiver.after, Model(), name, node)

    def _object_attribute(self, value: Val, name: str, node: ast.AST) -> Value:
        assert isinstance(value.kind, RefT)
        if not value.kind.population:
            self.refuse(node, f"None has no attribute {name}", "test for None first")
        info = self.schema.populations[value.kind.population]
        for field, kind in info.fields:
            if field == name:
                return Place(kind, f"{info.name}.{name}", (self.slot(value, node),))
        return self._class_attribute(info.cls, None, value, name, node)

    def _class_attribute(
        self, cls: type, after: type | None, receiver: Value, name: str, node: ast.AST
    ) -> Value:
        """A method, property or plain value that a class gives; with ``after``, one of the classes behind it."""
        mro = cls.__mro__[cls.__mro__.index(after) + 1 :] if after else cls.__mro__
        for owner in mro:
            if name not in owner.__dict__:
                continue
            found = owner.__dict__[name]
            if isinstance(found, property):
                getter = function_of(found.fget)
                if getter is None:
                    break
                return self.call_function(Bound(getter, receiver, owner), [], {}, node, silent=True)
            if isinstance(found, staticmethod):
                return Py(found.__func__)
            function = function_of(found)
            if function is not None:
                return Bound(function, receiver, owner)
            if inspect.isfunction(found):
                break
            return self.lift(found, node)
        where = "super()" if after else cls.__name__
        self.refuse(
            node,
            f"{where} has no attribute {name}",
            "check its name, or declare the field with an annotation",
        )

    def _subscript(self, node: ast.Subscript) -> Value:
        container = self.expr(node.value)
        match container:
            case Place(ArrayT(element, size, index), variable, prefix):
                value = self.settle(self.rvalue(node.slice), node)
                return Place(element, variable, (*prefix, self._array_index(value, size, index, node)))
            case Place(ListT()):
                if self.pure or self.atomic:
                    position = self.rvalue(node.slice)
                else:
                    position = self.settle(self.rvalue(node.slice), node)
                self.number(position, node)
                return self.list_item(container, self.list_position(container, position))
            case Many(items):
                value = self.rvalue(node.slice)
                if isinstance(value.expr, Const) and -len(items) <= value.expr.value < len(items):
                    return items[value.expr.value]
        self.refuse(node, "only arrays and lists have elements", "index an Array or a List")

    def list_position(self, place: Place, position: Val) -> Expr:
        """The cell of an element of a list; outside the list an index out of range."""
        assert isinstance(place.kind, ListT)
        length = Load(f"{place.variable}.len", place.index)
        at = position.expr
        if isinstance(at, Const) and at.value < 0:
            at = binary("+", length, at)
        inside = conjunction(binary(">=", at, Const(0)), binary("<", at, length))
        return cond(inside, at, Const(place.kind.capacity))

    def _array_index(self, value: Val, size: int, index: Kind, node: ast.Subscript) -> Expr:
        match index:
            case RefT() if isinstance(value.kind, RefT) and value.kind.population == index.population:
                return self.slot(value, node)
            case EnumT() if value.kind == index:
                return value.expr
            case IntT():
                self.number(value, node)
                if isinstance(value.expr, Const) and not 0 <= value.expr.value < size:
                    self._outside(value.expr.value, size, node)
                return value.expr
        self.refuse(node, f"a {value.kind} as index where a {index} is expected", f"index it with a {index}")

    def _outside(self, at: int, size: int, node: ast.Subscript) -> None:
        """An index that is always wrong: in the text, or by the constants of this configuration."""
        message = f"index {at} of an array of {size}"
        if isinstance(node.slice, (ast.Constant, ast.UnaryOp)) or self.predicate:
            self.refuse(node, message, f"use 0 .. {size - 1}")
        self.emit("check", node, value=FALSE, name=INDEX_OUT_OF_RANGE, message=message)

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return boolean(self.condition(node))
        value = self.rvalue(node.operand)
        if isinstance(node.op, ast.Invert):
            if not isinstance(value.kind, FlagT):
                self.refuse(node, f"~ of a {value.kind}", "~ is for flags; use not for booleans")
            return Val(value.kind, binary("^", Const((1 << set_size(value.kind)) - 1), value.expr))
        lo, hi = self.number(value, node)
        if isinstance(node.op, ast.UAdd):
            return value
        return Val(IntT(-hi, -lo), unary("-", value.expr))

    def _binop(self, node: ast.BinOp) -> Value:
        if isinstance(node.op, (ast.Div, ast.Pow, ast.MatMult)):
            self.refuse(node, "/ and ** are not in the language", "use // or %, or multiply")
        left, right = self.operands(node.left, node.right)
        return self.arithmetic(ARITHMETIC[type(node.op)], left, right, node)

    def _set(self, node: ast.Set) -> Value:
        values = self.operands(*node.elts)
        total: Expr = Const(0)
        kind: SetT = SetT(None)
        for value in values:
            if not isinstance(value.kind, (RefT, EnumT)):
                self.refuse(node, f"a set of {value.kind}", "sets hold objects or members of an Enum")
            element = (
                RefT(value.kind.population, value.kind.size, False)
                if isinstance(value.kind, RefT)
                else value.kind
            )
            total = binary("|", total, self.element_bit(value, SetT(element), node))
            kind = SetT(element)
        return Val(kind, total)

    def _tuple(self, node: ast.Tuple | ast.List) -> Value:
        items: list[Value] = []
        for element in node.elts:
            value = self.expr(element)
            if isinstance(value, Place) and isinstance(value.kind, SCALARS):
                value = self.load(value, element)
            items.append(self.hold(value, element) if isinstance(value, Val) else value)
        return Many(tuple(items))

    def _list(self, node: ast.List) -> Value:
        return self._tuple(node)

    def _starred(self, node: ast.Starred) -> Value:
        self.refuse(node, "* of a sequence", "name the elements one by one")

    # Provided by the classes that mix this one in.
    def condition(self, node: ast.expr) -> Expr:
        raise NotImplementedError

    def call_function(
        self,
        bound: Bound,
        arguments: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        silent: bool = False,
    ) -> Value:
        raise NotImplementedError


class Poisoned(Exception):
    """A name that lacks its value because of an error reported already."""


def has_call(node: ast.AST) -> bool:
    """Whether evaluating ``node`` may run code that changes something."""
    return any(isinstance(n, ast.Call) for n in ast.walk(node))
