"""Automata as arrays for the native engine: their components, in order, and places from which all is accepted."""

from __future__ import annotations

from hypothesis import given, settings

from ovlcheck.explore.liveness.tables import cores, tables
from ovlcheck.explore.native.steps import StepNumbers, step_classes
from ovlcheck.system.expr import Load
from ovlcheck.system.formula import YES, Atom, Formula, Requirement, Until, always, eventually, negated
from ovlcheck.system.transition_system import Edge, Parameter, Variable
from ovlcheck.system.types import Bool
from ovlcheck.temporal.automaton import translate
from tests.hand_built import process, set_, source, system
from tests.temporal.formulas import NAMES, formulas

P = Atom(Load("p"))


@settings(max_examples=200)
@given(formulas)
def test_no_transition_leads_back_to_an_earlier_component(formula: Formula) -> None:
    automaton = translate(formula)
    core, accepting = cores(automaton)
    assert set(core) == set(range(len(accepting)))
    for place, found in enumerate(automaton.transitions):
        assert all(core[t.target] >= core[place] for t in found)


def test_a_component_that_always_puts_something_off_accepts_nothing() -> None:
    core, accepting = cores(translate(eventually(always(P))))
    assert [accepting[number] for number in core] == [False, True]


def universal(formula: Formula) -> list[int]:
    found = system(variables=tuple(Variable(name, Bool()) for name in NAMES))
    classes = step_classes(found, StepNumbers(found))
    return list(tables(translate(formula), classes, Requirement("it", formula)).universal)


def test_all_is_accepted_where_nothing_is_demanded_any_more() -> None:
    assert universal(YES) == [1]
    assert universal(eventually(P)) == [0, 1]
    assert universal(always(P)) == [0]
    assert universal(negated(Until(P, P))) == [0, 1]
    assert universal(always(eventually(P))) == [0] * len(universal(always(eventually(P))))


def test_steps_that_nothing_tells_apart_have_one_class() -> None:
    """An instance's steps have one group, a rule's one for each value but that of a free choice."""
    worker, pc = process("worker", 2, True, False)
    edges = [Edge(f"w{k}", (), source(k), "worker", k, 1 - k, (Parameter("self", 2),)) for k in range(2)]
    rule = Edge("rule", (set_("p", 1),), source(9), parameters=(Parameter("v", 3), Parameter("choice1", 5)))
    found = system(*edges, rule, variables=(Variable("p", Bool()), pc), processes=(worker,))
    numbers = StepNumbers(found)
    classes = step_classes(found, numbers)
    assert numbers.first == [0, 2, 4] and numbers.total == 7
    assert classes.of == (0, 1, 0, 1, 2, 3, 4) and len(set(classes.group)) == 5
