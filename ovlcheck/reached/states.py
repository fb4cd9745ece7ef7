"""The states that an exhaustive search reaches, for whoever wants them all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ovlcheck.engines import make_engine
from ovlcheck.explore.native import Native
from ovlcheck.explore.native.problems import NativeUnavailable
from ovlcheck.explore.reference import reachable
from ovlcheck.explore.result import Limits, SearchResult
from ovlcheck.explore.search import explore
from ovlcheck.system.transition_system import TransitionSystem

MOST_STATES = 2_000_000


def reached_states(
    system: TransitionSystem,
    limits: Limits = Limits(),
    engine: str = "auto",
    *,
    most: int = MOST_STATES,
    narrow: bool = False,
    leaks: bool = False,
    stop_early: frozenset[str] = frozenset(),
) -> tuple[TransitionSystem, SearchResult, NDArray[np.int64] | None]:
    """Every reachable state, a row of cells each, with the search that found them; None where it was cut short.

    ``engine`` is a name of ``make_engine``.  The system that is returned has counters that are wide enough.  ``most``
    is how many states are too many.  ``narrow`` rows are of integers no wider than the cells need.
    ``leaks`` and ``stop_early`` are as for ``explore``.  Raises ``KeyboardInterrupt`` where the user ended the search.
    """
    within = replace(limits, states=min(most, limits.states or most))
    wide, search = explore(system, make_engine(engine), limits=within, leaks=leaks, stop_early=stop_early)
    if not search.unless_interrupted().complete:
        return wide, search, None
    if engine != "reference":
        try:
            return wide, search, Native().states(wide, narrow)
        except NativeUnavailable:
            pass  # then it was the reference engine that searched
    return wide, search, np.array(list(reachable(wide)), dtype=np.int64).reshape(-1, wide.cells)
