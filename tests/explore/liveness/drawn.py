"""Random systems with fairness of every kind, and random demands on their behaviours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ovlcheck.system.expr import Binary, Const, Expr, Load, Param
from ovlcheck.system.formula import (
    Formula,
    Possibility,
    Requirement,
    always,
    eventually,
    leads_to,
    map_atoms,
)
from ovlcheck.system.transition_system import Assume, Check, Edge, Op, Parameter, TransitionSystem, Variable
from ovlcheck.system.types import Int
from tests.hand_built import eq, process, set_, source, system
from tests.random_expressions import Vocabulary, truth
from tests.random_systems import transition_systems
from tests.temporal.formulas import ATOMS as LETTERS
from tests.temporal.formulas import NAMES as NAMES_OF_LETTERS
from tests.temporal.formulas import formulas

NAMES = ("a", "b")
ATOMS: dict[str, Expr] = {
    "p": eq(Load("a"), 0),
    "q": eq(Load("b"), 1),
    "r": Binary("!=", Load("a"), Load("b")),
}
NAMED = dict(zip(NAMES_OF_LETTERS, LETTERS, strict=True))
FAIRNESS = st.sampled_from(("none", "weak", "weak", "strong"))


def _ops(draw: DrawFn) -> tuple[Op, ...]:
    found: list[Op] = []
    if draw(st.booleans()):
        found.append(Assume(eq(Load(draw(st.sampled_from(NAMES))), draw(st.integers(0, 1)))))
    if draw(st.booleans()):
        name = draw(st.sampled_from(NAMES))
        turned = Binary("-", Const(1), Load(name))
        found.append(set_(name, draw(st.sampled_from((turned, turned, Const(0), Const(1))))))
    return tuple(found)


@st.composite
def systems(draw: DrawFn) -> TransitionSystem:
    """Two variables, two processes with one or two instances and a few rules, of any fairness."""
    edges: list[Edge] = []
    made = [process(name, draw(st.integers(1, 2)), True, False) for name in ("left", "right")]
    for one, _ in made:
        for number in range(draw(st.integers(1, 3))):
            origin, target = draw(st.integers(0, 1)), draw(st.integers(0, 1))
            parameters = (Parameter("self", one.instances),)
            name = f"{one.name}{number}"
            ops, fairness = _ops(draw), draw(FAIRNESS)
            edges.append(Edge(name, ops, source(number), one.name, origin, target, parameters, fairness))
    for number in range(draw(st.integers(0, 2))):
        edges.append(Edge(f"rule{number}", _ops(draw), source(number), fairness=draw(FAIRNESS)))
    if draw(st.booleans()):
        turn = set_("a", Binary("-", Const(1), Load("a")))
        edges.append(Edge("turn", (turn,), source(8), fairness="weak"))
        edges.append(
            Edge("seize", (Assume(eq(Load("a"), 1)), set_("b", 1)), source(9), fairness=draw(FAIRNESS))
        )
    variables = tuple(Variable(name, Int(0, 1)) for name in NAMES) + tuple(pc for _, pc in made)
    return system(*edges, variables=variables, processes=tuple(one for one, _ in made))


@st.composite
def richer_systems(draw: DrawFn) -> TransitionSystem:
    """Such systems with more that engines can get wrong.

    Rules that are fair for each value of a parameter, one that they do not use included, and free in their choice of
    another; steps that end in a violation for some; and a variable that nothing reads.
    """
    found = draw(systems())
    edges = list(found.edges)
    value = Param("value")
    if draw(st.booleans()):
        ops = (Assume(Binary("!=", Load("a"), value)), set_("a", value))
        parameters = (Parameter("value", 2), Parameter("choice1", draw(st.integers(1, 2))))
        edges.append(Edge("become", ops, source(10), parameters=parameters, fairness=draw(FAIRNESS)))
    if draw(st.booleans()):
        edges.append(
            Edge("idly", _ops(draw), source(11), parameters=(Parameter("value", 2),), fairness=draw(FAIRNESS))
        )
    if draw(st.integers(0, 3)) == 0:
        wrong = Check(Binary("!=", Load("b"), value), "wrong", "it is", fatal=True)
        ops = (Assume(eq(Load("a"), draw(st.integers(0, 1)))), wrong)
        edges.append(
            Edge("fails", ops, source(12), parameters=(Parameter("value", 2),), fairness=draw(FAIRNESS))
        )
    if draw(st.booleans()):
        third = draw(st.sampled_from((Binary("-", Const(1), Load("unread")), Const(1))))
        edges = [
            replace(edge, ops=(*edge.ops, set_("unread", third))) if draw(st.booleans()) else edge
            for edge in edges
        ]
        found = replace(found, variables=(*found.variables, Variable("unread", Int(0, 1))))
    return replace(found, edges=tuple(edges))


everyday = st.one_of(
    formulas,
    st.sampled_from(
        [eventually(NAMED["q"]), always(eventually(NAMED["q"])), leads_to(NAMED["p"], NAMED["q"])]
    ),
)


def over_variables(formula: Formula, atoms: Mapping[str, Expr] = ATOMS) -> Formula:
    return map_atoms(formula, lambda atom: atoms.get(atom.variable, atom) if isinstance(atom, Load) else atom)


def with_requirement(found: TransitionSystem, formula: Formula) -> TransitionSystem:
    return replace(found, requirements=(Requirement("it", over_variables(formula)),))


@st.composite
def demands(
    draw: DrawFn,
    number: int,
    steps: Sequence[str] = ("left", "right", "rule0", "become", "idly"),
    about: Mapping[str, Expr] = ATOMS,
) -> tuple[Requirement, ...]:
    """So many formulas, each with changes of fairness of its own, and half as many possibilities."""
    names = st.lists(st.sampled_from(steps), max_size=1).map(tuple)
    found = [
        Requirement(
            f"formula{k}",
            over_variables(draw(everyday), about),
            weak=draw(names),
            strong=draw(names),
            unfair=draw(names),
        )
        for k in range(number)
    ]
    atoms = st.sampled_from(list(about.values()))
    for k in range(number // 2):
        way = Possibility(draw(atoms), draw(atoms), draw(st.booleans()), draw(names))
        found.append(Requirement(f"possible{k}", way))
    return tuple(found)


@st.composite
def systems_of_every_kind(draw: DrawFn, number: int) -> TransitionSystem:
    """Any system, with so many formulas and half as many possibilities over conditions that may have no value."""
    found = draw(transition_systems())
    words = Vocabulary(draw, list(found.variables), list(found.populations))
    about = {letter: truth(words, 1) for letter in NAMES_OF_LETTERS}
    steps = [*(p.name for p in found.processes), *(e.name for e in found.edges if e.process is None)]
    return replace(found, requirements=draw(demands(number, steps, about)))
