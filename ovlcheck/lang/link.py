"""What can be said only when all processes are compiled: who may hold a lock, which slots are referred to."""

from __future__ import annotations

from itertools import product

from ovlcheck.lang.flow import PENDING
from ovlcheck.lang.fold import binary, conjunction, disjunction, negate, substitute
from ovlcheck.lang.kinds import LockT
from ovlcheck.lang.operations import held_name
from ovlcheck.lang.schema import Schema
from ovlcheck.system import types as st
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load, Param
from ovlcheck.system.transition_system import Variable

# Lock, mode -> processes that take it so, each with its number of instances.
Holders = dict[tuple[str, str], dict[str, int]]


class Linker:
    """Replaces the pending expressions (``?...``) of all steps."""

    def __init__(self, schema: Schema, holders: Holders) -> None:
        self.schema = schema
        self.holders = holders
        self.variables: tuple[Variable, ...] = ()

    def held_variables(self) -> list[Variable]:
        made = []
        for (lock, mode), processes in self.holders.items():
            for process, instances in processes.items():
                shape = (instances, *self.schema.lock_shapes[lock])
                made.append(Variable(held_name(process, lock, mode), st.Bool(), shape, "held", process))
        return made

    def resolve(self, expr: Expr, process: str) -> Expr:
        unheld = {
            held_name(process, lock, mode)
            for lock in self.schema.lock_shapes
            for mode in ("", "read", "write")
            if process not in self.holders.get((lock, mode), {})
        }

        def pending(e: Expr) -> Expr | None:
            if isinstance(e, Param) and e.name[0] == PENDING:
                return self._no_spinlock(process)
            if isinstance(e, Load) and e.variable in unheld:
                return FALSE
            if isinstance(e, Load) and e.variable[0] == PENDING:
                index = tuple(substitute(i, pending) for i in e.index)
                what = e.variable.split(":")
                return self._available(what[1], index) if len(what) == 2 else self._free(what[2], what[1], index)
            return None

        return substitute(expr, pending)

    def _free(self, lock: str, mode: str, index: tuple[Expr, ...]) -> Expr:
        """Nobody holds ``lock`` in a mode that excludes ``mode``."""
        excluding = {"": ("",), "read": ("write",), "write": ("read", "write")}[mode]
        holding: list[Expr] = []
        for other in excluding:
            for process, instances in self.holders.get((lock, other), {}).items():
                holding += [Load(held_name(process, lock, other), (Const(i), *index)) for i in range(instances)]
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
