"""Expressions in the notation of another checker: what Promela and Murphi, both close to C, have in common.

Both compute in 32 bits, divide towards zero and lack ``popcount``; what they write as ``and``, ``or`` and a conditional
evaluates from left to right and only as far as needed, as here.
"""

from __future__ import annotations

from dataclasses import dataclass

from ovlcheck.export.folding import is_truth
from ovlcheck.export.problems import NotExportable
from ovlcheck.system.bounds import Bounds
from ovlcheck.system.expr import (
    And,
    Binary,
    Cond,
    Const,
    Deref,
    Expr,
    Load,
    Not,
    Or,
    Param,
    Temp,
    Unary,
    show,
)
from ovlcheck.system.intervals import Interval

LEAST, GREATEST = -(1 << 31) + 1, (1 << 31) - 1

ATOM, PRODUCT, SUM, BITWISE, COMPARISON, LOGIC = 5, 4, 3, 2, 1, 0
"""How closely what was written binds.  Bitwise operators and comparisons get parentheses that C would not need."""
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Text:
    """What was written, and how closely it binds."""

    text: str
    level: int = ATOM

    def within(self, level: int) -> str:
        """As an operand of what binds at ``level``."""
        return self.text if self.level >= level else f"({self.text})"

    @property
    def atom(self) -> str:
        return self.within(ATOM)


class Notation:
    """Writes folded expressions that do not fault where they are evaluated.

    The signs below are Promela's; Murphi changes some.
    """

    AND, OR, NOT, EQUAL = "&&", "||", "!", "=="

    def __init__(self, ranges: Bounds) -> None:
        self.ranges = ranges

    def load(self, load: Load) -> Text:
        raise NotImplementedError

    def name(self, leaf: Param | Temp) -> str:
        raise NotImplementedError

    def choice(self, test: str, then: str, orelse: str) -> Text:
        return Text(f"({test} -> {then} : {orelse})")

    def truth_as_number(self, condition: Text) -> Text:
        return condition

    def number_as_truth(self, number: Text) -> Text:
        return number

    def condition(self, expr: Expr) -> Text:
        """``expr`` where only matters whether it is zero.  Raises ``NotExportable``."""
        match expr:
            case Const(value):
                return Text("true" if value else "false")
            case Not(operand):
                return Text(f"{self.NOT}{self.condition(operand).atom}")
            case And(items) | Or(items):
                sign = self.AND if isinstance(expr, And) else self.OR
                return Text(f" {sign} ".join(self.condition(i).within(COMPARISON) for i in items), LOGIC)
            case Cond(test, then, orelse) if is_truth(then) and is_truth(orelse):
                parts = [self.condition(e).atom for e in (test, then, orelse)]
                return self.choice(*parts)
            case Binary(op, left, right) if op in _COMPARISONS:
                sign = self.EQUAL if op == "==" else op
                a, b = self.number(left), self.number(right)
                return Text(f"{a.within(SUM)} {sign} {b.within(SUM)}", COMPARISON)
        return self.number_as_truth(self.number(expr))

    def number(self, expr: Expr) -> Text:
        """The value of ``expr``.  Raises ``NotExportable`` if it might need more than 32 bits."""
        lo, hi = self.ranges.of(expr)
        if lo < LEAST or hi > GREATEST:
            raise NotExportable(
                f"the value of '{show(expr)}' can lie between {lo} and {hi}, which needs more than 32 bits"
            )
        match expr:
            case Const(value):
                return Text(str(value), ATOM if value >= 0 else SUM)
            case Param() | Temp():
                return Text(self.name(expr))
            case Load():
                return self.load(expr)
            case Deref(ref, _):
                return Text(f"{self.number(ref).within(SUM)} - 1", SUM)
            case Unary("-", operand):
                return Text(f"-{self.number(operand).atom}", SUM)
            case Unary(_, operand):
                return self._popcount(operand)
            case Cond(test, then, orelse) if not is_truth(expr):
                return self.choice(
                    self.condition(test).atom, self.number(then).atom, self.number(orelse).atom
                )
            case Binary(op, left, right) if op not in _COMPARISONS:
                return self._arithmetic(op, left, right)
        return self.truth_as_number(self.condition(expr))

    def _popcount(self, operand: Expr) -> Text:
        values = self.ranges.of(operand)
        value = self.number(operand).atom
        if values.lo < 0:
            value = self.choice(f"({value} < 0)", f"(-{value})", value).atom
        bits = int(values.bits)
        if not bits:
            return Text("0")
        return Text(" + ".join(f"(({value} >> {bit}) & 1)" for bit in range(bits)), SUM if bits > 1 else ATOM)

    def _arithmetic(self, op: str, left: Expr, right: Expr) -> Text:
        a, b = self.number(left), self.number(right)
        x, y = self.ranges.of(left), self.ranges.of(right)
        match op:
            case "+" | "-":
                return Text(f"{a.within(SUM)} {op} {b.within(PRODUCT)}", SUM)
            case "*":
                return Text(f"{a.within(PRODUCT)} * {b.atom}", PRODUCT)
            case "//" | "%":
                return self._division(op, a.atom, b.atom, x, y)
            case "<<" if x.lo < 0:
                return Text(f"{a.atom} * (1 << {b.atom})", PRODUCT)
            case ">>" if y.hi > 31:
                gone = self.choice(f"({a.atom} < 0)", "(-1)", "0").text if x.lo < 0 else "0"
                return self.choice(f"({b.atom} > 31)", gone, f"({a.atom} >> {b.atom})")
            case "&~":
                return Text(f"{a.atom} & ~{b.atom}", BITWISE)
        return Text(f"{a.atom} {op} {b.atom}", BITWISE)

    def _division(self, op: str, a: str, b: str, x: Interval, y: Interval) -> Text:
        """Python rounds towards minus infinity, and the remainder has the sign of the divisor."""
        if x.lo >= 0 and y.lo > 0:
            return Text(f"{a} {'/' if op == '//' else '%'} {b}", PRODUCT)
        most = 2 * max(abs(end) for end in (*x, *y))
        if most > GREATEST:
            raise NotExportable("a division of numbers of more than 31 bits, of which one can be negative")
        remainder = f"(({a} % {b}) + {b}) % {b}"
        return Text(remainder if op == "%" else f"({a} - ({remainder})) / {b}", PRODUCT)
