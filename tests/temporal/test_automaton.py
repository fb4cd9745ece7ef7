"""Automata accept exactly the behaviours of which their formula holds."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings

from ovlcheck.system.expr import Expr, Load
from ovlcheck.system.formula import Formula, Negation, always, eventually, negated, show_formula
from ovlcheck.temporal.automaton import Automaton, translate
from ovlcheck.temporal.lasso_word import holds_of_lasso
from tests.temporal.formulas import ATOMS, NAMES, formulas, words

Word = tuple[tuple[int, ...], int]


def accepts(automaton: Automaton, word: Word) -> bool:
    """By the definition: some cycle that can be reached is in every acceptance set."""
    labels, loop = word
    following = [*range(1, len(labels)), loop]
    bits = {Load(name): 1 << i for i, name in enumerate(NAMES)}

    def label(at: int) -> int:
        return sum(1 << i for i, atom in enumerate(automaton.atoms) if labels[at] & bits[atom])

    graph = nx.MultiDiGraph()
    waiting = [(0, 0)]
    graph.add_node((0, 0))
    while waiting:
        at, state = here = waiting.pop()
        for t in automaton.transitions[state]:
            if t.allows(label(at)):
                there = (following[at], t.target)
                if there not in graph:
                    waiting.append(there)
                graph.add_edge(here, there, fulfils=t.fulfils)
    for component in nx.strongly_connected_components(graph):
        inside = graph.subgraph(component)
        fulfilled = 0
        for *_, fulfils in inside.edges(data="fulfils"):
            fulfilled |= fulfils
        if inside.number_of_edges() and fulfilled == (1 << automaton.sets) - 1:
            return True
    return False


def holds(formula: Formula, word: Word) -> bool:
    labels, loop = word

    def there(condition: Expr, at: int) -> bool:
        if isinstance(condition, Load):
            return bool(labels[at] >> NAMES.index(condition.variable) & 1)
        return condition.value == 1

    return holds_of_lasso(formula, len(labels), loop, there)


@settings(max_examples=600)
@given(formulas, words)
def test_an_automaton_accepts_a_lasso_if_and_only_if_the_formula_holds_of_it(
    formula: Formula, word: Word
) -> None:
    assert accepts(translate(formula), word) == holds(formula, word)


@settings(max_examples=300)
@given(formulas, words)
def test_exactly_one_of_a_formula_and_its_negation_holds(formula: Formula, word: Word) -> None:
    assert holds(formula, word) != holds(negated(formula), word)
    assert holds(Negation(formula), word) != holds(formula, word)


@pytest.mark.parametrize(
    ("formula", "states", "sets"),
    [
        (always(ATOMS[0]), 1, 0),
        (eventually(ATOMS[0]), 2, 1),
        (always(eventually(ATOMS[0])), 1, 1),
        (eventually(always(ATOMS[0])), 2, 1),
    ],
    ids=lambda value: show_formula(value) if not isinstance(value, int) else None,
)
def test_automata_of_everyday_formulas_are_as_small_as_those_of_the_books(
    formula: Formula, states: int, sets: int
) -> None:
    automaton = translate(formula)
    assert (len(automaton.transitions), automaton.sets) == (states, sets)
