"""Which clauses of an inductive invariant a proof needs.

Learning never takes a clause back, though later ones may say what an earlier one was for.  From the unsatisfiable
core of the safety query on, clauses are kept that some core names: those of safety, and those that each kept clause
needs in order to be kept by every step.  What is left is inductive, and excludes what is bad.  (An inductive validity
core, after E. Ghassabani, A. Gacek and M. Whalen, FSE 2016; smaller ones are to be had for many more queries.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import z3

from ovlcheck.symbolic.answer import Deadline
from ovlcheck.symbolic.connectives import disjunction
from ovlcheck.symbolic.marks import Marks

_TOGETHER = 16
"""Steps that one query is about: what keeps several steps at once is fewer clauses than what keeps each, and found in
half the time; of all steps at once the cores take long to find.
"""


def needed(
    given: z3.BoolRef,
    bad: z3.BoolRef,
    clauses: Sequence[z3.BoolRef],
    leads: Sequence[Mapping[int, z3.BoolRef]],
    deadline: Deadline,
) -> list[int]:
    """The numbers of enough of ``clauses``, in their order; all of them where the time is over before.

    ``given`` holds anyway.  ``leads`` has for each step when it leads out of a clause, by the clause's number; a step
    keeps the clauses that are not mentioned.  All clauses together are inductive and exclude ``bad``.
    """
    cores = _Cores(given, clauses, deadline)
    new = cores.keep(bad)
    while new:
        more: set[int] = set()
        for at in range(0, len(leads), _TOGETHER):
            group = leads[at : at + _TOGETHER]
            ways = [out[number] for out in group for number in sorted(new & out.keys())]
            if not ways:
                continue
            core = cores.keep(disjunction(ways))
            if core is None:
                return list(range(len(clauses)))
            more |= core
        new = more
    return list(range(len(clauses))) if new is None else sorted(cores.kept)


class _Cores:
    """The clauses ``kept`` so far."""

    def __init__(self, given: z3.BoolRef, clauses: Sequence[z3.BoolRef], deadline: Deadline) -> None:
        self.kept: set[int] = set()
        self._deadline = deadline
        self._others = list(range(len(clauses)))
        self._solver = z3.Solver()
        self._solver.set("core.minimize", True)
        self._solver.add(given)
        self._marks = Marks(self._solver, "clause")
        for clause in clauses:
            self._marks.add(clause)

    def keep(self, excluded: z3.BoolRef) -> set[int] | None:
        """The clauses, kept from now on, that it takes beside the others to say that ``excluded`` is not.

        None without an answer.
        """
        self._deadline.limit(self._solver)
        self._solver.push()
        try:
            self._solver.add(excluded)
            if self._marks.ask(self._others) != z3.unsat or self._deadline.passed:
                return None
            core = set(self._marks.core())
        finally:
            self._solver.pop()
        self._marks.hold(core)
        self.kept |= core
        self._others = [n for n in self._others if n not in core]
        return core
