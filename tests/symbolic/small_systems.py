"""Systems that symbolic methods are tried out on, and their explicit answers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import z3

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import Limits, SearchResult, WidthOverflow
from ovlcheck.symbolic.translation import Formulas
from ovlcheck.system.action import State
from ovlcheck.system.semantics import Outcome, Semantics
from ovlcheck.system.transition_system import TransitionSystem

WIDEST = 6
MOST = 300


def explored(system: TransitionSystem) -> SearchResult | None:
    """The reference engine's answer with counters as wide as they need to be; None where they grow for ever, or
    where there are many states."""
    while True:
        try:
            found = Reference().search(system, limits=Limits(states=MOST))
            return found if found.complete else None
        except WidthOverflow as overflow:
            wider = system.variable[overflow.variable].type.bits + 1
            if wider > WIDEST:
                return None
            system = system.with_widths({overflow.variable: wider})


def reached(semantics: Semantics, most: int) -> tuple[State, ...]:
    """The first ``most`` reachable states, breadth first."""
    found = dict.fromkeys(semantics.initial_states())
    queue = list(found)
    for state in queue:
        for outcome in semantics.successors(state):
            if len(found) >= most:
                return tuple(found)
            if outcome.state is not None and outcome.state not in found:
                found[outcome.state] = None
                queue.append(outcome.state)
    return tuple(found)


def outcomes(semantics: Semantics, state: State) -> dict[tuple[int, tuple[int, ...]], Outcome]:
    return {(o.action.edge, o.action.arguments): o for o in semantics.successors(state)}


def image(symbolic: Formulas, most: int) -> set[State]:
    """The states that Z3 reaches, by repeated image: each query gives a new state that a step from a known one
    leads to, until there is none.  No more than ``most`` and a few.
    """
    initial = z3.Solver()
    initial.add(symbolic.types, symbolic.initial)
    found: set[State] = set()
    while initial.check() == z3.sat:
        state = symbolic.decode(initial.model())
        found.add(state)
        initial.add(z3.Not(symbolic.encode(state)))
    step = z3.Solver()
    step.add(symbolic.transition)
    queue = sorted(found)
    for state in found:
        step.add(z3.Not(symbolic.primed(symbolic.encode(state))))
    while queue and len(found) <= most:
        for state in new_after(symbolic, step, queue.pop(), most):
            found.add(state)
            queue.append(state)
    return found


def new_after(symbolic: Formulas, step: z3.Solver, state: State, most: int) -> Iterator[State]:
    def each() -> Iterator[State]:
        while step.check(symbolic.encode(state)) == z3.sat:
            after = symbolic.decode_after(step.model())
            step.add(z3.Not(symbolic.primed(symbolic.encode(after))))
            yield after

    return islice(each(), most)
