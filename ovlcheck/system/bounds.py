"""Between which values an expression lies, from the types alone: which faults cannot happen need no
condition, and how large a number can grow."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from ovlcheck.system.expr import Binary, Cond, Const, Deref, Expr, Load, Param, Temp, Unary
from ovlcheck.system.intervals import ANY, TRUTH, Interval, hull, of_binary, of_unary
from ovlcheck.system.transition_system import Let, Op, Parameter, TransitionSystem
from ovlcheck.system.types import Count


class Bounds:
    """Intervals of expressions in one step; a temporary has those of the value it was bound to.

    A counter has no upper bound, since its width may grow, unless ``widths`` says that the present ones are meant.
    """

    def __init__(
        self, system: TransitionSystem, parameters: tuple[Parameter, ...] = (), *, widths: bool = False
    ) -> None:
        self._system = system
        self._widths = widths
        self._parameters: Mapping[str, Interval] = {p.name: Interval(0, p.size - 1) for p in parameters}
        self._temps: dict[str, Interval] = {}
        self._known: dict[int, tuple[Expr, Interval]] = {}

    def pass_over(self, op: Op) -> None:
        if isinstance(op, Let):
            self.bind(op.temp, self.of(op.value))

    def bind(self, temp: str, value: Interval) -> None:
        if self._temps.get(temp) != value:
            self._temps[temp] = value
            self._known.clear()

    def of(self, expr: Expr) -> Interval:
        """Where ``expr`` lies whenever its evaluation does not fault."""
        known = self._known.get(id(expr))
        if known is None:
            # The expression is kept, so that its id is not given to another one.
            known = self._known[id(expr)] = (expr, self._of(expr))
        return known[1]

    def _of(self, expr: Expr) -> Interval:
        match expr:
            case Const(value):
                return Interval(value, value)
            case Load(variable, _):
                domain = self._system.variable[variable].type
                grows = isinstance(domain, Count) and not self._widths
                return Interval(domain.lo, inf if grows else domain.hi)
            case Param(name):
                return self._parameters.get(name, ANY)
            case Temp(name):
                return self._temps.get(name, ANY)
            case Deref(ref, population):
                at, last = self.of(ref), self._system.population[population].size - 1
                return Interval(min(max(at.lo - 1, 0), last), max(0, min(at.hi - 1, last)))
            case Unary(op, operand):
                return of_unary(op, self.of(operand))
            case Cond(_, then, orelse):
                return hull([*self.of(then), *self.of(orelse)])
            case Binary(op, left, right):
                return of_binary(op, self.of(left), self.of(right))
        return TRUTH
