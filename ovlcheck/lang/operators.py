"""What Python's operators make of values: arithmetic on numbers, flags and sets, and membership."""

from __future__ import annotations

import ast

from ovlcheck.lang.fold import binary, cond, conjunction
from ovlcheck.lang.kinds import BOOL, BoolT, FlagT, IntT, RefT, SetT, join
from ovlcheck.lang.places import Places
from ovlcheck.lang.values import Objects, Val
from ovlcheck.system.expr import FALSE, Binary, Const, Expr, Load
from ovlcheck.system.intervals import Interval, of_binary

ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
INT64 = range(-(1 << 63), 1 << 63)


class Operators(Places):
    """Each takes scalars and gives one; ``node`` is where a refusal points to."""

    def members(self, objects: Objects) -> Val:
        """The set of the allocated objects of a population."""
        info = objects.population
        kind = SetT(RefT(info.name, info.size, nullable=False))
        if not info.dynamic:
            return Val(kind, Const((1 << info.size) - 1))
        alive: list[Expr] = [Load(info.alive, (Const(i),)) for i in range(info.size)]
        bits = [binary("<<", bit, Const(i)) for i, bit in enumerate(alive)]
        total: Expr = Const(0)
        for bit in bits:
            total = binary("|", total, bit)
        return Val(kind, total)

    def arithmetic(self, op: str, left: Val, right: Val, node: ast.AST) -> Val:
        """``left op right`` with Python's meaning, on numbers, flags or sets."""
        if isinstance(left.kind, (SetT, FlagT)) and op in ("&", "|", "^", "-"):
            kind = join(left.kind, right.kind)
            if kind is None:
                self.refuse(node, f"{left.kind} {op} {right.kind}", "both sides must be of one type")
            complement = op == "-"
            if complement and isinstance(left.kind, FlagT):
                self.refuse(node, "- on flags", "write: flags & ~OTHER")
            return Val(kind, binary("&~" if complement else op, left.expr, right.expr))
        (alo, ahi), (blo, bhi) = self.number(left, node), self.number(right, node)
        if op in ("&", "|", "^") and isinstance(left.kind, BoolT) and isinstance(right.kind, BoolT):
            return Val(BOOL, binary(op, left.expr, right.expr))
        if op not in ("+", "-", "*", "//", "%") and (alo < 0 or blo < 0 or (op in ("<<", ">>") and bhi > 62)):
            self.refuse(node, f"{op} on numbers that may be negative or shift too far", "narrow their types")
        lo, hi = map(int, of_binary(op, Interval(alo, ahi), Interval(blo, bhi)))
        if lo not in INT64 or hi not in INT64:
            self.refuse(node, "this can leave 64 bits", "narrow the types of the operands")
        return Val(IntT(lo, hi), binary(op, left.expr, right.expr))

    def contains(self, box: Val, value: Val, node: ast.AST) -> Expr:
        """Whether the set ``box`` has ``value``; None is in no set."""
        assert isinstance(box.kind, SetT)
        if box.kind.element is None:
            return cond(binary("==", value.expr, Const(0)), FALSE, FALSE)
        if join(box.kind.element, value.kind) is None:
            self.refuse(node, f"a {value.kind} in a {box.kind}", f"test a {box.kind.element}")
        if isinstance(value.kind, RefT):
            if not value.kind.population:
                return cond(binary("==", box.expr, Const(0)), FALSE, FALSE)
            bit = binary("&", binary(">>", box.expr, binary("-", value.expr, Const(1))), Const(1))
            return conjunction(binary("!=", value.expr, Const(0)), bit) if value.kind.nullable else bit
        return binary("&", binary(">>", box.expr, value.expr), Const(1))

    def element_bit(self, value: Val, kind: SetT, node: ast.AST) -> Expr:
        """The bit of ``value`` in a set of ``kind``."""
        if kind.element is not None and join(kind.element, value.kind) is None:
            self.refuse(node, f"a {value.kind} in a {kind}", f"give a {kind.element}")
        if isinstance(value.kind, RefT):
            if value.kind.nullable:
                return binary("<<", Const(1), self.slot(value, node))
            slot = binary("-", value.expr, Const(1))
            if isinstance(slot, Binary) and slot.op == "-":
                # Its type has room for None, whose slot would be -1: no shift by that, whoever evaluates it.
                return binary(">>", binary("<<", Const(1), value.expr), Const(1))
            return binary("<<", Const(1), slot)
        return binary("<<", Const(1), value.expr)
