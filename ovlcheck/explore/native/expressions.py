"""Expressions as C, each with the interval its value lies in and whether it can fault.

The interval proves checks unnecessary: an index that cannot leave its array, a value that fits its variable.  It rests
on every cell holding a value of its type, which every store ensures.  All arithmetic is on ``int64_t``; an
expression that might leave 64 bits is refused.  A fault sets the C variable ``fault`` and gives 0, which lies in every
interval derived from it, so that what is computed afterwards does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod

from ovlcheck.explore.native.names import Identifiers
from ovlcheck.explore.native.problems import NotSupported
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
from ovlcheck.system.transition_system import TransitionSystem

_WORD = 64
_LEAST, _GREATEST = -(1 << 63) + 1, (1 << 63) - 1


@dataclass(frozen=True)
class Term:
    """C text for an ``int64_t`` between ``lo`` and ``hi``.

    ``atom``: it needs no parentheses as an operand.  ``truth``: it is a truth value by its form, fit to be a condition
    as it stands; ``negates``: it is one by a leading exclamation mark alone.
    """

    text: str
    lo: int
    hi: int
    faults: bool = False
    atom: bool = False
    truth: bool = False
    negates: bool = False

    @property
    def operand(self) -> str:
        return self.text if self.atom else f"({self.text})"

    @property
    def condition(self) -> str:
        return self.text if self.truth else f"{self.operand} != 0"

    @property
    def constant(self) -> int | None:
        return self.lo if self.lo == self.hi and not self.faults else None

    @property
    def nested_condition(self) -> str:
        if self.negates:
            return self.text
        return self.operand if self.truth else f"({self.condition})"


def literal(value: int, truth: bool = False) -> Term:
    text = str(value) if abs(value) < 1 << 31 else f"INT64_C({value})"
    return Term(text, value, value, atom=value >= 0, truth=truth)


def call(name: str, arguments: list[str]) -> str:
    return f"{name}({', '.join(arguments)})"


@dataclass(frozen=True)
class Scope:
    """What names mean at one place of the generated code: ``state`` is C text for a pointer to the state that loads read."""

    state: str
    parameters: Mapping[str, Term]
    temps: Mapping[str, Term]

    def with_temp(self, name: str, term: Term) -> "Scope":
        return replace(self, temps={**self.temps, name: term})


class Expressions:
    """Translates expressions of ``system``, and notes which accessor functions the C text needs."""

    def __init__(self, system: TransitionSystem, identifiers: Identifiers) -> None:
        self.system = system
        self.identifiers = identifiers
        self._held: list[str] = []
        self._serial = 0
        self.read: set[str] = set()
        self.dereferenced: set[str] = set()

    def term(self, expr: Expr, scope: Scope) -> Term:
        """C for ``expr``.  Raises ``NotSupported`` if it might leave 64 bits, ``ValueError`` if it is malformed."""
        term = self._term(expr, scope)
        if term.lo < _LEAST or term.hi > _GREATEST:
            raise NotSupported(
                f"the value of '{show(expr)}' can leave 64 bits: narrow the types in it, or use the reference engine"
            )
        if term.constant is not None and not isinstance(expr, (Const, Param)):
            return literal(term.constant, term.truth)
        return term

    def variables_of(self, *terms: Term) -> list[str]:
        """The C variables, new since the last call, that the text of ``terms`` assigns and so needs declared."""
        held, self._held = self._held, []
        return [name for name in held if any(re.search(rf"\b{name}\b", term.text) for term in terms)]

    def _in_order(self, terms: list[Term]) -> tuple[list[str], list[Term]]:
        """C leaves the order of operands open; where it decides which fault comes first, all but the last that can fault
        are assigned to variables beforehand: the assignments, and what then stands for the operands."""
        faulting = [k for k, term in enumerate(terms) if term.faults]
        before, after = [], list(terms)
        for k in faulting[:-1]:
            self._serial += 1
            name = f"held{self._serial}"
            self._held.append(name)
            before.append(f"{name} = {terms[k].text}")
            after[k] = Term(name, terms[k].lo, terms[k].hi, True, atom=True)
        return before, after

    def cell(self, variable: str, index: tuple[Expr, ...], scope: Scope) -> Term:
        """The number of the cell among the cells of ``variable``."""
        if variable not in self.system.variable:
            raise ValueError(f"unknown variable {variable!r}")
        shape = self.system.variable[variable].shape
        if len(index) != len(shape):
            raise ValueError(f"{variable} has {len(shape)} axes, not {len(index)}")
        checked = [self._below(self.term(i, scope), size) for i, size in zip(index, shape, strict=True)]
        if not checked:
            return literal(0)
        before, terms = self._in_order(checked)
        strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
        parts = [t.operand if n == 1 else f"{t.operand} * {n}" for t, n in zip(terms, strides, strict=True)]
        lows = sum(t.lo * n for t, n in zip(terms, strides, strict=True))
        highs = sum(t.hi * n for t, n in zip(terms, strides, strict=True))
        faults = any(t.faults for t in terms)
        if lows == highs and not faults:
            return literal(lows)
        if len(terms) == 1:
            return terms[0]
        return _after(before, Term(" + ".join(parts), lows, highs, faults))

    def _below(self, term: Term, size: int) -> Term:
        if 0 <= term.lo and term.hi < size:
            return term
        return Term(call("within", [term.text, str(size), "&fault"]), 0, size - 1, True, atom=True)

    def _term(self, expr: Expr, scope: Scope) -> Term:
        match expr:
            case Const(value):
                return literal(int(value), truth=value in (0, 1))
            case Param(name):
                return scope.parameters[name]
            case Temp(name):
                return scope.temps[name]
            case Load(variable, index):
                return self._load(variable, index, scope)
            case Unary(op, operand):
                return _unary(op, self.term(operand, scope))
            case Binary(op, left, right):
                operands = [self.term(left, scope), self.term(right, scope)]
                if op in ("<<", ">>"):
                    operands[1] = self._below(operands[1], _WORD)
                before, (a, b) = self._in_order(operands)
                if op in _COMPARISONS:
                    return _after(before, _compare(op, a, b))
                if op not in _ARITHMETIC:
                    raise ValueError(f"unknown operator {op!r}")
                return _after(before, _ARITHMETIC[op](a, b))
            case Not(operand):
                return _negated(self.term(operand, scope))
            case And(items):
                return _connected("&&", [self.term(i, scope) for i in items], 1)
            case Or(items):
                return _connected("||", [self.term(i, scope) for i in items], 0)
            case Cond(test, then, orelse):
                return _choice(self.term(test, scope), self.term(then, scope), self.term(orelse, scope))
            case Deref(ref, population):
                return self._deref(self.term(ref, scope), population, scope)
        raise ValueError(f"not an expression: {expr!r}")

    def _load(self, variable: str, index: tuple[Expr, ...], scope: Scope) -> Term:
        cell = self.cell(variable, index, scope)
        type_ = self.system.variable[variable].type
        if type_.lo < type_.hi or cell.faults:
            self.read.add(variable)
        arguments = [scope.state] + ([cell.text] if index else [])
        name = self.identifiers.of("get_", variable)
        return Term(call(name, arguments), type_.lo, type_.hi, cell.faults, atom=True)

    def _deref(self, ref: Term, population: str, scope: Scope) -> Term:
        if population not in self.system.population:
            raise ValueError(f"unknown population {population!r}")
        what = self.system.population[population]
        inside = self._below(ref, what.size + 1)
        if what.alive is None and inside.lo >= 1:
            return Term(f"{inside.operand} - 1", inside.lo - 1, inside.hi - 1, inside.faults)
        self.dereferenced.add(population)
        if what.alive is not None:
            self.read.add(what.alive)
        name = self.identifiers.of("deref_", population)
        return Term(call(name, [scope.state, inside.text, "&fault"]), 0, what.size - 1, True, atom=True)


def _after(before: list[str], term: Term) -> Term:
    """``term``, once the assignments ``before`` are done."""
    if not before:
        return term
    return replace(term, text=f"({', '.join([*before, term.operand])})", atom=True, negates=False)


def _negated(a: Term) -> Term:
    lo, hi = int(a.hi == 0 and a.lo == 0), int(a.lo <= 0 <= a.hi)
    if a.truth or a.atom:
        return Term(f"!{a.operand}", lo, hi, a.faults, truth=True, negates=True)
    return Term(f"{a.operand} == 0", lo, hi, a.faults, truth=True)


def _connected(op: str, items: list[Term], neutral: int) -> Term:
    kept = [t for t in items if t.constant is None or bool(t.constant) != bool(neutral)]
    if not kept:
        return literal(neutral, truth=True)
    if kept[0].constant is not None:
        return literal(1 - neutral, truth=True)
    faults = any(t.faults for t in kept)
    if len(kept) == 1:
        only = kept[0]
        return Term(only.condition, 0, 1, faults, only.truth and only.atom, truth=True, negates=only.negates)
    return Term(f" {op} ".join(t.nested_condition for t in kept), 0, 1, faults, truth=True)


def _choice(test: Term, then: Term, orelse: Term) -> Term:
    if test.constant is not None:
        return then if test.constant else orelse
    text = f"{test.nested_condition} ? {then.operand} : {orelse.operand}"
    faults = test.faults or then.faults or orelse.faults
    return Term(text, min(then.lo, orelse.lo), max(then.hi, orelse.hi), faults)


def _unary(op: str, a: Term) -> Term:
    if op == "-":
        return Term(f"-{a.operand}" if a.atom else f"-({a.text})", -a.hi, -a.lo, a.faults)
    if op == "popcount":
        most = max(abs(a.lo), abs(a.hi)).bit_length()
        return Term(f"popcount({a.text})", 0, most, a.faults, atom=True)
    raise ValueError(f"unknown operator {op!r}")


_COMPARISONS: dict[str, Callable[[Term, Term], bool | None]] = {
    "==": lambda a, b: False if a.hi < b.lo or b.hi < a.lo else None,
    "!=": lambda a, b: True if a.hi < b.lo or b.hi < a.lo else None,
    "<": lambda a, b: True if a.hi < b.lo else False if a.lo >= b.hi else None,
    "<=": lambda a, b: True if a.hi <= b.lo else False if a.lo > b.hi else None,
    ">": lambda a, b: True if a.lo > b.hi else False if a.hi <= b.lo else None,
    ">=": lambda a, b: True if a.lo >= b.hi else False if a.hi < b.lo else None,
}


def _compare(op: str, a: Term, b: Term) -> Term:
    faults = a.faults or b.faults
    known = _COMPARISONS[op](a, b)
    if (a.text == b.text or (a.lo == a.hi == b.lo == b.hi)) and known is None:
        known = op in ("==", "<=", ">=")
    if known is not None and not faults:
        return literal(int(known), truth=True)
    return Term(f"{a.operand} {op} {b.operand}", 0, 1, faults, truth=True)


def _plain(op: str, a: Term, b: Term, lo: int, hi: int) -> Term:
    return Term(f"{a.operand} {op} {b.operand}", lo, hi, a.faults or b.faults)


def _times(a: Term, b: Term) -> Term:
    corners = [x * y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return _plain("*", a, b, min(corners), max(corners))


def _divide(a: Term, b: Term) -> Term:
    most = max(abs(a.lo), abs(a.hi))
    if a.lo >= 0 and b.lo > 0:
        return _plain("/", a, b, 0, a.hi)
    lo = 0 if a.lo >= 0 and b.lo >= 0 else -most
    return Term(call("floor_div", [a.text, b.text, "&fault"]), lo, most, True, atom=True)


def _remainder(a: Term, b: Term) -> Term:
    if a.lo >= 0 and b.lo > 0:
        return _plain("%", a, b, 0, min(a.hi, b.hi - 1))
    return Term(
        call("floor_mod", [a.text, b.text, "&fault"]), min(b.lo + 1, 0), max(b.hi - 1, 0), True, atom=True
    )


def _span(a: Term, b: Term) -> int:
    """A power of two that exceeds every magnitude of both."""
    return 1 << max(abs(a.lo), abs(a.hi), abs(b.lo), abs(b.hi)).bit_length()


def _and(a: Term, b: Term) -> Term:
    bounds = [t.hi for t in (a, b) if t.lo >= 0]
    span = _span(a, b)
    return _plain("&", a, b, 0 if bounds else -span, min(bounds) if bounds else span - 1)


def _or(op: str) -> Callable[[Term, Term], Term]:
    def combine(a: Term, b: Term) -> Term:
        span = _span(a, b)
        return _plain(op, a, b, 0 if a.lo >= 0 and b.lo >= 0 else -span, span - 1)

    return combine


def _without(a: Term, b: Term) -> Term:
    span = _span(a, b)
    lo, hi = (0, a.hi) if a.lo >= 0 else (-span, span - 1)
    return Term(f"{a.operand} & ~{b.operand}", lo, hi, a.faults or b.faults)


def _left(a: Term, b: Term) -> Term:
    corners = [x << y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return Term(
        f"{a.operand} * ((int64_t)1 << {b.operand})", min(corners), max(corners), a.faults or b.faults
    )


def _right(a: Term, b: Term) -> Term:
    corners = [x >> y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return _plain(">>", a, b, min(corners), max(corners))


_ARITHMETIC: dict[str, Callable[[Term, Term], Term]] = {
    "+": lambda a, b: _plain("+", a, b, a.lo + b.lo, a.hi + b.hi),
    "-": lambda a, b: _plain("-", a, b, a.lo - b.hi, a.hi - b.lo),
    "*": _times,
    "//": _divide,
    "%": _remainder,
    "&": _and,
    "|": _or("|"),
    "^": _or("^"),
    "&~": _without,
    "<<": _left,
    ">>": _right,
}
