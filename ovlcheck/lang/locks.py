"""Locks: what takes and releases them, and what is misuse.

Whether a lock is free is put in when it is known which processes take it (``?available:MODE:LOCK``).
"""

from __future__ import annotations

import ast

from ovlcheck.lang.fold import binary, cond, conjunction, negate
from ovlcheck.lang.kinds import BOOL, LockT
from ovlcheck.lang.operations import MISUSE, NOTHING, Operations
from ovlcheck.lang.values import Place, Val, Value
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load, Param

_SELF = Param("self")


class Locks(Operations):
    """``lock_NAME`` is the operation of that name of a lock."""

    def count_dec_and_lock(self, place: Place, node: ast.Call) -> Value:
        """``atomic_dec_and_lock`` (lib/dec_and_lock.c, v5.9): only the decrement to zero takes the lock."""
        lock = self.expr(self.one_argument(node))
        if not isinstance(lock, Place) or lock_kind(lock) not in ("SpinLock", "Mutex"):
            self.refuse(node, "dec_and_lock without a lock", "give it a SpinLock or Mutex")
        with self.one_step(node):
            last = self.emit(
                "branch", node, value=binary("==", self.load(place, node).expr, Const(1)), access=True
            )
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

    def _held(self, lock: Place, mode: str, node: ast.AST) -> Place:
        """Whether the running instance holds ``lock`` in ``mode`` (``""``, ``read`` or ``write``)."""
        if not self.has_instances:
            self.refuse(
                node,
                f"{self.process} takes {lock.variable}",
                "rules and initial states use `with lock:` inside one step",
            )
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
            self.emit(
                "check",
                node,
                value=Load(held.variable, held.index),
                name=MISUSE,
                message=message,
                access=True,
            )
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
        self.emit(
            "check", node, value=again, name=MISUSE, message=f"takes {lock.variable} again while holding it"
        )

    def holds(self, node: ast.Call) -> Value:
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
        self.no_argument(node)
        assert isinstance(lock.kind, LockT)
        if lock.kind.kind == "RwSemaphore":
            self.refuse(
                node,
                "a semaphore is taken for reading or for writing",
                "use down_read, down_write, up_read, up_write",
            )

    def _semaphore(self, lock: Place, node: ast.Call) -> None:
        self.no_argument(node)
        assert isinstance(lock.kind, LockT)
        if lock.kind.kind != "RwSemaphore":
            self.refuse(
                node,
                f"a {lock.kind.kind} is not taken for reading or writing",
                "use acquire, release, trylock",
            )

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
