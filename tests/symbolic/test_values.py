"""Symbolic values come to what Python comes to, whatever their form."""

from __future__ import annotations

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlcheck.symbolic.values import (
    Cases,
    Number,
    Value,
    Word,
    as_term,
    combined,
    constant,
    either,
    equals,
    has_result,
    negative,
    popcount,
    truth,
    within,
)
from tests.examples import examples

X, Y = z3.Bools("x y")
N = z3.Int("n")

OPERATORS = ("+", "-", "*", "//", "%", "==", "!=", "<", "<=", ">", ">=", "&", "|", "^", "&~", "<<", ">>")


def python(op: str, a: int, b: int) -> int:
    return int(eval(f"({a}) & ~({b})" if op == "&~" else f"({a}) {op} ({b})"))


@st.composite
def values(draw: st.DrawFn, least: int = -3) -> tuple[Value, tuple[int, int, int, int]]:
    """A value, and what it is for each of x, y false and true."""
    kind = draw(st.sampled_from(["cases", "word", "number"]))
    if kind == "word":
        bits = draw(st.lists(st.sampled_from([X, Y, z3.Not(X), True, False]), max_size=4))

        def word(x: bool, y: bool) -> int:
            truths = {str(X): x, str(Y): y, str(z3.Not(X)): not x, "True": True, "False": False}
            return sum(1 << i for i, bit in enumerate(bits) if truths[str(bit)])

        return Word(tuple(bits)), (word(False, False), word(False, True), word(True, False), word(True, True))
    numbers = draw(st.tuples(*[st.integers(least, 6)] * 4))
    conditions = (
        z3.And(z3.Not(X), z3.Not(Y)), z3.And(z3.Not(X), Y), z3.And(X, z3.Not(Y)), z3.And(X, Y)
    )  # fmt: skip
    if kind == "cases":
        table: dict[int, list[z3.BoolRef]] = {}
        for number, condition in zip(numbers, conditions, strict=True):
            table.setdefault(number, []).append(condition)
        return Cases({v: z3.Or(c) for v, c in table.items()}), numbers
    term = z3.IntVal(numbers[3])
    for number, condition in zip(numbers[:3], conditions[:3], strict=True):
        term = z3.If(condition, number, term)
    return Number(term), numbers


def told(value: Value, at: int) -> int:
    """The value where x and y are the bits of ``at``."""
    term = z3.substitute(as_term(value), (X, z3.BoolVal(at & 2 != 0)), (Y, z3.BoolVal(at & 1 != 0)))
    return int(z3.simplify(term).as_long())


def holds(condition: bool | z3.BoolRef, at: int) -> bool:
    if isinstance(condition, bool):
        return condition
    at_ = z3.substitute(condition, (X, z3.BoolVal(at & 2 != 0)), (Y, z3.BoolVal(at & 1 != 0)))
    return bool(z3.is_true(z3.simplify(at_)))


@settings(max_examples=examples(100, 1000))
@given(st.sampled_from(OPERATORS), values(), values())
def test_operators(op: str, a: tuple[Value, tuple[int, ...]], b: tuple[Value, tuple[int, ...]]) -> None:
    result = combined(op, a[0], b[0])
    for at, (left, right) in enumerate(zip(a[1], b[1], strict=True)):
        if has_result(op, right):
            assert told(result, at) == python(op, left, right)


@pytest.mark.parametrize("op", ["<<", ">>", "//", "%"])
@pytest.mark.parametrize("a", [constant(3), Word((X, True)), Number(z3.Int("wide"))], ids=("number", "bits", "any"))
def test_an_operator_without_a_result_has_some_value(op: str, a: Value) -> None:
    for right in (0,) if op in ("//", "%") else (-1, 64):
        assert isinstance(as_term(combined(op, a, constant(right))), z3.ArithRef)


@settings(max_examples=examples(40, 400))
@given(values(), values())
def test_choices_and_tests(a: tuple[Value, tuple[int, ...]], b: tuple[Value, tuple[int, ...]]) -> None:
    chosen = either(X, a[0], b[0])
    same = equals(a[0], b[0])
    for at, (left, right) in enumerate(zip(a[1], b[1], strict=True)):
        assert told(chosen, at) == (left if at & 2 else right)
        assert holds(same, at) == (left == right)
        assert holds(truth(a[0]), at) == (left != 0)
        assert holds(within(a[0], 1, 4), at) == (1 <= left <= 4)
        assert holds(within(a[0], 0, None), at) == (left >= 0)
        assert told(negative(a[0]), at) == -left


@settings(max_examples=examples(25, 250))
@given(values(least=0))
def test_popcount(a: tuple[Value, tuple[int, ...]]) -> None:
    count = popcount(a[0])
    for at, number in enumerate(a[1]):
        assert told(count, at) == number.bit_count()
