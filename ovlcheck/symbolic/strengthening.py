"""Inductive invariants that nobody has to write: what two elementary statements never hold together.

Positions that exclude each other, locks that one instance holds at a time, what a process at some position has made
sure of: all are of the form "not both".  Those that sample states refute are left out at once; of the rest, whatever a
step may break is dropped until nothing is (C. Flanagan, K. R. M. Leino, Houdini, FME 2001).  What is left is inductive,
whatever else it is good for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import z3

from ovlcheck.symbolic.answer import Deadline, ask
from ovlcheck.symbolic.atoms import Atom, atoms, table
from ovlcheck.symbolic.samples import Sample
from ovlcheck.symbolic.translation import SymbolicStep, SymbolicSystem

SAMPLE = 6000
"""States that candidates are tried out in before a solver is asked."""


@dataclass(frozen=True)
class Strengthening:
    """``clauses``, together with the types and what was known before, are inductive.

    ``candidates`` is how many of them the samples left; ``complete``: the samples were all reachable states.
    ``finished`` is False where the time was over before the rest was known to be inductive, and there are no clauses.
    """

    clauses: tuple[z3.BoolRef, ...]
    candidates: int
    samples: int
    complete: bool
    finished: bool


def strengthen(
    symbolic: SymbolicSystem, deadline: Deadline, known: z3.BoolRef | None = None, most: int = SAMPLE
) -> Strengthening:
    """Clauses of one or two atoms; ``known`` holds in every reachable state, and is inductive by itself."""
    sample = Sample(symbolic)
    sample.grow(most, deadline.share(0.25))
    states, found = sample.states, atoms(symbolic)
    if not states or not found:
        return Strengthening((), 0, len(states), sample.complete, True)
    search = _Houdini(symbolic, found, known)
    search.refuted_by(states)
    candidates = search.left
    finished = search.run(deadline)
    clauses = tuple(search.clauses()) if finished else ()
    return Strengthening(clauses, candidates, len(states), sample.complete, finished)


class _Houdini:
    """``apart[a, b]``: atoms a and b are believed never to hold together; ``apart[a, a]``: a never holds."""

    def __init__(self, symbolic: SymbolicSystem, found: tuple[Atom, ...], known: z3.BoolRef | None) -> None:
        self._symbolic = symbolic
        self._atoms = found
        self._known = known
        self._apart = np.zeros((len(found), len(found)), dtype=bool)
        self._post: dict[int, dict[int, z3.BoolRef]] = {}

    @property
    def left(self) -> int:
        return int(np.count_nonzero(np.triu(self._apart)))

    def refuted_by(self, states: tuple[tuple[int, ...], ...]) -> None:
        """Begin with every clause that holds in all of ``states``."""
        truths = table(self._atoms, states)
        counted = truths.astype(np.float32)
        together = counted.T @ counted
        apart = together == 0
        never = np.diag(apart).copy()
        # What follows from one atom never holding, or from two atoms being of one cell, is not said.
        apart[never, :] = False
        apart[:, never] = False
        groups = np.array([atom.group for atom in self._atoms])
        apart &= (groups[:, None] != groups[None, :]).any(axis=2)
        np.fill_diagonal(apart, never)
        self._apart = apart

    def run(self, deadline: Deadline) -> bool:
        """Drop what is not inductive; False if the time is over before."""
        while True:
            dropped = False
            solver = self._solver()
            for step in self._symbolic.steps:
                if deadline.passed:
                    return False
                outcome = self._drop(solver, step, deadline)
                if outcome is None:
                    return False
                dropped |= outcome
            if not dropped:
                return True

    def clauses(self) -> Iterator[z3.BoolRef]:
        for a, b in zip(*np.nonzero(np.triu(self._apart)), strict=True):
            first, second = self._atoms[a].about, self._atoms[b].about
            yield z3.Not(first) if a == b else z3.Not(z3.And(first, second))

    def _solver(self) -> z3.Solver:
        solver = z3.Solver()
        solver.add(self._symbolic.types, *self.clauses())
        if self._known is not None:
            solver.add(self._known)
        return solver

    def _drop(self, solver: z3.Solver, step: SymbolicStep, deadline: Deadline) -> bool | None:
        """Drop clauses that ``step`` breaks, one counterexample after the other; None if the solver gives up."""
        after = self._after(step)
        dropped = False
        while True:
            broken = [z3.And(about, z3.Or(partners)) for about, partners in self._broken(after)]
            if not broken:
                return dropped
            solver.push()
            solver.add(step.guard, z3.Or(broken))
            deadline.limit(solver)
            result = ask(solver)
            state = self._symbolic.decode(solver.model()) if result == z3.sat else None
            solver.pop()
            if result == z3.unsat:
                return dropped
            if state is None:
                return None
            outcome = self._symbolic.semantics.fire(state, step.action)
            if outcome is None or outcome.state is None:
                raise ValueError("the formulas have a step that the system has not")
            held = table(self._atoms, [outcome.state])[0]
            self._apart[np.ix_(held, held)] = False
            dropped = True

    def _broken(self, after: dict[int, z3.BoolRef]) -> Iterator[tuple[z3.BoolRef, list[z3.BoolRef]]]:
        """For each atom that the step may make true: itself, and those that must not hold with it, afterwards."""
        for number, about in after.items():
            if z3.is_false(about):
                continue
            partners = [
                z3.BoolVal(True) if other == number else after.get(other, self._atoms[other].about)
                for other in map(int, np.nonzero(self._apart[number])[0])
            ]
            partners = [p for p in partners if not z3.is_false(p)]
            if partners:
                yield about, partners

    def _after(self, step: SymbolicStep) -> dict[int, z3.BoolRef]:
        """What becomes of the atoms that ``step`` may change, in terms of the state before."""
        key = id(step)
        if key not in self._post:
            changed = set(step.updates)
            self._post[key] = {
                number: z3.simplify(self._symbolic.next(step, atom.about))
                for number, atom in enumerate(self._atoms)
                if any(c.decl().name() in changed for c in self._symbolic.before[atom.cell].constants)
            }
        return self._post[key]
