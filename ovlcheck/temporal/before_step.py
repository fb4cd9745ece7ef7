"""Values of the state before a step, for expressions that are written in the middle of it (``pre`` in
handlers).

The step may have changed variables by then, and which cell is meant may be known only then.  So the cells
that the step changes before the event, and that are asked for, are saved at its head; everything else is
read where it is. Saving cannot fault: the cells have constant indices.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from ovlcheck.system.expr import Binary, Cond, Const, Deref, Expr, Load, Temp, rebuild
from ovlcheck.system.logic import conjunction
from ovlcheck.system.transition_system import Assign, Let, Op, TransitionSystem


class PreState:
    """The state before the step whose operations are passed over one by one."""

    def __init__(self, system: TransitionSystem, fresh: Callable[[str], str]) -> None:
        self._system = system
        self._fresh = fresh
        self._changed: set[str] = set()
        self._saved: dict[tuple[str, tuple[int, ...]], str] = {}

    def pass_over(self, op: Op) -> None:
        if isinstance(op, Assign):
            self._changed.add(op.variable)

    def value(self, expr: Expr) -> Expr:
        """An expression that has, at this point of the step, the value of ``expr`` in the state before the
        step.

        It faults where ``expr`` would have faulted then; a load outside its array is a fault now as well.
        """
        match expr:
            case Load(variable, index) if variable in self._changed:
                return self._saved_cell(variable, tuple(self.value(i) for i in index))
            case Deref(ref, population):
                alive = self._system.population[population].alive
                if alive is not None and alive in self._changed:
                    return self._slot(self.value(ref), population, alive)
        return rebuild(expr, self.value)

    def _slot(self, ref: Expr, population: str, alive: str) -> Expr:
        slot = Binary("-", ref, Const(1))
        allocated = conjunction([Binary("!=", ref, Const(0)), self._saved_cell(alive, (slot,))])
        return Cond(allocated, slot, Deref(Const(0), population))

    def _saved_cell(self, variable: str, index: tuple[Expr, ...]) -> Expr:
        shape = self._system.variable[variable].shape
        # The innermost alternative is the load itself: it faults as it should outside the array.
        result: Expr = Load(variable, index)
        for cell in reversed(list(product(*map(range, shape)))):
            saved = Temp(self._save(variable, cell))
            if all(isinstance(i, Const) for i in index):
                if tuple(i.value for i in index if isinstance(i, Const)) == cell:
                    return saved
                continue
            here = conjunction(Binary("==", i, Const(c)) for i, c in zip(index, cell, strict=True))
            result = Cond(here, saved, result)
        return result

    def _save(self, variable: str, cell: tuple[int, ...]) -> str:
        key = (variable, cell)
        if key not in self._saved:
            self._saved[key] = self._fresh("before_" + "_".join([variable, *map(str, cell)]))
        return self._saved[key]

    def snapshot(self, ops: list[Op]) -> tuple[Op, ...]:
        """``ops`` with what was asked for saved ahead of the first assignment."""
        saves: list[Op] = [
            Let(temp, Load(variable, tuple(Const(c) for c in cell)))
            for (variable, cell), temp in self._saved.items()
        ]
        first = next((i for i, op in enumerate(ops) if isinstance(op, Assign)), len(ops))
        return (*ops[:first], *saves, *ops[first:])
