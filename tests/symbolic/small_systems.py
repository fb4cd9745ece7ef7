"""Systems that symbolic methods are tried out on, and their explicit answers."""

from __future__ import annotations

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
    for state in found:
        step.add(z3.Not(symbolic.primed(symbolic.encode(state))))
    queue = sorted(found)
    while queue and len(found) <= most:
        new = new_after(symbolic, step, queue.pop(), most)
        step.add(*(z3.Not(symbolic.primed(symbolic.encode(state))) for state in new))
        found.update(new)
        queue += new
    return found


def new_after(symbolic: Formulas, step: z3.Solver, state: State, most: int) -> list[State]:
    """What ``state`` leads to and ``step`` allows, ``most`` at most."""
    found: list[State] = []
    step.push()
    step.add(within(symbolic, symbolic.transition, state))
    while len(found) < most and step.check() == z3.sat:
        found.append(symbolic.decode_after(step.model()))
        step.add(z3.Not(symbolic.primed(symbolic.encode(found[-1]))))
    step.pop()
    return found


def within(symbolic: Formulas, about: z3.BoolRef, state: State) -> z3.BoolRef:
    """What ``about`` says where the values before are those of ``state``.

    They are put in, not assumed: products and quotients of integers that are merely assumed to have these values can
    keep Z3 busy for many minutes.
    """
    return z3.simplify(z3.substitute(about, *symbolic.literals(state)))
