"""What Z3 is told of a system is what the reference engine does: step by step, and by repeated image."""

from __future__ import annotations

from pathlib import Path

import pytest
import z3
from hypothesis import HealthCheck, assume, given, settings

from ovlcheck.explore.reference import reachable
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model
from ovlcheck.symbolic.cells import Encoding
from ovlcheck.symbolic.translation import SymbolicSystem, translate
from ovlcheck.system.action import State
from ovlcheck.system.transition_system import TransitionSystem
from tests.hand_built import counter, die_hard, references
from tests.random_systems import transition_systems
from tests.symbolic.small_systems import image, outcomes, reached

CLASSICS = Path(__file__).parents[1] / "lang" / "classics"

unhurried = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
)


def valued(symbolic: SymbolicSystem, state: State, about: z3.ExprRef) -> z3.ExprRef:
    literals = symbolic.literals(state)
    return z3.simplify(z3.substitute(about, *literals) if literals else about)


def true(symbolic: SymbolicSystem, state: State, about: z3.ExprRef) -> bool:
    value = valued(symbolic, state, about)
    assert z3.is_true(value) or z3.is_false(value), value
    return bool(z3.is_true(value))


def after(symbolic: SymbolicSystem, state: State, number: int) -> State:
    """The state that a step's updates give."""
    step = symbolic.steps[number]
    solver = z3.Solver()
    for old, new in zip(symbolic.pre, symbolic.post, strict=True):
        solver.add(new == valued(symbolic, state, symbolic.updated(step, old)))
    assert solver.check() == z3.sat
    return symbolic.decode_after(solver.model())


def agree_in(symbolic: SymbolicSystem, state: State) -> None:
    """Every step, and every violation, is in ``state`` what the interpreter says."""
    expected = outcomes(symbolic.semantics, state)
    assert true(symbolic, state, symbolic.types)
    violated = set()
    for number, step in enumerate(symbolic.steps):
        outcome = expected.pop((step.action.edge, step.arguments), None)
        assert true(symbolic, state, step.enabled) == (outcome is not None)
        assert true(symbolic, state, step.guard) == (outcome is not None and outcome.state is not None)
        failing = {name for name, c in step.failures.items() if true(symbolic, state, c)}
        covering = {name for name, c in step.covers.items() if true(symbolic, state, c)}
        assert failing == ({f.name for f in outcome.faults} if outcome else set())
        assert covering == (set(outcome.covered) if outcome else set())
        violated |= failing
        if outcome is not None and outcome.state is not None:
            assert after(symbolic, state, number) == outcome.state
    assert not expected
    broken = {i.name for i in symbolic.system.invariants if not symbolic.holds(i, state)}
    assert {n for n, c in symbolic.bad.items() if true(symbolic, state, c)} == violated | broken
    terminal = not outcomes(symbolic.semantics, state)
    stuck = any(not symbolic.semantics.at_rest(state, *who) for who in symbolic.semantics.instances)
    assert true(symbolic, state, symbolic.deadlock) == (terminal and stuck)


@settings(unhurried, max_examples=25)
@given(transition_systems())
def test_steps_of_random_systems_agree(system: TransitionSystem) -> None:
    symbolic = translate(system)
    for state in reached(symbolic.semantics, 12):
        agree_in(symbolic, state)


@pytest.mark.parametrize("encoding", [Encoding.ONE_HOT, Encoding.INTEGER])
@settings(unhurried, max_examples=6)
@given(system=transition_systems())
def test_other_encodings_agree(encoding: Encoding, system: TransitionSystem) -> None:
    symbolic = translate(system, encoding)
    for state in reached(symbolic.semantics, 8):
        agree_in(symbolic, state)


@settings(unhurried, max_examples=8)
@given(transition_systems())
def test_repeated_image_of_random_systems_is_what_is_reachable(system: TransitionSystem) -> None:
    symbolic = translate(system)
    states = reached(symbolic.semantics, 20)
    assume(0 < len(states) < 20)
    assert image(symbolic, 60) == set(states)


@pytest.mark.parametrize("encoding", list(Encoding))
@pytest.mark.parametrize(
    "system", [die_hard(), counter(5, low=-2), references(3, width=2)], ids=lambda s: str(s.cells)
)
def test_repeated_image_is_what_is_reachable(system: TransitionSystem, encoding: Encoding) -> None:
    assert image(translate(system, encoding), 100) == set(reachable(system))


@pytest.mark.parametrize(
    "name, constants",
    [("peterson", {}), ("philosophers", {}), ("readers_writers", {})],
)
def test_repeated_image_of_classics_is_what_is_reachable(name: str, constants: dict[str, int]) -> None:
    system = build(load_model(CLASSICS / f"{name}.py"), constants, [])
    symbolic = translate(system)
    states = reached(symbolic.semantics, 200)
    assert len(states) < 200
    assert image(symbolic, 200) == set(states)


def test_counters_have_no_upper_bound() -> None:
    symbolic = translate(references(None))
    grown = (1 << 20,)
    assert true(symbolic, grown, symbolic.types)
    assert {after(symbolic, grown, n) for n in range(2)} == {(grown[0] + 1,), (grown[0] - 1,)}


def test_states_survive_being_told_to_z3() -> None:
    for encoding in Encoding:
        symbolic = translate(die_hard(), encoding)
        for state in symbolic.semantics.initial_states():
            solver = z3.Solver()
            solver.add(symbolic.encode(state))
            assert solver.check() == z3.sat
            assert symbolic.decode(solver.model()) == state
