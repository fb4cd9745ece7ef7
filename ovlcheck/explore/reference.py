"""The reference engine: a breadth-first search short enough to be read and believed.

It is what every other engine and every reduction is held against, and what runs where there is no C
compiler. Choices that the figures depend on: a step that ends in a fatal violation counts as taken
(``fired``) but not as a transition, and the state it starts from is not terminal.
"""

from __future__ import annotations

import sys
import time
from array import array
from collections.abc import Callable, Iterator

from ovlcheck.explore import deadlock
from ovlcheck.explore.result import (
    INTERRUPTED,
    Limits,
    Progress,
    SearchResult,
    Violation,
    WidthOverflow,
    at_state_limit,
)
from ovlcheck.system.action import Action, State
from ovlcheck.system.expr import And, Expr, show
from ovlcheck.system.semantics import CountOverflow, Fault, Semantics
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count

DEADLOCK = "deadlock"

_LOOK_EVERY = 256
"""Expansions between two looks at the clock."""


class Reference:
    """The interpreter as an ``Engine``."""

    name = "reference"

    def search(
        self,
        system: TransitionSystem,
        *,
        limits: Limits = Limits(),
        deadlock_free: bool = False,
        stop_early: frozenset[str] = frozenset(),
        progress: Callable[[Progress], None] | None = None,
    ) -> SearchResult:
        """Explores ``system``; an interrupt from the keyboard ends the search in order.

        Raises ``WidthOverflow``, and ``ValueError`` for a malformed system.
        """
        return _Search(system, limits, deadlock_free, stop_early, progress).run()


def reachable(system: TransitionSystem) -> dict[State, int]:
    """Every reachable state with its breadth-first distance, in the order of the search."""
    semantics = Semantics(system)
    distance = dict.fromkeys(semantics.initial_states(), 0)
    queue = list(distance)
    for state in queue:
        for outcome in semantics.successors(state):
            if outcome.state is not None and outcome.state not in distance:
                distance[outcome.state] = distance[state] + 1
                queue.append(outcome.state)
    return distance


def transitions(system: TransitionSystem) -> Iterator[tuple[State, Action, State]]:
    """Every transition between reachable states."""
    semantics = Semantics(system)
    for state in reachable(system):
        for outcome in semantics.successors(state):
            if outcome.state is not None:
                yield state, outcome.action, outcome.state


class _Stopped(Exception):
    """The search ends before every state was expanded; the argument says why."""


class _Search:
    """One run.  States are numbered as they are found; ``parents`` lead back to the initial ones."""

    def __init__(
        self,
        system: TransitionSystem,
        limits: Limits,
        deadlock_free: bool,
        stop_early: frozenset[str],
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.system = system
        self.semantics = Semantics(system)
        self.limits = limits
        self.deadlock_free = deadlock_free
        self.stop_early = stop_early
        self.progress = progress
        self.began = time.monotonic()
        self.number: dict[State, int] = {}
        self.states: list[State] = []
        self.parents: list[tuple[int, Action] | None] = []
        self.layers: list[int] = []
        self.expanded = 0
        self.transitions = 0
        self.violations: dict[str, Violation] = {}
        self.fired: set[int] = set()
        self.covered: set[str] = set()
        self.invariants = [(i, self.semantics.compile(i.condition)) for i in system.invariants]
        self.covers = [(c.name, self.semantics.compile(c.condition)) for c in system.covers]
        self.counts = [
            (v.name, range(system.offset[v.name], system.offset[v.name] + v.cells))
            for v in system.variables
            if isinstance(v.type, Count)
        ]
        self.largest = {name: 0 for name, _ in self.counts}
        self.mover = self._movers() if deadlock_free else {}
        self.sources, self.targets, self.movers = array("q"), array("q"), array("q")

    def run(self) -> SearchResult:
        stopped: str | None = None
        try:
            self._start()
            self._explore()
        except _Stopped as stop:
            stopped = str(stop)
        except KeyboardInterrupt:
            stopped = INTERRUPTED
        if self.deadlock_free:
            self._check_progress()
        return self._result(stopped)

    def _start(self) -> None:
        try:
            for outcome in self.semantics.initial_outcomes():
                self.covered.update(outcome.covered)
                state = outcome.state or outcome.partial or ()
                for failure in outcome.faults:
                    self._violated(Violation(failure.name, failure.message, state, ()))
                if outcome.state is not None and outcome.state not in self.number:
                    self._add(outcome.state, None)
        except CountOverflow as overflow:
            raise WidthOverflow(overflow.variable, (), (), self._result("overflow")) from None

    def _explore(self) -> None:
        layer = range(len(self.states))
        while layer:
            self.layers.append(layer.start)
            if self.limits.depth is not None and len(self.layers) > self.limits.depth:
                raise _Stopped(f"depth limit of {self.limits.depth} reached")
            for state in layer:
                if state % _LOOK_EVERY == 0:
                    self._look(layer)
                self._expand(state)
                self.expanded += 1
                if self.stop_early and self.stop_early <= self.violations.keys():
                    raise _Stopped(
                        f"every property asked for is violated: {', '.join(sorted(self.stop_early))}"
                    )
            layer = range(layer.stop, len(self.states))

    def _look(self, layer: range) -> None:
        seconds = time.monotonic() - self.began
        if self.progress is not None:
            waiting = len(self.states) - self.expanded
            self.progress(Progress(len(self.layers) - 1, len(self.states), waiting, seconds))
        if self.limits.seconds is not None and seconds > self.limits.seconds:
            raise _Stopped("time limit reached")

    def _expand(self, source: int) -> None:
        terminal = True
        try:
            for outcome in self.semantics.successors(self.states[source]):
                terminal = False
                action = outcome.action
                self.fired.add(action.edge)
                self.covered.update(outcome.covered)
                for failure in outcome.faults:
                    if failure.name not in self.violations:
                        self._violated(self._violation(failure.name, failure.message, source, action))
                target = -1
                if outcome.state is not None:
                    found = self.number.get(outcome.state)
                    target = self._add(outcome.state, (source, action)) if found is None else found
                    self.transitions += 1
                if self.deadlock_free and target != source:
                    self.sources.append(source)
                    self.targets.append(target)
                    self.movers.append(self.mover[action])
        except CountOverflow as overflow:
            initial, path = self._path(source)
            assert overflow.action is not None
            path += (overflow.action,)
            partial = self._result(f"{overflow.variable} outgrew its width")
            raise WidthOverflow(overflow.variable, initial, path, partial) from None
        if terminal:
            self._check_terminal(source)

    def _add(self, state: State, parent: tuple[int, Action] | None) -> int:
        """A state that is new: what must hold in every state is looked at here."""
        number = len(self.states)
        if self.limits.states is not None and number >= self.limits.states:
            raise _Stopped(at_state_limit(self.limits.states))
        self.states.append(state)
        self.parents.append(parent)
        self.number[state] = number
        for name, cells in self.counts:
            self.largest[name] = max(self.largest[name], *(state[cell] for cell in cells))
        for invariant, holds in self.invariants:
            if invariant.name in self.violations:
                continue
            try:
                if holds(state):
                    continue
                message = invariant.message or show(self._false_conjunct(invariant.condition, state))
            except Fault as fault:
                message = f"{fault.kind} while the predicate is evaluated: {fault.message}"
            self._violated(self._violation(invariant.name, message, number))
        for name, meets in self.covers:
            if name not in self.covered:
                try:
                    if meets(state):
                        self.covered.add(name)
                except Fault:
                    continue
        return number

    def _false_conjunct(self, condition: Expr, state: State) -> Expr:
        parts = condition.items if isinstance(condition, And) else (condition,)
        return next((part for part in parts if not self.semantics.evaluate(part, state)), condition)

    def _check_terminal(self, number: int) -> None:
        """A state without a step is a deadlock unless every process is at rest."""
        state = self.states[number]
        stuck = tuple(who for who in self.semantics.instances if not self.semantics.at_rest(state, *who))
        if stuck and DEADLOCK not in self.violations:
            message = deadlock.explain(self.semantics, state, stuck)
            self._violated(self._violation(DEADLOCK, message, number, blocked=stuck))

    def _check_progress(self) -> None:
        """``no_deadlock`` on what was explored: a state whose successors are not known may lead anywhere."""
        instances = self.semantics.instances
        found = deadlock.first_stuck(
            len(self.states),
            self.expanded,
            len(instances),
            (self.sources, self.targets, self.movers),
            lambda state, i: self.semantics.at_rest(self.states[state], *instances[i]),
        )
        if found is not None:
            number, who = found
            stuck = tuple(instances[i] for i in who)
            message = deadlock.explain(self.semantics, self.states[number], stuck)
            self._violated(self._violation(deadlock.NAME, message, number, blocked=stuck))

    def _movers(self) -> dict[Action, int]:
        """The number of the instance that takes each action; -1 for a rule."""
        number = {who: i for i, who in enumerate(self.semantics.instances)}
        movers: dict[Action, int] = {}
        for action in self.semantics.actions:
            who = self.semantics.instance(action)
            movers[action] = -1 if who is None else number[who]
        return movers

    def _violated(self, violation: Violation) -> None:
        self.violations.setdefault(violation.name, violation)

    def _violation(
        self,
        name: str,
        message: str,
        number: int,
        last: Action | None = None,
        blocked: tuple[tuple[str, int], ...] = (),
    ) -> Violation:
        """A violation in state ``number``, or in the step ``last`` from it."""
        initial, path = self._path(number)
        return Violation(name, message, initial, path if last is None else (*path, last), blocked)

    def _path(self, number: int) -> tuple[State, tuple[Action, ...]]:
        """The initial state from which state ``number`` was found, and the actions that lead there."""
        actions: list[Action] = []
        parent = self.parents[number]
        while parent is not None:
            number, action = parent
            actions.append(action)
            parent = self.parents[number]
        return self.states[number], tuple(reversed(actions))

    def _result(self, stopped: str | None) -> SearchResult:
        starts = self.layers or [0]
        levels = [end - start for start, end in zip(starts, [*starts[1:], len(self.states)], strict=True)]
        return SearchResult(
            engine=Reference.name,
            complete=stopped is None,
            stopped=stopped,
            states=len(self.states),
            transitions=self.transitions,
            levels=tuple(levels) if self.states else (),
            violations=tuple(self.violations.values()),
            fired=frozenset(self.fired),
            covered=frozenset(self.covered),
            largest=dict(self.largest),
            seconds=time.monotonic() - self.began,
            bytes_per_state=self._bytes_per_state(),
        )

    def _bytes_per_state(self) -> float:
        if not self.states:
            return 0.0
        tables = sum(map(sys.getsizeof, (self.number, self.states, self.parents)))
        parent = sys.getsizeof((0, None))
        return tables / len(self.states) + sys.getsizeof(self.states[0]) + parent
