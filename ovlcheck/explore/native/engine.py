"""The native engine: drives the compiled search in slices and turns what it found into a ``SearchResult``.

Between slices this process shows progress, notices an interrupt, looks at the clock and measures the
machine's memory.  All meaning comes from ``Semantics``: initial states are computed by it, and a path, which
the search gives as states only, is replayed by it to name its actions, so that every counterexample has been
confirmed by the interpreter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ovlcheck.explore import deadlock
from ovlcheck.explore.native import memory
from ovlcheck.explore.native.build import build
from ovlcheck.explore.native.generate import DEADLOCK, PARTS, WATCHED_INSTANCES, Program, generate
from ovlcheck.explore.native.library import Run, Sighting, Status, Words
from ovlcheck.explore.native.paths import Paths
from ovlcheck.explore.native.problems import NotSupported
from ovlcheck.explore.replay import ReplayError
from ovlcheck.explore.result import (
    INTERRUPTED,
    Limits,
    Progress,
    SearchResult,
    Violation,
    WidthOverflow,
    at_state_limit,
)
from ovlcheck.machine import processors, shown
from ovlcheck.system.action import State
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import TransitionSystem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SLICE = 0.1
"""Seconds between two looks at the clock, the memory and the keyboard."""


class Native:
    """The compiled search as an ``Engine``: breadth-first, with threads, every state stored whole and once."""

    name = "native"

    def search(
        self,
        system: TransitionSystem,
        *,
        limits: Limits = Limits(),
        deadlock_free: bool = False,
        stop_early: frozenset[str] = frozenset(),
        progress: Callable[[Progress], None] | None = None,
    ) -> SearchResult:
        """Explores ``system``; an interrupt from the keyboard ends the search in order, and so does want of
        memory.

        Raises ``WidthOverflow``, ``NativeUnavailable`` in its three forms (``CompilerMissing``,
        ``CompilerFailed``, ``NotSupported``), ``ValueError`` for a malformed system, ``ReplayError``, and
        ``MemoryError`` where there is none to find the way to a violation.
        """
        program = _program(system, deadlock_free)
        with Run(build(program.text, PARTS), program, threads_for(limits)) as run:
            return _Search(system, program, run, limits, deadlock_free, stop_early, progress).result()

    def states(
        self, system: TransitionSystem, narrow: bool = False, depth: int | None = None
    ) -> NDArray[np.int64]:
        """Every state that is reached, in no more than ``depth`` steps if given: a row of cells each, breadth first.

        ``narrow``: as integers no wider than the cells need, for who has no use for eight bytes each.
        Raises as ``search`` does, and ``MemoryError`` where the search would have been stopped.
        """
        program = _program(system, False)
        with Run(build(program.text, PARTS), program, processors()) as run:
            result = _Search(system, program, run, Limits(depth=depth), False, frozenset(), None).result()
            if not result.complete and (depth is None or result.depth < depth):
                raise MemoryError(result.stopped)
            return program.layout.unpack_all(run.states(), narrow)


def explored(
    system: TransitionSystem,
    program: Program,
    run: Run,
    limits: Limits,
    progress: Callable[[Progress], None] | None,
) -> SearchResult:
    """What ``run``, of ``program`` for ``system``, finds by exploring; of violations, only those in initial states.

    Raises ``WidthOverflow``.
    """
    return _Search(system, program, run, limits, False, frozenset(), progress).explored()


def threads_for(limits: Limits) -> int:
    """How many threads a search is to have."""
    return limits.threads or processors()


def _program(system: TransitionSystem, deadlock_free: bool) -> Program:
    program = generate(system)
    if deadlock_free and len(program.instances) > WATCHED_INSTANCES:
        raise NotSupported(
            f"no_deadlock for {len(program.instances)} process instances: the native engine watches at most "
            f"{WATCHED_INSTANCES}; use the reference engine"
        )
    return program


class _Stopped(Exception):
    """The search ends before every state was expanded; the argument says why."""


class _Search:
    def __init__(
        self,
        system: TransitionSystem,
        program: Program,
        run: Run,
        limits: Limits,
        deadlock_free: bool,
        stop_early: frozenset[str],
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.system = system
        self.program = program
        self.run = run
        self.limits = limits
        self.deadlock_free = deadlock_free
        self.stop_early = stop_early
        self.progress = progress
        self.semantics = Semantics(system)
        self.paths = Paths(self.semantics)
        self.began = time.monotonic()
        self.violations: dict[str, Violation] = {}
        self.covered: set[str] = set()
        self.stopped: str | None = None

    def result(self) -> SearchResult:
        self._attempt(self._start, self._explore)
        if self.deadlock_free and self.stopped != INTERRUPTED:
            self._attempt(self._find_stuck)
        self._collect()
        return self._answer()

    def explored(self) -> SearchResult:
        self._attempt(self._start, self._explore)
        return self._answer()

    def _attempt(self, *parts: Callable[[], None]) -> None:
        """Runs ``parts`` in turn; what stops one first is why the search is not complete."""
        try:
            for part in parts:
                part()
        except _Stopped as stop:
            self.stopped = self.stopped or str(stop)
        except KeyboardInterrupt:
            self.stopped = INTERRUPTED

    def _start(self) -> None:
        """Hands in the initial states; what is violated while they are made has a path of no actions."""
        budget = self._budget()
        try:
            for outcome in self.semantics.initial_outcomes():
                self.covered.update(outcome.covered)
                state = outcome.state or outcome.partial or ()
                for failure in outcome.faults:
                    self.violations.setdefault(
                        failure.name, Violation(failure.name, failure.message, state, ())
                    )
                if outcome.state is None:
                    continue
                if self.run.figures().states == self.limits.states:
                    raise _Stopped(self._reason(Status.AT_STATES))
                status = self.run.start(self.program.layout.pack(outcome.state), budget)
                if status is not Status.WORKING:
                    raise _Stopped(self._reason(status))
        except CountOverflow as overflow:
            raise WidthOverflow(overflow.variable, (), (), self._answer()) from None
        wanted = self.stop_early - self.violations.keys()
        if self.stop_early and wanted <= set(self.program.violations):
            for name in sorted(wanted):
                self.run.want(name)

    def _explore(self) -> None:
        if self.stop_early and self.stop_early <= self.violations.keys():
            raise _Stopped(self._reason(Status.SATISFIED))
        status, refused = Status.WORKING, False
        while status is Status.WORKING or (status is Status.AT_BUDGET and not refused):
            refused = status is Status.AT_BUDGET
            status = self.run.run(self._budget(), self.limits.states, self.limits.depth, self._slice())
        if status is Status.OVERFLOWED:
            self._overflow()
        if status is not Status.FINISHED:
            raise _Stopped(self._reason(status))

    def _budget(self) -> int:
        """The bytes that the search may hold."""
        most = self.run.figures().bytes + memory.available()
        return most if self.limits.memory is None else min(most, self.limits.memory)

    def _slice(self) -> float:
        """The seconds until the next look round, after one has been taken."""
        seconds = time.monotonic() - self.began
        if self.progress is not None:
            figures = self.run.figures()
            self.progress(Progress(figures.depth, figures.states, figures.waiting, seconds, figures.bytes))
        if self.limits.seconds is None:
            return _SLICE
        if seconds > self.limits.seconds:
            raise _Stopped(f"time limit of {self.limits.seconds:g} s reached")
        return min(_SLICE, self.limits.seconds - seconds)

    def _reason(self, status: Status) -> str:
        match status:
            case Status.AT_STATES:
                return at_state_limit(self.limits.states)
            case Status.AT_DEPTH:
                return f"depth limit of {self.limits.depth} reached"
            case Status.SATISFIED:
                return f"every property asked for is violated: {', '.join(sorted(self.stop_early))}"
        held = self.run.figures().bytes
        if self.limits.memory is not None and status is Status.AT_BUDGET and memory.available() > held // 8:
            return f"memory limit of {shown(self.limits.memory)} reached"
        return f"out of memory: the search holds {shown(held)} and the machine has no more to give"

    def _overflow(self) -> None:
        found = self.run.overflow()
        assert found is not None
        variable, where = found
        initial, path, variable = self.paths.to_overflow(self._states(self.run.line_to(where)), variable)
        self._collect(cut_short=True)
        self.stopped = f"{variable} outgrew its width"
        raise WidthOverflow(variable, initial, path, self._answer())

    def _find_stuck(self) -> None:
        """``no_deadlock`` on what was explored, while there is time for it."""
        if self.run.sweep_start() is not Status.WORKING:
            raise _Stopped(self._reason(Status.NO_MEMORY))
        while self.run.sweep(self._slice()) is Status.WORKING:
            continue
        found = self.run.first_stuck()
        if found is not None:
            where, stuck = found
            state, initial, path = self.paths.to_state(self._states(self.run.line_to(where)))
            message = deadlock.explain(self.semantics, state, stuck)
            self.violations[deadlock.NAME] = Violation(deadlock.NAME, message, initial, path, stuck)

    def _states(self, line: list[Words]) -> list[State]:
        return [self.program.layout.unpack(words) for words in line]

    def _collect(self, cut_short: bool = False) -> None:
        """Replays what was found; if the search was ``cut_short`` by an overflow, a step may have violated something
        before it overflowed, and then does not count.
        """
        found = {name: where for name, where in self.run.found().items() if name not in self.violations}
        lines = self.run.lines_to(list(found.values()))
        for (name, where), line in zip(found.items(), map(self._states, lines), strict=True):
            try:
                self.violations[name] = self._violation(name, where, line)
            except ReplayError:
                if not (cut_short and where.in_step):
                    raise

    def _violation(self, name: str, where: Sighting, line: list[State]) -> Violation:
        if where.in_step:
            return self.paths.in_step(line, name)
        return self._terminal(line) if name == DEADLOCK else self.paths.in_state(line, name)

    def _terminal(self, line: list[State]) -> Violation:
        state, initial, path = self.paths.to_state(line)
        stuck = tuple(who for who in self.semantics.instances if not self.semantics.at_rest(state, *who))
        return Violation(DEADLOCK, deadlock.explain(self.semantics, state, stuck), initial, path, stuck)

    def _answer(self) -> SearchResult:
        figures = self.run.figures()
        return SearchResult(
            engine=Native.name,
            complete=self.stopped is None,
            stopped=self.stopped,
            states=figures.states,
            transitions=figures.transitions,
            levels=self.run.levels(),
            violations=tuple(self.violations.values()),
            fired=self.run.fired(),
            covered=self.run.covered() | self.covered,
            largest=self.run.largest(),
            seconds=time.monotonic() - self.began,
            bytes_per_state=figures.bytes / figures.states if figures.states else 0.0,
        )
