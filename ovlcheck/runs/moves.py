"""What can happen next in a state, and what it breaks: the ground that runs are made on.

Counters are as wide as they need to be: where one outgrows its width, the system gets a wider one and the question
is asked again.  States are the same under any width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ovlcheck.explore import deadlock
from ovlcheck.explore.probe import roomy
from ovlcheck.explore.reference import DEADLOCK
from ovlcheck.explore.search import WIDEST
from ovlcheck.system.action import Action, State
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.expr import show
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.step import Failure, Outcome
from ovlcheck.system.transition_system import TransitionSystem

T = TypeVar("T")

Instance = tuple[str, int]


class GrowsWithoutEnd(Exception):
    """A counter would need more than ``WIDEST`` bits: the model seems to count without end."""

    def __init__(self, variable: str, most: int) -> None:
        super().__init__(f"{variable} grows beyond {most}")


class Moves:
    """The initial states of a system, the steps from each state, and what is wrong with either.

    ``system`` and ``semantics`` change when a counter gets wider: ask for them again after each call.
    """

    def __init__(self, system: TransitionSystem) -> None:
        self.system = roomy(system, WIDEST)
        self.semantics = Semantics(self.system)
        self._compile()

    def initial(self) -> tuple[Outcome, ...]:
        """What the families of initial states do, each distinct state once.  Raises ``GrowsWithoutEnd``.

        What several families break on the way to one state is told of it together.  A state in which a violation
        ended the making of one is none to go on from, and another than the equal one that some family makes.
        """
        found: dict[tuple[State | None, State | None], Outcome] = {}
        for outcome in self._ask(lambda semantics: tuple(semantics.initial_outcomes())):
            known = found.setdefault((outcome.state, outcome.partial), outcome)
            if known is not outcome:
                faults = tuple(dict.fromkeys((*known.faults, *outcome.faults)))
                covered = tuple(dict.fromkeys((*known.covered, *outcome.covered)))
                found[outcome.state, outcome.partial] = known._replace(faults=faults, covered=covered)
        return tuple(found.values())

    def successors(self, state: State) -> tuple[Outcome, ...]:
        """The outcomes of all enabled actions, in the order of ``Semantics``.  Raises ``GrowsWithoutEnd``."""
        return self._ask(lambda semantics: tuple(semantics.successors(state)))

    def fire(self, state: State, action: Action) -> Outcome | None:
        """What ``action`` does in ``state``; None where it is not enabled.  Raises ``GrowsWithoutEnd``."""
        return self._ask(lambda semantics: semantics.fire(state, action))

    def broken_by(self, outcome: Outcome) -> tuple[Failure, ...]:
        """What is violated in the step or in the state behind it, each name once."""
        found = (*outcome.faults, *(self.broken_in(outcome.state) if outcome.state is not None else ()))
        return tuple({failure.name: failure for failure in reversed(found)}.values())[::-1]

    def broken_in(self, state: State) -> tuple[Failure, ...]:
        """The properties that must hold in every state, and do not hold in this one."""
        broken: list[Failure] = []
        for invariant, holds in self._invariants:
            try:
                if not holds(state):
                    message = invariant.message or f"not ({show(invariant.condition)})"
                    broken.append(Failure(invariant.name, message, False))
            except Fault as fault:
                message = f"{fault.kind} while the predicate is evaluated: {fault.message}"
                broken.append(Failure(invariant.name, message, False))
        return tuple(broken)

    def covered_in(self, state: State) -> set[str]:
        """The names of what every-state properties demand, where they come to it in ``state``."""
        met: set[str] = set()
        for name, meets in self._covers:
            try:
                if meets(state):
                    met.add(name)
            except Fault:
                continue
        return met

    def stuck(self, state: State) -> tuple[Instance, ...]:
        """The instances that are not at rest in ``state``, in which nobody can move."""
        semantics = self.semantics
        return tuple(who for who in semantics.instances if not semantics.at_rest(state, *who))

    def deadlock(self, state: State) -> Failure | None:
        """What is wrong with a state in which nobody can move; None if everybody is at rest there."""
        stuck = self.stuck(state)
        if not stuck:
            return None
        return Failure(DEADLOCK, deadlock.explain(self.semantics, state, stuck))

    def actor(self, action: Action) -> str:
        """Who takes ``action``: ``writer0``, or the name of the rule."""
        who = self.semantics.instance(action)
        return self.system.edges[action.edge].name if who is None else f"{who[0]}{who[1]}"

    def _ask(self, question: Callable[[Semantics], T]) -> T:
        while True:
            try:
                return question(self.semantics)
            except CountOverflow as overflow:
                self._widen(overflow.variable)

    def _widen(self, name: str) -> None:
        type_ = self.system.variable[name].type
        if type_.bits >= WIDEST:
            raise GrowsWithoutEnd(name, type_.hi)
        self.system = self.system.with_widths({name: type_.bits + 1})
        self.semantics = Semantics(self.system)
        self._compile()

    def _compile(self) -> None:
        compiled = self.semantics.compile
        self._invariants = [(i, compiled(i.condition)) for i in self.system.invariants]
        self._covers = [(c.name, compiled(c.condition)) for c in self.system.covers]
