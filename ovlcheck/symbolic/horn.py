"""Property-directed reachability: Z3's Spacer looks for an inductive invariant, or for a run.

A. Komuravelli, A. Gurfinkel, S. Chaki, SMT-based model checking for recursive programs, CAV 2014; A. Bradley, SAT-based
model checking without unrolling, VMCAI 2011.  The system is told as Horn clauses over one predicate, the reachable
states, a clause for each step.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import z3

from ovlcheck.symbolic.answer import Answer, Deadline, Verdict
from ovlcheck.symbolic.translation import SymbolicSystem

METHOD = "Spacer"

# The invariant is asked for by name and is to be about the constants as they are: nothing is inlined or sliced away.
_AS_IT_IS = {
    "xform.slice": False,
    "xform.inline_linear": False,
    "xform.inline_eager": False,
    "xform.tail_simplifier_pve": False,
}


def spacer(
    symbolic: SymbolicSystem,
    bad: z3.BoolRef,
    deadline: Deadline,
    known: z3.BoolRef | None = None,
    options: dict[str, object] | None = None,
) -> Answer:
    """Whether ``bad`` can be reached; ``known`` is an inductive invariant that Spacer need not find again.

    A violation comes without a run: that there is one is all that is known.
    """
    engine = z3.Fixedpoint()
    engine.set(engine="spacer", **_AS_IT_IS, **(options or {}))
    left = deadline.left
    if left is not None:
        engine.set(timeout=max(int(left * 1000), 1))
    reached = z3.Function("reached", *(c.sort() for c in symbolic.pre), z3.BoolSort())
    engine.register_relation(reached)
    engine.declare_var(*symbolic.pre)
    here = reached(*symbolic.pre)
    for state in symbolic.initial_states:
        engine.rule(reached(*(value for _, value in symbolic.literals(state))))
    assumed = [here] if known is None else [here, known]
    for step in symbolic.steps:
        if step.updates:
            after = reached(*(symbolic.updated(step, c) for c in symbolic.pre))
            engine.rule(after, [*assumed, step.guard])
    goal = z3.Exists(list(symbolic.pre), z3.And(*assumed, bad)) if symbolic.pre else z3.And(*assumed, bad)
    with interrupted_after(left):
        try:
            result = engine.query(goal)
        except z3.Z3Exception as error:
            return Answer(Verdict.UNKNOWN, METHOD, _why(str(error), deadline))
    if result == z3.sat:
        return Answer(Verdict.VIOLATED, METHOD)
    if result == z3.unknown:
        return Answer(Verdict.UNKNOWN, METHOD, _why(engine.reason_unknown(), deadline))
    found = _invariant(engine.get_answer(), symbolic)
    if found is None:
        return Answer(Verdict.UNKNOWN, METHOD, "Spacer says it is proved, but not by which invariant")
    parts = [symbolic.types, found] if known is None else [symbolic.types, known, found]
    return Answer(Verdict.PROVED, METHOD, invariant=z3.And(parts))


@contextmanager
def interrupted_after(seconds: float | None) -> Iterator[None]:
    """Z3 gives up after ``seconds``, even where it forgets its own limit."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds + 1, z3.main_ctx().interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _why(said: str, deadline: Deadline) -> str:
    """The reason of an unknown in words.  Raises ``KeyboardInterrupt`` where it was the user who ended the query."""
    if deadline.passed or "timeout" in said:
        return "the time was over"
    if "canceled" in said or "keyboard" in said:
        raise KeyboardInterrupt
    return f"Z3 gives up: {said.strip() or 'no reason given'}"


def _invariant(answer: z3.ExprRef, symbolic: SymbolicSystem) -> z3.BoolRef | None:
    """The formula for ``reached`` in Spacer's answer, over the constants of the state before."""
    waiting = [answer]
    while waiting:
        part = waiting.pop()
        if z3.is_and(part):
            waiting += part.children()
            continue
        order: list[z3.ExprRef] = list(symbolic.pre)
        body = part
        if z3.is_quantifier(part):
            body = part.body()
            order = [z3.BoolVal(True)] * part.num_vars()
        head, meaning = _definition(body)
        if head is None or meaning is None:
            continue
        if not z3.is_quantifier(part):
            return meaning
        for argument, constant in zip(head.children(), symbolic.pre, strict=True):
            if not z3.is_var(argument):
                return None
            order[z3.get_var_index(argument)] = constant
        return z3.substitute_vars(meaning, *order)
    return None


def _definition(body: z3.ExprRef) -> tuple[z3.ExprRef | None, z3.ExprRef | None]:
    """The predicate and what it is said to be."""
    if z3.is_eq(body):
        for head, meaning in (body.children(), reversed(body.children())):
            if head.decl().name() == "reached":
                return head, meaning
    if z3.is_app(body) and body.decl().name() == "reached":
        return body, z3.BoolVal(True)
    if z3.is_not(body) and body.arg(0).decl().name() == "reached":
        return body.arg(0), z3.BoolVal(False)
    return None, None
