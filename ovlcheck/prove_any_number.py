"""Proofs for any number of processes as files: what ``prove`` and ``verify`` write, ``check-certificate`` compares.

``prove_any_number(path, options, ...)`` takes the options of ``verify`` with one property and with ``any`` for the
numbers that are left open (none: all that can be), and returns an ``AnyNumberProof``: an answer that is a proof with
its certificate, or *unknown* with a reason.  It looks for no run: what breaks with given numbers is for the engines
that visit states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import z3

from ovlcheck.errors import UsageError
from ovlcheck.explore.deadlock import NAME
from ovlcheck.explore.reference import DEADLOCK
from ovlcheck.judge import POPULATION_EXHAUSTED
from ovlcheck.lang.source import shown_path
from ovlcheck.prepare import Options
from ovlcheck.report.verdict import ANY
from ovlcheck.symbolic.answer import Answer, Deadline, Verdict
from ovlcheck.symbolic.cells import Encoding
from ovlcheck.symbolic.certificate import write
from ovlcheck.symbolic.counted_proof import METHOD, Claim, claim, prove_claim
from ovlcheck.symbolic.counted_translation import CountedSystem, rows_named
from ovlcheck.symbolic.counter_abstraction import NotCountable
from ovlcheck.symbolic.symbolic_search import search
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.trace.fingerprint import fingerprint
from ovlcheck.verify_any_number import MOST_CONTROLS, NOT_LOOKED_FOR, PRECISIONS, OpenModel, why_not
from ovlcheck.version import tool_version

REDUCTIONS = "slicing"
"""What of the system is left out before it is counted."""


@dataclass(frozen=True)
class AnyNumberProof:
    """What was found out about the property ``name`` for any number of the processes that ``sizes`` are the numbers of.

    ``certificate`` is the text of the proof, None where there is none.  ``covered``: some run may come to what the
    property demands.  ``figures`` are of the search and of the formulas.
    """

    name: str
    doc: str
    sizes: tuple[str, ...]
    answer: Answer
    certificate: str | None = None
    figures: tuple[str, ...] = ()
    covered: bool = True


@dataclass(frozen=True)
class OpenClaim:
    """One property of a model of any number of processes, as formulas."""

    system: TransitionSystem
    claim: Claim

    @property
    def symbolic(self) -> CountedSystem:
        return self.claim.symbolic

    @property
    def bad(self) -> z3.BoolRef:
        return self.claim.bad

    @property
    def violations(self) -> tuple[str, ...]:
        return self.claim.violations


def prove_any_number(
    path: Path,
    options: Options,
    seconds: float | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> AnyNumberProof:
    """Tries to prove the one property that ``options`` name for any number of processes.

    ``options.limits.states`` bounds the control states, ``seconds`` the time.  ``watch`` is told now and then of the
    control states found and of those that wait.  Raises ``UsageError`` and ``CompileError`` as ``OpenModel`` does.
    """
    deadline = Deadline(seconds)
    model = OpenModel(path, options)
    info = next(p for p in model.base.properties if p.name in options.properties)
    check = info.check or info.name
    proof = AnyNumberProof(info.name, info.doc, tuple(model.sizes), Answer(Verdict.UNKNOWN, METHOD))
    if check in (NAME, DEADLOCK):
        return _unknown(proof, NOT_LOOKED_FOR)
    try:
        counted = model.counted((info.name,))
        most = options.limits.states or MOST_CONTROLS
        for precision in PRECISIONS:
            result = search(
                counted,
                precision=precision,
                most_controls=most,
                seconds=deadline.left,
                watch=watch,
                keep=True,
            )
            why = why_not(result, check)
            if not why or not result.complete:
                break
        if why or result.reached is None:
            return _unknown(proof, why)
        symbolic = CountedSystem(counted, result.reached.row_values)
    except NotCountable as reason:
        return _unknown(proof, f"not proved: {reason}")
    found = OpenClaim(model.base, claim(symbolic, (check, POPULATION_EXHAUSTED)))
    answer = prove_claim(found.claim, result, deadline)
    figures = (
        f"{result.controls:,} control states, {result.rows} rows",
        f"{len(symbolic.pre)} constants, {len(symbolic.steps)} steps",
        *answer.figures,
    )
    covered = not info.covers or not result.covered.isdisjoint(info.covers)
    text = None if answer.invariant is None else _certificate(model, info.name, found, answer)
    return replace(proof, answer=answer, certificate=text, figures=figures, covered=covered)


def open_claim(path: Path, options: Options, constants: Iterable[str], encoding: str) -> OpenClaim:
    """The one property that ``options`` name, with instances at the rows that are named by ``constants`` of formulas.

    Raises ``UsageError`` where there can be no such proof; otherwise as ``OpenModel`` does.
    """
    model = OpenModel(path, options)
    info = next(p for p in model.base.properties if p.name in options.properties)
    try:
        counted = model.counted((info.name,))
        symbolic = CountedSystem(counted, rows_named(counted, constants), Encoding(encoding))
    except (NotCountable, ValueError) as reason:
        raise UsageError(f"{path}: no proof for any number of processes: {reason}") from reason
    return OpenClaim(model.base, claim(symbolic, (info.check or info.name, POPULATION_EXHAUSTED)))


def _unknown(proof: AnyNumberProof, why: str) -> AnyNumberProof:
    return replace(proof, answer=Answer(Verdict.UNKNOWN, METHOD, why.removeprefix("not proved: ")))


def _certificate(model: OpenModel, name: str, found: OpenClaim, answer: Answer) -> str:
    assert answer.invariant is not None
    constants = {**dict(found.system.constants), **dict.fromkeys(model.sizes, ANY)}
    about = {
        "tool": f"ovlcheck {tool_version()}",
        "model": shown_path(str(Path(model.prepared.model.path).resolve())),
        "model-hash": fingerprint(found.system),
        "property": name,
        "violations": ", ".join(found.violations),
        "constants": " ".join(f"{k}={v}" for k, v in constants.items()),
        "reductions": REDUCTIONS,
        "encoding": found.symbolic.encoding.value,
        "method": answer.method,
    }
    return write(found.symbolic, found.bad, answer.invariant, about)
