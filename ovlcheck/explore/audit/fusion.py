"""Fusion held against what steps do: each run must be steps that move right, one step, and steps that move left.

Nothing is taken from the analysis but its result, the runs: whatever made it believe in them, there must be a step in
each before which all move right and behind which all move left in every reachable state, unseen by what is looked at in
every state; behind it nothing may fail, and inside nobody may have to wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ovlcheck.explore.audit.finding import (
    Finding,
    Seen,
    Tried,
    marks,
    run,
    same,
    told_order,
    told_orders,
    told_state,
)
from ovlcheck.explore.audit.sample import Sample
from ovlcheck.system.action import Action, State
from ovlcheck.system.describe import format_action, format_source
from ovlcheck.system.semantics import CountOverflow, Outcome, Semantics

NAME = "fusion"


def audit_fusion(
    semantics: Semantics,
    runs: Sequence[tuple[int, ...]],
    sample: Sample,
    found_otherwise: frozenset[str] = frozenset(),
    bounds: Mapping[str, int] | None = None,
) -> Tried:
    """Tries ``runs``, of edges of the system of ``semantics``, in the states of ``sample``, which are states of it.

    The covers and counts called ``found_otherwise`` need not be seen inside runs; ``bounds`` are what counts are said
    not to exceed.
    """
    audit = _Audit(semantics, runs, found_otherwise)
    finding = audit.rests()
    for state in sample.states:
        if finding is not None:
            break
        finding = audit.stuck(state) or audit.beyond(state, bounds or {})
        if finding is None and audit.look(state):
            finding = audit.verdict()
    return Tried(
        NAME, len(sample.states), audit.pairs, "pairs of steps that follow each other", sample.whole, finding
    )


class _Audit:
    """``right`` and ``left`` have, for each edge that was found not to move so, what shows it."""

    def __init__(
        self, semantics: Semantics, runs: Sequence[tuple[int, ...]], found_otherwise: frozenset[str]
    ) -> None:
        self._semantics = semantics
        self._seen = Seen(semantics, found_otherwise)
        self._runs = [r for r in runs if len(r) > 1]
        self._begun = {(of.process, of.origin) for of in (semantics.system.edges[r[0]] for r in runs)}
        self._first = {edge for r in runs for edge in r[:-1]}
        self._last = {edge for r in runs for edge in r[1:]}
        self._passed = {
            (of.process, of.target) for of in (semantics.system.edges[edge] for edge in self._first)
        }
        self.right: dict[int, tuple[str, ...]] = {}
        self.left: dict[int, tuple[str, ...]] = {}
        self.pairs = 0

    def look(self, state: State) -> bool:
        """Tries every two steps of different actors that follow each other from ``state``; whether any edge was found
        not to move as well as was thought."""
        known = len(self.right) + len(self.left)
        steps = self._successors(state)
        for one in steps:
            self._alone(state, one)
            if one.state is None:
                for other in steps:
                    self._cut_off(state, one, other)
                continue
            actor = self._semantics.instance(one.action)
            for other in self._successors(one.state):
                if actor is None or self._semantics.instance(other.action) != actor:
                    self._together(state, one, other)
        return len(self.right) + len(self.left) > known

    def _alone(self, state: State, step: Outcome) -> None:
        """Whether the step can be seen from outside, or fails where it must not."""
        edge = step.action.edge
        if step.state is None:
            if edge in self._last:
                self._show(
                    self.left, edge, state, "fails, where others may have seen what came before", step.action
                )
            return
        if edge in self._first and (what := self._seen.lost(step.state, state)):
            self._show(self.right, edge, state, f"shows: behind it, and not before it, {what}", step.action)
        if edge in self._last and (what := self._seen.lost(state, step.state)):
            self._show(self.left, edge, state, f"hides: before it, and not behind it, {what}", step.action)

    def _together(self, state: State, one: Outcome, other: Outcome) -> None:
        needed = (one.action.edge in self._first - self.right.keys()) or (
            other.action.edge in self._last - self.left.keys()
        )
        if not needed:
            return
        self.pairs += 1
        there = run(self._semantics, state, one.action, other.action)
        back = run(self._semantics, state, other.action, one.action)
        if same(there, back):
            return
        evidence = told_orders(self._semantics, state, there, back)
        if other.action.edge in self._last:
            self.left.setdefault(other.action.edge, evidence)
        # A step that fails first takes with it what was put off, which nobody has seen.
        early = back.outcomes[0]
        fails = (
            early is not None and early.state is None and other.state is None and marks(early) == marks(other)
        )
        if one.action.edge in self._first and not fails:
            self.right.setdefault(one.action.edge, evidence)

    def _cut_off(self, state: State, failing: Outcome, other: Outcome) -> None:
        """``failing`` ends what happens while ``other`` is still to come; it must fail as well if ``other`` is done."""
        actors = {self._semantics.instance(failing.action), self._semantics.instance(other.action)}
        if other.action.edge not in self._last - self.left.keys() or other.state is None or len(actors) < 2:
            return
        self.pairs += 1
        late = run(self._semantics, state, other.action, failing.action)
        last = late.outcomes[-1]
        if len(late.outcomes) < 2 or last is None or last.state is not None or marks(last) != marks(failing):
            alone = run(self._semantics, state, failing.action)
            self.left[other.action.edge] = told_orders(self._semantics, state, alone, late)

    def _show(
        self, found: dict[int, tuple[str, ...]], edge: int, state: State, why: str, action: Action
    ) -> None:
        if edge not in found:
            steps = told_order(self._semantics, state, run(self._semantics, state, action))
            found[edge] = (told_state(self._semantics, state), f"this step {why}", *steps)

    def verdict(self) -> Finding | None:
        """The first run without a step before which all move right and behind which all move left."""
        for edges in self._runs:
            turn = next((n for n, edge in enumerate(edges) if edge in self.right), len(edges))
            wrong = next((n for n in range(len(edges) - 1, 0, -1) if edges[n] in self.left), 0)
            if turn < wrong:
                return self._not_a_run(edges, turn, wrong)
        return None

    def _not_a_run(self, edges: tuple[int, ...], turn: int, wrong: int) -> Finding:
        """The edge at ``turn`` is no right mover, so that the later one at ``wrong`` would have to be a left mover."""
        steps = [self._semantics.system.edges[e] for e in edges]
        evidence = [f"  {e.name} at {format_source(e.source)}" for e in steps]
        evidence.append(f"{steps[turn].name} at {steps[turn].source} does not move right:")
        evidence += self.right[edges[turn]]
        evidence.append(f"and {steps[wrong].name} at {steps[wrong].source}, behind it, does not move left:")
        evidence += self.left[edges[wrong]]
        return Finding(NAME, f"these steps of {steps[0].process} are as good as one:", tuple(evidence))

    def beyond(self, state: State, bounds: Mapping[str, int]) -> Finding | None:
        """A count that is greater, in ``state``, than it is said to become."""
        system = self._semantics.system
        for name, most in bounds.items():
            first = system.offset[name]
            if (value := max(state[first : first + system.variable[name].cells])) > most:
                belief = f"{name} is at most {most}; but it is {value}"
                return Finding(NAME, belief, (told_state(self._semantics, state),))
        return None

    def rests(self) -> Finding | None:
        """An instance that rests where a run passes by, or that stands in the beginning where no run begins."""
        system = self._semantics.system
        for process in system.processes:
            for at, location in enumerate(process.locations):
                if (process.name, at) in self._passed and location.rest:
                    place = (f"{location.name} at {format_source(location.source)}",)
                    return Finding(
                        NAME, f"no {process.name} stands still inside a step; but it rests there:", place
                    )
        for state in self._semantics.initial_states():
            for name, instance in self._semantics.instances:
                at = self._semantics.location(state, name, instance)
                if (name, at) in self._passed - self._begun:
                    location = system.process[name].locations[at]
                    belief = f"no {name} is seen at {location.name}; but {name}{instance} starts there"
                    return Finding(NAME, belief, (told_state(self._semantics, state),))
        return None

    def stuck(self, state: State) -> Finding | None:
        """An instance that has to wait, in ``state``, at a place that some run passes through."""
        moving = {self._semantics.instance(o.action) for o in self._successors(state)}
        for name, instance in self._semantics.instances:
            at = self._semantics.location(state, name, instance)
            if (name, at) in self._passed and (name, instance) not in moving:
                waiting = [
                    format_action(self._semantics.system, a)
                    for a in self._semantics.actions_at(name, instance, at)
                ]
                belief = f"{name}{instance} can always go on from where it stands; but it cannot:"
                return Finding(NAME, belief, (told_state(self._semantics, state), *waiting))
        return None

    def _successors(self, state: State) -> list[Outcome]:
        try:
            return list(self._semantics.successors(state))
        except CountOverflow:
            return []
