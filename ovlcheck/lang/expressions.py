"""Compiling expressions: as one tree where they are one step's work, else as a sequence of steps."""

from __future__ import annotations

import ast
import inspect
from typing import Any

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.context import Context, Impure, boolean
from ovlcheck.lang.flow import Exits
from ovlcheck.lang.fold import binary, cond, conjunction, disjunction, negate, unary
from ovlcheck.lang.kinds import (
    BOOL, NONE, ArrayT, BoolT, EnumT, FlagT, IntT, Kind, ListT, LockT, RecordT, RefT, SetT,
    is_number, join, set_size,
)  # fmt: skip
from ovlcheck.lang.source import MISSING, function_of
from ovlcheck.lang.values import (
    Bound, Ghosts, Many, Method, Model, Objects, Place, Py, Struct, Val, Value, constant,
)  # fmt: skip
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load

_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
_COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "==", ast.IsNot: "!=",
}  # fmt: skip
_INT64 = range(-(1 << 63), 1 << 63)


class Expressions(Context):
    """``expr`` compiles any expression, ``rvalue`` one that must be a scalar, ``branch`` one that is a condition."""

    def rvalue(self, node: ast.expr) -> Val:
        """The scalar value of ``node``; it may hold one shared read that has not happened yet."""
        value = self.expr(node)
        if isinstance(value, Place):
            return self.load(value, node)
        if isinstance(value, Objects):
            return self.members(value)
        if isinstance(value, Many) and isinstance(node, (ast.Set, ast.Tuple, ast.List, ast.Call)) and not value.items:
            return Val(SetT(None), Const(0))
        if not isinstance(value, Val):
            self.refuse(node, f"{ast.unparse(node)} is no value of the language", "use a scalar: see docs/language.md")
        return value

    def members(self, objects: Objects) -> Val:
        """The set of the allocated objects of a population."""
        info = objects.population
        kind = SetT(RefT(info.name, info.size, nullable=False))
        if not info.dynamic:
            return Val(kind, Const((1 << info.size) - 1))
        alive: list[Expr] = [Load(info.alive, (Const(i),)) for i in range(info.size)]
        bits = [binary("<<", bit, Const(i)) for i, bit in enumerate(alive)]
        total: Expr = Const(0)
        for bit in bits:
            total = binary("|", total, bit)
        return Val(kind, total)

    def expr(self, node: ast.expr) -> Value:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            self.refuse(node, f"{type(node).__name__} expressions are not in the language", "see docs/language.md")
        result: Value = method(node)
        return result

    def try_pure(self, node: ast.expr) -> Val | None:
        """``node`` as a single expression of one step's work, or None if it needs more."""
        self.pure += 1
        try:
            value = self.rvalue(node)
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
                for i, earlier in enumerate(values):
                    values[i] = self.settle(earlier, nodes[i], force=value is None)
            values.append(self.rvalue(node) if value is None else value)
        return values

    def _constant(self, node: ast.Constant) -> Value:
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
        found = frame.function.lookup(node.id)
        if found is MISSING:
            self.refuse(node, f"{node.id} is not defined", "assign it first, or import it")
        return self.lift(found, node)

    def lift(self, found: Any, node: ast.AST) -> Value:
        """A Python object that model code names."""
        if isinstance(found, (decl.Constant, decl.Population)):
            self.refuse(node, "a declaration of the model without self", "write self.NAME")
        return constant(found)

    def _namedexpr(self, node: ast.NamedExpr) -> Value:
        if self.pure and not self.predicate:
            raise Impure
        value = self.rvalue(node.value)
        if self.pure:
            self.frame.locals[node.target.id] = value
            return value
        kept = self.assign_local(node.target.id, value, node)
        self.frame.locals[node.target.id] = kept
        return kept

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
                found = getattr(value, name, MISSING)
                if found is MISSING:
                    self.refuse(node, f"{value!r} has no attribute {name}", "check its name")
                return self.lift(found, node)
            case Method(inner, prefix) if isinstance(inner, Py):
                return Method(inner, f"{prefix}.{name}")
        self.refuse(node, f"no attribute {name} here", "see docs/language.md")

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

    def _class_attribute(self, cls: type, after: type | None, receiver: Value, name: str, node: ast.AST) -> Value:
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
        self.refuse(node, f"{where} has no attribute {name}", "check its name, or declare the field with an annotation")

    def _subscript(self, node: ast.Subscript) -> Value:
        container = self.expr(node.value)
        match container:
            case Place(ArrayT(element, size, index), variable, prefix):
                value = self.settle(self.rvalue(node.slice), node)
                return Place(element, variable, (*prefix, self._array_index(value, size, index, node)))
            case Place(ListT(element, capacity)):
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

    def _array_index(self, value: Val, size: int, index: Kind, node: ast.AST) -> Expr:
        match index:
            case RefT() if isinstance(value.kind, RefT) and value.kind.population == index.population:
                return self.slot(value, node)
            case EnumT() if value.kind == index:
                return value.expr
            case IntT():
                self.number(value, node)
                if isinstance(value.expr, Const) and not 0 <= value.expr.value < size:
                    self.refuse(node, f"index {value.expr.value} of an array of {size}", f"use 0 .. {size - 1}")
                return value.expr
        self.refuse(node, f"a {value.kind} as index where a {index} is expected", f"index it with a {index}")

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            if not self.pure and self.try_pure(node.operand) is None:
                return self._by_branches(node)
            value = self.rvalue(node.operand)
            return boolean(negate(self.truth(value, node)))
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
        return self.arithmetic(_ARITHMETIC[type(node.op)], left, right, node)

    def arithmetic(self, op: str, left: Val, right: Val, node: ast.AST) -> Val:
        """``left op right`` with Python's meaning, on numbers, flags or sets."""
        if isinstance(left.kind, (SetT, FlagT)) and op in ("&", "|", "^", "-"):
            kind = join(left.kind, right.kind)
            if kind is None:
                self.refuse(node, f"{left.kind} {op} {right.kind}", "both sides must be of one type")
            complement = op == "-"
            if complement and isinstance(left.kind, FlagT):
                self.refuse(node, "- on flags", "write: flags & ~OTHER")
            return Val(kind, binary("&~" if complement else op, left.expr, right.expr))
        (alo, ahi), (blo, bhi) = self.number(left, node), self.number(right, node)
        if op in ("&", "|", "^") and isinstance(left.kind, BoolT) and isinstance(right.kind, BoolT):
            return Val(BOOL, binary(op, left.expr, right.expr))
        corners: list[int]
        match op:
            case "+":
                corners = [alo + blo, ahi + bhi]
            case "-":
                corners = [alo - bhi, ahi - blo]
            case "*":
                corners = [a * b for a in (alo, ahi) for b in (blo, bhi)]
            case "//":
                divisors = [b for b in (blo, -1, 1, bhi) if b and blo <= b <= bhi]
                corners = [a // b for a in (alo, ahi) for b in divisors] or [0]
            case "%":
                corners = [min(blo + 1, 0), max(bhi - 1, 0)]
            case _:
                if alo < 0 or blo < 0 or (op in ("<<", ">>") and bhi > 62):
                    self.refuse(node, f"{op} on numbers that may be negative or shift too far", "narrow their types")
                if op == "<<":
                    corners = [alo << blo, ahi << bhi]
                elif op == ">>":
                    corners = [alo >> bhi, ahi >> blo]
                else:
                    corners = [0, (1 << max(ahi, bhi).bit_length()) - 1]
        if min(corners) not in _INT64 or max(corners) not in _INT64:
            self.refuse(node, "this can leave 64 bits", "narrow the types of the operands")
        return Val(IntT(min(corners), max(corners)), binary(op, left.expr, right.expr))

    def _compare(self, node: ast.Compare) -> Value:
        if len(node.ops) > 1:
            parts: list[ast.expr] = []
            left = node.left
            for op, right in zip(node.ops, node.comparators, strict=True):
                parts.append(ast.copy_location(ast.Compare(left, [op], [right]), node))
                left = right
            return self.expr(ast.copy_location(ast.BoolOp(ast.And(), parts), node))
        op, right_node = node.ops[0], node.comparators[0]
        if isinstance(op, (ast.In, ast.NotIn)):
            inside = self._membership(node.left, right_node, node)
            return boolean(negate(inside) if isinstance(op, ast.NotIn) else inside)
        length = self._list_emptiness(node)
        if length is not None:
            return length
        left_value, right_value = self.operands(node.left, right_node)
        return boolean(self.comparison(_COMPARISON[type(op)], left_value, right_value, node))

    def _list_emptiness(self, node: ast.Compare) -> Value | None:
        """``l == []``: the one comparison that a whole list has."""
        right = node.comparators[0]
        if not (isinstance(right, (ast.List, ast.Tuple)) and not right.elts and isinstance(node.ops[0], (ast.Eq, ast.NotEq))):
            return None
        place = self.expr(node.left)
        if not isinstance(place, Place) or not isinstance(place.kind, ListT):
            return None
        empty = binary("==", self.load(self.list_length(place), node).expr, Const(0))
        return boolean(negate(empty) if isinstance(node.ops[0], ast.NotEq) else empty)

    def comparison(self, op: str, left: Val, right: Val, node: ast.AST) -> Expr:
        """The truth of ``left op right``; references and enum members can only be equal or not."""
        if is_number(left.kind) and is_number(right.kind):
            return binary(op, left.expr, right.expr)
        if NONE in (left.kind, right.kind) and op in ("==", "!=") and not isinstance(left.kind, RefT if right.kind == NONE else type(left.kind)):
            return FALSE if op == "==" else TRUE
        if join(left.kind, right.kind) is None:
            self.refuse(node, f"a {left.kind} compared with a {right.kind}", "compare values of one type")
        if op in ("==", "!="):
            return binary(op, left.expr, right.expr)
        if isinstance(left.kind, SetT):
            a, b = (left.expr, right.expr) if op in ("<", "<=") else (right.expr, left.expr)
            subset = binary("==", binary("&~", a, b), Const(0))
            return subset if op in ("<=", ">=") else conjunction(subset, binary("!=", a, b))
        self.refuse(node, f"{op} on a {left.kind}", "objects, enum members and flags have no order")

    def _membership(self, element: ast.expr, container: ast.expr, node: ast.AST) -> Expr:
        if isinstance(container, (ast.Tuple, ast.List, ast.Set)):
            value, *options = self.operands(element, *container.elts)
            return disjunction(*(self.comparison("==", value, option, node) for option in options))
        where = self.expr(container)
        if isinstance(where, Many):
            value = self.rvalue(element)
            return disjunction(*(self.comparison("==", value, o, node) for o in where.items if isinstance(o, Val)))
        if isinstance(where, Place) and isinstance(where.kind, ListT):
            value = self.settle(self.rvalue(element), node, force=True)
            if not (self.pure or self.atomic):
                self.refuse(node, "a search of a whole list is more than one access", "write it inside: with atomic:")
            return self.in_list(where, value, node)
        value, box = self.operands(element, container)
        if isinstance(box.kind, FlagT) and box.kind == value.kind:
            return binary("==", binary("&~", value.expr, box.expr), Const(0))
        if not isinstance(box.kind, SetT):
            self.refuse(node, f"in a {box.kind}", "in is for sets, lists and flags")
        return self.contains(box, value, node)

    def in_list(self, place: Place, value: Val, node: ast.AST) -> Expr:
        """Whether the list at ``place`` has an element equal to ``value``."""
        assert isinstance(place.kind, ListT)
        length = Load(f"{place.variable}.len", place.index)
        hits = []
        for i in range(place.kind.capacity):
            item = Val(place.kind.element, Load(f"{place.variable}.items", (*place.index, Const(i))))
            hits.append(conjunction(binary("<", Const(i), length), self.comparison("==", value, item, node)))
        return disjunction(*hits)

    def contains(self, box: Val, value: Val, node: ast.AST) -> Expr:
        """Whether the set ``box`` has ``value``; None is in no set."""
        assert isinstance(box.kind, SetT)
        if box.kind.element is None:
            return FALSE
        if join(box.kind.element, value.kind) is None:
            self.refuse(node, f"a {value.kind} in a {box.kind}", f"test a {box.kind.element}")
        if isinstance(value.kind, RefT):
            if not value.kind.population:
                return FALSE
            bit = binary("&", binary(">>", box.expr, binary("-", value.expr, Const(1))), Const(1))
            return conjunction(binary("!=", value.expr, Const(0)), bit) if value.kind.nullable else bit
        return binary("&", binary(">>", box.expr, value.expr), Const(1))

    def element_bit(self, value: Val, kind: SetT, node: ast.AST) -> Expr:
        """The bit of ``value`` in a set of ``kind``."""
        if kind.element is not None and join(kind.element, value.kind) is None:
            self.refuse(node, f"a {value.kind} in a {kind}", f"give a {kind.element}")
        if isinstance(value.kind, RefT):
            slot = self.slot(value, node) if value.kind.nullable else binary("-", value.expr, Const(1))
            return binary("<<", Const(1), slot)
        return binary("<<", Const(1), value.expr)

    def _set(self, node: ast.Set) -> Value:
        values = self.operands(*node.elts)
        total: Expr = Const(0)
        kind: SetT = SetT(None)
        for value in values:
            if not isinstance(value.kind, (RefT, EnumT)):
                self.refuse(node, f"a set of {value.kind}", "sets hold objects or members of an Enum")
            element = RefT(value.kind.population, value.kind.size, False) if isinstance(value.kind, RefT) else value.kind
            total = binary("|", total, self.element_bit(value, SetT(element), node))
            kind = SetT(element)
        return Val(kind, total)

    def _tuple(self, node: ast.Tuple) -> Value:
        return Many(tuple(self.expr(e) for e in node.elts))

    def _list(self, node: ast.List) -> Value:
        return Many(tuple(self.expr(e) for e in node.elts))

    def _boolop(self, node: ast.BoolOp) -> Value:
        if not self.pure:
            value = self.try_pure(node)
            return value if value is not None else self._by_branches(node)
        parts = []
        for part in node.values:
            truth = self.truth(self.rvalue(part), part)
            parts.append(truth)
            if isinstance(truth, Const) and bool(truth.value) == isinstance(node.op, ast.Or):
                break
        return boolean(conjunction(*parts) if isinstance(node.op, ast.And) else disjunction(*parts))

    def _ifexp(self, node: ast.IfExp) -> Value:
        if not self.pure:
            value = self.try_pure(node)
            if value is not None:
                return value
            true, false = self.branch(node.test)
            return self._join_values(node, [(true, node.body), (false, node.orelse)])
        test = self.truth(self.rvalue(node.test), node)
        if isinstance(test, Const):
            return self.expr(node.body if test.value else node.orelse)
        then, orelse = self.rvalue(node.body), self.rvalue(node.orelse)
        kind = then.kind if then.kind == orelse.kind else join(then.kind, orelse.kind)
        if kind is None:
            self.refuse(node, f"a {then.kind} or a {orelse.kind}", "both branches must be of one type")
        return Val(kind, cond(test, then.expr, orelse.expr))

    def _join_values(self, node: ast.expr, ways: list[tuple[Exits, ast.expr]]) -> Val:
        """One local that holds, behind each of ``ways``, the value of its expression."""
        self.frame.temporaries += 1
        name = f"${self.frame.temporaries}"
        ends: Exits = []
        result: Val = boolean(FALSE)
        for exits, value in ways:
            if not exits:
                continue
            self.exits = exits
            result = self.assign_local(name, self.rvalue(value), node)
            ends += self.exits
        self.exits = ends
        return result

    def _by_branches(self, node: ast.expr) -> Val:
        true, false = self.branch(node)
        yes, no = ast.copy_location(ast.Constant(True), node), ast.copy_location(ast.Constant(False), node)
        if not false or not true:
            self.exits = true or false
            return boolean(TRUE if true else FALSE)
        return self._join_values(node, [(true, yes), (false, no)])

    def branch(self, node: ast.expr) -> tuple[Exits, Exits]:
        """Compile a condition; the loose ends where it is true and where it is false."""
        value = self.try_pure(node)
        if value is None:
            match node:
                case ast.UnaryOp(ast.Not(), operand):
                    true, false = self.branch(operand)
                    return false, true
                case ast.BoolOp(op, values):
                    return self._branch_chain(isinstance(op, ast.And), values)
                case ast.Call() if self.is_choice(node):
                    fork = self.emit("fork", node)
                    return [(fork, 0)], [(fork, 1)]
            value = self.rvalue(node)
        test = self.truth(value, node)
        if isinstance(test, Const):
            return (self.exits, []) if test.value else ([], self.exits)
        made = self.emit("branch", node, value=test, access=self.reads(test) > 0)
        return [(made, 0)], [(made, 1)]

    def _branch_chain(self, all_of: bool, values: list[ast.expr]) -> tuple[Exits, Exits]:
        decided: Exits = []
        for part in values:
            true, false = self.branch(part)
            decided += false if all_of else true
            self.exits = true if all_of else false
            if not self.exits:
                return ([], decided) if all_of else (decided, [])
        return (self.exits, decided) if all_of else (decided, self.exits)

    def _starred(self, node: ast.Starred) -> Value:
        self.refuse(node, "* of a sequence", "name the elements one by one")

    # Provided by the classes that mix this one in.
    def call_function(
        self, bound: Bound, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, silent: bool = False
    ) -> Value:
        raise NotImplementedError

    def is_choice(self, node: ast.Call) -> bool:
        raise NotImplementedError


class Poisoned(Exception):
    """A name that lacks its value because of an error reported already."""


def lock_kind(value: Value) -> str | None:
    """The kind of lock that ``value`` is, or None."""
    return value.kind.kind if isinstance(value, Place) and isinstance(value.kind, LockT) else None

