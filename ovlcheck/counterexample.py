"""From a run of the translated system to a trace of the model as written, as short as it can be made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ovlcheck.engines import make_engine
from ovlcheck.explore.probe import fitted
from ovlcheck.explore.reductions import FUSION, SLICING
from ovlcheck.explore.result import Limits, Violation
from ovlcheck.explore.search import explore
from ovlcheck.system.action import State
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.step import Outcome
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import AMPLE, Count
from ovlcheck.trace.build import TraceBuilder
from ovlcheck.trace.trace import Trace
from ovlcheck.translated import Translated

if TYPE_CHECKING:
    from ovlcheck.symbolic.answer import Run
    from ovlcheck.symbolic.translation import SymbolicSystem


_MOST_STATES = 2_000_000
"""A shorter run in single steps is looked for among at most this many states."""


def shown_by(symbolic: SymbolicSystem, run: Run, names: tuple[str, ...]) -> Violation:
    """The violation, of ``names``, that ``run`` leads to: in its last state or in the step that follows."""
    semantics = symbolic.semantics
    state = run.initial
    for action in run.path:
        outcome = semantics.fire(state, action)
        if outcome is None or outcome.state is None:
            raise ValueError("the formulas have a step that the system has not")
        state = outcome.state
    for invariant in symbolic.system.invariants:
        if invariant.name in names and not symbolic.holds(invariant, state):
            return Violation(invariant.name, invariant.message, run.initial, run.path)
    for outcome in semantics.successors(state):
        for failure in outcome.faults:
            if failure.name in names:
                return Violation(failure.name, failure.message, run.initial, (*run.path, outcome.action))
    raise ValueError("the run ends where the system violates nothing")


def trace_of(
    item: Translated, found: Violation, limits: Limits | None = None, *, fewest: bool = False
) -> Trace:
    """The trace of ``found``, a violation in the reduced system, replayed by the reference interpreter.

    With ``limits`` a shorter run is looked for within them: steps of the reduced system are fewer and longer.
    ``fewest``: no run of the reduced system has fewer steps, so only single steps are worth a look.
    """
    violation = item.reduction.with_widths(_wide(item)).violation(found)
    if limits is not None and violation.path:
        violation = _shortest(item, violation, limits, fewest)
    system = fitted(item.system, _largest(item.system.with_width(), violation))
    return TraceBuilder(system, item.path).build(violation, name=item.name, doc=item.doc)


def run_of(symbolic: SymbolicSystem, violation: Violation) -> Run:
    """The run to where ``violation`` shows, without the step that it shows in."""
    from ovlcheck.symbolic.answer import Run

    outcome = _last(symbolic, violation)
    in_step = outcome is not None and violation.name in {failure.name for failure in outcome.faults}
    return Run(violation.initial, violation.path[:-1] if in_step else violation.path)


def _largest(system: TransitionSystem, violation: Violation) -> dict[str, int]:
    """The greatest value of each counter on the way to ``violation``."""
    semantics = Semantics(system)
    states: list[State] = [violation.initial]
    for action in violation.path:
        outcome = semantics.fire(states[-1], action)
        after = None if outcome is None else outcome.state or outcome.partial
        if after is None:
            break
        states.append(after)
    largest = {}
    for variable in system.variables:
        if isinstance(variable.type, Count):
            first = system.offset[variable.name]
            largest[variable.name] = max(max(s[first : first + variable.cells]) for s in states)
    return largest


def _last(symbolic: SymbolicSystem, violation: Violation) -> Outcome | None:
    """The outcome of the last action on the way to ``violation``; None if there is none."""
    state, outcome = violation.initial, None
    for action in violation.path:
        outcome = symbolic.semantics.fire(state, action)
        if outcome is None or outcome.state is None:
            break
        state = outcome.state
    return outcome


def _wide(item: Translated) -> dict[str, int]:
    return {v.name: AMPLE for v in item.system.variables if isinstance(v.type, Count)}


def _shortest(item: Translated, violation: Violation, limits: Limits, fewest: bool) -> Violation:
    """``violation``, or a shorter one of the same that is found within ``limits``."""
    reductions: tuple[str, ...] = (SLICING, FUSION)
    if fewest:
        reductions = (SLICING,)
        most = min(_MOST_STATES, limits.states or _MOST_STATES)
        limits = replace(limits, states=most, depth=len(violation.path) - 1)
    found = explore(
        item.system,
        make_engine("auto"),
        limits=limits,
        stop_early=frozenset({violation.name}),
        reductions=reductions,
    )[1].violations
    return min([violation, *(v for v in found if v.name == violation.name)], key=lambda v: len(v.path))
