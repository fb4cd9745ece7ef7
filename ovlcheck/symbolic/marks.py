"""Queries that assume some of many formulas, and what of these it takes.

z3py looks up the sort of each formula that is assumed: where some thousand queries assume some hundred formulas each,
that takes longer than the solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import z3

from ovlcheck.symbolic.answer import asked
from ovlcheck.symbolic.connectives import array


class Marks:
    """Formulas by number that ``solver`` knows, and assumes only where it is told to."""

    def __init__(self, solver: z3.Solver, kind: str) -> None:
        """``kind`` tells the names of these marks from those of others in the same solver."""
        self._solver = solver
        self._kind = kind
        self._marks: list[z3.BoolRef] = []
        self._number: dict[int, int] = {}

    def add(self, formula: z3.BoolRef) -> None:
        """The next number is that of ``formula``."""
        mark = z3.Bool(f"{self._kind} {len(self._marks)}")
        self._number[mark.get_id()] = len(self._marks)
        self._marks.append(mark)
        self._solver.add(z3.Implies(mark, formula))

    def hold(self, numbers: Iterable[int]) -> None:
        """From now on, up to the last ``push``, the formulas with these numbers are assumed anyway."""
        self._solver.add(*(self._marks[n] for n in numbers))

    def ask(self, numbers: Sequence[int]) -> z3.CheckSatResult:
        """What the solver says where the formulas with these numbers are assumed, too; as ``answer.ask``."""
        marks = [self._marks[n] for n in numbers]
        solver = self._solver
        found = z3.Z3_solver_check_assumptions(solver.ctx.ref(), solver.solver, len(marks), array(marks))
        return asked(solver, z3.CheckSatResult(found))

    def core(self) -> list[int]:
        """Those of the numbers that were assumed last that make it ``unsat``."""
        return [self._number[mark.get_id()] for mark in self._solver.unsat_core()]
