"""Counters that grow and grow: the cycle that makes them, on the way to an overflow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovlcheck.explore.replay import replay_path
from ovlcheck.explore.result import WidthOverflow
from ovlcheck.system.action import Action, State
from ovlcheck.system.describe import format_action
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count


@dataclass(frozen=True)
class _Cycle:
    """``path`` leads from ``start`` to where counters alone differ, the one in question by ``added``."""

    start: State
    path: tuple[Action, ...]
    added: int


def growing_cycle(system: TransitionSystem, overflow: WidthOverflow) -> tuple[str, ...]:
    """The shortest stretch of the overflowing path that changes nothing but counters, none of them downwards.

    Unless a guard compares a counter with a bound, it can be run again and again.  Empty if there is none.
    """
    cycle = _cycle(system, overflow)
    return () if cycle is None else _shown(system, overflow.variable, cycle.added, cycle.path)


def grows_without_end(system: TransitionSystem, overflow: WidthOverflow, widest: int) -> bool:
    """Whether that stretch, run again and again, makes the counter need more than ``widest`` bits."""
    cycle = _cycle(system, overflow)
    if cycle is None:
        return False
    semantics = Semantics(system.with_width(widest))
    state = cycle.start
    try:
        for _ in range(1 << widest):
            for action in cycle.path:
                outcome = semantics.fire(state, action)
                if outcome is None or outcome.state is None:
                    return False
                state = outcome.state
    except CountOverflow as beyond:
        return beyond.variable == overflow.variable
    return False


def _cycle(system: TransitionSystem, overflow: WidthOverflow) -> _Cycle | None:
    if not overflow.path:
        return None
    semantics = Semantics(system)
    states, _ = replay_path(semantics, overflow.initial, overflow.path[:-1])
    counts = {
        system.offset[name] + i for name in _counters(system) for i in range(system.variable[name].cells)
    }
    first = system.offset[overflow.variable]
    grown = range(first, first + system.variable[overflow.variable].cells)
    for length in range(1, len(states)):
        for start in range(len(states) - length):
            before, after = states[start], states[start + length]
            if _grows(before, after, counts, grown):
                added = sum(after[cell] - before[cell] for cell in grown)
                return _Cycle(before, overflow.path[start : start + length], added)
    return None


def _counters(system: TransitionSystem) -> Sequence[str]:
    return [v.name for v in system.variables if isinstance(v.type, Count)]


def _grows(before: State, after: State, counts: set[int], grown: range) -> bool:
    return any(after[cell] > before[cell] for cell in grown) and all(
        new >= old if cell in counts else new == old
        for cell, (old, new) in enumerate(zip(before, after, strict=True))
    )


def _shown(system: TransitionSystem, variable: str, added: int, path: tuple[Action, ...]) -> tuple[str, ...]:
    who = "this step adds" if len(path) == 1 else f"these {len(path)} steps add"
    return (
        f"{who} {added} to {variable} and change nothing but counters, on the way to the overflow:",
        *(f"  {format_action(system, action)}" for action in path),
    )
