"""The built-in operations of sets, lists, counters, flag words and locks.  Each is one step."""

from __future__ import annotations

import ast

from ovlcheck.lang.comprehensions import Comprehensions
from ovlcheck.lang.fold import binary, cond
from ovlcheck.lang.kinds import (
    BOOL,
    NONE,
    BoolT,
    CountT,
    EnumT,
    FlagT,
    IntT,
    ListT,
    LockT,
    RefT,
    SetT,
    default_value,
    system_type,
)  # fmt: skip
from ovlcheck.lang.values import Model, Place, Val, Value
from ovlcheck.system.expr import TRUE, Const, Expr, Load
from ovlcheck.system.transition_system import Event

NOTHING = Val(NONE, Const(0))
MISUSE = "lock misuse"
NO_MEMBER = "remove of a non-member"
_GROUPS = {SetT: "set", ListT: "list", CountT: "count", FlagT: "flag", BoolT: "flag", LockT: "lock"}
_OPERATIONS = {
    "set": ("add", "clear", "discard", "remove", "take"),
    "list": ("append", "clear", "pop", "remove"),
    "count": ("dec", "dec_and_lock", "dec_and_test", "get", "inc", "inc_not_zero"),
    "flag": ("clear", "set", "test_and_clear", "test_and_set"),
    "lock": (
        "acquire",
        "down_read",
        "down_read_trylock",
        "down_write",
        "down_write_trylock",
        "release",
        "trylock",
        "up_read",
        "up_write",
    ),
}


class Operations(Comprehensions):
    """``_call_method`` finds the operation by the kind of its receiver and its name."""

    def _call_method(self, receiver: Value, name: str, node: ast.Call) -> Value:
        if isinstance(receiver, Model) and name == "holds":
            return self.holds(node)
        kind = receiver.kind if isinstance(receiver, (Place, Val)) else None
        group = _GROUPS.get(type(kind))
        known = _OPERATIONS.get(group or "", ())
        if name not in known:
            remedy = f"it has: {', '.join(known)}" if known else "see docs/language.md"
            self.refuse(node, f"{kind or ast.unparse(node.func)} has no operation {name}", remedy)
        if not isinstance(receiver, Place):
            if (
                isinstance(receiver, Val)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
            ):
                return self._on_local(node.func.value.id, receiver, name, node)
            self.refuse(node, f"{name} of a value that is stored nowhere", "call it on a field or a local")
        result: Value = getattr(self, f"{group}_{name}")(receiver, node)
        return result

    def _on_local(self, name: str, value: Val, operation: str, node: ast.Call) -> Val:
        """A change of a set that the local ``name`` holds."""
        if not isinstance(value.kind, SetT) or operation == "clear":
            self.refuse(node, f"{operation} of a local", "assign the local instead")
        if any(name == p.arg for p in self.frame.function.parameters):
            self.refuse(
                node,
                f"{operation} of a parameter",
                "a set is a value: return the changed one, or change the field",
            )
        if operation == "take":
            self.no_argument(node)
            element = self.choose_member(value, node, "taken")
            left = binary("&~", value.expr, self.element_bit(element, value.kind, node))
            self.assign_name(name, Val(value.kind, left), node)
            return element
        element = self.hold(self.rvalue(self.one_argument(node)), node)
        kind = (
            SetT(element.kind)
            if value.kind.element is None and isinstance(element.kind, (RefT, EnumT))
            else value.kind
        )
        if operation == "remove":
            inside = self.contains(value, element, node)
            self.emit(
                "check", node, value=inside, name=NO_MEMBER, message=f"{name}.remove of what is not in it"
            )
        bit = self.element_bit(element, kind, node)
        self.assign_name(name, Val(kind, binary("|" if operation == "add" else "&~", value.expr, bit)), node)
        return NOTHING

    def assign_name(self, name: str, value: Value, node: ast.AST) -> None:
        raise NotImplementedError

    def store(self, place: Place, value: Expr, node: ast.AST) -> None:
        self.emit("store", node, variable=place.variable, index=place.index, value=value, access=True)

    def _argument(self, node: ast.Call) -> Val:
        return self.hold(self.rvalue(self.one_argument(node)), node)

    def no_argument(self, node: ast.Call) -> None:
        if node.args or node.keywords:
            self.refuse(node, f"{ast.unparse(node.func)} takes no argument", "call it without one")

    # Sets

    def _set_change(self, place: Place, node: ast.Call, name: str) -> Value:
        assert isinstance(place.kind, SetT)
        element = self._argument(node)
        with self.one_step(node):
            current = self.load(place, node)
            shown = (("element", element.expr, system_type(element.kind)),) if element.kind != NONE else ()
            event = f"{place.variable.rsplit('.', 1)[-1]}.{name}"
            self.emit("event", node, event=Event("call", event, shown, self.source(node)))
            if name == "remove":
                inside = self.contains(current, element, node)
                message = f"{place.variable}.remove of what is not in it"
                self.emit("check", node, value=inside, name=NO_MEMBER, message=message, access=True)
            bit = self.element_bit(element, place.kind, node)
            self.store(place, binary("|" if name == "add" else "&~", current.expr, bit), node)
            self.emit("event", node, event=Event("return", event, shown, self.source(node)))
        return NOTHING

    def set_add(self, place: Place, node: ast.Call) -> Value:
        return self._set_change(place, node, "add")

    def set_remove(self, place: Place, node: ast.Call) -> Value:
        return self._set_change(place, node, "remove")

    def set_discard(self, place: Place, node: ast.Call) -> Value:
        return self._set_change(place, node, "discard")

    def set_clear(self, place: Place, node: ast.Call) -> Value:
        self.no_argument(node)
        self.store(place, Const(0), node)
        return NOTHING

    def set_take(self, place: Place, node: ast.Call) -> Value:
        self.no_argument(node)
        with self.one_step(node):
            current = self.load(place, node)
            element = self.choose_member(current, node, "taken")
            assert isinstance(place.kind, SetT)
            self.store(place, binary("&~", current.expr, self.element_bit(element, place.kind, node)), node)
        return element

    # Lists

    def list_append(self, place: Place, node: ast.Call) -> Value:
        assert isinstance(place.kind, ListT)
        value = self._argument(node)
        length = self.list_length(place)
        with self.one_step(node):
            at = self.keep(self.load(length, node), node)
            item = self.list_item(place, at.expr)
            self.store(item, self.coerce(value, place.kind.element, node), node)
            self.store(length, binary("+", at.expr, Const(1)), node)
        return NOTHING

    def _drop(self, place: Place, position: Expr, node: ast.AST) -> None:
        """Close the gap at ``position``; the freed cell returns to its default."""
        assert isinstance(place.kind, ListT)
        capacity, empty = place.kind.capacity, Const(default_value(place.kind.element))
        for i in range(capacity):
            here = Load(f"{place.variable}.items", (*place.index, Const(i)))
            after: Expr = (
                Load(f"{place.variable}.items", (*place.index, Const(i + 1))) if i + 1 < capacity else empty
            )
            self.store(
                self.list_item(place, Const(i)), cond(binary(">=", Const(i), position), after, here), node
            )
        length = self.list_length(place)
        self.store(length, binary("-", self.load(length, node).expr, Const(1)), node)

    def list_pop(self, place: Place, node: ast.Call) -> Value:
        """Python's ``pop``: the last element, or that at a position."""
        position = Val(IntT(-1, -1), Const(-1))
        if node.args or node.keywords:
            position = self._argument(node)
            self.number(position, node)
        with self.one_step(node):
            at = self.keep(Val(IntT(0, self._capacity(place)), self.list_position(place, position)), node)
            value = self.keep(self.load(self.list_item(place, at.expr), node), node)
            self._drop(place, at.expr, node)
        return value

    def _capacity(self, place: Place) -> int:
        assert isinstance(place.kind, ListT)
        return place.kind.capacity

    def list_remove(self, place: Place, node: ast.Call) -> Value:
        assert isinstance(place.kind, ListT)
        value = self._argument(node)
        with self.one_step(node):
            inside = self.in_list(place, value, node)
            message = f"{place.variable}.remove of what is not in it"
            self.emit("check", node, value=inside, name=NO_MEMBER, message=message, access=True)
            at: Expr = Const(place.kind.capacity - 1)
            for i in range(place.kind.capacity - 2, -1, -1):
                item = Val(place.kind.element, Load(f"{place.variable}.items", (*place.index, Const(i))))
                at = cond(self.comparison("==", value, item, node), Const(i), at)
            position = self.keep(Val(IntT(0, place.kind.capacity - 1), at), node)
            self._drop(place, position.expr, node)
        return NOTHING

    def list_clear(self, place: Place, node: ast.Call) -> Value:
        self.no_argument(node)
        self.clear_list(place, node)
        return NOTHING

    def clear_list(self, place: Place, node: ast.AST) -> None:
        assert isinstance(place.kind, ListT)
        with self.one_step(node):
            for i in range(place.kind.capacity):
                self.store(self.list_item(place, Const(i)), Const(default_value(place.kind.element)), node)
            self.store(self.list_length(place), Const(0), node)

    # Counters

    def _count_by(self, place: Place, node: ast.Call, amount: int) -> None:
        self.no_argument(node)
        self.store(place, binary("+" if amount > 0 else "-", self.load(place, node).expr, Const(1)), node)

    def count_get(self, place: Place, node: ast.Call) -> Value:
        self.no_argument(node)
        return self.load(place, node)

    def count_inc(self, place: Place, node: ast.Call) -> Value:
        self._count_by(place, node, 1)
        return NOTHING

    def count_dec(self, place: Place, node: ast.Call) -> Value:
        self._count_by(place, node, -1)
        return NOTHING

    def count_dec_and_test(self, place: Place, node: ast.Call) -> Value:
        self.no_argument(node)
        with self.one_step(node):
            self._count_by(place, node, -1)
            zero = binary("==", self.load(place, node).expr, Const(0))
            return self.keep(Val(BOOL, zero), node)

    def count_inc_not_zero(self, place: Place, node: ast.Call) -> Value:
        self.no_argument(node)
        with self.one_step(node):
            some = self.keep(Val(BOOL, binary("!=", self.load(place, node).expr, Const(0))), node)
            current = self.load(place, node).expr
            self.store(place, binary("+", current, some.expr), node)
        return some

    # Flag words and booleans

    def _mask(self, place: Place, node: ast.Call) -> Expr:
        if isinstance(place.kind, BoolT):
            self.no_argument(node)
            return TRUE
        value = self._argument(node)
        if value.kind != place.kind:
            self.refuse(node, f"a {value.kind} for a word of {place.kind}", f"give members of {place.kind}")
        return value.expr

    def _flag_change(self, place: Place, node: ast.Call, up: bool, test: bool) -> Value:
        mask = self._mask(place, node)
        with self.one_step(node):
            current = self.load(place, node)
            result = NOTHING
            if test:
                result = self.keep(Val(BOOL, binary("!=", binary("&", current.expr, mask), Const(0))), node)
            self.store(place, binary("|" if up else "&~", self.load(place, node).expr, mask), node)
        return result

    def flag_set(self, place: Place, node: ast.Call) -> Value:
        return self._flag_change(place, node, True, False)

    def flag_clear(self, place: Place, node: ast.Call) -> Value:
        return self._flag_change(place, node, False, False)

    def flag_test_and_set(self, place: Place, node: ast.Call) -> Value:
        return self._flag_change(place, node, True, True)

    def flag_test_and_clear(self, place: Place, node: ast.Call) -> Value:
        return self._flag_change(place, node, False, True)

    # Provided by the class that mixes this one in.
    def holds(self, node: ast.Call) -> Value:
        raise NotImplementedError
