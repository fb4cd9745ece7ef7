"""The built-in operations of sets, lists, counters, flag words and locks.  Each is one step."""

from __future__ import annotations

import ast

from ovlcheck.lang.fold import binary, cond, conjunction, negate
from ovlcheck.lang.iteration import Iteration
from ovlcheck.lang.kinds import (
    BOOL, NONE, BoolT, CountT, FlagT, IntT, ListT, LockT, RefT, SetT, default_value, system_type,
)  # fmt: skip
from ovlcheck.lang.values import Model, Place, Val, Value
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load, Param
from ovlcheck.system.transition_system import Event

NOTHING = Val(NONE, Const(0))
_SELF = Param("self")


class Operations(Iteration):
    """``_call_method`` finds the operation by the kind of its receiver and its name."""

    def _call_method(self, receiver: Value, name: str, node: ast.Call) -> Value:
        if isinstance(receiver, Model) and name == "holds":
            return self._holds(node)
        kind = receiver.kind if isinstance(receiver, (Place, Val)) else None
        group = {SetT: "set", ListT: "list", CountT: "count", FlagT: "flag", BoolT: "flag", LockT: "lock"}.get(type(kind))
        operation = getattr(self, f"{group}_{name}", None) if group else None
        if operation is None:
            known = sorted(m.removeprefix(f"{group}_") for m in dir(self) if group and m.startswith(f"{group}_"))
            self.refuse(node, f"{kind or ast.unparse(node.func)} has no operation {name}", f"it has: {', '.join(known)}" if known else "see docs/language.md")
        if not isinstance(receiver, Place):
            if isinstance(receiver, Val) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                return self._on_local(node.func.value.id, receiver, name, node)
            self.refuse(node, f"{name} of a value that is stored nowhere", "call it on a field or a local")
        result: Value = operation(receiver, node)
        return result

    def _on_local(self, local_name: str, value: Val, name: str, node: ast.Call) -> Val:
        if isinstance(value.kind, SetT) and name == "take" and value.kind.element is not None:
            element = self.choose_member(value, node, "taken")
            left = binary("&~", value.expr, self.element_bit(element, value.kind, node))
            self.frame.locals[local_name] = self.assign_local(local_name, Val(value.kind, left), node)
            return element
        if isinstance(value.kind, SetT) and name in ("add", "discard", "remove"):
            element = self.settle(self.rvalue(self.one_argument(node)), node)
            kind = SetT(element.kind) if value.kind.element is None and isinstance(element.kind, RefT) else value.kind
            bit = self.element_bit(element, kind, node)
            grown = binary("|" if name == "add" else "&~", value.expr, bit)
            self.frame.locals[local_name] = self.assign_local(local_name, Val(kind, grown), node)
            return NOTHING
        self.refuse(node, f"{name} of a local", "assign the local instead")

    def store(self, place: Place, value: Expr, node: ast.AST) -> None:
        self.emit("store", node, variable=place.variable, index=place.index, value=value, access=True)

    def _argument(self, node: ast.Call) -> Val:
        return self.settle(self.rvalue(self.one_argument(node)), node, force=True)

    def _no_argument(self, node: ast.Call) -> None:
        if node.args or node.keywords:
            self.refuse(node, f"{ast.unparse(node.func)} takes no argument", "call it without one")

    # Sets

    def _set_change(self, place: Place, node: ast.Call, name: str) -> Value:
        assert isinstance(place.kind, SetT)
        element = self._argument(node)
        with self.one_step(node):
            bit = self.element_bit(element, place.kind, node)
            current = self.load(place, node)
            shown = (("element", element.expr, system_type(element.kind)),) if element.kind != NONE else ()
            event = f"{place.variable.rsplit('.', 1)[-1]}.{name}"
            self.emit("event", node, event=Event("call", event, shown, self.source(node)))
            if name == "remove":
                inside = self.contains(current, element, node)
                self.emit("check", node, value=inside, name="remove of a non-member", message=f"{place.variable}.remove of what is not in it", access=True)
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
        self._no_argument(node)
        self.store(place, Const(0), node)
        return NOTHING

    def set_take(self, place: Place, node: ast.Call) -> Value:
        self._no_argument(node)
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
            after: Expr = Load(f"{place.variable}.items", (*place.index, Const(i + 1))) if i + 1 < capacity else empty
            self.store(self.list_item(place, Const(i)), cond(binary(">=", Const(i), position), after, here), node)
        length = self.list_length(place)
        self.store(length, binary("-", self.load(length, node).expr, Const(1)), node)

    def list_pop(self, place: Place, node: ast.Call) -> Value:
        self._no_argument(node)
        with self.one_step(node):
            first = self.list_item(place, self.list_position(place, Val(IntT(0, 0), Const(0))))
            value = self.keep(self.load(first, node), node)
            self._drop(place, Const(0), node)
        return value

    def list_remove(self, place: Place, node: ast.Call) -> Value:
        assert isinstance(place.kind, ListT)
        value = self._argument(node)
        with self.one_step(node):
            inside = self.in_list(place, value, node)
            self.emit("check", node, value=inside, name="remove of a non-member", message=f"{place.variable}.remove of what is not in it", access=True)
            at: Expr = Const(place.kind.capacity - 1)
            for i in range(place.kind.capacity - 2, -1, -1):
                item = Val(place.kind.element, Load(f"{place.variable}.items", (*place.index, Const(i))))
                at = cond(self.comparison("==", value, item, node), Const(i), at)
            position = self.keep(Val(IntT(0, place.kind.capacity - 1), at), node)
            self._drop(place, position.expr, node)
        return NOTHING

    def list_clear(self, place: Place, node: ast.Call) -> Value:
        self._no_argument(node)
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
        self._no_argument(node)
        self.store(place, binary("+" if amount > 0 else "-", self.load(place, node).expr, Const(1)), node)

    def count_get(self, place: Place, node: ast.Call) -> Value:
        self._no_argument(node)
        return self.load(place, node)

    def count_inc(self, place: Place, node: ast.Call) -> Value:
        self._count_by(place, node, 1)
        return NOTHING

    def count_dec(self, place: Place, node: ast.Call) -> Value:
        self._count_by(place, node, -1)
        return NOTHING

    def count_dec_and_test(self, place: Place, node: ast.Call) -> Value:
        with self.one_step(node):
            self._count_by(place, node, -1)
            zero = binary("==", self.load(place, node).expr, Const(0))
            return self.keep(Val(BOOL, zero), node)

    def count_inc_not_zero(self, place: Place, node: ast.Call) -> Value:
        with self.one_step(node):
            some = self.keep(Val(BOOL, binary("!=", self.load(place, node).expr, Const(0))), node)
            current = self.load(place, node).expr
            self.store(place, binary("+", current, some.expr), node)
        return some

    def count_dec_and_lock(self, place: Place, node: ast.Call) -> Value:
        """``atomic_dec_and_lock`` (lib/dec_and_lock.c, v5.9): only the decrement to zero takes the lock."""
        lock = self.expr(self.one_argument(node))
        if not isinstance(lock, Place) or not isinstance(lock.kind, LockT):
            self.refuse(node, "dec_and_lock without a lock", "give it a SpinLock or Mutex")
        with self.one_step(node):
            last = self.emit("branch", node, value=binary("==", self.load(place, node).expr, Const(1)), access=True)
            self.exits = [(last, 0)]
            self._take(lock, "", node)
            self.store(place, Const(0), node)
            self.frame.temporaries += 1
            name = f"${self.frame.temporaries}"
            self.assign_local(name, Val(BOOL, TRUE), node)
            ends = self.exits
            self.exits = [(last, 1)]
            self.store(place, binary("-", self.load(place, node).expr, Const(1)), node)
            result = self.assign_local(name, Val(BOOL, FALSE), node)
            self.exits = self.exits + ends
        return result

    # Flag words and booleans

    def _mask(self, place: Place, node: ast.Call) -> Expr:
        if isinstance(place.kind, BoolT):
            self._no_argument(node)
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

    # Locks: `?available:MODE:LOCK` is put in when it is known which processes take the lock.

    def _held(self, lock: Place, mode: str) -> Place:
        """Whether the running instance holds ``lock`` in ``mode`` (``""``, ``read`` or ``write``)."""
        if not self.has_instances:
            self.refuse(self.frame.function.tree, f"{self.process} takes {lock.variable}", "rules and initial states use `with lock:` inside one step")
        return Place(BOOL, held_name(self.process, lock.variable, mode), (_SELF, *lock.index))

    def _free(self, lock: Place, mode: str) -> Expr:
        return Load(f"?available:{mode}:{lock.variable}", lock.index)

    def _take(self, lock: Place, mode: str, node: ast.AST) -> None:
        """Acquire inside one step; taking again what one holds is a violation."""
        assert isinstance(lock.kind, LockT)
        if lock.kind.kind != "SpinLock":
            self.may_sleep(node)
        modes = ("read", "write") if lock.kind.kind == "RwSemaphore" else ("",)
        mine = [Load(self._held(lock, m).variable, self._held(lock, m).index) for m in modes]
        again = conjunction(*(negate(m) for m in mine))
        self.emit("check", node, value=again, name="lock misuse", message=f"takes {lock.variable} again while holding it")
        self.emit("assume", node, value=self._free(lock, mode), access=True, strong=True)
        self._hold(lock, mode, TRUE, node)

    def _hold(self, lock: Place, mode: str, value: Expr, node: ast.AST) -> None:
        self.held[lock.variable, mode] = None
        self.store(self._held(lock, mode), value, node)

    def acquire(self, lock: Place, mode: str, node: ast.AST) -> None:
        with self.one_step(node):
            self._take(lock, mode, node)

    def release(self, lock: Place, mode: str, node: ast.AST) -> None:
        with self.one_step(node):
            held = self._held(lock, mode)
            self.emit("check", node, value=Load(held.variable, held.index), name="lock misuse", message=f"releases {lock.variable}, which it does not hold", access=True)
            self._hold(lock, mode, FALSE, node)

    def try_acquire(self, lock: Place, mode: str, node: ast.AST) -> Value:
        with self.one_step(node):
            result = self.keep(Val(BOOL, self._free(lock, mode)), node)
            held = self._held(lock, mode)
            mine: Expr = Load(held.variable, held.index)
            self._hold(lock, mode, cond(result.expr, TRUE, mine), node)
        return result

    def pass_lock(self, lock: Place, node: ast.AST) -> None:
        """Inside one step: the lock must be free; nobody sees it held."""
        assert isinstance(lock.kind, LockT)
        mode = "write" if lock.kind.kind == "RwSemaphore" else ""
        self.emit("assume", node, value=self._free(lock, mode), access=True, strong=True)

    def _holds(self, node: ast.Call) -> Value:
        lock = self.expr(self.one_argument(node))
        if not isinstance(lock, Place) or not isinstance(lock.kind, LockT):
            self.refuse(node, "holds of something that is no lock", "give it a lock")
        modes = ("read", "write") if lock.kind.kind == "RwSemaphore" else ("",)
        total: Expr = FALSE
        for mode in modes:
            held = self._held(lock, mode)
            total = binary("|", total, Load(held.variable, held.index))
        return Val(BOOL, total)

    def _plain(self, lock: Place, node: ast.Call) -> None:
        self._no_argument(node)
        assert isinstance(lock.kind, LockT)
        if lock.kind.kind == "RwSemaphore":
            self.refuse(node, "a semaphore is taken for reading or for writing", "use down_read, down_write, up_read, up_write")

    def lock_acquire(self, lock: Place, node: ast.Call) -> Value:
        self._plain(lock, node)
        self.acquire(lock, "", node)
        return NOTHING

    def lock_release(self, lock: Place, node: ast.Call) -> Value:
        self._plain(lock, node)
        self.release(lock, "", node)
        return NOTHING

    def lock_trylock(self, lock: Place, node: ast.Call) -> Value:
        self._plain(lock, node)
        return self.try_acquire(lock, "", node)

    def lock_down_read(self, lock: Place, node: ast.Call) -> Value:
        self.acquire(lock, "read", node)
        return NOTHING

    def lock_down_write(self, lock: Place, node: ast.Call) -> Value:
        self.acquire(lock, "write", node)
        return NOTHING

    def lock_up_read(self, lock: Place, node: ast.Call) -> Value:
        self.release(lock, "read", node)
        return NOTHING

    def lock_up_write(self, lock: Place, node: ast.Call) -> Value:
        self.release(lock, "write", node)
        return NOTHING

    def lock_down_read_trylock(self, lock: Place, node: ast.Call) -> Value:
        return self.try_acquire(lock, "read", node)

    def lock_down_write_trylock(self, lock: Place, node: ast.Call) -> Value:
        return self.try_acquire(lock, "write", node)


def held_name(process: str, lock: str, mode: str) -> str:
    return f"{process}.holds.{lock}" + (f".{mode}" if mode else "")
