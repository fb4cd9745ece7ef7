"""Which clauses of an inductive invariant a proof needs.

Learning never takes a clause back, though later ones may say what an earlier one was for.  From the unsatisfiable
core of the safety query on, clauses are kept that some core names: those of safety, and those that each kept clause
needs in order to be kept by every step.  What is left is inductive, and excludes what is bad.  (An inductive validity
core, after E. Ghassabani, A. Gacek and M. Whalen, FSE 2016; smaller ones are to be had for many more queries.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import z3

from ovlcheck.symbolic.answer import Deadline, ask


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
    kept: set[int] = set()
    new = cores.of(bad, kept)
    while new:
        kept |= new
        more: set[int] = set()
        for out in leads:
            ways = [out[number] for number in sorted(new & out.keys())]
            if not ways:
                continue
            core = cores.of(z3.Or(ways), kept | more)
            if core is None:
                return list(range(len(clauses)))
            more |= core
        new = more
    return list(range(len(clauses))) if new is None else sorted(kept)


class _Cores:
    def __init__(self, given: z3.BoolRef, clauses: Sequence[z3.BoolRef], deadline: Deadline) -> None:
        self._deadline = deadline
        self._marks = [z3.Bool(f"clause {n}") for n in range(len(clauses))]
        self._number = {mark.get_id(): n for n, mark in enumerate(self._marks)}
        self._solver = z3.Solver()
        self._solver.set("core.minimize", True)
        self._solver.add(given, *(z3.Implies(m, c) for m, c in zip(self._marks, clauses, strict=True)))

    def of(self, excluded: z3.BoolRef, kept: set[int]) -> set[int] | None:
        """Which clauses, beside those ``kept``, it takes to say that ``excluded`` is not; None without an answer."""
        self._deadline.limit(self._solver)
        self._solver.push()
        try:
            self._solver.add(excluded, *(self._marks[n] for n in kept))
            result = ask(self._solver, *(m for n, m in enumerate(self._marks) if n not in kept))
            if result != z3.unsat or self._deadline.passed:
                return None
            return {self._number[mark.get_id()] for mark in self._solver.unsat_core()}
        finally:
            self._solver.pop()
