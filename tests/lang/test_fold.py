"""Folding keeps the value and the faults of every expression."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ovlcheck.lang import fold
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.expr import (
    FALSE,
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
    Unary,
    rebuild,
    walk,
)  # fmt: skip
from ovlcheck.system.logic import certain
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Initial, Parameter, Population, TransitionSystem, Variable
from ovlcheck.system.types import Bits, Bool, Int, Ref
from tests.random_expressions import Vocabulary, number, truth

VARIABLES = [
    Variable("x", Int(-2, 3)), Variable("p", Bool()), Variable("q", Bool()), Variable("n", Ref("node", 2)),
    Variable("f", Int(0, 3), (2,)), Variable("s", Bits("set", ("a", "b", "c"), None)), Variable("live", Bool(), (2,)),
]  # fmt: skip
POPULATIONS = (Population("node", 2, "live"), Population("always", 2))
SYSTEM = TransitionSystem(
    name="fold",
    variables=tuple(VARIABLES),
    processes=(),
    edges=(),
    initial=(Initial(()),),
    populations=POPULATIONS,
)
SEMANTICS = Semantics(SYSTEM)
PARAMETERS = (Parameter("self", 2),)


@st.composite
def expressions(draw: DrawFn, conditions: bool = False) -> Expr:
    words = Vocabulary(draw, list(VARIABLES), list(POPULATIONS), PARAMETERS)
    return strict(truth(words, 3) if conditions else number(words, 3)[0])


def strict(expr: Expr) -> Expr:
    """``expr`` with truth values wherever the compiler has them: it never connects anything else."""

    def visit(e: Expr) -> Expr:
        built = rebuild(e, visit)
        match built:
            case And(items):
                return And(tuple(map(as_truth, items))) if items else Const(1)
            case Or(items):
                return Or(tuple(map(as_truth, items))) if items else Const(0)
            case Not(operand):
                return Not(as_truth(operand))
            case Cond(test, then, orelse):
                return Cond(as_truth(test), then, orelse)
        return built

    return visit(expr)


def as_truth(expr: Expr) -> Expr:
    boolean = fold.is_boolean(expr) or (isinstance(expr, Load) and expr.variable in ("p", "q"))
    return expr if boolean else Binary("!=", expr, Const(0))


@st.composite
def states(draw: DrawFn) -> tuple[int, ...]:
    return tuple(draw(st.integers(v.type.lo, v.type.hi)) for v in VARIABLES for _ in range(v.cells))


def outcome(expr: Expr, state: tuple[int, ...], bindings: Mapping[str, int]) -> int | str:
    """The value of ``expr``, or the kind of its fault."""
    try:
        return SEMANTICS.evaluate(expr, state, bindings)
    except Fault as fault:
        return fault.kind


def folded(expr: Expr, within_step: bool) -> Expr:
    """``expr`` built again with the functions of ``fold``."""

    def visit(e: Expr) -> Expr:
        match e:
            case Unary(op, operand):
                return fold.unary(op, visit(operand))
            case Binary(op, left, right):
                return fold.binary(op, visit(left), visit(right), within_step)
            case Not(operand):
                return fold.negate(visit(operand))
            case And(items):
                return fold.conjunction(*map(visit, items), within_step=within_step)
            case Or(items):
                return fold.disjunction(*map(visit, items), within_step=within_step)
            case Cond(test, then, orelse):
                return fold.cond(visit(test), visit(then), visit(orelse), within_step)
        return rebuild(e, visit)

    return visit(expr)


@settings(max_examples=400, deadline=None)
@given(expressions() | expressions(conditions=True), states(), st.integers(0, 1), st.booleans())
def test_a_folded_expression_has_the_same_value_and_the_same_fault(
    expr: Expr, state: tuple[int, ...], instance: int, within_step: bool
) -> None:
    bindings = {"self": instance}
    assert outcome(folded(expr, within_step), state, bindings) == outcome(expr, state, bindings)


@settings(max_examples=200, deadline=None)
@given(expressions(conditions=True))
def test_no_read_is_left_out_before_steps_are_cut(expr: Expr) -> None:
    before = [e for e in walk(expr) if isinstance(e, Load)]
    after = [e for e in walk(folded(expr, within_step=False)) if isinstance(e, Load)]
    short = any(isinstance(e, (And, Or, Cond)) for e in walk(expr))
    assert short or len(after) >= len(before)


@settings(max_examples=300, deadline=None)
@given(expressions(conditions=True), states(), st.integers(0, 1))
def test_what_is_certain_is_so_whenever_there_is_a_value(
    expr: Expr, state: tuple[int, ...], instance: int
) -> None:
    built = folded(expr, within_step=True)
    known, found = certain(built), outcome(built, state, {"self": instance})
    assert known is None or isinstance(found, str) or bool(found) == bool(known)


@settings(max_examples=300, deadline=None)
@given(expressions(), states(), st.integers(0, 1))
def test_what_cannot_fault_does_not(expr: Expr, state: tuple[int, ...], instance: int) -> None:
    assert fold.may_fault(expr) or isinstance(outcome(expr, state, {"self": instance}), int)


@settings(max_examples=300, deadline=None)
@given(expressions(), expressions(), states(), st.integers(0, 1))
def test_substitution_of_equals_changes_nothing(
    expr: Expr, other: Expr, state: tuple[int, ...], instance: int
) -> None:
    bindings = {"self": instance}
    value = outcome(other, state, bindings)
    if isinstance(value, int):
        built = fold.substitute(expr, lambda e: Const(value) if e == other else None)
        assert outcome(built, state, bindings) == outcome(expr, state, bindings)


def test_known_references_into_static_populations_need_no_check() -> None:
    assert fold.deref(Const(2), "always", dynamic=False) == Const(1)
    assert fold.deref(Binary("+", Param("self"), Const(1)), "always", dynamic=False) == Param("self")
    assert fold.deref(Const(2), "node", dynamic=True) == Deref(Const(2), "node")
    assert fold.deref(Const(0), "always", dynamic=False) == Deref(Const(0), "always")


def test_the_fault_of_an_operand_stays_where_its_value_does_not_matter() -> None:
    faulty = Binary("//", Const(1), Load("x"))
    assert fold.conjunction(Binary("!=", faulty, Const(0)), FALSE) != FALSE
    assert fold.binary("*", faulty, Const(0)) != Const(0)
    assert fold.binary("==", faulty, faulty) != Const(1)
