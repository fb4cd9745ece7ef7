"""An inductive invariant, learned from the states that an exhaustive search has reached.

Where the reached states are known, an unreachable state from which something bad follows is told apart from all of them
by few literals, and the clause that excludes it holds in every reachable state: it is never taken back.  States that
lead out of the clauses found so far are excluded in turn, until no step does.  The search by which A. Bradley's IC3
(VMCAI 2011) generalises a clause is a look at the reached set here; that of P. Garg and others (ICE, CAV 2014) has
examples from a teacher in the same place.  The solver alone decides: nothing is believed of the reached states but that
they are worth a try, and counters have no bound in what is proved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import z3
from numpy.typing import NDArray

from ovlcheck.symbolic.answer import Answer, Deadline, Verdict, ask
from ovlcheck.symbolic.connectives import conjunction, disjunction, negation
from ovlcheck.symbolic.literals import Table, of_states
from ovlcheck.symbolic.marks import Marks
from ovlcheck.symbolic.needed_clauses import needed
from ovlcheck.symbolic.translation import Formulas, SymbolicStep
from ovlcheck.system.action import State

METHOD = "induction, learned from the reached states"


class _NotApart(Exception):
    """``state``, which is not to be reached, cannot be told apart from the reached ones."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.state = state


def learn(
    symbolic: Formulas,
    bad: z3.BoolRef,
    states: NDArray[np.int64],
    deadline: Deadline,
    known: z3.BoolRef | None = None,
    parts: Sequence[z3.BoolRef] = (),
    few: bool = True,
) -> Answer:
    """An inductive invariant that excludes ``bad``; ``states`` are all that can be reached, a row each.

    ``known`` holds in every reachable state, and is inductive where nothing is ``bad``.  Where ``bad`` is any of its
    ``parts``, clauses are told from one of them at a time.  Unless ``few``, clauses that the proof does not need stay:
    to find them takes longer than to learn.
    """
    answer = learn_from(of_states(symbolic, states), symbolic, bad, deadline, known, parts=parts, few=few)
    return replace(answer, figures=(f"{len(states):,} states", *answer.figures))


def learn_from(
    table: Table,
    symbolic: Formulas,
    bad: z3.BoolRef,
    deadline: Deadline,
    known: z3.BoolRef | None = None,
    method: str = METHOD,
    parts: Sequence[z3.BoolRef] = (),
    few: bool = True,
) -> Answer:
    """The same where the reached states are known from ``table`` alone, with the statements that are worth a try."""
    learner = _Learner(symbolic, bad, table, deadline, known, parts or [bad])
    try:
        finished = learner.run()
    except _NotApart as found:
        why = f"a state that is bad, or leads there, looks like a reached one: {found.state}"
        return Answer(Verdict.UNKNOWN, method, why, confused=found.state)
    enough = learner.enough() if finished and few else range(len(learner.clauses))
    figures = (
        f"{len(enough):,} clauses of {learner.size(enough):,} literals, {learner.queries:,} queries",
    )
    if not finished:
        return Answer(Verdict.UNKNOWN, method, "the time was over", figures=figures)
    clauses = [learner.clauses[number] for number in enough]
    invariant = z3.And(symbolic.types, *([] if known is None else [known]), *clauses)
    start = z3.Solver()
    start.add(symbolic.initial, z3.Not(invariant))
    if ask(start) != z3.unsat:
        return Answer(
            Verdict.UNKNOWN, method, "an initial state is not among the reached ones", figures=figures
        )
    return Answer(Verdict.PROVED, method, invariant=invariant, figures=figures)


@dataclass
class _Progress:
    """How far a step has been looked at: it keeps the first ``kept`` clauses.

    ``after`` are literals, said of the state behind it, and ``leads`` is when it leads out of a clause, by numbers.
    """

    step: SymbolicStep
    kept: int = 0
    after: dict[int, z3.BoolRef] = field(default_factory=dict)
    leads: dict[int, z3.BoolRef] = field(default_factory=dict)


class _Learner:
    def __init__(
        self,
        symbolic: Formulas,
        bad: z3.BoolRef,
        table: Table,
        deadline: Deadline,
        known: z3.BoolRef | None,
        parts: Sequence[z3.BoolRef],
    ) -> None:
        self._symbolic = symbolic
        self._bad = bad
        self._parts = parts
        self._deadline = deadline
        self._literals = table
        self._names = [literal.about for literal in self._literals.all]
        constants = [frozenset(c.decl().name() for c in cell.constants) for cell in symbolic.before]
        self._cells = [frozenset().union(*(constants[c] for c in one.cells)) for one in table.all]
        self._cubes: list[tuple[int, ...]] = []
        self.clauses: list[z3.BoolRef] = []
        self.queries = 0
        self._given = symbolic.types if known is None else z3.And(symbolic.types, known)
        self._steps = [_Progress(step) for step in symbolic.steps if step.updates]
        self._solver = z3.Solver()
        self._solver.add(self._given)
        # What of a state matters is found by a solver that knows the step alone.
        self._why = z3.Solver()
        self._why.add(symbolic.types)
        self._marks = Marks(self._why, "literal")
        for about in self._names:
            self._marks.add(about)

    def size(self, numbers: Sequence[int]) -> int:
        """Literals of the clauses with these numbers together."""
        return sum(len(self._cubes[number]) for number in numbers)

    def run(self) -> bool:
        """Learn until the clauses are inductive and exclude what is bad; False if the time is over before."""
        if not self._exclude(self._bad, self._parts):
            return False
        while any(progress.kept < len(self._cubes) for progress in self._steps):
            for progress in self._steps:
                if not self._keep(progress):
                    return False
        return True

    def enough(self) -> Sequence[int]:
        """The numbers of clauses that are inductive without the others, and exclude what is bad."""
        leads = [progress.leads for progress in self._steps]
        return needed(self._given, self._bad, self.clauses, leads, self._deadline)

    def _keep(self, progress: _Progress) -> bool:
        """Learn until a step leads out of none of the clauses that there are now; False if the time is over."""
        upto = len(self._cubes)
        leads = {
            number: conjunction([progress.step.guard, *parts])
            for number in range(progress.kept, upto)
            if (parts := self._after(progress, self._cubes[number])) is not None
        }
        if leads and not self._exclude(disjunction(list(leads.values())), list(leads.values())):
            return False
        progress.leads.update(leads)
        progress.kept = upto
        return True

    def _after(self, progress: _Progress, cube: Sequence[int]) -> list[z3.BoolRef] | None:
        """The literals of ``cube``, said of the state behind the step; None if it cannot lead into the cube."""
        changed, parts = False, list[z3.BoolRef]()
        for number in cube:
            if not self._cells[number].isdisjoint(progress.step.updates):
                changed = True
                if number not in progress.after:
                    progress.after[number] = z3.simplify(
                        self._symbolic.next(progress.step, self._names[number])
                    )
                if z3.is_false(progress.after[number]):
                    return None
            parts.append(progress.after.get(number, self._names[number]))
        return parts if changed else None

    def _exclude(self, unwanted: z3.BoolRef, reasons: Sequence[z3.BoolRef]) -> bool:
        """Learn clauses until no state that they allow is ``unwanted``, which is any of ``reasons``."""
        self._solver.push()
        self._solver.add(unwanted)
        learned: list[z3.BoolRef] = []
        try:
            while True:
                self._deadline.limit(self._solver)
                self.queries += 1
                result = ask(self._solver)
                if result == z3.unsat:
                    return True
                if result == z3.unknown or self._deadline.passed:
                    return False
                model = self._solver.model()
                state = self._symbolic.decode(model)
                reason = next(r for r in reasons if z3.is_true(model.eval(r, model_completion=True)))
                clause = self._clause(state, reason)
                learned.append(clause)
                self._solver.add(clause)
        finally:
            self._solver.pop()
            self._solver.add(*learned)

    def _clause(self, state: State, reason: z3.BoolRef) -> z3.BoolRef:
        """A clause that holds in every known state and excludes ``state``, for which ``reason`` is true."""
        among = self._literals.of(state)
        self._why.push()
        self._why.add(z3.Not(reason))
        mattering = self._marks.core() if self._marks.ask(among) == z3.unsat else among
        self._why.pop()
        cube = self._literals.cube(mattering) or self._literals.cube(among)
        if cube is None:
            raise _NotApart(state)
        self._cubes.append(cube)
        clause = negation(conjunction([self._names[n] for n in cube]))
        self.clauses.append(clause)
        return clause
