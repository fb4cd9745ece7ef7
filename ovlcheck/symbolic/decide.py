"""Which method is tried when: cheap ones first, and each hands on what it has found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import z3
from numpy.typing import NDArray

from ovlcheck.symbolic.answer import Answer, Deadline, Run, Verdict
from ovlcheck.symbolic.bounded import search
from ovlcheck.symbolic.horn import spacer
from ovlcheck.symbolic.induction import induction
from ovlcheck.symbolic.learning import learn
from ovlcheck.symbolic.refcount_bounds import proved_facts
from ovlcheck.symbolic.sampled_learning import learn_from_sample
from ovlcheck.symbolic.strengthening import Strengthening, strengthen
from ovlcheck.symbolic.translation import SymbolicSystem

METHODS = ("auto", "bmc", "induction", "spacer", "learning")

EXHAUSTIVE = "exhaustive search"
"""The method of an answer whose run is a shortest one of the system that was translated."""

_FIRST_DEPTH = 12
"""Steps that are looked ahead before anything else."""

_MOST_INDUCTION = 3
"""Steps of induction that are tried."""

Reached = Callable[[float | None], "NDArray[np.int64] | Run | str"]
"""All reachable states, a row each; or a run to what is bad; or why neither is to be had in so many seconds."""


def decide(
    symbolic: SymbolicSystem,
    bad: z3.BoolRef,
    *,
    method: str = "auto",
    depth: int | None = None,
    deadline: Deadline,
    reached: Reached | None = None,
    said: Callable[[str], None] | None = None,
) -> Answer:
    """Whether ``bad`` can be reached, by ``method`` of ``METHODS``.

    ``depth`` is the most steps that bounded checking looks ahead, None for what the time allows.  Without ``reached``
    learning has a sample.  ``said`` is told what is tried.
    """
    tell = said or (lambda text: None)
    if method == "bmc":
        tell("bounded checking")
        return search(symbolic, bad, depth, deadline)
    if method == "spacer":
        tell("Spacer")
        return _with_run(symbolic, bad, spacer(symbolic, bad, deadline), deadline)
    if method == "learning":
        tell("learning from the reached states")
        return _learned(symbolic, bad, deadline, reached)
    if method == "induction":
        return _induction(symbolic, bad, deadline, tell)[0]
    tell("learning from the reached states")
    first = _learned(symbolic, bad, deadline.share(0.75), reached)
    if first.verdict is not Verdict.UNKNOWN:
        return first
    tell("bounded checking")
    second = search(symbolic, bad, _FIRST_DEPTH if depth is None else depth, deadline.share(0.2))
    if second.verdict is not Verdict.UNKNOWN:
        return second
    third, known = _induction(symbolic, bad, deadline.share(0.5), tell)
    if third.verdict is Verdict.VIOLATED or third.invariant is not None:
        return third
    tell("Spacer")
    last = _with_run(symbolic, bad, spacer(symbolic, bad, deadline, known), deadline)
    if last.verdict is not Verdict.UNKNOWN:
        return replace(last, figures=third.figures)
    if third.verdict is Verdict.PROVED:  # though without an invariant that anybody could look at
        return third
    tried = [f"{answer.method}: {answer.reason}" for answer in (first, second, third, last)]
    return Answer(Verdict.UNKNOWN, method, "; ".join(tried), figures=third.figures)


def _induction(
    symbolic: SymbolicSystem, bad: z3.BoolRef, deadline: Deadline, tell: Callable[[str], None]
) -> tuple[Answer, z3.BoolRef | None]:
    """k-induction with the invariants that are found, and these."""
    tell("looking for invariants")
    facts = () if deadline.passed else proved_facts(symbolic)
    found = strengthen(symbolic, deadline.share(0.6), z3.And(*facts) if facts else None)
    known = [*facts, *found.clauses]
    tell("k-induction")
    answer = induction(symbolic, bad, z3.And(symbolic.types, *known), _MOST_INDUCTION, deadline)
    told = f"{len(facts)} facts about counters and positions; {_told(found)}"
    return replace(answer, figures=(told,)), z3.And(*known) if known else None


def _learned(
    symbolic: SymbolicSystem, bad: z3.BoolRef, deadline: Deadline, reached: Reached | None
) -> Answer:
    """From the reached states, or from a sample where nobody knows them."""
    states = "nobody knows the reached states" if reached is None else reached(deadline.share(0.5).left)
    if isinstance(states, Run):
        return Answer(Verdict.VIOLATED, EXHAUSTIVE, run=states)
    if not isinstance(states, str):
        return learn(symbolic, bad, states, deadline)
    answer = learn_from_sample(symbolic, bad, deadline)
    if answer.verdict is not Verdict.UNKNOWN:
        return answer
    return replace(answer, method="learning", reason=f"{states}; from a sample: {answer.reason}")


def _with_run(symbolic: SymbolicSystem, bad: z3.BoolRef, answer: Answer, deadline: Deadline) -> Answer:
    """``answer`` with a run, if it is a violation without one: nothing is violated that nobody can see."""
    if answer.verdict is not Verdict.VIOLATED or answer.run is not None:
        return answer
    found = search(symbolic, bad, None, deadline)
    if found.run is not None:
        return replace(answer, run=found.run)
    return Answer(Verdict.UNKNOWN, answer.method, f"Z3 says that it is violated, but {found.reason}")


def _told(found: Strengthening) -> str:
    if not found.finished:
        return f"the time was over before {found.candidates} clauses were tried out"
    return (
        f"{len(found.clauses)} of {found.candidates} clauses that {found.samples} states left are inductive"
    )
