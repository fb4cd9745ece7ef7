"""Decides what a system's requirements demand of its fair behaviours, by the interpreter: the oracle for ``native``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ovlcheck.explore.liveness.finding import (
    POPULATION_EXHAUSTED,
    Finding,
    LivenessResult,
    shown_binding,
)
from ovlcheck.explore.liveness.graph import Graph, explore_graph
from ovlcheck.explore.liveness.lasso import has_behaviour, rolled_up, shortest_lasso, what_goes_on
from ovlcheck.explore.liveness.possibility import first_without_a_way
from ovlcheck.explore.liveness.product import Enabled, Product, enabled_groups, product
from ovlcheck.explore.replay import replay
from ovlcheck.explore.result import Limits, Progress, Violation, WidthOverflow
from ovlcheck.system.action import Action
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.expr import Expr
from ovlcheck.system.fairness import Fairness, fairness_of
from ovlcheck.system.formula import Formula, Possibility, Requirement, negated
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count
from ovlcheck.temporal.automaton import Automaton, translate
from ovlcheck.temporal.obligation import without_last_obligation


def check_requirements(
    system: TransitionSystem,
    *,
    limits: Limits = Limits(),
    progress: Callable[[Progress], None] | None = None,
    widest: int = 8,
) -> LivenessResult:
    """Answers for every property that ``system.requirements`` name.

    Within ``limits`` a behaviour that breaks a property may be found although not everything was explored; no
    property is said to hold then.  Counters get as wide as they need, up to ``widest`` bits.  Every counterexample has
    been replayed; raises ``ReplayError`` if one does not happen again.
    """
    began = time.monotonic()
    while True:
        semantics = Semantics(system)
        left = None if limits.seconds is None else max(limits.seconds - (time.monotonic() - began), 0.0)
        try:
            graph = explore_graph(semantics, limits=replace(limits, seconds=left), progress=progress)
            break
        except WidthOverflow as overflow:
            kind = system.variable[overflow.variable].type
            assert isinstance(kind, Count)
            if kind.width >= widest:
                graph = Graph(stopped=f"{overflow.variable} grows beyond {kind.hi}")
                break
            system = system.with_widths({overflow.variable: kind.width + 1})
    checker = _Checker(semantics, graph)
    names = dict.fromkeys(requirement.name for requirement in system.requirements)
    findings = tuple(checker.finding(name) for name in names)
    for finding in findings:
        if finding.violation is not None:
            replay(system, finding.violation, semantics)
    return LivenessResult(
        system,
        findings,
        len(graph.states),
        graph.transitions,
        graph.depth,
        graph.stopped,
        time.monotonic() - began,
    )


class _Undefined(Exception):
    """A predicate has no value in a state: the arguments are the state's number and the fault."""

    def __init__(self, state: int, fault: Fault) -> None:
        super().__init__(state)
        self.state = state
        self.fault = fault


class _Checker:
    def __init__(self, semantics: Semantics, graph: Graph) -> None:
        self._semantics = semantics
        self._graph = graph
        self._values: dict[Expr, list[bool]] = {}

    def finding(self, name: str) -> Finding:
        """The answer about the property called ``name``; of several counterexamples the one with the shortest stem."""
        mine = [r for r in self._semantics.system.requirements if r.name == name]
        listed = fairness_of(self._semantics, mine[0]).listed
        if all(isinstance(r.demand, Possibility) for r in mine):
            listed = ()
        try:
            found = [v for v in map(self._violation, mine) if v is not None]
        except _Undefined as undefined:
            found = [self._no_value(name, undefined)]
        if found:
            best = min(
                found, key=lambda v: (len(v.path) if v.loop_start is None else v.loop_start, len(v.path))
            )
            return Finding(name, best, None, False, listed)
        unknown = self._graph.stopped
        if unknown is None and POPULATION_EXHAUSTED in self._graph.faults:
            unknown = f"{POPULATION_EXHAUSTED}: runs that need another object were not explored"
        vacuous = unknown is None and all(map(self._vacuous, mine))
        return Finding(name, None, unknown, vacuous, listed)

    def _violation(self, requirement: Requirement) -> Violation | None:
        demand = requirement.demand
        if isinstance(demand, Possibility):
            state = first_without_a_way(
                self._graph, self._semantics, demand, self._where(demand.premise), self._where(demand.goal)
            )
            if state is None:
                return None
            message = f"{shown_binding(requirement)}from here on it can never be reached any more"
            return self._found(requirement.name, message, state)
        fairness = fairness_of(self._semantics, requirement)
        accepted = self._product(negated(demand), fairness, enabled_groups(self._graph, fairness))
        lasso = shortest_lasso(accepted)
        if lasso is None:
            return None
        initial, best, stem, loop = lasso
        actions = self._semantics.actions
        path = tuple(actions[self._graph.actions[accepted.step[i]]] for i in loop)
        last = self._graph.states[accepted.state[best]]
        return rolled_up(
            Violation(
                requirement.name,
                f"{shown_binding(requirement)}{what_goes_on(self._semantics, last, path)}",
                self._graph.states[accepted.state[initial]],
                tuple(actions[self._graph.actions[step]] for step in stem) + path,
                loop_start=len(stem),
            ),
            self._semantics,
        )

    def _vacuous(self, requirement: Requirement) -> bool:
        demand = requirement.demand
        if isinstance(demand, Possibility):
            return not any(self._where(demand.premise))
        fairness = fairness_of(self._semantics, requirement)
        weaker = negated(without_last_obligation(demand))
        return not has_behaviour(self._product(weaker, fairness, enabled_groups(self._graph, fairness)))

    def _product(self, formula: Formula, fairness: Fairness, enabled: Enabled) -> Product:
        automaton = translate(formula)
        return product(self._graph, self._labels(automaton), automaton, fairness, enabled)

    def _labels(self, automaton: Automaton) -> Sequence[int]:
        labels = [0] * len(self._graph.states)
        for i, atom in enumerate(automaton.atoms):
            bit = 1 << i
            for state, value in enumerate(self._where(atom)):
                if value:
                    labels[state] |= bit
        return labels

    def _where(self, condition: Expr) -> list[bool]:
        """Whether ``condition`` holds, state by state."""
        if condition not in self._values:
            evaluate = self._semantics.compile(condition)
            values: list[bool] = []
            try:
                for state in self._graph.states:
                    values.append(bool(evaluate(state)))
            except Fault as fault:
                raise _Undefined(len(values), fault) from None
            self._values[condition] = values
        return self._values[condition]

    def _no_value(self, name: str, undefined: _Undefined) -> Violation:
        fault = undefined.fault
        message = f"{fault.kind} while the predicate is evaluated: {fault.message}"
        return self._found(name, message, undefined.state)

    def _found(self, name: str, message: str, state: int) -> Violation:
        """A violation that shows in ``state``, with a shortest path there."""
        parents = self._parents(state)
        path: list[Action] = []
        while state >= self._graph.initial:
            state, step = parents[state]
            path.append(self._semantics.actions[self._graph.actions[step]])
        return Violation(name, message, self._graph.states[state], tuple(reversed(path)))

    def _parents(self, wanted: int) -> dict[int, tuple[int, int]]:
        """For the states up to ``wanted`` that are not initial, where breadth-first search finds them."""
        graph = self._graph
        found: dict[int, tuple[int, int]] = {}
        for source in range(graph.expanded):
            if wanted in found:
                break
            for step in range(graph.offsets[source], graph.offsets[source + 1]):
                target = graph.targets[step]
                if target >= graph.initial:
                    found.setdefault(target, (source, step))
        return found
