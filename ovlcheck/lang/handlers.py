"""Handlers of observers: statements that give ghosts new values, as one update for each ghost.

A handler runs within the step of its event, so its statements are run here on expressions: what a ghost or a local is
worth after each of them is an expression over the state in which the handler begins.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from ovlcheck.lang.fold import binary, cond, conjunction, disjunction, may_fault, negate
from ovlcheck.lang.kinds import SCALARS, Kind, RefT, SetT, join
from ovlcheck.lang.operators import ARITHMETIC
from ovlcheck.lang.predicates import Predicate
from ovlcheck.lang.schema import Schema
from ovlcheck.lang.values import Place, Val, Value
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load, Param, Temp
from ovlcheck.temporal.property import Update

Locals = dict[str, Value]


class HandlerCode(Predicate):
    """Compiles the body of one handler: a predicate, or assignments to the ghosts of its observer.

    ``prefix`` begins the names of the values ``pre`` that it wants from before the step; it is empty where there is no
    step.  ``may_be_none``: the parameters whose arguments may be None, whatever their kind says.
    """

    def __init__(
        self, schema: Schema, known: dict[str, tuple[int, ...]], kinds: dict[str, Kind], prefix: str
    ) -> None:
        super().__init__(schema, known, kinds)
        self.prefix = prefix
        self.pre: list[tuple[str, Expr]] = []
        self.may_be_none: set[str] = set()
        self._written: dict[tuple[str, tuple[Expr, ...]], Expr] = {}

    def updates(self, statements: list[ast.stmt]) -> tuple[Update, ...]:
        """What ``statements`` assign.  Where two updates are of one cell, the later one counts."""
        self._run(statements, TRUE)
        return tuple(Update(variable, index, value) for (variable, index), value in self._written.items())

    def load(self, place: Place, node: ast.AST) -> Val:
        if place.variable in self.schema.variables or not isinstance(place.kind, SCALARS):
            return super().load(place, node)
        return Val(place.kind, self._now(place))

    def contains(self, box: Val, value: Val, node: ast.AST) -> Expr:
        inside = super().contains(box, value, node)
        argument = value.expr.name if isinstance(value.expr, Param) else None
        if argument in self.may_be_none and isinstance(value.kind, RefT):
            return conjunction(binary("!=", value.expr, Const(0)), inside)
        return inside

    def word_pre(self, node: ast.Call) -> Value:
        if not self.prefix:
            return super().word_pre(node)
        written, self._written = self._written, {}
        try:
            value = self.rvalue(self.one_argument(node))
        finally:
            self._written = written
        name = f"{self.prefix}.pre{len(self.pre)}"
        self.pre.append((name, value.expr))
        return Val(value.kind, Temp(name))

    def _now(self, place: Place) -> Expr:
        """What the ghost ``place`` is worth after the assignments so far; two indices may name one cell."""
        value: Expr = Load(place.variable, place.index)
        for (variable, index), written in self._written.items():
            if variable == place.variable and index == place.index:
                value = written
            elif variable == place.variable:
                same = (binary("==", a, b) for a, b in zip(index, place.index, strict=True))
                value = cond(conjunction(*same), written, value)
        return value

    def _run(self, statements: list[ast.stmt], guard: Expr) -> Expr:
        """Runs ``statements`` where ``guard`` holds; where it holds and none of them has returned."""
        for statement in statements:
            match statement:
                case ast.Pass() | ast.Expr(ast.Constant()):
                    continue
                case ast.Return(None):
                    return FALSE
                case ast.If(test, body, orelse):
                    guard = self._branches(test, body, orelse, guard)
                case ast.For(ast.Name(name), iterable, body, []):
                    guard = self._rounds(name, iterable, body, guard)
                case ast.Assign([ast.Name(name)], value):
                    self.frame.locals[name] = self.rvalue(value)
                case ast.Assign([target], value):
                    self._give(self._ghost(target), self.rvalue(value), guard, target)
                case ast.AugAssign(target, op, value) if type(op) in ARITHMETIC:
                    place = self._ghost(target)
                    changed = self.arithmetic(
                        ARITHMETIC[type(op)], self.load(place, target), self.rvalue(value), target
                    )
                    self._give(place, changed, guard, target)
                case ast.Expr(ast.Call(ast.Attribute(target, "add" | "discard" as name), [element])):
                    place = self._ghost(target)
                    if not isinstance(place.kind, SetT):
                        self.refuse(statement, f"{name} of a {place.kind}", "add to a Set")
                    bit = self.element_bit(self.rvalue(element), place.kind, statement)
                    members = binary("|" if name == "add" else "&~", self._now(place), bit)
                    self._give(place, Val(place.kind, members), guard, target)
                case _:
                    self.refuse(
                        statement, f"{type(statement).__name__} in a handler",
                        "a handler assigns ghosts, under if and for, or returns a predicate",
                    )  # fmt: skip
        return guard

    def _branches(self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], guard: Expr) -> Expr:
        truth = self.condition(test)
        before = dict(self.frame.locals)
        true, false = conjunction(guard, truth), conjunction(guard, negate(truth))
        after_body = self._run(body, true)
        then, self.frame.locals = self.frame.locals, before
        after_orelse = self._run(orelse, false)
        if after_orelse == FALSE:
            self.frame.locals = then
        elif after_body != FALSE:
            self.frame.locals = _joined(truth, then, self.frame.locals)
        returned = after_body != true or after_orelse != false
        return disjunction(after_body, after_orelse) if returned else guard

    def _rounds(self, name: str, iterable: ast.expr, body: list[ast.stmt], guard: Expr) -> Expr:
        for present, member in self.elements(iterable, iterable):
            before = dict(self.frame.locals)
            self.frame.locals[name] = member
            there = conjunction(guard, present)
            after = self._run(body, there)
            if present != TRUE:
                self.frame.locals = _joined(present, self.frame.locals, before)
            if after != there:
                guard = disjunction(after, conjunction(guard, negate(present)))
        self.frame.locals.pop(name, None)
        return guard

    def _ghost(self, target: ast.expr) -> Place:
        place = self.expr(target)
        if not isinstance(place, Place) or place.variable in self.schema.variables:
            self.refuse(
                target, f"{ast.unparse(target)} is no ghost", "a property changes only its own fields"
            )
        return place

    def _give(self, place: Place, value: Val, guard: Expr, node: ast.AST) -> None:
        # An index that only ``guard`` makes harmless must not be evaluated where it does not hold.
        index = tuple(cond(guard, i, Const(0)) if may_fault(i) else i for i in place.index)
        place = replace(place, index=index)
        changed = cond(guard, self.coerce(value, place.kind, node), self._now(place))
        self._written.pop((place.variable, index), None)
        self._written[place.variable, index] = changed


def _joined(test: Expr, then: Locals, orelse: Locals) -> Locals:
    """What names stand for behind two branches; one that has no single kind has no value any more."""
    found: Locals = {}
    for name in [n for n in then if n in orelse]:
        match then[name], orelse[name]:
            case same, other if same == other:
                found[name] = same
            case Val(one, first), Val(two, second):
                kind = one if one == two else join(one, two)
                if kind is not None:
                    found[name] = Val(kind, cond(test, first, second))
    return found
