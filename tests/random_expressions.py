"""Random expressions over the variables of a system that is being drawn, of every kind and with every fault.

Each comes with a bound of its magnitude, so that products and shifts stay far from 64 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ovlcheck.system.expr import And, Binary, Cond, Const, Deref, Expr, Load, Not, Or, Param, Temp, Unary
from ovlcheck.system.transition_system import Parameter, Population, Variable
from ovlcheck.system.types import Bits, Ref

T = TypeVar("T")
Sized = tuple[Expr, int]

_SAFE = 1 << 16
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


@dataclass
class Vocabulary:
    """What expressions may mention: variables drawn so far, and parameters and temporaries here and now."""

    draw: DrawFn
    variables: list[Variable] = field(default_factory=list)
    populations: list[Population] = field(default_factory=list)
    parameters: tuple[Parameter, ...] = ()
    temps: tuple[tuple[str, int], ...] = ()

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def chance(self, percent: int) -> bool:
        return self.number(0, 99) < percent

    def one(self, choices: Sequence[T]) -> T:
        return choices[self.number(0, len(choices) - 1)]

    def of(self, *kinds: type) -> list[Variable]:
        return [v for v in self.variables if isinstance(v.type, kinds)]


def index(words: Vocabulary, size: int) -> Expr:
    """An index into an axis of ``size``: mostly inside, at times through a reference or out of range."""
    fitting = [p for p in words.parameters if p.size <= size]
    choice = words.number(0, 19)
    if choice < 10 and fitting:
        return Param(words.one(fitting).name)
    if choice < 13 and words.populations:
        population = words.one(words.populations)
        if population.size <= size:
            return dereference(words, population)
    if choice == 13:
        return number(words, 1)[0]
    if choice == 14:
        return Binary("%", number(words, 1)[0], Const(size))
    return Const(words.number(0, size - 1))


def dereference(words: Vocabulary, population: Population) -> Expr:
    refs = [v for v in words.of(Ref) if isinstance(v.type, Ref) and v.type.population == population.name]
    if refs and not words.chance(5):
        return Deref(load(words, words.one(refs)), population.name)
    return Deref(Const(words.number(0, population.size)), population.name)


def load(words: Vocabulary, variable: Variable) -> Load:
    return Load(variable.name, tuple(index(words, size) for size in variable.shape))


def leaf(words: Vocabulary) -> Sized:
    choice = words.number(0, 9)
    if choice < 2 and words.temps:
        name, bound = words.one(words.temps)
        return Temp(name), bound
    if choice == 2 and words.parameters:
        parameter = words.one(words.parameters)
        return Param(parameter.name), parameter.size
    if choice < 8 and words.variables:
        variable = words.one(words.variables)
        return load(words, variable), max(abs(variable.type.lo), abs(variable.type.hi))
    value = words.number(-3, 6)
    return Const(value), abs(value)


def number(words: Vocabulary, depth: int) -> Sized:
    """An integer expression and a bound of its magnitude."""
    if depth == 0 or words.chance(30):
        return leaf(words)
    choice = words.number(0, 11)
    a, bound_a = number(words, depth - 1)
    if choice == 0:
        return Unary("-", a), bound_a
    if choice == 1:
        return Cond(truth(words, depth - 1), a, leaf(words)[0]), max(bound_a, 1 << 62)
    if choice == 2:
        return truth(words, depth - 1), 1
    if choice == 3:
        return Unary("popcount", Binary("&", a, Const(words.number(0, 255)))), 8
    b, bound_b = number(words, depth - 1)
    larger = 2 * max(bound_a, bound_b) + 1
    if larger > 1 << 61:
        return Binary(words.one(_COMPARISONS), a, b), 1
    if choice < 6:
        return Binary(words.one(("+", "-")), a, b), larger
    if choice < 8:
        return Binary(words.one(("//", "%")), a, b), larger
    if choice == 8:
        return Binary(words.one(("&", "|", "^", "&~")), a, b), larger
    if choice == 9:
        return Binary(">>", a, b), bound_a
    if choice == 10 and bound_a < _SAFE:
        return Binary("<<", a, Binary("&", b, Const(3))), bound_a << 3
    if bound_a < _SAFE and bound_b < _SAFE:
        return Binary("*", a, b), bound_a * bound_b
    return Binary("-", a, b), larger


def truth(words: Vocabulary, depth: int) -> Expr:
    """A condition; integers serve as conditions too."""
    choice = words.number(0, 11)
    if depth == 0 or choice < 5:
        a = load(words, words.one(words.variables)) if words.variables else Const(words.number(0, 1))
        if choice == 0:
            return a
        return Binary(words.one(_COMPARISONS), a, leaf(words)[0] if choice < 3 else near(words, a))
    if choice == 5:
        return number(words, depth)[0]
    if choice == 6:
        return Not(truth(words, depth - 1))
    if choice == 7:
        return member(words)
    items = tuple(truth(words, depth - 1) for _ in range(words.number(0 if choice == 8 else 2, 3)))
    return And(items) if choice < 10 else Or(items)


def near(words: Vocabulary, a: Expr) -> Expr:
    """A constant that ``a`` may well equal."""
    if isinstance(a, Load):
        variable = next(v for v in words.variables if v.name == a.variable)
        return Const(value_of(words, variable))
    return Const(words.number(0, 2))


def value_of(words: Vocabulary, variable: Variable) -> int:
    """One of the few values that assignments of constants give to ``variable``."""
    lo, hi = variable.type.lo, variable.type.hi
    values = (lo, hi, variable.default, max(lo, min(hi, -1)), lo + (hi - lo) // 2)
    return words.one(tuple(dict.fromkeys(values)))


def member(words: Vocabulary) -> Expr:
    """Whether something is in a set."""
    sets = words.of(Bits)
    if not sets:
        return Not(leaf(words)[0])
    bit: Expr = Const(words.number(0, 3))
    if words.chance(30):
        bit = leaf(words)[0]
    return Binary("&", Binary(">>", load(words, words.one(sets)), bit), Const(1))
