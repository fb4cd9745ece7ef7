"""Conditions for faults and bounds of values agree with evaluation itself, in every state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlcheck.system.bounds import Bounds
from ovlcheck.system.definedness import defined, op_defined
from ovlcheck.system.expr import (
    FALSE,
    TRUE,
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
)
from ovlcheck.system.semantics import CountOverflow, Fault, Semantics
from ovlcheck.system.transition_system import Assign, Let, Parameter, Population, Variable
from ovlcheck.system.types import Bool, Count, Int, Ref
from tests.hand_built import rule, set_, system

VARIABLES = (
    Variable("n", Int(-1, 2)),
    Variable("row", Int(0, 3), (2,)),
    Variable("ref", Ref("thing", 2)),
    Variable("alive", Bool(), (2,), "alive"),
    Variable("count", Count(2)),
)
SYSTEM = system(variables=VARIABLES, populations=(Population("thing", 2, "alive"),))
SEMANTICS = Semantics(SYSTEM)
N, REF = Load("n"), Load("ref")
STATES = [(n, 1, 2, ref, a, b, 1) for n in range(-1, 3) for ref in range(3) for a in (0, 1) for b in (0, 1)]

ATOMS: st.SearchStrategy[Expr] = st.sampled_from(
    [N, REF, Const(0), Const(1), Const(-1), Const(2), Load("count"), Param("p")]
)
OPERATORS = st.sampled_from(
    ["+", "-", "*", "//", "%", "==", "!=", "<", "<=", ">", ">=", "&", "|", "^", "&~", "<<", ">>"]
)
EXPRESSIONS: st.SearchStrategy[Expr] = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(OPERATORS, inner, inner).map(lambda t: Binary(*t)),
        inner.map(lambda e: Load("row", (e,))),
        inner.map(lambda e: Deref(e, "thing")),
        inner.map(Not),
        inner.map(lambda e: Unary("-", e)),
        inner.map(lambda e: Unary("popcount", Binary("*", e, e))),
        st.lists(inner, min_size=1, max_size=3).map(lambda i: And(tuple(i))),
        st.lists(inner, min_size=1, max_size=3).map(lambda i: Or(tuple(i))),
        st.tuples(inner, inner, inner).map(lambda i: Cond(*i)),
    ),
    max_leaves=10,
)


@given(EXPRESSIONS)
def test_an_expression_is_said_to_be_defined_exactly_where_it_does_not_fault(expr: Expr) -> None:
    condition = defined(SYSTEM, Bounds(SYSTEM, (Parameter("p", 2),)), expr)
    for state in STATES:
        try:
            SEMANTICS.evaluate(expr, state, {"p": 1})
            faults = False
        except Fault:
            faults = True
        assert bool(SEMANTICS.evaluate(condition, state, {"p": 1})) is not faults


@given(EXPRESSIONS)
def test_a_value_lies_within_its_bounds(expr: Expr) -> None:
    low, high = Bounds(SYSTEM, (Parameter("p", 2),)).of(expr)
    for state in STATES:
        try:
            value = SEMANTICS.evaluate(expr, state, {"p": 1})
        except Fault:
            continue
        assert low <= value <= high


@given(EXPRESSIONS, EXPRESSIONS, st.sampled_from(["n", "row", "ref", "alive", "count"]))
def test_an_assignment_is_said_to_be_possible_exactly_where_it_does_not_fault(
    index: Expr, value: Expr, variable: str
) -> None:
    op = Assign(variable, (index,) if SYSTEM.variable[variable].shape else (), value)
    sut = system(rule("store", op, parameters=(Parameter("p", 2),)), variables=VARIABLES)
    sut = system(*sut.edges, variables=VARIABLES, populations=SYSTEM.populations)
    condition = op_defined(sut, Bounds(sut, (Parameter("p", 2),)), op)
    semantics = Semantics(sut)
    for state in STATES[::5]:
        try:
            outcome = semantics.fire(state, semantics.actions[1])
        except CountOverflow:
            continue
        assert outcome is not None
        assert bool(semantics.evaluate(condition, state, {"p": 1})) is (outcome.state is not None)


def test_what_types_exclude_needs_no_condition() -> None:
    bounds = Bounds(SYSTEM, (Parameter("p", 2),))
    assert defined(SYSTEM, bounds, Load("row", (Param("p"),))) == TRUE
    assert op_defined(SYSTEM, bounds, set_("ref", Binary("+", Deref(Const(1), "thing"), Const(1)))) != TRUE
    bounds.pass_over(Let("slot", Binary("&", Load("count"), Const(1))))
    assert defined(SYSTEM, bounds, Load("row", (Temp("slot"),))) == TRUE
    assert op_defined(SYSTEM, bounds, set_("count", Binary("+", Load("count"), Const(1)))) == TRUE


@pytest.mark.parametrize("index", [Const(2), Const(-1)])
def test_an_index_outside_its_array_is_never_defined(index: Const) -> None:
    condition = defined(SYSTEM, Bounds(SYSTEM, ()), Load("row", (index,)))
    assert condition != FALSE
    assert not SEMANTICS.evaluate(condition, STATES[0])
