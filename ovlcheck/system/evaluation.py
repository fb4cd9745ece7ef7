"""The meaning of expressions: each becomes a Python closure over a state and the temporaries of its step.

Closures, because a tree walked afresh in every state is ten times slower, and generated text is harder to
believe.  Parameters are bound when the closure is made, so that most cells are known before any state is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

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

Temps = dict[str, int]
Code = Callable[[Sequence[int], Temps], int]

NULL_DEREFERENCE = "null dereference"
USE_AFTER_FREE = "use after free"
INDEX_OUT_OF_RANGE = "index out of range"
DIVISION_BY_ZERO = "division by zero"
VALUE_OUT_OF_RANGE = "value out of range"
REFCOUNT_BELOW_ZERO = "refcount below zero"

WORD = 64
"""Shift counts lie between 0 and ``WORD - 1``; any other is an index out of range."""


class Fault(Exception):
    """An expression or an assignment has no value: a violation named ``kind`` that every run looks for."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


def compile_expression(system: TransitionSystem, expr: Expr, bindings: Mapping[str, int]) -> Code:
    """``expr`` as a function of a state and the temporaries bound so far, under the parameters ``bindings``.

    A temporary that ``bindings`` names has that value.  Operands are evaluated from left to right; each index
    is checked as soon as it is known.  The function raises ``Fault``; this call raises ``ValueError`` for an
    expression that does not belong to ``system``.
    """
    known = constant(expr, bindings)
    if known is not None:
        return lambda s, t: known
    match expr:
        case Load(variable, index):
            return _load(system, variable, index, bindings)
        case Param(name):
            raise ValueError(f"parameter {name!r} has no value")
        case Temp(name):
            return lambda s, t: t[name]
        case Unary(op, operand):
            return _unary(op, compile_expression(system, operand, bindings))
        case Binary(op, left, right):
            make = _BINARY.get(op)
            if make is None:
                raise ValueError(f"unknown operator {op!r}")
            return make(
                compile_expression(system, left, bindings), compile_expression(system, right, bindings)
            )
        case Not(operand):
            code = compile_expression(system, operand, bindings)
            return lambda s, t: 0 if code(s, t) else 1
        case And(items):
            return _conjunction([compile_expression(system, item, bindings) for item in items])
        case Or(items):
            return _disjunction([compile_expression(system, item, bindings) for item in items])
        case Cond(test, then, orelse):
            if_ = compile_expression(system, test, bindings)
            then_ = compile_expression(system, then, bindings)
            else_ = compile_expression(system, orelse, bindings)
            return lambda s, t: then_(s, t) if if_(s, t) else else_(s, t)
        case Deref(ref, population):
            return _deref(system, ref, population, bindings)
    raise ValueError(f"not an expression: {expr!r}")


def constant(expr: Expr, bindings: Mapping[str, int]) -> int | None:
    """The value of a leaf that is the same in every state, else None."""
    match expr:
        case Const(value):
            return value
        case Param(name) | Temp(name):
            return bindings.get(name)
    return None


def compile_address(
    system: TransitionSystem, name: str, index: tuple[Expr, ...], bindings: Mapping[str, int]
) -> int | Code:
    """The cell of variable ``name`` at ``index``: its number if that is known now, else how to find it."""
    if name not in system.variable:
        raise ValueError(f"unknown variable {name!r}")
    shape, base = system.variable[name].shape, system.offset[name]
    if len(index) != len(shape):
        raise ValueError(f"{name} has {len(shape)} axes, not {len(index)}")
    known = [constant(i, bindings) for i in index]
    if all(k is not None and 0 <= k < size for k, size in zip(known, shape, strict=True)):
        return base + sum(k * prod(shape[axis + 1 :]) for axis, k in enumerate(known) if k is not None)
    codes = [compile_expression(system, i, bindings) for i in index]

    def checked(i: int, axis: int) -> int:
        if 0 <= i < shape[axis]:
            return i
        place = show(Load(name, index))
        raise Fault(INDEX_OUT_OF_RANGE, f"{place}: index {i} is not between 0 and {shape[axis] - 1}")

    if len(codes) == 1:
        (only,) = codes
        return lambda s, t: base + checked(only(s, t), 0)

    def address(s: Sequence[int], t: Temps) -> int:
        at = 0
        for axis, code in enumerate(codes):
            at = at * shape[axis] + checked(code(s, t), axis)
        return base + at

    return address


def _load(system: TransitionSystem, name: str, index: tuple[Expr, ...], bindings: Mapping[str, int]) -> Code:
    address = compile_address(system, name, index, bindings)
    if isinstance(address, int):
        return lambda s, t: s[address]
    return lambda s, t: s[address(s, t)]


def _deref(system: TransitionSystem, ref: Expr, population: str, bindings: Mapping[str, int]) -> Code:
    if population not in system.population:
        raise ValueError(f"unknown population {population!r}")
    reference = compile_expression(system, ref, bindings)
    size, alive = system.population[population].size, system.population[population].alive
    first = None if alive is None else system.offset[alive]

    def slot(s: Sequence[int], t: Temps) -> int:
        value = reference(s, t)
        if value == 0:
            raise Fault(NULL_DEREFERENCE, f"{show(ref)} is None")
        if not 0 < value <= size:
            raise Fault(INDEX_OUT_OF_RANGE, f"{show(ref)} is {value}: {population} has {size} objects")
        if first is not None and not s[first + value - 1]:
            raise Fault(USE_AFTER_FREE, f"{show(ref)} is {population}{value - 1}, which is free")
        return value - 1

    return slot


def _conjunction(codes: Sequence[Code]) -> Code:
    def run(s: Sequence[int], t: Temps) -> int:
        for code in codes:
            if not code(s, t):
                return 0
        return 1

    return run


def _disjunction(codes: Sequence[Code]) -> Code:
    def run(s: Sequence[int], t: Temps) -> int:
        for code in codes:
            if code(s, t):
                return 1
        return 0

    return run


def _unary(op: str, code: Code) -> Code:
    if op == "-":
        return lambda s, t: -code(s, t)
    if op == "popcount":
        return lambda s, t: code(s, t).bit_count()
    raise ValueError(f"unknown operator {op!r}")


def _shift_count(count: int) -> int:
    if 0 <= count < WORD:
        return count
    raise Fault(INDEX_OUT_OF_RANGE, f"shift by {count}: not between 0 and {WORD - 1}")


def _divisor(value: int) -> int:
    if value == 0:
        raise Fault(DIVISION_BY_ZERO, "the divisor is 0")
    return value


_BINARY: dict[str, Callable[[Code, Code], Code]] = {
    "+": lambda a, b: lambda s, t: a(s, t) + b(s, t),
    "-": lambda a, b: lambda s, t: a(s, t) - b(s, t),
    "*": lambda a, b: lambda s, t: a(s, t) * b(s, t),
    "//": lambda a, b: lambda s, t: a(s, t) // _divisor(b(s, t)),
    "%": lambda a, b: lambda s, t: a(s, t) % _divisor(b(s, t)),
    "==": lambda a, b: lambda s, t: 1 if a(s, t) == b(s, t) else 0,
    "!=": lambda a, b: lambda s, t: 1 if a(s, t) != b(s, t) else 0,
    "<": lambda a, b: lambda s, t: 1 if a(s, t) < b(s, t) else 0,
    "<=": lambda a, b: lambda s, t: 1 if a(s, t) <= b(s, t) else 0,
    ">": lambda a, b: lambda s, t: 1 if a(s, t) > b(s, t) else 0,
    ">=": lambda a, b: lambda s, t: 1 if a(s, t) >= b(s, t) else 0,
    "&": lambda a, b: lambda s, t: a(s, t) & b(s, t),
    "|": lambda a, b: lambda s, t: a(s, t) | b(s, t),
    "^": lambda a, b: lambda s, t: a(s, t) ^ b(s, t),
    "&~": lambda a, b: lambda s, t: a(s, t) & ~b(s, t),
    "<<": lambda a, b: lambda s, t: a(s, t) << _shift_count(b(s, t)),
    ">>": lambda a, b: lambda s, t: a(s, t) >> _shift_count(b(s, t)),
}
