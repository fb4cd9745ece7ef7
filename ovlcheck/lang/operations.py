"""The built-in operations of sets, lists, counters, flag words and locks.  Each is one step."""

from __future__ import annotations

import ast

from ovlcheck.lang.fold import binary, cond, conjunction, negate
from ovlcheck.lang.iteration import Iteration
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
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load, Param
from ovlcheck.system.transition_system import Event

NOTHING = Val(NONE, Const(0))
MISUSE = "lock misuse"
NO_MEMBER = "remove of a non-member"
_SELF = Param("self")
_GROUPS = {SetT: "set", ListT: "list", CountT: "count", FlagT: "flag", BoolT: "flag", LockT: "lock"}
_OPERATIONS = {
    "set": ("add", "clear", "discard", "remove", "take"),
    "list": ("append", "clear", "pop", "remove"),
    "count": ("dec", "dec_and_lock", "dec_and_test", "get", "inc", "inc_not_zero"),
    "flag": ("clear", "set", "test_and_clear", "test_and_set"),
    "lock": (
        "acquire", "release", "trylock", "down_read", "down_read_trylock", "down_write", "down_write_trylock", "up_read",
        "up_write",
    ),
}  # fmt: skip


class Operations(Iteration):
    """``_call_method`` finds the operation by the kind of its receiver and its name."""

    def _call_method(self, receiver: Value, name: str, node: ast.Call) -> Value:
        if isinstance(receiver, Model) and name == "holds":
            return self._holds(node)
        kind = receiver.kind if isinstance(receiver, (Place, Val)) else None
        group = _GROUPS.get(type(kind))
        known = _OPERATIONS.get(group or "", ())
        if name not in known:
            remedy = f"it has: {', '.join(known)}" if known else "see docs/language.md"
            self.refuse(node, f"{kind or ast.unparse(node.func)} has no operation {name}", remedy)
        if not isinstance(receiver, Place):
            if isinstance(receiver, Val) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                return self._on_local(node.func.value.id, receiver, name, node)
            self.refuse(node, f"{name} of a value that is stored nowhere", "call it on a field or a local")
        result: Value = getattr(self, f"{group}_{name}")(receiver, node)
        return result

    def _on_local(self, name: str, value: Val, operation: str, node: ast.Call) -> Val:
        """A change of a set that the local ``name`` holds."""
        if not isinstance(value.kind, SetT) or operation == "clear":
            self.refuse(node, f"{operation} of a local", "assign the local instead")
        if any(name == p.arg for p in self.frame.function.parameters):
            self.refuse(node, f"{operation} of a parameter", "a set is a value: return the changed one, or change the field")
        if operation == "take":
            self._no_argument(node)
            element = self.choose_member(value, node, "taken")
            left = binary("&~", value.expr, self.element_bit(element, value.kind, node))
            self.assign_name(name, Val(value.kind, left), node)
            return element
        element = self.hold(self.rvalue(self.one_argument(node)), node)
        kind = SetT(element.kind) if value.kind.element is None and isinstance(element.kind, (RefT, EnumT)) else value.kind
        if operation == "remove":
            inside = self.contains(value, element, node)
            self.emit("check", node, value=inside, name=NO_MEMBER, message=f"{name}.remove of what is not in it")
        bit = self.element_bit(element, kind, node)
        self.assign_name(name, Val(kind, binary("|" if operation == "add" else "&~", value.expr, bit)), node)
        return NOTHING

    def assign_name(self, name: str, value: Value, node: ast.AST) -> None:
        raise NotImplementedError

    def store(self, place: Place, value: Expr, node: ast.AST) -> None:
        self.emit("store", node, variable=place.variable, index=place.index, value=value, access=True)

    def _argument(self, node: ast.Call) -> Val:
        return self.hold(self.rvalue(self.one_argument(node)), node)

    def _no_argument(self, node: ast.Call) -> None:
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
        self._no_argument(node)
        with self.one_step(node):
            self._count_by(place, node, -1)
            zero = binary("==", self.load(place, node).expr, Const(0))
            return self.keep(Val(BOOL, zero), node)

    def count_inc_not_zero(self, place: Place, node: ast.Call) -> Value:
        self._no_argument(node)
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
            name = self.temporary()
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

    def _held(self, lock: Place, mode: str, node: ast.AST) -> Place:
        """Whether the running instance holds ``lock`` in ``mode`` (``""``, ``read`` or ``write``)."""
        if not self.has_instances:
            self.refuse(node, f"{self.process} takes {lock.variable}", "rules and initial states use `with lock:` inside one step")
        return Place(BOOL, held_name(self.process, lock.variable, mode), (_SELF, *lock.index))

    def _free(self, lock: Place, mode: str) -> Expr:
        return Load(f"?available:{mode}:{lock.variable}", lock.index)

    def _take(self, lock: Place, mode: str, node: ast.AST) -> None:
        """Acquire inside one step; taking again what one holds is a violation."""
        self._may_take(lock, node)
        self.emit("assume", node, value=self._free(lock, mode), access=True, strong=True)
        self._hold(lock, mode, TRUE, node)

    def _hold(self, lock: Place, mode: str, value: Expr, node: ast.AST) -> None:
        self.held[lock.variable, mode] = None
        self.store(self._held(lock, mode, node), value, node)

    def acquire(self, lock: Place, mode: str, node: ast.AST) -> None:
        with self.one_step(node):
            self._take(lock, mode, node)

    def release(self, lock: Place, mode: str, node: ast.AST) -> None:
        with self.one_step(node):
            held = self._held(lock, mode, node)
            message = f"releases {lock.variable}, which it does not hold"
            self.emit("check", node, value=Load(held.variable, held.index), name=MISUSE, message=message, access=True)
            self._hold(lock, mode, FALSE, node)

    def try_acquire(self, lock: Place, mode: str, node: ast.AST) -> Value:
        with self.one_step(node):
            result = self.keep(Val(BOOL, self._free(lock, mode)), node)
            held = self._held(lock, mode, node)
            mine: Expr = Load(held.variable, held.index)
            self._hold(lock, mode, cond(result.expr, TRUE, mine), node)
        return result

    def pass_lock(self, lock: Place, node: ast.AST) -> None:
        """Inside one step: the lock must be free; nobody sees it held."""
        assert isinstance(lock.kind, LockT)
        if self.has_instances:
            self._may_take(lock, node)
        mode = "write" if lock.kind.kind == "RwSemaphore" else ""
        self.emit("assume", node, value=self._free(lock, mode), access=True, strong=True)

    def _may_take(self, lock: Place, node: ast.AST) -> None:
        """Taking again what one holds, and taking a sleeping lock under a spinlock, are violations."""
        assert isinstance(lock.kind, LockT)
        if lock.kind.kind != "SpinLock":
            self.may_sleep(node)
        modes = ("read", "write") if lock.kind.kind == "RwSemaphore" else ("",)
        mine = [self._held(lock, mode, node) for mode in modes]
        again = conjunction(*(negate(Load(m.variable, m.index)) for m in mine))
        self.emit("check", node, value=again, name=MISUSE, message=f"takes {lock.variable} again while holding it")

    def _holds(self, node: ast.Call) -> Value:
        lock = self.expr(self.one_argument(node))
        if not isinstance(lock, Place) or not isinstance(lock.kind, LockT):
            self.refuse(node, "holds of something that is no lock", "give it a lock")
        modes = ("read", "write") if lock.kind.kind == "RwSemaphore" else ("",)
        total: Expr = FALSE
        for mode in modes:
            held = self._held(lock, mode, node)
            total = binary("|", total, Load(held.variable, held.index))
        return Val(BOOL, total)

    def _plain(self, lock: Place, node: ast.Call) -> None:
        self._no_argument(node)
        assert isinstance(lock.kind, LockT)
        if lock.kind.kind == "RwSemaphore":
            self.refuse(node, "a semaphore is taken for reading or for writing", "use down_read, down_write, up_read, up_write")

    def _semaphore(self, lock: Place, node: ast.Call) -> None:
        self._no_argument(node)
        assert isinstance(lock.kind, LockT)
        if lock.kind.kind != "RwSemaphore":
            self.refuse(node, f"a {lock.kind.kind} is not taken for reading or writing", "use acquire, release, trylock")

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
        self._semaphore(lock, node)
        self.acquire(lock, "read", node)
        return NOTHING

    def lock_down_write(self, lock: Place, node: ast.Call) -> Value:
        self._semaphore(lock, node)
        self.acquire(lock, "write", node)
        return NOTHING

    def lock_up_read(self, lock: Place, node: ast.Call) -> Value:
        self._semaphore(lock, node)
        self.release(lock, "read", node)
        return NOTHING

    def lock_up_write(self, lock: Place, node: ast.Call) -> Value:
        self._semaphore(lock, node)
        self.release(lock, "write", node)
        return NOTHING

    def lock_down_read_trylock(self, lock: Place, node: ast.Call) -> Value:
        self._semaphore(lock, node)
        return self.try_acquire(lock, "read", node)

    def lock_down_write_trylock(self, lock: Place, node: ast.Call) -> Value:
        self._semaphore(lock, node)
        return self.try_acquire(lock, "write", node)


def lock_kind(value: Value) -> str | None:
    """The kind of lock that ``value`` is, or None."""
    return value.kind.kind if isinstance(value, Place) and isinstance(value.kind, LockT) else None


def held_name(process: str, lock: str, mode: str) -> str:
    return f"{process}.holds.{lock}" + (f".{mode}" if mode else "")
