"""The verdicts on random systems and formulas, held against every short behaviour tried one by one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ovlcheck.explore.liveness.check import check_requirements
from ovlcheck.explore.liveness.graph import explore_graph
from ovlcheck.system.expr import Binary, Const, Expr, Load
from ovlcheck.system.fairness import fairness_of
from ovlcheck.system.formula import Formula, Requirement, always, eventually, leads_to, map_atoms
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Assume, Edge, Op, Parameter, TransitionSystem, Variable
from ovlcheck.system.types import Int
from tests.explore.liveness.brute_force import broken_by
from tests.hand_built import eq, process, set_, source, system
from tests.temporal.formulas import ATOMS as LETTERS
from tests.temporal.formulas import NAMES as NAMES_OF_LETTERS
from tests.temporal.formulas import formulas

LONGEST = 5
NAMES = ("a", "b")
ATOMS: dict[str, Expr] = {
    "p": eq(Load("a"), 0),
    "q": eq(Load("b"), 1),
    "r": Binary("!=", Load("a"), Load("b")),
}
NAMED = dict(zip(NAMES_OF_LETTERS, LETTERS, strict=True))


@st.composite
def systems(draw: DrawFn) -> TransitionSystem:
    """Two variables, two processes with one or two instances and a few rules, of any fairness."""

    def ops() -> tuple[Op, ...]:
        found: list[Op] = []
        if draw(st.booleans()):
            found.append(Assume(eq(Load(draw(st.sampled_from(NAMES))), draw(st.integers(0, 1)))))
        if draw(st.booleans()):
            name = draw(st.sampled_from(NAMES))
            turned = Binary("-", Const(1), Load(name))
            found.append(set_(name, draw(st.sampled_from((turned, turned, Const(0), Const(1))))))
        return tuple(found)

    fairness = st.sampled_from(("none", "weak", "weak", "strong"))
    edges: list[Edge] = []
    made = [process(name, draw(st.integers(1, 2)), True, False) for name in ("left", "right")]
    for one, _ in made:
        for number in range(draw(st.integers(1, 3))):
            origin, target = draw(st.integers(0, 1)), draw(st.integers(0, 1))
            parameters = (Parameter("self", one.instances),)
            name = f"{one.name}{number}"
            edges.append(
                Edge(name, ops(), source(number), one.name, origin, target, parameters, draw(fairness))
            )
    for number in range(draw(st.integers(0, 2))):
        edges.append(Edge(f"rule{number}", ops(), source(number), fairness=draw(fairness)))
    if draw(st.booleans()):
        turn = set_("a", Binary("-", Const(1), Load("a")))
        edges.append(Edge("turn", (turn,), source(8), fairness="weak"))
        edges.append(
            Edge("seize", (Assume(eq(Load("a"), 1)), set_("b", 1)), source(9), fairness=draw(fairness))
        )
    variables = tuple(Variable(name, Int(0, 1)) for name in NAMES) + tuple(pc for _, pc in made)
    return system(*edges, variables=variables, processes=tuple(one for one, _ in made))


everyday = st.one_of(
    formulas,
    st.sampled_from(
        [eventually(NAMED["q"]), always(eventually(NAMED["q"])), leads_to(NAMED["p"], NAMED["q"])]
    ),
)


def over_variables(formula: Formula) -> Formula:
    return map_atoms(formula, lambda atom: ATOMS.get(atom.variable, atom) if isinstance(atom, Load) else atom)


def with_requirement(found: TransitionSystem, formula: Formula) -> TransitionSystem:
    return replace(found, requirements=(Requirement("it", over_variables(formula)),))


@settings(max_examples=100)
@given(systems(), everyday)
def test_no_short_fair_behaviour_breaks_what_is_said_to_hold(
    found: TransitionSystem, formula: Formula
) -> None:
    """What is said to be broken has a counterexample, which has been replayed."""
    checked = with_requirement(found, formula)
    semantics = Semantics(checked)
    graph = explore_graph(semantics)
    (answer,) = check_requirements(checked).findings
    fairness = fairness_of(semantics, checked.requirements[0])
    longest = LONGEST if len(graph.targets) <= 3 * len(graph.states) else LONGEST - 1
    broken = broken_by(semantics, graph, fairness, over_variables(formula), longest)
    assert answer.unknown is None
    assert answer.violation is not None or not broken


def test_the_systems_are_hard_ones() -> None:
    """Among what is drawn there are fair loops, ends, strong fairness that matters, and formulas that hold."""
    seen: dict[str, int] = {}

    @settings(max_examples=400, database=None)
    @given(systems(), everyday)
    def look(found: TransitionSystem, formula: Formula) -> None:
        checked = with_requirement(found, formula)
        (answer,) = check_requirements(checked).findings
        weaker = tuple(
            replace(e, fairness="weak" if e.fairness == "strong" else e.fairness) for e in found.edges
        )
        (under_weak,) = check_requirements(replace(checked, edges=weaker)).findings
        kinds = {
            "holds": answer.violation is None and not answer.vacuous,
            "vacuous": answer.vacuous,
            "loop": answer.violation is not None
            and answer.violation.loop_start != len(answer.violation.path),
            "end": answer.violation is not None and answer.violation.loop_start == len(answer.violation.path),
            "strong": answer.violation is None and under_weak.violation is not None,
        }
        for kind, there in kinds.items():
            seen[kind] = seen.get(kind, 0) + there

    look()
    assert all(seen[kind] > 0 for kind in ("holds", "vacuous", "loop", "end", "strong")), seen
