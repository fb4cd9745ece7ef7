"""First guesses at how wide counters have to be.

Each time that a counter outgrows its width the search starts again, and the native engine compiles again; a guess
that is mostly right saves most of that.  A wrong one costs nothing but what it would have cost anyway.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count

RUNS = 3
STEPS = 100

WORTH_IT = 60
"""Edges below which a system compiles in no time."""

ROOM = 4
"""Bits that hardly any counter outgrows, for a search so short that its states may be larger than need be."""


def proven(system: TransitionSystem, proved: Mapping[str, int], widest: int) -> TransitionSystem:
    """``system`` with counters just wide enough for the bounds that were ``proved``, none wider than ``widest``."""
    widths = _widths(system)
    return system.with_widths(
        {name: min(max(most.bit_length(), 1), widest) for name, most in proved.items() if name in widths}
    )


def roomy(system: TransitionSystem, widest: int, proved: Mapping[str, int] = {}) -> TransitionSystem:
    """``system`` with room in its counters: ``ROOM`` bits for each, but no more than ``widest``.

    Those whose bounds are ``proved`` need none.
    """
    widths = {name: width for name, width in _widths(system).items() if name not in proved}
    if len(system.edges) < WORTH_IT or not widths:
        return system
    return system.with_widths({name: max(width, min(ROOM, widest)) for name, width in widths.items()})


def fitted(system: TransitionSystem, largest: Mapping[str, int]) -> TransitionSystem:
    """``system`` with counters just wide enough for the ``largest`` values met, none narrower than it is."""
    widths = _widths(system)
    return system.with_widths({name: max(widths[name], n.bit_length()) for name, n in largest.items()})


def probed(system: TransitionSystem, widest: int) -> TransitionSystem:
    """``system`` with the widths, up to ``widest`` bits, that random runs (the same ones every time) need."""
    if len(system.edges) < WORTH_IT or not _widths(system):
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


def _widths(system: TransitionSystem) -> dict[str, int]:
    return {v.name: v.type.width for v in system.variables if isinstance(v.type, Count)}


def _run(semantics: Semantics, chance: random.Random) -> None:
    states = semantics.initial_states()
    for _ in range(STEPS):
        if not states:
            return
        state = chance.choice(states)
        states = tuple(o.state for o in semantics.successors(state) if o.state is not None)
