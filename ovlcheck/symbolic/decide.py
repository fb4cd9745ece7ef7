"""Which method is tried when: cheap ones first, and each hands on what it has found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import z3

from ovlcheck.symbolic.answer import Answer, Deadline, Verdict
from ovlcheck.symbolic.bounded import search
from ovlcheck.symbolic.horn import spacer
from ovlcheck.symbolic.induction import induction
from ovlcheck.symbolic.strengthening import Strengthening, strengthen
from ovlcheck.symbolic.translation import SymbolicSystem

METHODS = ("auto", "bmc", "induction", "spacer")

_FIRST_DEPTH = 12
"""Steps that are looked ahead before anything else."""

_MOST_INDUCTION = 3
"""Steps of induction that are tried."""


def decide(
    symbolic: SymbolicSystem,
    bad: z3.BoolRef,
    *,
    method: str = "auto",
    depth: int | None = None,
    deadline: Deadline,
    said: Callable[[str], None] | None = None,
) -> Answer:
    """Whether ``bad`` can be reached, by ``method`` of ``METHODS``.

    ``depth`` is the most steps that bounded checking looks ahead, None for what the time allows.  ``said`` is told what
    is tried.
    """
    tell = said or (lambda text: None)
    if method == "bmc":
        tell("bounded checking")
        return search(symbolic, bad, depth, deadline)
    if method == "spacer":
        tell("Spacer")
        return with_run(symbolic, bad, spacer(symbolic, bad, deadline), deadline)
    if method == "auto":
        tell("bounded checking")
        short = search(symbolic, bad, _FIRST_DEPTH if depth is None else depth, deadline.share(0.15))
        if short.verdict is Verdict.VIOLATED:
            return short
    tell("looking for invariants")
    found = strengthen(symbolic, deadline.share(0.5))
    known = z3.And(symbolic.types, *found.clauses)
    figures = (_told(found),)
    tell("k-induction")
    answer = induction(symbolic, bad, known, _MOST_INDUCTION, deadline.share(0.3 if method == "auto" else 1))
    if answer.verdict is not Verdict.UNKNOWN or method == "induction":
        return replace(answer, figures=figures)
    tell("Spacer")
    clauses = z3.And(*found.clauses) if found.clauses else None
    answer = with_run(symbolic, bad, spacer(symbolic, bad, deadline, clauses), deadline)
    return replace(answer, figures=figures)


def with_run(symbolic: SymbolicSystem, bad: z3.BoolRef, answer: Answer, deadline: Deadline) -> Answer:
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
    return f"{len(found.clauses)} of {found.candidates} clauses that {found.samples} states left are inductive"
