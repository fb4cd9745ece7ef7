"""Decides what a system's requirements demand of its fair behaviours by the native engine.

The compiled search finds the states; then their steps are written down once, and the product with each
property's automaton is searched for fair cycles without being written down.

Of the reductions, slicing alone is made.  What it leaves out influences no step, so that leaving it out of every
state is a bisimulation that keeps all steps, those that change nothing included, and whose they are: fair
behaviours, and what holds along them, stay the same.  Counterexamples are replayed in the system as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from ovlcheck.explore.liveness.finding import POPULATION_EXHAUSTED, Finding, LivenessResult, shown_binding
from ovlcheck.explore.liveness.lasso import rolled_up, what_goes_on
from ovlcheck.explore.liveness.tables import anything, tables
from ovlcheck.explore.native import memory
from ovlcheck.explore.native.build import build
from ovlcheck.explore.native.engine import explored, threads_for
from ovlcheck.explore.native.generate import PARTS, Program, generate
from ovlcheck.explore.native.graph import (
    BYTES_PER_ARC,
    BYTES_PER_STATE,
    GraphError,
    GraphRun,
    GraphStopped,
    Line,
)
from ovlcheck.explore.native.steps import StepNumbers, step_classes
from ovlcheck.explore.probe import probed
from ovlcheck.explore.replay import ReplayError, replay
from ovlcheck.explore.result import Limits, Progress, SearchResult, Violation, WidthOverflow
from ovlcheck.machine import shown
from ovlcheck.system.action import Action, State
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.expr import Expr
from ovlcheck.system.fairness import fairness_of
from ovlcheck.system.formula import Formula, Possibility, Requirement, negated
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.slicing import slice_system
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count
from ovlcheck.temporal.automaton import translate
from ovlcheck.temporal.obligation import without_last_obligation

INTERRUPTED = "interrupted"
LEAST_ARCS = 1 << 20
"""Bytes for the steps, and for what is done with them, that are always there."""
_ROUNDS = 8
"""How often a loop of a sliced system is gone round until what was left out repeats as well."""


def check_natively(
    system: TransitionSystem,
    *,
    limits: Limits = Limits(),
    progress: Callable[[Progress], None] | None = None,
    widest: int = 8,
    slicing: bool = True,
) -> LivenessResult:
    """As ``check_requirements``, in compiled code.

    Raises ``NativeUnavailable`` where that is impossible, ``ReplayError`` for a counterexample that does not happen
    again, ``GraphError`` where the graph is not that of the search.
    """
    began = time.monotonic()
    system = probed(system, widest)
    compiling = time.monotonic() - began
    while True:
        compiling -= time.monotonic()
        searched, report = slice_system(system) if slicing else (system, None)
        left = None if limits.seconds is None else max(limits.seconds - (time.monotonic() - began), 0.0)
        program = generate(searched, behaviours=True)
        library = build(program.text, PARTS)
        compiling += time.monotonic()
        try:
            with GraphRun(library, program, threads_for(limits)) as run:
                checker = _Checker(searched, program, run, replace(limits, seconds=left), progress)
                result = checker.result()
            break
        except WidthOverflow as overflow:
            kind = system.variable[overflow.variable].type
            assert isinstance(kind, Count)
            if kind.width >= widest:
                return _grown(system, overflow, f"{overflow.variable} grows beyond {kind.hi}", began)
            system = system.with_widths({overflow.variable: kind.width + 1})
    if report is not None and report.dropped:
        try:
            found = tuple(_lifted(finding, system, searched) for finding in result.findings)
        except ReplayError:
            left = None if limits.seconds is None else max(limits.seconds - (time.monotonic() - began), 0.0)
            within = replace(limits, seconds=left)
            return check_natively(system, limits=within, progress=progress, widest=widest, slicing=False)
        result = replace(result, findings=found, reductions=("slicing",), notes=(str(report),))
    for finding in result.findings:
        if finding.violation is not None:
            replay(system, finding.violation)
    seconds = time.monotonic() - began
    return replace(result, system=system, seconds=seconds, compile_seconds=compiling)


def _grown(system: TransitionSystem, overflow: WidthOverflow, why: str, began: float) -> LivenessResult:
    """Nothing is known where a counter grows without end."""
    semantics = Semantics(system)
    findings = []
    for name in dict.fromkeys(requirement.name for requirement in system.requirements):
        first = next(r for r in system.requirements if r.name == name)
        findings.append(Finding(name, None, why, False, _listed(semantics, first)))
    partial = overflow.partial
    states, transitions, depth = (
        (partial.states, partial.transitions, partial.depth) if partial else (0, 0, 0)
    )
    return LivenessResult(
        system, tuple(findings), states, transitions, depth, why, time.monotonic() - began, engine="native"
    )


def _listed(semantics: Semantics, requirement: Requirement) -> tuple[str, ...]:
    if isinstance(requirement.demand, Possibility):
        return ()
    return fairness_of(semantics, requirement).listed


class _Undefined(Exception):
    """A predicate has no value in a state: the violation that this is."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.name)
        self.violation = violation


class _Checker:
    """One search of a system, its graph, and the answers."""

    def __init__(
        self,
        system: TransitionSystem,
        program: Program,
        run: GraphRun,
        limits: Limits,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        assert program.labels is not None
        self._system = system
        self._program = program
        self._labels = program.labels
        self._run = run
        self._limits = limits
        self._progress = progress
        self._began = time.monotonic()
        self._semantics = Semantics(system)
        self._numbers = StepNumbers(system)
        self._classes = step_classes(system, self._numbers)
        self._initial: tuple[int, ...] = ()
        self._searched: SearchResult | None = None

    def result(self) -> LivenessResult:
        """The answers.  Raises ``WidthOverflow`` and ``GraphError``."""
        searched = self._searched = explored(
            self._system, self._program, self._run, self._limits, self._progress
        )
        found_in = time.monotonic() - self._began
        names = tuple(dict.fromkeys(requirement.name for requirement in self._system.requirements))
        stopped = searched.stopped
        findings: list[Finding] = []
        try:
            if stopped == INTERRUPTED:
                raise KeyboardInterrupt
            self._build(searched)
            for name in names:
                findings.append(self._finding(name))
        except GraphStopped as why:
            stopped = stopped or str(why)
        except KeyboardInterrupt:
            stopped = INTERRUPTED
        for name in names[len(findings) :]:
            first = next(r for r in self._system.requirements if r.name == name)
            findings.append(Finding(name, None, stopped, False, _listed(self._semantics, first)))
        return LivenessResult(
            self._system,
            tuple(findings),
            searched.states,
            searched.transitions,
            searched.depth,
            stopped,
            time.monotonic() - self._began,
            engine="native",
            search_seconds=found_in,
        )

    def _look(self) -> None:
        """Looks at the clock, and shows progress."""
        seconds = time.monotonic() - self._began
        if self._progress is not None:
            figures = self._run.figures()
            self._progress(Progress(figures.depth, figures.states, 0, seconds, figures.bytes))
        if self._limits.seconds is not None and seconds > self._limits.seconds:
            raise GraphStopped(f"time limit of {self._limits.seconds:g} s reached")

    def _build(self, searched: SearchResult) -> None:
        """Makes the graph within what memory there is."""
        self._look()
        per_state = BYTES_PER_STATE + self._labels.bytes
        held, free = self._run.figures().bytes, memory.available()
        most = free if self._limits.memory is None else min(free, self._limits.memory - held)
        left = most - per_state * searched.states
        if left < BYTES_PER_ARC:
            needed = shown(per_state * searched.states)
            raise GraphStopped(
                f"out of memory: the graph of {searched.states:,} states takes more than {needed}"
            )
        initial = (self._program.layout.pack(state) for state in self._semantics.initial_states())
        self._initial = self._run.begin(self._classes.of, initial)
        arcs = self._run.build(max(left, LEAST_ARCS), self._look)
        self._run.leave(max(left - arcs * BYTES_PER_ARC, LEAST_ARCS))

    @cached_property
    def _exhausted(self) -> bool:
        assert self._searched is not None
        unmade = any(v.name == POPULATION_EXHAUSTED for v in self._searched.violations)
        return unmade or POPULATION_EXHAUSTED in self._run.found()

    def _finding(self, name: str) -> Finding:
        assert self._searched is not None
        mine = [r for r in self._system.requirements if r.name == name]
        listed = () if all(isinstance(r.demand, Possibility) for r in mine) else _fair(self._semantics, mine)
        try:
            found = [v for v in map(self._violation, mine) if v is not None]
        except _Undefined as undefined:
            found = [undefined.violation]
        if found:
            best = min(
                found, key=lambda v: (len(v.path) if v.loop_start is None else v.loop_start, len(v.path))
            )
            return Finding(name, best, None, False, listed)
        unknown = self._searched.stopped
        if unknown is None and self._exhausted:
            unknown = f"{POPULATION_EXHAUSTED}: runs that need another object were not explored"
        vacuous = unknown is None and all(map(self._vacuous, mine))
        return Finding(name, None, unknown, vacuous, listed)

    def _violation(self, requirement: Requirement) -> Violation | None:
        for condition in requirement.conditions:
            self._refuse_undefined(requirement.name, condition)
        demand = requirement.demand
        if isinstance(demand, Possibility):
            return self._impossible(requirement, demand)
        automaton = translate(negated(demand))
        bits = self._bits(automaton.atoms)
        with self._run.product(tables(automaton, self._classes, requirement), bits) as product:
            if not product.judge(self._initial, False, self._look):
                return None
            line = product.lasso(self._initial, False, self._look)
        states, path = self._path(line)
        goes_on = what_goes_on(self._semantics, states[-1], path[line.stem :])
        found = Violation(
            requirement.name, f"{shown_binding(requirement)}{goes_on}", states[0], path, loop_start=line.stem
        )
        return rolled_up(found, self._semantics)

    def _impossible(self, requirement: Requirement, demand: Possibility) -> Violation | None:
        bits = self._bits((demand.premise, demand.goal))
        with self._run.product(anything(len(bits), self._classes), bits) as product:
            if not product.without_a_way(self._classes.usable(demand), self._look):
                return None
            line = product.lasso(self._initial, True, self._look)
        states, path = self._path(line)
        message = f"{shown_binding(requirement)}from here on it can never be reached any more"
        return Violation(requirement.name, message, states[0], path)

    def _refuse_undefined(self, name: str, condition: Expr) -> None:
        """Raises ``_Undefined`` if the condition has no value somewhere."""
        bit = self._labels.undefined.get(condition)
        if bit is None:
            return
        with self._run.product(anything(1, self._classes), [bit]) as product:
            if not product.mark(1):
                return
            line = product.lasso(self._initial, True, self._look)
        states, path = self._path(line)
        try:
            self._semantics.evaluate(condition, states[-1])
        except Fault as fault:
            message = f"{fault.kind} while the predicate is evaluated: {fault.message}"
            raise _Undefined(Violation(name, message, states[0], path)) from None
        raise GraphError(f"{name}: a predicate has a value in a state where compiled code finds none")

    def _vacuous(self, requirement: Requirement) -> bool:
        demand = requirement.demand
        if isinstance(demand, Possibility):
            bits = self._bits((demand.premise,))
            with self._run.product(anything(1, self._classes), bits) as product:
                return not product.mark(1)
        return not self._has_behaviour(requirement, negated(without_last_obligation(demand)))

    def _has_behaviour(self, requirement: Requirement, formula: Formula) -> bool:
        """Whether there is any fair behaviour with ``formula``."""
        automaton = translate(formula)
        bits = self._bits(automaton.atoms)
        with self._run.product(tables(automaton, self._classes, requirement), bits) as product:
            return product.judge(self._initial, True, self._look)

    def _bits(self, conditions: Iterable[Expr]) -> list[int]:
        return [self._labels.holds[condition] for condition in conditions]

    def _path(self, line: Line) -> tuple[list[State], tuple[Action, ...]]:
        """The states of ``line``, and for each step the first action that is of its class and leads there."""
        states = [self._program.layout.unpack(words) for words in line.states]
        path = []
        for (source, target), wanted in zip(pairwise(states), line.classes, strict=True):
            for outcome in self._semantics.successors(source):
                if outcome.state == target and self._classes.of[self._numbers.of(outcome.action)] == wanted:
                    path.append(outcome.action)
                    break
            else:
                raise ReplayError(f"no step of class {wanted} leads from {source} to {target}")
        return states, tuple(path)


def _fair(semantics: Semantics, mine: list[Requirement]) -> tuple[str, ...]:
    return fairness_of(semantics, mine[0]).listed


def _lifted(finding: Finding, system: TransitionSystem, sliced: TransitionSystem) -> Finding:
    """``finding``, about ``sliced``, with its counterexample as one of ``system``.

    A loop is gone round until what was left out repeats too.  Raises ``ReplayError`` where it does not soon.
    """
    violation = finding.violation
    if violation is None:
        return finding
    kept = [
        cell
        for v in sliced.variables
        for cell in range(system.offset[v.name], system.offset[v.name] + v.cells)
    ]
    semantics = Semantics(system)
    for start in semantics.initial_states():
        if tuple(start[cell] for cell in kept) == violation.initial:
            return replace(finding, violation=_closed(replace(violation, initial=start), semantics))
    raise ReplayError(f"{violation.name}: no initial state is the one that it begins in")


def _closed(violation: Violation, semantics: Semantics) -> Violation:
    begin = violation.loop_start
    if begin is None or begin == len(violation.path):
        return violation
    stem, loop = violation.path[:begin], violation.path[begin:]
    state = _after(violation.initial, stem, semantics)
    at_begin = [state]
    for _ in range(_ROUNDS):
        state = _after(state, loop, semantics)
        if state in at_begin:
            first = at_begin.index(state)
            path = stem + loop * len(at_begin)
            return replace(violation, path=path, loop_start=begin + first * len(loop))
        at_begin.append(state)
    raise ReplayError(f"{violation.name}: what was left out does not repeat")


def _after(state: State, path: tuple[Action, ...], semantics: Semantics) -> State:
    for action in path:
        outcome = semantics.fire(state, action)
        if outcome is None or outcome.state is None:
            raise ReplayError(f"a step of the sliced system is none of the system: {action}")
        state = outcome.state
    return state
