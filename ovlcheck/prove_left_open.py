"""The part of ``ovlcheck prove`` for any number of processes: a proof by induction, or a run with as few as show it.

What breaks with one process of each is found first: that is quickest.  What is neither proved nor found with up to
three is unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ovlcheck.errors import UsageError
from ovlcheck.prepare import Options
from ovlcheck.prove import UNKNOWN, VIOLATED, Attempt, Proof, Proofs, each_property
from ovlcheck.prove_any_number import REDUCTIONS, prove_any_number
from ovlcheck.report.verdict import ANY
from ovlcheck.symbolic.answer import Deadline, Verdict
from ovlcheck.system.transition_system import PropertyInfo
from ovlcheck.verify_any_number import RUN_INSTANCES, OpenModel, runs_with
from ovlcheck.verify_model import about

METHODS = ("auto", "learning")
"""Those of ``Attempt`` that numbers can be left open with."""


def prove_left_open(
    path: Path, options: Options, attempt: Attempt, said: Callable[[str, str], None] | None = None
) -> Proofs:
    """As ``prove``, where ``options`` say ``any`` for some number of processes.

    Raises ``UsageError`` as well for a method that needs given numbers.
    """
    if attempt.method not in METHODS:
        raise UsageError(
            f"{path}: {attempt.method} needs given numbers of processes",
            f"give the numbers, or leave them open with --method {' or '.join(METHODS)}",
        )
    model = OpenModel(path, options)

    def one(info: PropertyInfo, tell: Callable[[str], None]) -> Proof:
        return _prove_one(model, options, info, attempt, tell)

    found = each_property(model.prepared, options, one, said)
    return replace(found, scope=model.scope(found.scope))


def _prove_one(
    model: OpenModel, options: Options, info: PropertyInfo, attempt: Attempt, tell: Callable[[str], None]
) -> Proof:
    deadline = Deadline(attempt.seconds)
    unproved = Proof(info.name, info.doc, UNKNOWN, "none")
    tell("looking for a run with one process of each")
    violated = _with_run(1, model, unproved, deadline)
    if violated is not None:
        return violated
    tell("looking for a proof")
    found = prove_any_number(model.path, replace(options, properties=(info.name,)), deadline.left)
    proof = replace(
        unproved,
        verdict=found.answer.verdict.value,
        method=found.answer.method,
        reason=found.answer.reason,
        certificate=found.certificate,
        figures=found.figures,
        bound=ANY,
        reductions=(REDUCTIONS,),
    )
    if found.answer.verdict is Verdict.PROVED:
        return replace(proof, vacuous=not found.covered)
    tell(f"looking for a run with up to {RUN_INSTANCES} processes of each")
    return _with_run(RUN_INSTANCES, model, unproved, deadline) or proof


def _with_run(most: int, model: OpenModel, proof: Proof, deadline: Deadline) -> Proof | None:
    """``proof`` with a run that at most ``most`` processes of each make; None if none is found in time."""
    limits = replace(model.options.limits, seconds=deadline.left)
    row = runs_with(most, model, (proof.name,), about(model.prepared, model.options), limits=limits).get(
        proof.name
    )
    if row is None or row.how is None:
        return None
    return replace(proof, verdict=VIOLATED, method=row.how.method, trace=row.trace)
