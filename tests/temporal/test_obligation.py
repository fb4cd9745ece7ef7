"""What a formula comes to when its last obligation can never be met."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from ovlcheck.system.expr import TRUE, Expr, Load
from ovlcheck.system.formula import Formula, Negation, Until, always, eventually, leads_to, show_formula
from ovlcheck.temporal.lasso_word import holds_of_lasso
from ovlcheck.temporal.obligation import without_last_obligation
from tests.temporal.formulas import ATOMS, formulas, words
from tests.temporal.test_automaton import Word, holds

P, Q, _ = ATOMS


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (leads_to(P, Q), "leads_to(p, 0)"),
        (leads_to(P, always(Q)), "leads_to(p, always(0))"),
        (leads_to(P, Negation(Q)), "leads_to(p, 0)"),
        (always(eventually(P)), "always(eventually(0))"),
        (Until(P, Q), "until(p, 0)"),
    ],
    ids=lambda value: value if isinstance(value, str) else show_formula(value),
)
def test_the_last_predicate_becomes_what_never_holds(formula: Formula, expected: str) -> None:
    assert show_formula(without_last_obligation(formula)) == expected


@settings(max_examples=200)
@given(formulas, words)
def test_what_is_left_is_stronger(formula: Formula, word: Word) -> None:
    assert holds(formula, word) or not holds(without_last_obligation(formula), word)


def test_the_meaning_of_a_lasso_is_that_of_its_infinite_word() -> None:
    """p holds once, in the stem; q in every second state of the loop."""

    def there(condition: Expr, at: int) -> bool:
        return (
            at == {P.condition: 0, Q.condition: 2}[condition]
            if isinstance(condition, Load)
            else condition == TRUE
        )

    for formula, expected in [
        (P, True), (always(P), False), (eventually(P), True), (always(eventually(P)), False),
        (always(eventually(Q)), True), (leads_to(P, Q), True), (leads_to(Q, P), False),
    ]:  # fmt: skip
        assert holds_of_lasso(formula, 3, 1, there) is expected, show_formula(formula)
