"""Whether a condition holds for every bag of a box: true, false, or not known.

Most conditions are decided by the numbers that a control state keeps.  One that compares sums of unbounded counters,
such as ``i_mmap_writable <= i_writecount`` or ``d_count <= 2 * users``, is a sum over rows: it holds if the least
value of the difference over the box is not negative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from ovlcheck.symbolic.at_least import Ambiguous, AtLeast
from ovlcheck.symbolic.boxes import Box, Numbers, Weights, rows
from ovlcheck.symbolic.counter_abstraction import Counted, Row
from ovlcheck.symbolic.reading import cells_of, picking, variables_read
from ovlcheck.symbolic.transfers import NOBODY
from ovlcheck.system.evaluation import Code, Fault, compile_expression
from ovlcheck.system.expr import And, Binary, Cond, Const, Expr, Load, Not, Or, Unary
from ovlcheck.system.transition_system import TransitionSystem

if TYPE_CHECKING:
    from ovlcheck.symbolic.stepping import Quantity, Shared


class Verdict(Enum):
    TRUE = 1
    FALSE = 0
    UNKNOWN = -1


class NotLinear(Exception):
    """An expression is no sum of counters."""


class Conditions:
    """The invariants of ``system``, asked about states whose counters may be ``AtLeast`` numbers."""

    def __init__(
        self,
        system: TransitionSystem,
        counted: Counted,
        quantities: Sequence[Quantity],
        weights: Weights,
        row_values: Sequence[Row],
        state: Callable[[Shared, int, Numbers], list[int]],
    ) -> None:
        self._system = system
        self._weights = weights
        self._row_values = row_values
        self._quantities = quantities
        self._state = state
        self._linked = {q.cell: at for at, q in enumerate(quantities) if q.linked}
        # By identity: the hash of an expression goes through all of it.
        self._compiled: dict[int, tuple[Expr, Code]] = {}
        # For each number of instances, the counted processes that it is the number of.
        self._instances: dict[int, set[int]] = {}
        for constant, variable in counted.numbers.items():
            cell = system.offset[variable]
            self._instances[cell] = {counted.processes.index(p) for p in counted.sizes[constant]}

    def question(self, condition: Expr) -> Question:
        """``condition``, to be asked of many states."""
        return Question(self, condition)

    def reads(self, condition: Expr) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The shared cells and the quantities that ``condition`` may read."""
        cells = cells_of(self._system, variables_read(self._system, [condition]))
        return tuple(sorted(cells)), tuple(at for at, q in enumerate(self._quantities) if q.cell in cells)

    def judge(self, condition: Expr, shared: Shared, numbers: Numbers, box: Box | None) -> Verdict:
        """Whether ``condition`` holds for all bags of ``box``, where the control state has ``shared`` and ``numbers``.

        A fault makes it false.  Without a box, whatever the bags are.
        """
        try:
            return self._judge(condition, shared, self._state(shared, NOBODY, numbers), box)
        except Fault:
            return Verdict.FALSE

    def _code(self, expr: Expr) -> Code:
        found = self._compiled.get(id(expr))
        if found is None:
            found = self._compiled[id(expr)] = (expr, compile_expression(self._system, expr, {}))
        return found[1]

    def _judge(self, expr: Expr, shared: Shared, state: list[int], box: Box | None) -> Verdict:
        try:
            return Verdict.TRUE if self._code(expr)(state, {}) else Verdict.FALSE
        except Ambiguous:
            pass
        match expr:
            case And(items):
                return self._connected(items, Verdict.FALSE, shared, state, box)
            case Or(items):
                return self._connected(items, Verdict.TRUE, shared, state, box)
            case Not(operand):
                one = self._judge(operand, shared, state, box)
                return one if one is Verdict.UNKNOWN else Verdict(1 - one.value)
            case Cond(test, then, orelse):
                one = self._judge(test, shared, state, box)
                if one is not Verdict.UNKNOWN:
                    return self._judge(then if one is Verdict.TRUE else orelse, shared, state, box)
                first, second = (self._judge(branch, shared, state, box) for branch in (then, orelse))
                return first if first is second else Verdict.UNKNOWN
            case Binary("<" | "<=" | ">" | ">=" | "==" as op, left, right) if box is not None:
                return self._compare(op, left, right, shared, state, box)
        return Verdict.UNKNOWN

    def _connected(
        self, items: tuple[Expr, ...], decisive: Verdict, shared: Shared, state: list[int], box: Box | None
    ) -> Verdict:
        """A conjunction, which is false as soon as an item is, or a disjunction."""
        found = Verdict(1 - decisive.value)
        for item in items:
            one = self._judge(item, shared, state, box)
            if one is decisive:
                return one
            if one is Verdict.UNKNOWN:
                found = one
        return found

    def _compare(
        self, op: str, left: Expr, right: Expr, shared: Shared, state: list[int], box: Box
    ) -> Verdict:
        """Whether a comparison holds, by the least value of the difference of its sides."""
        if op in (">", ">="):
            left, right, op = right, left, {">": "<", ">=": "<="}[op]
        try:
            constant, factors = self._linear(Binary("-", right, left), shared, state)
        except NotLinear:
            return Verdict.UNKNOWN
        low = self._lowest(constant, factors, box)
        if op == "==":
            below = self._lowest(-constant, {cell: -factor for cell, factor in factors.items()}, box)
            return Verdict.TRUE if low == 0 == below else Verdict.UNKNOWN
        needed = 1 if op == "<" else 0
        return Verdict.TRUE if low is not None and low >= needed else Verdict.UNKNOWN

    def _lowest(self, constant: int, factors: dict[int, int], box: Box) -> int | None:
        """The least value of ``constant`` plus the sum of counters times factors; None if there is none."""
        low = constant
        for row in rows(box.may):
            process = self._row_values[row][0]
            each = 0
            for cell, factor in factors.items():
                if cell in self._instances:
                    each += factor * (process in self._instances[cell])
                else:
                    each += factor * self._weights.of[row][self._linked[cell]]
            if each < 0:
                if box.many >> row & 1:
                    return None
                low += each
            elif box.must >> row & 1:
                low += each
        return low

    def _linear(self, expr: Expr, shared: Shared, state: list[int]) -> tuple[int, dict[int, int]]:
        """``expr`` as a number and factors of what instances contribute to cells."""
        match expr:
            case Binary("+" | "-" as op, left, right):
                constant, factors = self._linear(left, shared, state)
                more, others = self._linear(right, shared, state)
                sign = 1 if op == "+" else -1
                total = dict(factors)
                for cell, factor in others.items():
                    total[cell] = total.get(cell, 0) + sign * factor
                return constant + sign * more, total
            case Binary("*", inner, Const(times)) | Binary("*", Const(times), inner):
                constant, factors = self._linear(inner, shared, state)
                return constant * times, {cell: factor * times for cell, factor in factors.items()}
            case Unary("-", inner):
                constant, factors = self._linear(inner, shared, state)
                return -constant, {cell: -factor for cell, factor in factors.items()}
        if isinstance(expr, Load):
            cell = self._cell(expr, state)
            if cell in self._linked:
                return shared[cell], {cell: 1}
            if cell in self._instances:
                return 0, {cell: 1}
        try:
            value = self._code(expr)(state, {})
        except Ambiguous:
            raise NotLinear from None
        if isinstance(value, AtLeast):
            raise NotLinear
        return int(value), {}

    def _cell(self, load: Load, state: list[int]) -> int:
        """The cell that ``load`` reads, in range: it has been read before."""
        at = 0
        for index, size in zip(load.index, self._system.variable[load.variable].shape, strict=True):
            at = at * size + self._code(index)(state, {})
        return self._system.offset[load.variable] + at


class Question:
    """A condition with the answers so far: they depend on no more than what it reads, and on the box."""

    def __init__(self, conditions: Conditions, condition: Expr) -> None:
        self._conditions = conditions
        self._condition = condition
        cells, quantities = conditions.reads(condition)
        self._cells = picking(cells)
        self._numbers = picking(quantities)
        self._known: dict[tuple[object, object, Box | None], Verdict] = {}

    def judge(self, shared: Shared, numbers: Numbers, box: Box | None) -> Verdict:
        """As ``Conditions.judge``."""
        key = (self._cells(shared), self._numbers(numbers), box)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._conditions.judge(self._condition, shared, numbers, box)
        return found
