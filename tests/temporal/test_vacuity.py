"""A property is exercised exactly when its last obligation is reached, and asking never faults by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

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
    walk,
)
from ovlcheck.system.semantics import Fault, Semantics
from ovlcheck.system.transition_system import Initial, Population, TransitionSystem, Variable
from ovlcheck.system.types import Bool, Ref
from ovlcheck.temporal.vacuity import exercised

A, B, C = Load("a"), Load("b"), Load("c")

SYSTEM = TransitionSystem(
    "vacuity",
    (
        Variable("a", Bool()),
        Variable("b", Bool()),
        Variable("c", Bool()),
        Variable("ref", Ref("thing", 1)),
        Variable("field", Bool(), (1,)),
        Variable("alive", Bool(), (1,), "alive"),
    ),
    (),
    (),
    (Initial(()),),
    populations=(Population("thing", 1, "alive"),),
)
SEMANTICS = Semantics(SYSTEM)
STATES = [
    (a, b, c, r, f, x)
    for a in (0, 1)
    for b in (0, 1)
    for c in (0, 1)
    for r in (0, 1)
    for f in (0, 1)
    for x in (0, 1)
]


def reached(predicate: Expr, a: int, b: int, c: int = 0) -> bool:
    return bool(SEMANTICS.evaluate(exercised(predicate), (a, b, c, 0, 0, 0)))


def test_an_implication_is_exercised_where_its_premise_holds() -> None:
    implication = Or((Not(A), B))
    assert [reached(implication, a, b) for a in (0, 1) for b in (0, 1)] == [False, False, True, True]


def test_every_premise_has_to_hold() -> None:
    predicate = Or((Not(A), Not(B), C))
    assert [reached(predicate, a, b) for a in (0, 1) for b in (0, 1)] == [False, False, False, True]


def test_a_conjunction_is_exercised_by_any_conjunct_that_is_reached() -> None:
    predicate = And((Or((Not(A), C)), Or((Not(B), C))))
    assert reached(predicate, 0, 1)
    assert reached(predicate, 1, 0)
    assert not reached(predicate, 0, 0)


def test_a_conjunct_behind_a_false_one_is_not_reached() -> None:
    never_exercised = Cond(A, FALSE, TRUE)
    predicate = And((never_exercised, Or((Not(B), C))))
    assert [reached(predicate, a, 1) for a in (0, 1)] == [True, False]


def test_negation_turns_the_connectives_round() -> None:
    assert [reached(Not(And((A, B))), a, 0) for a in (0, 1)] == [False, True]
    assert exercised(Not(Or((A, B)))) == TRUE


def test_a_choice_is_exercised_as_the_branch_it_takes() -> None:
    predicate = Cond(A, TRUE, B)
    assert [reached(predicate, a, 0) for a in (0, 1)] == [True, False]


def test_constants_are_never_exercised() -> None:
    for constant in (TRUE, FALSE, Binary("==", Const(1), Const(2)), Or((A, TRUE)), And((TRUE, TRUE))):
        assert exercised(constant) == FALSE


def test_a_variable_that_keeps_its_value_counts_as_a_constant() -> None:
    assert exercised(Not(A)) == TRUE
    assert exercised(Not(A), [("a", 0)]) == FALSE
    assert exercised(Or((Not(A), B)), [("a", 0)]) == FALSE
    assert exercised(Or((A, B)), [("a", 0)]) == TRUE


FIELD = Load("field", (Deref(Load("ref"), "thing"),))
PREDICATES = st.recursive(
    st.sampled_from([A, B, C, FIELD, TRUE, FALSE, Binary("==", Load("ref"), Const(0))]),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda i: And(tuple(i))),
        st.lists(inner, min_size=1, max_size=3).map(lambda i: Or(tuple(i))),
        st.tuples(inner, inner, inner).map(lambda i: Cond(*i)),
    ),
    max_leaves=12,
)


@given(PREDICATES)
def test_asking_faults_only_where_the_predicate_does(predicate: Expr) -> None:
    question = exercised(predicate)
    for state in STATES:
        try:
            SEMANTICS.evaluate(predicate, state)
        except Fault:
            continue
        assert SEMANTICS.evaluate(question, state) in (0, 1)


@given(PREDICATES)
def test_a_predicate_that_reads_nothing_is_never_exercised(predicate: Expr) -> None:
    if not any(isinstance(e, Load) for e in walk(predicate)):
        assert exercised(predicate) == FALSE
