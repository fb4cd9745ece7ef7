"""Expressions as C.

Every cell holds a value of its type, which every store ensures; on that rest the intervals of terms.  All
arithmetic is on ``int64_t``; an expression that might leave 64 bits is refused.  A fault sets the C variable
``fault``, the first one in Python's order of evaluation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

from ovlcheck.explore.native.names import Identifiers
from ovlcheck.explore.native.problems import NotSupported
from ovlcheck.explore.native.terms import (
    ARITHMETIC,
    COMPARISONS,
    Term,
    after,
    call,
    choice,
    compare,
    connected,
    literal,
    negated,
    unary,
)
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
class Scope:
    """What names mean at one place of the generated code; ``state`` is a C pointer to the state that loads
    read.
    """

    state: str
    parameters: Mapping[str, Term]
    temps: Mapping[str, Term]

    def with_parameter(self, name: str, term: Term) -> "Scope":
        return replace(self, parameters={**self.parameters, name: term})

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
        """C for ``expr``.  Raises ``NotSupported`` if it might leave 64 bits, ``ValueError`` if it is
        malformed.
        """
        term = self._term(expr, scope)
        if term.lo < _LEAST or term.hi > _GREATEST:
            raise NotSupported(
                f"the value of '{show(expr)}' can leave 64 bits: "
                "narrow the types in it, or use the reference engine"
            )
        if term.constant is not None and not isinstance(expr, (Const, Param)):
            return literal(term.constant, term.truth)
        return term

    def variables_of(self, *terms: Term) -> list[str]:
        """The C variables that the text of ``terms`` assigns, and that are not declared yet."""
        held, self._held = self._held, []
        return [name for name in held if any(re.search(rf"\b{name}\b", term.text) for term in terms)]

    def _in_order(self, terms: list[Term]) -> tuple[list[str], list[Term]]:
        """C leaves the order of operands open; where it decides which fault comes first, all but the last
        that can fault are assigned to variables beforehand: the assignments, and what then stands for the
        operands.
        """
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
        return after(before, Term(" + ".join(parts), lows, highs, faults))

    def _below(self, term: Term, size: int) -> Term:
        if term.lo >= 0 and term.hi < size:
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
                return unary(op, self.term(operand, scope))
            case Binary(op, left, right):
                operands = [self.term(left, scope), self.term(right, scope)]
                if op in ("<<", ">>"):
                    operands[1] = self._below(operands[1], _WORD)
                before, (a, b) = self._in_order(operands)
                if op in COMPARISONS:
                    return after(before, compare(op, a, b))
                if op not in ARITHMETIC:
                    raise ValueError(f"unknown operator {op!r}")
                return after(before, ARITHMETIC[op](a, b))
            case Not(operand):
                return negated(self.term(operand, scope))
            case And(items):
                return connected("&&", [self.term(i, scope) for i in items], 1)
            case Or(items):
                return connected("||", [self.term(i, scope) for i in items], 0)
            case Cond(test, then, orelse):
                return choice(self.term(test, scope), self.term(then, scope), self.term(orelse, scope))
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
