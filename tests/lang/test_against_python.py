"""The compiler against CPython: the same text, compiled to a transition system and executed."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, assume, given, note, settings

from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model
from ovlcheck.system.action import State
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import TransitionSystem
from tests.examples import examples
from tests.lang import python_oracle, random_programs
from tests.lang.python_oracle import Cells, Ending

MOST_RUNS = 60


def runs(system: TransitionSystem) -> set[Ending]:
    """Every way in which the runs of ``system``, which all end, can end."""
    while True:
        try:
            return _runs(system)
        except CountOverflow as overflow:
            variable = system.variable[overflow.variable]
            system = system.with_widths({variable.name: variable.type.bits + 1})


def _runs(system: TransitionSystem) -> set[Ending]:
    semantics = Semantics(system)
    found: set[Ending] = set()
    waiting = {(state, 0): None for state in semantics.initial_states()}
    seen = set(waiting)
    while waiting:
        state, steps = waiting.popitem()[0]
        outcomes = list(semantics.successors(state))
        if not outcomes:
            found.add(Ending("", _cells(system, state), steps))
        for outcome in outcomes:
            if outcome.state is None:
                assert outcome.partial is not None
                found.add(Ending(outcome.faults[-1].name, _cells(system, outcome.partial), steps))
            elif (outcome.state, steps + 1) not in seen:
                seen.add((outcome.state, steps + 1))
                waiting[outcome.state, steps + 1] = None
        assert steps < 1000
    return found


def _cells(system: TransitionSystem, state: State) -> Cells:
    return tuple(
        ((variable.name, index), state[system.offset[variable.name] + i])
        for variable in sorted(system.variables, key=lambda v: v.name)
        if variable.kind == "shared"
        for i, index in enumerate(product(*(range(n) for n in variable.shape)))
    )


def compiled(text: str) -> TransitionSystem:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "random_model.py"
        path.write_text(text)
        return build(load_model(path), {}, [])


@settings(max_examples=examples(80, 250), deadline=None, suppress_health_check=list(HealthCheck))
@given(random_programs.programs())
def test_compiled_code_ends_as_python_does_after_one_step_for_each_access(text: str) -> None:
    note(text)
    expected = python_oracle.endings(text, random_programs.NAME, random_programs.WRITTEN)
    assume(expected is not None)
    assert expected is not None
    system = compiled(text)
    names = {v.name for v in system.variables if v.kind == "shared"}
    kept = {e._replace(cells=tuple(c for c in e.cells if c[0][0] in names)) for e in expected}
    assert set(map(comparable, runs(system))) == set(map(comparable, kept))


def comparable(ending: Ending) -> Ending:
    """Local work belongs to the step before it, and so may what is wrong with it: a violation may be one step early."""
    return ending._replace(steps=0) if ending.violation else ending
