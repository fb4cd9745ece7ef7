"""A run that breaks something, without the steps that have nothing to do with it.

A random run is long.  Steps are left out in ever smaller chunks (ddmin: Zeller and Hildebrandt, IEEE TSE 28(2), 2002)
as long as what is left still breaks the same; what cannot happen any more without them is left out too.  The outcome
is no shortest run: only ``ovlcheck verify`` finds that.
"""

from __future__ import annotations

from collections.abc import Sequence

from ovlcheck.explore.reference import DEADLOCK
from ovlcheck.runs.moves import Moves
from ovlcheck.system.action import Action, State

MOST_STEPS = 100_000
"""Steps that are tried at most: a few seconds."""


def shortened(
    moves: Moves, initial: State, path: Sequence[Action], name: str, most: int = MOST_STEPS
) -> tuple[Action, ...]:
    """Some of the actions of ``path``, in their order, that break ``name`` from ``initial`` as well.

    The last of them is the one that does.  ``path`` itself has to break it.
    """
    best = list(path)
    chunk = max(len(best) // 2, 1)
    left = most
    while True:
        before, start = len(best), 0
        while start < len(best):
            if left <= 0:
                return tuple(best)
            left -= len(best)
            tried = _breaking(moves, initial, [*best[:start], *best[start + chunk :]], name)
            if tried is None:
                start += chunk
            else:
                best = tried
        if chunk == 1 and len(best) == before:
            return tuple(best)
        chunk = max(chunk // 2, 1)


def _breaking(moves: Moves, initial: State, path: Sequence[Action], name: str) -> list[Action] | None:
    """The actions of ``path`` that are enabled in their turn, up to the one that breaks ``name``; None if none does."""
    state, taken = initial, list[Action]()
    for action in path:
        outcome = moves.fire(state, action)
        if outcome is None:
            continue
        taken.append(action)
        if any(failure.name == name for failure in moves.broken_by(outcome)):
            return taken
        if outcome.state is None:
            return None
        state = outcome.state
    if name == DEADLOCK and not moves.successors(state) and moves.stuck(state):
        return taken
    return None
