"""Expressions of the transition system: immutable trees over integers.

An expression is evaluated in a state, under the parameters of an action and the temporaries of its step.
``And``, ``Or`` and ``Cond`` evaluate from left to right and stop as soon as the value is known.  Evaluation
can fault: ``Deref`` of None or of a freed object, ``Load`` outside an array, a shift by less than 0 or more
than 63, and ``//`` or ``%`` by 0.
Truth values are the integers 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Union


@dataclass(frozen=True)
class Const:
    value: int


@dataclass(frozen=True)
class Load:
    """The value of the cell of ``variable`` at ``index`` (one expression per axis of its shape)."""

    variable: str
    index: tuple["Expr", ...] = ()


@dataclass(frozen=True)
class Param:
    """A parameter of the action: the process instance (``self``), a rule's argument, a choice."""

    name: str


@dataclass(frozen=True)
class Temp:
    """The value that a ``Let`` earlier in the same step gave to ``name``."""

    name: str


@dataclass(frozen=True)
class Unary:
    """``-`` negation; ``popcount`` the number of one bits of a non-negative value."""

    op: str
    operand: "Expr"


@dataclass(frozen=True)
class Binary:
    """``+ - * // %`` (Python's division), ``== != < <= > >=``, ``& | ^ << >>``; ``&~`` clears bits."""

    op: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True)
class Not:
    operand: "Expr"


@dataclass(frozen=True)
class And:
    items: tuple["Expr", ...]


@dataclass(frozen=True)
class Or:
    items: tuple["Expr", ...]


@dataclass(frozen=True)
class Cond:
    """``then if test else orelse``."""

    test: "Expr"
    then: "Expr"
    orelse: "Expr"


@dataclass(frozen=True)
class Deref:
    """The slot that a reference names: its value minus 1.  Faults on None and on a freed object."""

    ref: "Expr"
    population: str


Expr = Union[Const, Load, Param, Temp, Unary, Binary, Not, And, Or, Cond, Deref]

TRUE = Const(1)
FALSE = Const(0)


# A table, because this is asked of every node of every expression again and again.
_CHILDREN: dict[type, Callable[[Any], tuple[Expr, ...]]] = {
    Const: lambda leaf: (),
    Param: lambda leaf: (),
    Temp: lambda leaf: (),
    Load: lambda load: load.index,
    Unary: lambda unary: (unary.operand,),
    Not: lambda negation: (negation.operand,),
    Deref: lambda deref: (deref.ref,),
    Binary: lambda binary: (binary.left, binary.right),
    And: lambda conjunction: conjunction.items,
    Or: lambda disjunction: disjunction.items,
    Cond: lambda choice: (choice.test, choice.then, choice.orelse),
}


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct subexpressions, in the order of evaluation."""
    found = _CHILDREN.get(type(expr))
    if found is None:
        raise TypeError(f"not an expression: {expr!r}")
    return found(expr)


def walk(expr: Expr) -> Iterator[Expr]:
    """``expr`` and everything below it, in the order of the text."""
    waiting = [expr]
    while waiting:
        found = waiting.pop()
        yield found
        below = children(found)
        if below:
            waiting += below[::-1]


def rebuild(expr: Expr, visit: Callable[[Expr], Expr]) -> Expr:
    """The same node with every direct subexpression replaced by ``visit`` of it."""
    match expr:
        case Const() | Param() | Temp():
            return expr
        case Load(variable, index):
            return Load(variable, tuple(visit(i) for i in index))
        case Unary(op, operand):
            return Unary(op, visit(operand))
        case Binary(op, left, right):
            return Binary(op, visit(left), visit(right))
        case Not(operand):
            return Not(visit(operand))
        case And(items):
            return And(tuple(visit(i) for i in items))
        case Or(items):
            return Or(tuple(visit(i) for i in items))
        case Cond(test, then, orelse):
            return Cond(visit(test), visit(then), visit(orelse))
        case Deref(ref, population):
            return Deref(visit(ref), population)
    raise TypeError(f"not an expression: {expr!r}")


_PRECEDENCE = {
    "*": 7, "//": 7, "%": 7, "+": 6, "-": 6, "<<": 5, ">>": 5, "&": 4, "&~": 4, "^": 3, "|": 3,
    "==": 2, "!=": 2, "<": 2, "<=": 2, ">": 2, ">=": 2,
}  # fmt: skip


def show(expr: Expr, outer: int = -2) -> str:
    """The expression as text, with Python's operators and as few parentheses as they need."""
    match expr:
        case Const(value):
            return str(value)
        case Load(variable, index):
            return variable + "".join(f"[{show(i)}]" for i in index)
        case Param(name):
            return name
        case Temp(name):
            return name
        case Unary(op, operand):
            return f"{op}({show(operand)})"
        case Deref(ref, _):
            return f"*{show(ref, 9)}"
        case Not(operand):
            text, level = f"not {show(operand, 1)}", 1
        case And(items):
            text, level = " and ".join(show(i, 1) for i in items), 0
        case Or(items):
            text, level = " or ".join(show(i, 0) for i in items), -1
        case Cond(test, then, orelse):
            text, level = f"{show(then, -1)} if {show(test, -1)} else {show(orelse, -1)}", -2
        case Binary(op, left, right):
            level = _PRECEDENCE[op]
            chains = level == _PRECEDENCE["=="]  # a == b == c would mean something else
            tightest = max(_PRECEDENCE.values()) + 1  # ~ binds more closely than any operator
            text = f"{show(left, level + chains)} {op} {show(right, tightest if op == '&~' else level + 1)}"
        case _:
            raise TypeError(f"not an expression: {expr!r}")
    return f"({text})" if level < outer else text
