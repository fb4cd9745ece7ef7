"""What can be said only when all processes are compiled: who may hold a lock, which slots are referred to."""

from __future__ import annotations

from itertools import product

from ovlcheck.lang.flow import PENDING
from ovlcheck.lang.fold import binary, conjunction, disjunction, negate, substitute
from ovlcheck.lang.kinds import LockT
from ovlcheck.lang.locks import held_name
from ovlcheck.lang.schema import Schema
from ovlcheck.system import types as st
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load, Param, Temp, children
from ovlcheck.system.transition_system import Op, Variable, expressions, map_expressions

# Lock, mode -> processes that take it so, each with its number of instances.
Holders = dict[tuple[str, str], dict[str, int]]


class Linker:
    """Replaces the pending expressions (``?...``) of all steps."""

    def __init__(
        self, schema: Schema, holders: Holders, processes: list[str], renamed: dict[str, str]
    ) -> None:
        self.schema = schema
        self.holders = holders
        self.renamed = renamed
        self.variables: tuple[Variable, ...] = ()
        self._locks = {
            held_name(process, lock, mode): (lock, mode, process)
            for process in processes
            for lock in schema.lock_shapes
            for mode in ("", "read", "write")
        }

    def held_variables(self) -> list[Variable]:
        made = []
        for (lock, mode), processes in self.holders.items():
            for process, instances in processes.items():
                shape = (instances, *self.schema.lock_shapes[lock])
                axes = (None, *self.schema.lock_axes[lock])
                name = held_name(process, lock, mode)
                made.append(Variable(name, st.Bool(), shape, "held", process, axes=axes))
        return made

    def resolve_op(self, op: Op, process: str) -> Op:
        """``op`` with all of its expressions resolved."""
        if not any(map(self._concerns, expressions(op))):
            return op
        return map_expressions(op, lambda e: self.resolve(e, process))

    def resolve(self, expr: Expr, process: str) -> Expr:
        """``expr`` of ``process`` with all that was pending put in, and locals under the names of their variables."""
        if not self._concerns(expr):
            return expr

        def pending(e: Expr) -> Expr | None:
            match e:
                case Param(name) if name[0] == PENDING:
                    return self._no_spinlock(process)
                case Load(variable, index) if variable[0] == PENDING:
                    inner = tuple(substitute(i, pending) for i in index)
                    _, what, *lock = variable.split(":")
                    return self._free(lock[0], what, inner) if lock else self._available(what, inner)
                case Load(variable) if variable in self._locks and not self._held(variable):
                    return FALSE
                case Load(variable, index) if variable in self.renamed:
                    return Load(self.renamed[variable], index)
            return None

        return substitute(expr, pending)

    def _held(self, variable: str) -> bool:
        """Whether the process of this variable ever takes the lock of this variable."""
        lock, mode, process = self._locks[variable]
        return process in self.holders.get((lock, mode), {})

    def _concerns(self, expr: Expr) -> bool:
        """Whether there is anything to replace in ``expr``: most have nothing."""
        match expr:
            case Const() | Temp():
                return False
            case Param(name):
                return name[0] == PENDING
            case Load(variable, _) if (
                variable[0] == PENDING or variable in self._locks or variable in self.renamed
            ):
                return True
        return any(map(self._concerns, children(expr)))

    def _free(self, lock: str, mode: str, index: tuple[Expr, ...]) -> Expr:
        """Nobody holds ``lock`` in a mode that excludes ``mode``."""
        excluding = {"": ("",), "read": ("write",), "write": ("read", "write")}[mode]
        holding: list[Expr] = []
        for other in excluding:
            for process, instances in self.holders.get((lock, other), {}).items():
                holding += [
                    Load(held_name(process, lock, other), (Const(i), *index)) for i in range(instances)
                ]
        return negate(disjunction(*holding))

    def _no_spinlock(self, process: str) -> Expr:
        held: list[Expr] = []
        for (lock, mode), processes in self.holders.items():
            kind = self.schema.kinds[lock]
            if process in processes and isinstance(kind, LockT) and kind.kind == "SpinLock":
                for index in product(*(range(n) for n in self.schema.lock_shapes[lock])):
                    held.append(Load(held_name(process, lock, mode), (Param("self"), *map(Const, index))))
        return negate(disjunction(*held)) if held else TRUE

    def _available(self, population: str, index: tuple[Expr, ...]) -> Expr:
        """The slot is free and no variable refers to it."""
        (slot,) = index
        assert isinstance(slot, Const)
        tests = [negate(Load(f"{population}.alive", (slot,)))]
        for variable in self.variables:
            for cell in product(*(range(n) for n in variable.shape)):
                load = Load(variable.name, tuple(map(Const, cell)))
                match variable.type:
                    case st.Ref(name) if name == population:
                        tests.append(binary("!=", load, Const(slot.value + 1)))
                    case st.Bits(_, _, name) if name == population:
                        tests.append(binary("==", binary("&", load, Const(1 << slot.value)), Const(0)))
        return conjunction(*tests)
