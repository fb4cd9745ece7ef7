"""Every reachable state, whichever engine finds them."""

from __future__ import annotations

import pytest

from ovlcheck.reached.states import reached_states
from ovlcheck.system.expr import Const, Load
from ovlcheck.system.transition_system import Assume, Initial, Variable
from ovlcheck.system.types import Bool, Int
from tests.hand_built import eq, plus, rule, set_, system

VARIABLES = (Variable("at", Int(0, 3)), Variable("seen", Bool()))
STEP = rule(
    "step", Assume(eq(Load("seen"), 0)), set_("at", plus(Load("at"), 1)), set_("seen", eq(Load("at"), 3))
)


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_a_row_of_every_cell_for_each_state(engine: str) -> None:
    _, search, states = reached_states(system(STEP, variables=VARIABLES), engine=engine)
    assert search.complete
    assert states is not None
    assert sorted(map(tuple, states.tolist())) == [(0, 0), (1, 0), (2, 0), (3, 1)]


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_no_state_at_all_is_no_row_of_every_cell(engine: str) -> None:
    nowhere = system(STEP, variables=VARIABLES, initial=(Initial((Assume(Const(0)),)),))
    _, search, states = reached_states(nowhere, engine=engine)
    assert search.complete
    assert states is not None
    assert states.shape == (0, 2)


def test_half_a_search_is_an_interrupt_and_not_a_model_without_known_states(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ovlcheck.explore.reference.Semantics.initial_states", interrupt)
    with pytest.raises(KeyboardInterrupt):
        reached_states(system(STEP, variables=VARIABLES), engine="reference")
