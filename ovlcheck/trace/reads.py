"""What evaluating an expression in one state reads, in the order in which it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ovlcheck.system.action import State
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.expr import And, Cond, Deref, Expr, Load, Or, Temp, children
from ovlcheck.system.semantics import Semantics


class Reads:
    """Expressions of one system, evaluated; what has no value there has the value None."""

    def __init__(self, semantics: Semantics) -> None:
        self._semantics = semantics

    def of(self, expr: Expr, state: State, scope: Mapping[str, int]) -> Iterator[Load | Temp | Deref]:
        """The cells, temporaries and objects that ``expr`` looks at.

        Evaluation stops where the value is known, as in the model.
        """
        match expr:
            case And(items) | Or(items):
                for item in items:
                    yield from self.of(item, state, scope)
                    value = self.number(item, state, scope)
                    if value is None or bool(value) == isinstance(expr, Or):
                        return
                return
            case Cond(test, then, orelse):
                yield from self.of(test, state, scope)
                value = self.number(test, state, scope)
                if value is not None:
                    yield from self.of(then if value else orelse, state, scope)
                return
        for child in children(expr):
            yield from self.of(child, state, scope)
        if isinstance(expr, Load | Temp | Deref):
            yield expr

    def number(self, expr: Expr, state: State, scope: Mapping[str, int]) -> int | None:
        """The value of ``expr``, None if it has none."""
        try:
            return self._semantics.evaluate(expr, state, scope)
        except Fault:
            return None

    def index(self, cell: Load, state: State, scope: Mapping[str, int]) -> tuple[int, ...] | None:
        """The index of the cell that ``cell`` names, None if it names none."""
        index = [self.number(i, state, scope) for i in cell.index]
        shape = self._semantics.system.variable[cell.variable].shape
        if any(i is None or not 0 <= i < size for i, size in zip(index, shape, strict=True)):
            return None
        return tuple(i for i in index if i is not None)
