"""A first guess at how wide counters have to be: what a few random runs need.

Each time that a counter outgrows its width the search starts again, and the native engine compiles again; a guess
that is mostly right saves most of that.  A wrong one costs nothing but what it would have cost anyway.
"""

from __future__ import annotations

import random

from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count

RUNS = 3
STEPS = 100

WORTH_IT = 60
"""Edges below which a system compiles in no time."""


def probed(system: TransitionSystem, widest: int) -> TransitionSystem:
    """``system`` with the widths, up to ``widest`` bits, that random runs (the same ones every time) need."""
    if len(system.edges) < WORTH_IT or not any(isinstance(v.type, Count) for v in system.variables):
        return system
    chance = random.Random(0)
    semantics = Semantics(system)
    left = RUNS
    while left:
        try:
            _run(semantics, chance)
            left -= 1
        except CountOverflow as overflow:
            width = system.variable[overflow.variable].type.bits + 1
            if width > widest:
                return system
            system = system.with_widths({overflow.variable: width})
            semantics = Semantics(system)
    return system


def _run(semantics: Semantics, chance: random.Random) -> None:
    states = semantics.initial_states()
    for _ in range(STEPS):
        if not states:
            return
        state = chance.choice(states)
        states = tuple(o.state for o in semantics.successors(state) if o.state is not None)
