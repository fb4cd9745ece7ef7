"""A search as a user means it: counters wide enough, an honest end, and every counterexample replayed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ovlcheck.explore.growth import growing_cycle, grows_without_end
from ovlcheck.explore.probe import fitted, probed, proven, roomy
from ovlcheck.explore.reductions import FUSION, PARTIAL_ORDER, Reduction, allowed, with_shortest
from ovlcheck.explore.replay import ReplayError, replay
from ovlcheck.explore.result import (
    Engine,
    Limits,
    Progress,
    SearchResult,
    Violation,
    WidthOverflow,
    at_state_limit,
    nothing_found,
)
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count

WIDEST = 8
"""Bits beyond which a counter is taken to grow without end."""

_SHORTEST_STATES = 200_000
_SHORTEST_FACTOR = 4
"""Shortest traces are looked for among at most this many states, or this many times those of the reduced system."""


def explore(
    system: TransitionSystem,
    engine: Engine,
    *,
    limits: Limits = Limits(),
    deadlock_free: bool = False,
    stop_early: frozenset[str] = frozenset(),
    progress: Callable[[Progress], None] | None = None,
    widest: int = WIDEST,
    reductions: Iterable[str] = (),
    reduce_beyond: int = 0,
    room: bool = False,
    proved: Mapping[str, int] = {},
    leaks: bool = False,
) -> tuple[TransitionSystem, SearchResult]:
    """Runs ``engine`` on ``system``, with each ``Count`` as wide as it needs to be.

    The system that is returned has these widths, and is the one the result is about.  ``limits.seconds``
    covers all runs together.  A counter that would need more than ``widest`` bits ends the search as
    incomplete; the result's notes show the cycle in which it grows, if there is one on the way there.
    Under ``reductions`` (of ``reductions.EVERY``) the engine explores a smaller system with the same
    violations; shortest traces are then looked for in the system as it was.  A system that turns out to have
    no more than ``reduce_beyond`` states is explored as it is.  ``room`` begins with counters that are wide
    enough for most systems: the search takes a little more memory, and hardly ever has to start again.
    Counters whose bounds are ``proved`` begin as wide as these; a value above one of them is still found, and told.
    ``leaks`` ends the search as soon as some cycle is seen to make a counter need more than ``widest`` bits.
    Raises ``ReplayError`` if a counterexample is none, ``ReductionError`` if one was missed.
    """
    search = _Search(engine, limits, deadlock_free, stop_early, progress, widest, leaks)
    choice = allowed(reductions, deadlock_free=deadlock_free, depth_limit=limits.depth is not None)
    system = proven(system, proved, widest)
    if choice.names and reduce_beyond:
        most = min(reduce_beyond, limits.states or sys.maxsize)
        system, result = explore(
            system,
            engine,
            limits=replace(limits, states=most),
            deadlock_free=deadlock_free,
            stop_early=stop_early,
            progress=progress,
            widest=widest,
            room=True,
            proved=proved,
            leaks=leaks,
        )
        if result.complete or result.stopped != at_state_limit(most):
            return system, result
    elif engine.name != "reference" and not room:
        system = probed(system, widest)
    narrow = system
    found = search.wide_enough(roomy(system, widest, proved) if room else system, choice.names)
    result = search.with_shortest_traces(found, choice.names)
    # A counter may have been greater within a step than in any state.
    fitting = fitted(narrow, result.largest) if room else found.system
    system = _showing(result.violations, fitting, found.system)
    notes = (
        *choice.notes,
        *found.reduction.notes,
        *result.notes,
        *_about_proved(system, proved, result.largest),
    )
    return system, replace(
        result, notes=notes, seconds=time.monotonic() - search.began, search_seconds=found.seconds
    )


@dataclass(frozen=True)
class _Found:
    """What a search with counters as wide as they have to be found in ``system``, and the engine in the reduced one:
    its violations as they were there, and the seconds that it took.
    """

    system: TransitionSystem
    reduction: Reduction
    result: SearchResult
    reduced: tuple[Violation, ...]
    seconds: float


@dataclass(frozen=True)
class _Search:
    """What all runs of the engine for one question have in common."""

    engine: Engine
    limits: Limits
    deadlock_free: bool
    stop_early: frozenset[str]
    progress: Callable[[Progress], None] | None
    widest: int
    leaks: bool
    began: float = field(default_factory=time.monotonic)

    def _run(
        self, on: TransitionSystem, until: frozenset[str], within: Limits, deadlocks: bool
    ) -> SearchResult:
        left = self.limits.seconds
        if left is not None:
            left = max(left - (time.monotonic() - self.began), 0.0)
        return self.engine.search(
            on,
            limits=replace(within, seconds=left),
            deadlock_free=deadlocks,
            stop_early=until,
            progress=self.progress,
        )

    def wide_enough(self, system: TransitionSystem, names: tuple[str, ...]) -> _Found:
        """``system`` under the reductions ``names``, again with a wider counter as often as one overflows."""
        seen: frozenset[str] = frozenset()
        while True:
            reduction = Reduction(system, names, seen)
            try:
                found = self._run(reduction.reduced, self.stop_early, self.limits, self.deadlock_free)
                if doubtful := reduction.doubtful(found):
                    seen |= doubtful
                    continue
                return _Found(system, reduction, reduction.result(found), found.violations, found.seconds)
            except CountOverflow as overflow:
                grown = WidthOverflow(overflow.variable, (), ())
            except WidthOverflow as overflow:
                grown = reduction.overflow(overflow)
            wider = _width(system, grown.variable) + 1
            if wider > self.widest or (self.leaks and grows_without_end(system, grown, self.widest)):
                result = _inconclusive(system, self.engine, grown, self.widest)
                return _Found(system, reduction, result, (), result.seconds)
            system = system.with_widths({grown.variable: wider})

    def with_shortest_traces(self, found: _Found, names: tuple[str, ...]) -> SearchResult:
        """The result with shorter ways to its violations, where single steps have any."""
        # A run in single steps has at most as many fused ones: a path of steps of one part each is shortest, unless
        # others had to wait for steps that are not needed.
        result = found.result
        told = zip(result.violations, found.reduced, strict=False)
        delayed = PARTIAL_ORDER in names
        longer = {
            v.name: len(v.path) for v, fused in told if len(v.path) > (0 if delayed else len(fused.path))
        }
        if not longer:
            return result
        most = min(max(_SHORTEST_FACTOR * result.states, _SHORTEST_STATES), self.limits.states or sys.maxsize)
        within = replace(self.limits, states=most, depth=max(longer.values()) - 1)
        single = Reduction(found.system, tuple(n for n in names if n not in (FUSION, PARTIAL_ORDER)))
        try:
            shorter = single.result(self._run(single.reduced, frozenset(longer), within, False))
        except WidthOverflow as overflow:
            assert overflow.partial is not None
            shorter = single.result(overflow.partial)
        return with_shortest(result, shorter, within, frozenset(longer))


def _about_proved(
    system: TransitionSystem, proved: Mapping[str, int], largest: Mapping[str, int]
) -> Iterator[str]:
    """What became of the bounds that were ``proved``, where the search met these ``largest`` values."""
    beyond = [n for n, most in proved.items() if largest.get(n, 0) > most]
    for name in beyond:
        yield (
            f"{name} reaches {largest[name]}, though at most {proved[name]} was proved: a defect of ovlcheck, in the "
            "proof or in this search"
        )
    kept = [f"{n} {_width(system, n)}" for n in proved if n in system.offset and n not in beyond]
    if kept:
        yield f"counters have the bits that ovlcheck bounds proved to be enough: {', '.join(kept)}"


def _showing(violations: Iterable[Violation], *systems: TransitionSystem) -> TransitionSystem:
    """The first of ``systems``, which differ in widths, that has all ``violations``; ``ReplayError`` if none has."""
    for number, system in enumerate(systems, start=1):
        semantics = Semantics(system)
        try:
            for violation in violations:
                replay(system, violation, semantics)
        except ReplayError:
            if number == len(systems):
                raise
        else:
            return system
    raise ValueError("no system to show violations in")


def _width(system: TransitionSystem, variable: str) -> int:
    type_ = system.variable[variable].type
    assert isinstance(type_, Count)
    return type_.width


def _inconclusive(
    system: TransitionSystem, engine: Engine, overflow: WidthOverflow, widest: int
) -> SearchResult:
    """What was found before a counter outgrew the widest width; nothing is known beyond."""
    top = max(system.variable[overflow.variable].type.hi, (1 << widest) - 1)
    stopped = f"{overflow.variable} grows beyond {top}"
    notes = growing_cycle(system, overflow)
    if overflow.partial is not None:
        return replace(
            overflow.partial, complete=False, stopped=stopped, notes=(*overflow.partial.notes, *notes)
        )
    return replace(nothing_found(engine.name, stopped), largest={overflow.variable: top}, notes=notes)
