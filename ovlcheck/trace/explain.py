"""Why a condition is false in one state: the conjunct that fails, and the values that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ovlcheck.system.action import State
from ovlcheck.system.evaluation import Fault
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
    children,
    rebuild,
    show,
)
from ovlcheck.system.logic import conjunction, disjunction
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import TransitionSystem, Variable
from ovlcheck.system.types import Bits
from ovlcheck.trace.words import Words

_LONGEST = 300
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True)
class Reason:
    """``failed`` is the false conjunct with names of cells in it; ``relevant`` are these cells and
    their values.
    """

    failed: str
    relevant: dict[str, str]


def explain(
    semantics: Semantics,
    condition: Expr,
    state: State,
    scope: Mapping[str, int],
    definitions: Mapping[str, Expr],
) -> Reason:
    """Why ``condition`` is false in ``state`` under the parameters and temporaries of ``scope``.

    ``definitions`` are the expressions that temporaries stand for: they are shown instead.
    """
    reader = _Reader(semantics, state, scope)
    culprit = _culprit(condition, True, reader)
    named = _expand(culprit, definitions)
    relevant: dict[str, str] = {}
    for load in _loads(named):
        name = reader.cell(load)
        if name is not None:
            relevant[name] = reader.value(load)
    text = show(reader.readable(named))
    return Reason(text if len(text) <= _LONGEST else "", relevant)


def _loads(expr: Expr) -> Iterator[Load]:
    """The loads whose values are compared, without those that only lead to a cell."""
    match expr:
        case Load():
            yield expr
        case Deref():
            return
        case _:
            for child in children(expr):
                yield from _loads(child)


def _culprit(condition: Expr, wanted: bool, reader: _Reader) -> Expr:
    """The smallest part of ``condition`` whose value, other than ``wanted``, settles the whole."""
    match condition:
        case Not(operand):
            inner = _culprit(operand, not wanted, reader)
            return Not(inner) if not isinstance(inner, Not) else inner.operand
        case And(items) if wanted:
            return next((_culprit(i, True, reader) for i in items if reader.truth(i) is False), condition)
        case Or(items) if not wanted:
            return next((_culprit(i, False, reader) for i in items if reader.truth(i) is True), condition)
        case Or(items):
            return Or(tuple(_culprit(i, True, reader) for i in items))
        case And(items):
            return And(tuple(_culprit(i, False, reader) for i in items))
        case Cond(test, then, orelse):
            decided = reader.truth(test)
            if decided is not None:
                return _culprit(then if decided else orelse, wanted, reader)
    return condition


def _expand(expr: Expr, definitions: Mapping[str, Expr]) -> Expr:
    """``expr`` with what its temporaries stand for, and without the constants that come to light then."""
    if isinstance(expr, Temp) and expr.name in definitions:
        return _expand(definitions[expr.name], definitions)
    expanded = rebuild(expr, lambda part: _expand(part, definitions))
    match expanded:
        case And(items):
            return conjunction(items)
        case Or(items):
            return disjunction(items)
    return expanded


class _Reader:
    """Expressions as they are in one state."""

    def __init__(self, semantics: Semantics, state: State, scope: Mapping[str, int]) -> None:
        self._semantics = semantics
        self._system: TransitionSystem = semantics.system
        self._state = state
        self._scope = scope
        self._words = Words(semantics.system)

    def number(self, expr: Expr) -> int | None:
        """The value of ``expr``, None if it has none here."""
        try:
            return self._semantics.evaluate(expr, self._state, self._scope)
        except (Fault, KeyError, ValueError):
            return None

    def truth(self, expr: Expr) -> bool | None:
        value = self.number(expr)
        return None if value is None else bool(value)

    def cell(self, load: Load) -> str | None:
        """The name of the cell that ``load`` reads, None if it reads none."""
        index = [self.number(i) for i in load.index]
        variable = self._system.variable[load.variable]
        if any(i is None or not 0 <= i < size for i, size in zip(index, variable.shape, strict=True)):
            return None
        return self._words.cell(variable, tuple(i for i in index if i is not None))

    def value(self, load: Load) -> str:
        """The value that ``load`` reads, in words."""
        value = self.number(load)
        return "?" if value is None else self._words.value(self._system.variable[load.variable], value)

    def readable(self, expr: Expr) -> Expr:
        """``expr`` with names of cells for loads, and words for the constants that these are
        compared with.
        """
        match expr:
            case Load():
                name = self.cell(expr)
                return Temp(name if name is not None else show(expr))
            case Binary("&", Binary(">>", members, index), Const(1)):
                member = self._member(members, index)
                if member is not None:
                    return Temp(f"{member} in {show(self.readable(members), 9)}")
                if (one := self._object(members, index)) is not None:
                    return Temp(f"{one} is allocated")
            case Not(Binary("&", Binary(">>", members, index), Const(1))):
                member = self._member(members, index)
                if member is not None:
                    return Temp(f"{member} not in {show(self.readable(members), 9)}")
                if (one := self._object(members, index)) is not None:
                    return Temp(f"{one} is free")
            case Binary("|", items, Const(0)) | Binary("|", Const(0), items):
                return self.readable(items)  # a union with nothing
            case Binary("==" | "!=" | "&" | "|" | "&~" as op, left, right):
                variable = self._variable(left) or self._variable(right)
                return Binary(op, self._operand(left, variable), self._operand(right, variable))
            case Not(Binary(op, left, right)) if op in _OPPOSITE:
                return self.readable(Binary(_OPPOSITE[op], left, right))
            case Not(operand):
                inner = self.readable(operand)
                return Const(int(not inner.value)) if isinstance(inner, Const) else Not(inner)
            case And(items):
                return conjunction(tuple(self.readable(item) for item in items))
            case Or(items):
                return disjunction(tuple(self.readable(item) for item in items))
            case Param(name) if name in self._scope:
                return Const(self._scope[name])
            case Deref(ref, _):
                return self.readable(ref)
        return rebuild(expr, self.readable)

    def _member(self, members: Expr, index: Expr) -> str | None:
        """The name of the member that bit ``index`` of the set ``members`` stands for."""
        variable, number = self._variable(members), self.number(index)
        if variable is None or number is None or not isinstance(variable.type, Bits):
            return None
        return variable.type.labels[number] if 0 <= number < len(variable.type.labels) else None

    def _object(self, members: Expr, index: Expr) -> str | None:
        """The object that bit ``index`` stands for where ``members`` are the allocated ones of a population."""
        match members, self.number(index):
            case Binary("|", left, right), int():
                return self._object(left, index) or self._object(right, index)
            case Binary("<<", Load() as load, Const(bit)), int(number) if bit == number:
                return self._alive(load)
            case Load() as load, 0:
                return self._alive(load)
        return None

    def _alive(self, load: Load) -> str | None:
        return self.cell(load) if self._system.variable[load.variable].kind == "alive" else None

    def _variable(self, expr: Expr) -> Variable | None:
        match expr:
            case Load(variable):
                return self._system.variable[variable]
            case Binary("&" | "|" | "&~", left, right):
                return self._variable(left) or self._variable(right)
        return None

    def _operand(self, expr: Expr, variable: Variable | None) -> Expr:
        if isinstance(expr, Const) and variable is not None and variable.kind != "alive":
            return Temp(self._words.value(variable, expr.value))
        return self.readable(expr)
