"""The report of ``ovlcheck prove`` for people: an answer for each property, by which method, and how long it took."""

from __future__ import annotations

import textwrap

from ovlcheck.prove import PROVED, UNKNOWN, VIOLATED, Attempt, Proof, Proofs
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
    if proof.verdict == VIOLATED:
        steps = "" if proof.trace is None else f" in {proof.trace.length}"
        return f"VIOLATED{steps}{', as expected' if proof.listed else ''}  ({proof.seconds:.1f} s)"
    if proof.vacuous:
        return f"VACUOUS: no run comes to what it demands  ({proof.seconds:.1f} s)"
    wrong = "; the model expects a violation" if proof.verdict == PROVED and proof.listed else ""
    return f"{proof.verdict}{wrong}  ({proof.seconds:.1f} s)"


def _details(proof: Proof) -> list[str]:
    details = []
    if proof.verdict == UNKNOWN:
        named = proof.method not in ("none", "auto")
        details += [f"{proof.method}: {proof.reason}"] if named else proof.reason.split("; ")
    else:
        details.append(f"by {proof.method}")
    if proof.figures:
        details.append("; ".join(proof.figures))
    return details


def _row(name: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=f"  {name:<10} ", subsequent_indent=" " * 13, break_on_hyphens=False
    )
