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
from tests.examples import examples
from tests.hand_built import counter, die_hard, references
from tests.random_systems import transition_systems
from tests.symbolic.small_systems import image, outcomes, reached

CLASSICS = Path(__file__).parents[1] / "lang" / "classics"

unhurried = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
)


class Values:
    """The values of formulas in one state."""

    def __init__(self, symbolic: SymbolicSystem, state: State) -> None:
        solver = z3.Solver()
        solver.add(symbolic.encode(state))
        assert solver.check() == z3.sat
        self._model = solver.model()

    def of(self, about: z3.ExprRef) -> z3.ExprRef:
        return self._model.eval(about, model_completion=True)

    def true(self, about: z3.BoolRef) -> bool:
        value = self.of(about)
        assert z3.is_true(value) or z3.is_false(value), value
        return bool(z3.is_true(value))


def agree_in(symbolic: SymbolicSystem, state: State) -> None:
    """Every step, and every violation, is in ``state`` what the interpreter says."""
    expected = outcomes(symbolic.semantics, state)
    terminal = not expected
    values = Values(symbolic, state)
    assert values.true(symbolic.types)
    violated = set()
    for step in symbolic.steps:
        outcome = expected.pop((step.action.edge, step.arguments), None)
        assert values.true(step.enabled) == (outcome is not None)
        assert values.true(step.guard) == (outcome is not None and outcome.state is not None)
        failing = {name for name, c in step.failures.items() if values.true(c)}
        covering = {name for name, c in step.covers.items() if values.true(c)}
        assert failing == ({f.name for f in outcome.faults} if outcome else set())
        assert covering == (set(outcome.covered) if outcome else set())
        violated |= failing
        if outcome is not None and outcome.state is not None:
            for constant, value in symbolic.literals(outcome.state):
                assert values.of(symbolic.updated(step, constant)).eq(value)
    assert not expected
    broken = {i.name for i in symbolic.system.invariants if not symbolic.holds(i, state)}
    assert {n for n, c in symbolic.bad.items() if values.true(c)} == violated | broken
    stuck = any(not symbolic.semantics.at_rest(state, *who) for who in symbolic.semantics.instances)
    assert values.true(symbolic.deadlock) == (terminal and stuck)


@settings(unhurried, max_examples=examples(15, 100))
@given(transition_systems())
def test_steps_of_random_systems_agree(system: TransitionSystem) -> None:
    symbolic = translate(system)
    for state in reached(symbolic.semantics, 8):
        agree_in(symbolic, state)


@pytest.mark.parametrize("encoding", [Encoding.ONE_HOT, Encoding.INTEGER])
@settings(unhurried, max_examples=examples(6, 60))
@given(system=transition_systems())
def test_other_encodings_agree(encoding: Encoding, system: TransitionSystem) -> None:
    symbolic = translate(system, encoding)
    for state in reached(symbolic.semantics, 8):
        agree_in(symbolic, state)


@settings(unhurried, max_examples=examples(8, 80))
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
    [("peterson", {}), ("philosophers", {})],
)
def test_repeated_image_of_classics_is_what_is_reachable(name: str, constants: dict[str, int]) -> None:
    system = build(load_model(CLASSICS / f"{name}.py"), constants, [])
    symbolic = translate(system)
    states = reached(symbolic.semantics, 200)
    assert len(states) < 200
    assert image(symbolic, 200) == set(states)


def test_counters_have_no_upper_bound() -> None:
    symbolic = translate(references(None))
    grown = 1 << 20
    values = Values(symbolic, (grown,))
    assert values.true(symbolic.types)
    (refs,) = symbolic.pre
    after = {values.of(symbolic.updated(step, refs)).as_long() for step in symbolic.steps}
    assert after == {grown + 1, grown - 1}


def test_states_survive_being_told_to_z3() -> None:
    for encoding in Encoding:
        symbolic = translate(die_hard(), encoding)
        for state in symbolic.semantics.initial_states():
            solver = z3.Solver()
            solver.add(symbolic.encode(state))
            assert solver.check() == z3.sat
            assert symbolic.decode(solver.model()) == state
