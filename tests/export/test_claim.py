"""Claims accept exactly the fair behaviours that their automaton does; with fairness as a premise they decide what our
engines do, and so does Spin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlcheck.explore.liveness.check import check_requirements
from ovlcheck.export.claim import Claim, Fair, never
from ovlcheck.export.path import condition_of
from ovlcheck.export.peers import run_spin
from ovlcheck.export.premise import LAST, STAY, assumptions, with_last
from ovlcheck.export.problems import NotExportable
from ovlcheck.export.promela import to_promela
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model, load_properties
from ovlcheck.system.expr import Const, Expr, Load, Or
from ovlcheck.system.formula import Formula, Possibility, always, eventually, negated
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Assign, TransitionSystem
from ovlcheck.temporal.automaton import translate
from tests.examples import examples
from tests.explore.liveness.drawn import everyday, richer_systems, with_requirement
from tests.export.agreement import QUICKLY, needs_spin
from tests.temporal.formulas import ATOMS, NAMES, formulas, words
from tests.temporal.test_automaton import Word, holds

CLASSICS = Path(__file__).parents[1] / "lang" / "classics"
ENTERS = """from ovlcheck import behaviour, leads_to


@behaviour({})
def it(fs):
    return leads_to(fs.c[0], not fs.c[0])
"""

loads = st.sampled_from([Load(name) for name in NAMES])


@st.composite
def conditions(draw: st.DrawFn) -> Fair:
    taken = draw(loads)
    return Fair(Or((taken, draw(loads))), taken, draw(st.none() | loads))


def accepted(
    claim: Claim, starts: list[int], follow: Callable[[int], list[int]], value: Callable[[Expr, int], bool]
) -> bool:
    """By the definition: a cycle through an accepting place can be reached, one step of the claim a step."""
    waiting = [(start, 0) for start in starts]
    graph = nx.DiGraph()
    graph.add_nodes_from(waiting)
    while waiting:
        state, place = here = waiting.pop()
        true = [value(predicate, state) for predicate in claim.predicates]
        for literals, target in claim.steps[place]:
            if all(true[i] if i >= 0 else not true[~i] for i in literals):
                for next_state in follow(state):
                    there = (next_state, target)
                    if there not in graph:
                        waiting.append(there)
                    graph.add_edge(here, there)
    return any(
        any(place in claim.accepting for _, place in part) and graph.subgraph(part).number_of_edges()
        for part in nx.strongly_connected_components(graph)
    )


@settings(max_examples=150)
@given(formulas, words, st.lists(conditions(), max_size=3))
def test_a_claim_accepts_a_lasso_if_and_only_if_it_is_fair_and_the_formula_holds(
    formula: Formula, word: Word, fair: list[Fair]
) -> None:
    labels, loop = word

    def value(condition: Expr, at: int) -> bool:
        if isinstance(condition, Or):
            return any(value(part, at) for part in condition.items)
        assert isinstance(condition, Load)
        return bool(labels[at] >> NAMES.index(condition.variable) & 1)

    def again_and_again(condition: Expr) -> bool:
        return any(value(condition, at) for at in range(loop, len(labels)))

    is_fair = all(
        again_and_again(it.often)
        and (it.again is None or not again_and_again(it.again) or again_and_again(it.taken))
        for it in fair
    )
    automaton = translate(formula)
    claim = never(automaton, automaton.atoms, fair)
    following = [*range(1, len(labels)), loop]
    assert accepted(claim, [0], lambda at: [following[at]], value) == (is_fair and holds(formula, word))


def claim_with_premise(system: TransitionSystem) -> Claim:
    (requirement,) = system.requirements
    assert not isinstance(requirement.demand, Possibility)
    automaton = translate(negated(requirement.demand))
    return never(
        automaton, [condition_of(system, atom) for atom in automaton.atoms], assumptions(system, requirement)
    )


@settings(max_examples=examples(25, 100))
@given(richer_systems(), everyday)
def test_fairness_as_a_premise_is_the_fairness_of_our_engine(
    found: TransitionSystem, formula: Formula
) -> None:
    made = with_requirement(found, formula)
    (finding,) = check_requirements(made).findings
    system = with_last(made)
    semantics = Semantics(system)
    states = list(semantics.initial_states())
    number = {state: i for i, state in enumerate(states)}
    starts = list(range(len(states)))
    targets: list[list[int]] = []
    for state in states:
        reached = [o.state for o in semantics.successors(state) if o.state is not None]
        for target in reached:
            if target not in number:
                number[target] = len(states)
                states.append(target)
        targets.append([number[target] for target in reached])
    found_one = accepted(
        claim_with_premise(system),
        starts,
        targets.__getitem__,
        lambda predicate, at: bool(semantics.evaluate(predicate, states[at])),
    )
    assert found_one == (finding.violation is not None)


def test_whose_step_was_the_last_is_told_apart_by_instance() -> None:
    system = with_last(build(load_model(CLASSICS / "peterson.py"), {}, []))
    semantics = Semantics(system)
    (initial,) = semantics.initial_states()
    at = system.offset[LAST]
    last = {format(o.action): o.state[at] for o in semantics.successors(initial) if o.state is not None}
    assert sorted(last.values()) == [0, 1, 2]
    assert system.edges[-1].name == STAY


def test_an_automaton_without_fairness_is_a_claim_as_small_as_spins_own() -> None:
    automaton = translate(negated(always(eventually(ATOMS[0]))))
    claim = never(automaton, automaton.atoms)
    assert (len(claim.steps), claim.accepting) == (2, {1})


def peterson(fairness: str, directory: Path) -> TransitionSystem:
    (directory / "properties.py").write_text(ENTERS.format(fairness))
    return build(load_model(CLASSICS / "peterson.py"), {}, load_properties([directory / "properties.py"]))


@needs_spin
@pytest.mark.parametrize(
    ("fairness", "premise", "violated"),
    [("weak='proc'", False, False), ("unfair='proc'", True, True), ("", True, False)],
    ids=["fair to each process", "nobody is fair", "fair inside a call"],
)
def test_spin_agrees_about_petersons_lock(
    fairness: str, premise: bool, violated: bool, tmp_path: Path
) -> None:
    system = peterson(fairness, tmp_path)
    (finding,) = check_requirements(system).findings
    assert (finding.violation is not None) == violated
    if premise:
        system = with_last(system)
        claim = claim_with_premise(system)
    else:
        (requirement,) = system.requirements
        assert not isinstance(requirement.demand, Possibility)
        automaton = translate(negated(requirement.demand))
        claim = never(automaton, [condition_of(system, atom) for atom in automaton.atoms])
    text = to_promela(system, flat=False, claim=claim).text
    with TemporaryDirectory(prefix="ovlcheck-export-") as name:
        figures = run_spin(
            text, Path(name), claim=True, fair=not premise, depth=100_000, hash_bits=16, flags=QUICKLY
        )
    assert figures.violated == violated


def test_a_claim_needs_one_initial_state() -> None:
    automaton = translate(eventually(ATOMS[0]))
    system = build(load_model(CLASSICS / "peterson.py"), {}, [])
    first = system.initial[0]
    other = replace(first, ops=(*first.ops, Assign("turn", (), Const(1))))
    with pytest.raises(NotExportable, match="several initial states"):
        to_promela(replace(system, initial=(first, other)), flat=False, claim=never(automaton, ()))
