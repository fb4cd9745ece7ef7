"""An inductive invariant, learned from a sample of the reachable states that grows where it is found wanting.

Where an exhaustive search has too much to do, some thousand states are enough to tell what looks unreachable.  A clause
that excludes a state which can be reached is found out when everything that leads to it has been excluded, as far as a
state of the sample: that one leads out of the clauses, so its successors and what random walks meet behind it join the
sample, and the clauses are learned anew.  States that were reached are the positive examples of P. Garg, C. Loeding,
P. Madhusudan, D. Neider (ICE, CAV 2014).  The solver alone decides what is an invariant.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import z3

from ovlcheck.symbolic.answer import Answer, Deadline, Verdict, ask
from ovlcheck.symbolic.learning import learn
from ovlcheck.symbolic.samples import Sample
from ovlcheck.symbolic.translation import SymbolicSystem
from ovlcheck.system.action import State

METHOD = "induction, learned from a sample of the reached states"

FIRST = 4000
"""States of the first sample."""

WALKS = 20
"""Random walks from a state that the clauses were wrong about."""


def learn_from_sample(
    symbolic: SymbolicSystem, bad: z3.BoolRef, deadline: Deadline, first: int = FIRST
) -> Answer:
    """An inductive invariant that excludes ``bad``, or a run to it; the first sample has ``first`` states."""
    sample = Sample(symbolic)
    sample.grow(first, deadline.share(0.25))
    again = 0
    while sample.states:
        rows = np.array(sample.states, dtype=np.int64)
        answer = learn(symbolic, bad, rows, deadline)
        told = (*answer.figures, f"the sample grew {again} times") if again else answer.figures
        answer = replace(answer, method=METHOD, figures=told)
        state = answer.confused
        if state is None or state not in sample:
            return answer
        if _is(symbolic, state, bad):
            return Answer(Verdict.VIOLATED, METHOD, run=sample.run_to(state), figures=told)
        if deadline.passed:
            return replace(answer, reason="the time was over")
        if not sample.grow_from(state, WALKS):
            return answer
        again += 1
    return Answer(Verdict.UNKNOWN, METHOD, "no state can be reached")


def _is(symbolic: SymbolicSystem, state: State, about: z3.BoolRef) -> bool:
    solver = z3.Solver()
    solver.add(symbolic.encode(state), about)
    return bool(ask(solver) == z3.sat)
