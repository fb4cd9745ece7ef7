"""Compiling what is true or false: comparisons, ``and``, ``or``, ``not``, conditional expressions, and branches."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ovlcheck.lang.context import Impure, boolean
from ovlcheck.lang.expressions import Expressions, has_call
from ovlcheck.lang.flow import Exits, Node
from ovlcheck.lang.fold import binary, cond, conjunction, disjunction, negate
from ovlcheck.lang.kinds import BOOL, NONE, BoolT, FlagT, ListT, RefT, SetT, is_number, join
from ovlcheck.lang.values import Many, Place, Val, Value
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load

_COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "==", ast.IsNot: "!=",
}  # fmt: skip


class Conditions(Expressions):
    """``condition`` compiles any expression to its truth; ``branch`` to the places where it is true and false."""

    def condition(self, node: ast.expr) -> Expr:
        """The truth of ``node``; it may hold one shared read that has not happened yet."""
        match node:
            case ast.BoolOp() | ast.UnaryOp(ast.Not()) if not self.pure:
                value = self.try_pure(node, condition=True)
                return value.expr if value is not None else self._by_branches(node).expr
            case ast.UnaryOp(ast.Not(), operand):
                return negate(self.condition(operand))
            case ast.BoolOp(op, values):
                return self._connected(op, (self.condition(v) for v in values))
        return self.truth(self.rvalue(node), node)

    def _connected(self, op: ast.boolop, parts: Iterable[Expr]) -> Expr:
        """``parts`` up to the first that certainly decides."""
        kept: list[Expr] = []
        for part in parts:
            kept.append(part)
            if isinstance(part, Const) and bool(part.value) == isinstance(op, ast.Or):
                break
        return conjunction(*kept) if isinstance(op, ast.And) else disjunction(*kept)

    def _boolop(self, node: ast.BoolOp) -> Value:
        """The value of ``and`` and ``or``: that of one of their operands, which is known to be a truth value."""
        if self.pure:
            return boolean(self._connected(node.op, (self._certain(self.rvalue(v), v) for v in node.values)))
        value = self.try_pure(node)
        return value if value is not None else self._by_branches(node, strict=True)

    def _certain(self, value: Val, node: ast.AST) -> Expr:
        """The expression of something that must be a truth value itself."""
        if not isinstance(value.kind, BoolT):
            remedy = "write bool(...) around it, or a conditional expression: a if a else b"
            self.refuse(node, f"and and or give one of their operands, here a {value.kind}", remedy)
        return value.expr

    def _ifexp(self, node: ast.IfExp) -> Value:
        if not self.pure:
            value = self.try_pure(node)
            if value is not None:
                return value
            true, false = self.branch(node.test)
            return self._join_values(node, [(true, node.body), (false, node.orelse)])
        test = self.condition(node.test)
        if isinstance(test, Const):
            return self.expr(node.body if test.value else node.orelse)
        then, orelse = self.rvalue(node.body), self.rvalue(node.orelse)
        kind = join(then.kind, orelse.kind)
        if kind is None:
            self.refuse(node, f"a {then.kind} or a {orelse.kind}", "both branches must be of one type")
        return Val(kind, cond(test, then.expr, orelse.expr))

    def _join_values(self, node: ast.expr, ways: list[tuple[Exits, ast.expr]]) -> Val:
        """One local that holds, behind each of ``ways``, the value of its expression."""
        name, ends = self.temporary(), list[tuple[Node, int]]()
        for exits, value in ways:
            self.exits = exits
            if exits:
                self.assign_local(name, self.rvalue(value), node)
                ends += self.exits
        self.exits = ends
        return self.rebound(name)

    def _by_branches(self, node: ast.expr, strict: bool = False) -> Val:
        true, false = self.branch(node, strict)
        yes, no = ast.copy_location(ast.Constant(True), node), ast.copy_location(ast.Constant(False), node)
        if not false or not true:
            self.exits = true or false
            return boolean(TRUE if true else FALSE)
        return self._join_values(node, [(true, yes), (false, no)])

    def branch(self, node: ast.expr, strict: bool = False) -> tuple[Exits, Exits]:
        """Compile a condition; the loose ends where it is true and where it is false.

        ``strict``: it is a value, too, so that its operands must be truth values.
        """
        value = self.try_pure(node, condition=not strict)
        if value is None:
            match node:
                case ast.UnaryOp(ast.Not(), operand):
                    true, false = self.branch(operand)
                    return false, true
                case ast.BoolOp(op, values):
                    return self._branch_chain(isinstance(op, ast.And), values, strict)
                case ast.Call() if self.is_choice(node):
                    fork = self.emit("fork", node)
                    return [(fork, 0)], [(fork, 1)]
            value = self.rvalue(node)
        test = self._certain(value, node) if strict else self.truth(value, node)
        if isinstance(test, Const):
            return (self.exits, []) if test.value else ([], self.exits)
        made = self.emit("branch", node, value=test, access=self.reads(test) > 0)
        return [(made, 0)], [(made, 1)]

    def _branch_chain(self, all_of: bool, values: list[ast.expr], strict: bool) -> tuple[Exits, Exits]:
        decided: Exits = []
        for part in values:
            true, false = self.branch(part, strict)
            decided += false if all_of else true
            self.exits = true if all_of else false
            if not self.exits:
                return ([], decided) if all_of else (decided, [])
        return (self.exits, decided) if all_of else (decided, self.exits)

    def _compare(self, node: ast.Compare) -> Value:
        if len(node.ops) > 1:
            return self._chain(node)
        op, right_node = node.ops[0], node.comparators[0]
        if isinstance(op, (ast.In, ast.NotIn)):
            inside = self._membership(node.left, right_node, node)
            return boolean(negate(inside) if isinstance(op, ast.NotIn) else inside)
        length = self._list_emptiness(node)
        if length is not None:
            return length
        left, right = self.operands(node.left, right_node)
        return boolean(self._compared(op, left, right, node))

    def _compared(self, op: ast.cmpop, left: Val, right: Val, node: ast.AST) -> Expr:
        if isinstance(op, (ast.In, ast.NotIn)):
            self.refuse(node, "in within a chain of comparisons", "write two comparisons with and")
        numbers = is_number(left.kind) and is_number(right.kind)
        if isinstance(op, (ast.Is, ast.IsNot)) and numbers and not (left.kind == right.kind == BOOL):
            self.refuse(node, "numbers compared by identity", "write == or !=")
        return self.comparison(_COMPARISON[type(op)], left, right, node)

    def _chain(self, node: ast.Compare) -> Value:
        """``a < b < c``: each operand is evaluated once, and none behind the first comparison that fails."""
        if self.pure:
            values = [self.rvalue(n) for n in (node.left, *node.comparators)]
            pairs = zip(node.ops, values, values[1:], strict=False)
            return boolean(conjunction(*(self._compared(op, a, b, node) for op, a, b in pairs)))
        value = self.try_pure(node)
        if value is not None:
            return value
        name, ends = self.temporary(), list[tuple[Node, int]]()
        left = self.hold(self.rvalue(node.left), node.left)
        for number, (op, at) in enumerate(zip(node.ops, node.comparators, strict=True)):
            right = self.rvalue(at)
            last = number + 1 == len(node.ops)
            if not last:
                right = self.hold(right, at)
            test = self._compared(op, left, right, node)
            if last:
                self.assign_local(name, boolean(test), node)
            else:
                made = self.emit("branch", node, value=test, access=self.reads(test) > 0)
                self.exits = [(made, 1)]
                self.assign_local(name, boolean(FALSE), node)
                ends += self.exits
                self.exits = [(made, 0)]
            left = right
        self.exits = self.exits + ends
        return self.rebound(name)

    def _list_emptiness(self, node: ast.Compare) -> Value | None:
        """``l == []``: the one comparison that a whole list has."""
        right = node.comparators[0]
        empty_display = isinstance(right, (ast.List, ast.Tuple)) and not right.elts
        if not empty_display or not isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            return None
        place = self.expr(node.left)
        if not isinstance(place, Place) or not isinstance(place.kind, ListT):
            self.refuse(
                node,
                "a comparison with an empty list",
                "compare a List with []; write set() for an empty set",
            )
        empty = binary("==", self.load(self.list_length(place), node).expr, Const(0))
        return boolean(negate(empty) if isinstance(node.ops[0], ast.NotEq) else empty)

    def comparison(self, op: str, left: Val, right: Val, node: ast.AST) -> Expr:
        """The truth of ``left op right``; references and enum members can only be equal or not."""
        if is_number(left.kind) and is_number(right.kind):
            return binary(op, left.expr, right.expr)
        if NONE in (left.kind, right.kind) and op in ("==", "!="):
            other = left if right.kind == NONE else right
            if not isinstance(other.kind, RefT):
                if not isinstance(other.expr, Const):
                    self.refuse(
                        node, f"a {other.kind} is never None", "only references and constants can be None"
                    )
                return FALSE if op == "==" else TRUE
        if join(left.kind, right.kind) is None:
            self.refuse(node, f"a {left.kind} compared with a {right.kind}", "compare values of one type")
        if op in ("==", "!="):
            return binary(op, left.expr, right.expr)
        if isinstance(left.kind, SetT):
            a, b = (left.expr, right.expr) if op in ("<", "<=") else (right.expr, left.expr)
            subset = binary("==", binary("&~", a, b), Const(0))
            return subset if op in ("<=", ">=") else conjunction(subset, binary("!=", a, b))
        self.refuse(node, f"{op} on a {left.kind}", "objects, enum members and flags have no order")

    def _membership(self, element: ast.expr, container: ast.expr, node: ast.AST) -> Expr:
        if isinstance(container, (ast.Tuple, ast.List, ast.Set)):
            value, *options = self.operands(element, *container.elts)
            return self._any_of(value, options, node)
        where = self._known_container(container)
        if where is not None:
            value = self.rvalue(element)
            value = self.hold(value, node) if has_call(container) else self.settle(value, node)
            if isinstance(where, Many):
                return self._any_of(value, [o for o in where.items if isinstance(o, Val)], node)
            if not (self.pure or self.atomic):
                self.refuse(
                    node, "a search of a whole list is more than one access", "write it inside: with atomic:"
                )
            return self.in_list(where, value, node)
        value, box = self.operands(element, container)
        if isinstance(box.kind, FlagT) and box.kind == value.kind:
            return binary("==", binary("&~", value.expr, box.expr), Const(0))
        if not isinstance(box.kind, SetT):
            self.refuse(node, f"in a {box.kind}", "in is for sets, lists and flags")
        return self.contains(box, value, node)

    def _any_of(self, value: Val, options: list[Val], node: ast.AST) -> Expr:
        """Whether ``value`` is one of ``options``, all of which are evaluated."""
        total: Expr = FALSE
        for option in options:
            total = binary("|", total, self.comparison("==", value, option, node))
        return total

    def _known_container(self, node: ast.expr) -> Many | Place | None:
        """What ``node`` stands for, if that is a tuple of known values or a list."""
        self.pure += 1
        try:
            where = self.expr(node)
        except Impure:
            return None
        finally:
            self.pure -= 1
        if isinstance(where, Many) or (isinstance(where, Place) and isinstance(where.kind, ListT)):
            return where
        return None

    def in_list(self, place: Place, value: Val, node: ast.AST) -> Expr:
        """Whether the list at ``place`` has an element equal to ``value``."""
        assert isinstance(place.kind, ListT)
        length = Load(f"{place.variable}.len", place.index)
        hits = []
        for i in range(place.kind.capacity):
            item = Val(place.kind.element, Load(f"{place.variable}.items", (*place.index, Const(i))))
            hits.append(conjunction(binary("<", Const(i), length), self.comparison("==", value, item, node)))
        return disjunction(*hits)

    def is_choice(self, node: ast.Call) -> bool:
        raise NotImplementedError
