"""k-induction: k steps without a violation, from anywhere, are never followed by one.

M. Sheeran, S. Singh, G. Stalmarck, Checking safety properties using induction and a SAT-solver, FMCAD 2000.  "Anywhere"
is within the types and the invariants that are known already.
"""

from __future__ import annotations

import z3

from ovlcheck.symbolic.answer import Answer, Deadline, Run, Verdict, ask
from ovlcheck.symbolic.bounded import Unrolling, path_through
from ovlcheck.symbolic.translation import SymbolicSystem

METHOD = "k-induction"


def induction(
    symbolic: SymbolicSystem, bad: z3.BoolRef, known: z3.BoolRef, most: int, deadline: Deadline
) -> Answer:
    """Whether ``bad`` can be reached, by at most ``most`` steps of induction; ``known`` is inductive.

    Only a proof with k = 1 has an invariant, since only there nothing but single states is looked at.
    """
    start = z3.Solver()
    start.add(symbolic.initial)
    step = z3.Solver()
    unrolling = Unrolling(symbolic)
    for time in range(most + 1):
        for solver in (start, step):
            deadline.limit(solver)
        there = unrolling.at(time, bad)
        result = ask(start, there)
        if result == z3.sat:
            model = start.model()
            states = [unrolling.state(t, model) for t in range(time + 1)]
            run = Run(states[0], path_through(symbolic, states))
            return Answer(Verdict.VIOLATED, f"{METHOD}, base case of {time} steps", run=run)
        if result == z3.unknown:
            break
        step.add(unrolling.at(time, known))
        result = ask(step, there)
        if result == z3.unsat:
            # k = 0: the invariants exclude it as they are.  k = 1: so do they with the violation itself excluded.
            invariant = known if time == 0 else z3.And(known, z3.Not(bad)) if time == 1 else None
            return Answer(Verdict.PROVED, f"{METHOD}, k = {time}", invariant=invariant)
        if result == z3.unknown:
            break
        clean = z3.Not(there)
        start.add(clean, unrolling.step(time))
        step.add(clean, unrolling.step(time))
    if deadline.passed:
        return Answer(Verdict.UNKNOWN, METHOD, "the time was over")
    return Answer(Verdict.UNKNOWN, METHOD, f"runs of {most} steps that may begin anywhere do not exclude it")
