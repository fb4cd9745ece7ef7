"""The report of ``ovlcheck prove``: an answer for each property, by which method, and how long it took."""

from __future__ import annotations

import textwrap

from ovlcheck.explore.result import Limits
from ovlcheck.prove import PROVED, UNKNOWN, VIOLATED, Attempt, Proof, Proofs
from ovlcheck.report import verdict
from ovlcheck.report.verdict import ANY, How, ModelResult, PropertyVerdict
from ovlcheck.trace.escape import printable
from ovlcheck.trace.text import render_text

_WIDTH = 78


def render_proofs(result: Proofs, attempt: Attempt) -> str:
    """The answers on ``result``, with the trace of each violation, within 80 columns."""
    lines = [f"{result.name} ({result.path})"]
    configuration = f"configuration {result.configuration}: " if result.configuration else ""
    lines += _row("constants", configuration + result.scope.parts["constants"])
    limit = "no limit" if attempt.seconds is None else f"{attempt.seconds:g} s for each property"
    lines += [*_row("method", f"{attempt.method}, {limit}; refcounts without a bound"), ""]
    width = max((len(p.name) for p in result.proofs), default=0)
    for proof in result.proofs:
        lines.append(f"  {proof.name:<{width}}  {_answer(proof)}")
        for text in _details(proof):
            lines += textwrap.wrap(text, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    if not result.proofs:
        lines.append("  no properties were looked at")
    parts = {k: v for k, v in result.scope.parts.items() if k not in ("constants", "fairness")}
    lines += ["", *_row("scope", "; ".join(f"{k}: {v}" for k, v in parts.items()) + "; constants as above")]
    for proof in result.proofs:
        if proof.trace is not None:
            lines += ["", f"── {proof.name} " + "─" * max(74 - len(proof.name), 0)]
            lines.append(render_text(proof.trace).rstrip("\n"))
    return "".join(f"{printable(line)}\n" for line in "\n".join(lines).split("\n"))


def _answer(proof: Proof) -> str:
    """The verdict in a few words: the longest name of a property leaves no room for more."""
    if not proof.applies:
        return "does not apply"
    if proof.verdict == VIOLATED:
        steps = "" if proof.trace is None else f" in {proof.trace.length}"
        words = f"VIOLATED{steps}{', as expected' if proof.listed else ''}"
    elif proof.vacuous:
        words = "VACUOUS"
    elif proof.verdict == PROVED and proof.listed:
        words = "PROVED, NOT AS EXPECTED"
    else:
        words = proof.verdict
    return f"{words}  ({proof.seconds:.1f} s)"


def _details(proof: Proof) -> list[str]:
    if not proof.applies:
        return [proof.reason]
    details = []
    if proof.vacuous:
        details.append(VACUOUS)
    if proof.verdict == PROVED and proof.listed:
        details.append("the model expects a violation: mend its expected_violations")
    if proof.verdict == UNKNOWN:
        named = proof.method not in ("none", "auto")
        details += [f"{proof.method}: {proof.reason}"] if named else proof.reason.split("; ")
    else:
        numbers = "for any number of tasks, " if proof.verdict == PROVED and proof.bound == ANY else ""
        details.append(f"{numbers}by {proof.method}")
    if proof.figures:
        details.append("; ".join(proof.figures))
    return details


VACUOUS = "no run comes to what it demands: it says nothing about this model"


def _row(name: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=f"  {name:<10} ", subsequent_indent=" " * 13, break_on_hyphens=False
    )


def as_result(found: Proofs, attempt: Attempt) -> ModelResult:
    """``found`` as the result of a verification: what reports for programs are written from."""
    complete = all(proof.verdict != UNKNOWN for proof in found.proofs)
    return ModelResult(
        path=found.path,
        name=found.name,
        doc=found.doc,
        configuration=found.configuration,
        engine=ENGINE,
        method=attempt.method,
        complete=complete,
        stopped=None if complete else "not every property was decided",
        states=0,
        transitions=0,
        depth=0,
        seconds=found.seconds,
        bits_per_state=0,
        bytes_per_state=0.0,
        scope=found.scope,
        properties=tuple(_verdict(proof) for proof in found.proofs),
        largest={},
        notes=tuple(f"{proof.name}: {'; '.join(proof.figures)}" for proof in found.proofs if proof.figures),
        limits=Limits(depth=attempt.depth, seconds=attempt.seconds),
    )


ENGINE = "z3"
"""What proves, in reports for programs."""


def _verdict(proof: Proof) -> PropertyVerdict:
    words = {PROVED: verdict.HOLDS, VIOLATED: verdict.VIOLATED, UNKNOWN: verdict.UNKNOWN}
    message = proof.reason
    if proof.trace is not None:
        message = proof.trace.message
    elif proof.vacuous:
        message = VACUOUS
    return PropertyVerdict(
        proof.name,
        proof.doc,
        words[proof.verdict],
        vacuous=proof.vacuous,
        listed=proof.listed,
        applies=proof.applies,
        message=message,
        trace=proof.trace,
        how=How(ENGINE, proof.method, proof.verdict != UNKNOWN, proof.reductions, proof.bound),
    )
