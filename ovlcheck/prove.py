"""The use case behind ``ovlcheck prove``: whether a property holds however large refcounts get, with its proof or its
counterexample.  It prints nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ovlcheck.counterexample import run_of, shown_by, trace_of
from ovlcheck.explore.deadlock import NAME as NO_DEADLOCK
from ovlcheck.explore.reductions import FUSION, SLICING
from ovlcheck.explore.result import Limits, Violation
from ovlcheck.judge import NONE_OF_ITS_EVENTS, POPULATION_EXHAUSTED, coverable, scope
from ovlcheck.lang.source import shown_path
from ovlcheck.prepare import Options, Prepared, prepare
from ovlcheck.report.verdict import ANY, GIVEN, ExitCode, Scope
from ovlcheck.system.transition_system import PropertyInfo
from ovlcheck.trace.fingerprint import fingerprint
from ovlcheck.trace.trace import Trace
from ovlcheck.translated import Translated, translated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ovlcheck.symbolic.answer import Answer, Run

PROVED = "proved"
VIOLATED = "violated"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Attempt:
    """How a proof is looked for: a method of ``decide.METHODS``, the most steps that bounded checking looks ahead,
    seconds for each property, and the encoding of small ranges.
    """

    method: str = "auto"
    depth: int | None = None
    seconds: float | None = None
    encoding: str = "binary"


@dataclass(frozen=True)
class Proof:
    """What was found out about the property ``name``.

    ``verdict`` is ``proved``, ``violated`` or ``unknown``; ``reason`` says why it is unknown.  ``certificate`` is the
    text of the proof where there is an invariant.  ``figures`` are of the formulas and of the search.  ``listed``: the
    model is known for violating it.  ``vacuous``: no run comes to what it demands.  ``applies`` is False for one that
    nobody asked for by name and that has nothing to say about this model.  ``bound``: it speaks of the ``GIVEN``
    numbers of processes, or of ``ANY``.  ``reductions`` are those of the system that was translated.
    """

    name: str
    doc: str
    verdict: str
    method: str
    reason: str = ""
    trace: Trace | None = None
    certificate: str | None = None
    figures: tuple[str, ...] = ()
    seconds: float = 0.0
    listed: bool = False
    vacuous: bool = False
    applies: bool = True
    bound: str = GIVEN
    reductions: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """As for ``verify``: a violation that the model is known for is as expected, and what is vacuous is not."""
        if self.vacuous:
            return ExitCode.VIOLATED
        if self.verdict == UNKNOWN:
            return ExitCode.UNKNOWN
        return ExitCode.OK if (self.verdict == VIOLATED) == self.listed else ExitCode.VIOLATED


@dataclass(frozen=True)
class Proofs:
    """The answers about one model: ``path`` is its file, ``configuration`` the name of the one asked for."""

    name: str
    path: str
    doc: str
    configuration: str
    scope: Scope
    proofs: tuple[Proof, ...] = ()

    @property
    def seconds(self) -> float:
        """Wall time of all of them."""
        return sum(proof.seconds for proof in self.proofs)


def prove(
    path: Path, options: Options, attempt: Attempt, said: Callable[[str, str], None] | None = None
) -> Proofs:
    """What can be proved of the model in the file ``path``, property by property.

    Each property has a system of its own, without what it does not depend on.  A constant that is ``any`` leaves a
    number of processes open.  ``said`` is told the property and what is tried.  Raises ``UsageError`` and
    ``CompileError`` as ``verify_model`` does.
    """
    if ANY in options.constants.values():
        from ovlcheck.prove_left_open import prove_left_open

        return prove_left_open(path, options, attempt, said)
    everything = prepare(path, options)

    def one(info: PropertyInfo, tell: Callable[[str], None]) -> Proof:
        alone = replace(options, properties=(info.name,))
        return _prove_one(path, alone, attempt, tell, everything if alone == options else None)

    return each_property(everything, options, one, said)


def each_property(
    everything: Prepared,
    options: Options,
    one: Callable[[PropertyInfo, Callable[[str], None]], Proof],
    said: Callable[[str, str], None] | None,
) -> Proofs:
    """The answers about a model: that of ``one`` about each property that it can be asked for."""
    possible = coverable(everything.system)
    proofs = []
    for info in everything.system.properties:
        began = time.monotonic()
        listed = not {info.name, info.check}.isdisjoint(everything.model.expected_violations)
        if NO_DEADLOCK in (info.name, info.check):
            proof = _left_to_verify(info.name, info.doc, WHAT_MAY_COME)
        elif options.by_name or listed or not info.covers or not possible.isdisjoint(info.covers):
            proof = one(info, partial(said or _nobody, info.name))
        else:
            proof = Proof(info.name, info.doc, PROVED, "none", NONE_OF_ITS_EVENTS, applies=False)
        proofs.append(replace(proof, seconds=time.monotonic() - began, listed=listed))
    proofs += [_left_to_verify(item.name, item.doc, WHOLE_BEHAVIOURS) for item in everything.behaviours]
    shown = shown_path(str(Path(everything.model.path).resolve()))
    return Proofs(
        everything.system.name,
        shown,
        everything.model.doc,
        everything.configuration,
        scope(everything.system, shown),
        tuple(proofs),
    )


def _nobody(name: str, text: str) -> None:
    """Is told, and says nothing."""


WHOLE_BEHAVIOURS = "it is about whole behaviours"
WHAT_MAY_COME = "it is about what every process can still come to, not about states"


def _left_to_verify(name: str, doc: str, why: str) -> Proof:
    return Proof(name, doc, UNKNOWN, "none", reason=f"{why}: ovlcheck verify decides it")


def _prove_one(
    path: Path,
    options: Options,
    attempt: Attempt,
    said: Callable[[str], None],
    prepared: Prepared | None = None,
) -> Proof:
    from ovlcheck.symbolic.answer import Deadline, Verdict
    from ovlcheck.symbolic.decide import EXHAUSTIVE, decide

    deadline = Deadline(attempt.seconds)
    # Bounded checking counts single steps: its runs are shortest in the model as written.
    reductions = (SLICING,) if attempt.method == "bmc" else (SLICING, FUSION)
    item = translated(path, options, attempt.encoding, reductions, prepared)
    for name in item.violations_at_start:
        message, state = item.symbolic.initially_bad[name]
        found = Violation(name, message, state, ())
        return _refuted(Proof(item.name, item.doc, VIOLATED, "initial states"), item, found)
    covered: list[bool] = []
    answer = decide(
        item.symbolic,
        item.bad,
        method=attempt.method,
        depth=attempt.depth,
        deadline=deadline,
        reached=lambda seconds: _reached(item, options, seconds, covered),
        said=said,
    )
    size = f"{len(item.symbolic.pre)} constants, {len(item.symbolic.steps)} steps"
    proof = Proof(
        item.name,
        item.doc,
        answer.verdict.value,
        answer.method,
        answer.reason,
        figures=(size, *answer.figures),
        reductions=tuple(item.reduction.names),
    )
    if answer.verdict is Verdict.PROVED:
        return replace(proof, vacuous=covered == [False], certificate=certified(item, answer, attempt))
    if answer.run is None:
        return proof
    found = shown_by(item.symbolic, answer.run, item.violations)
    # What bounded checking finds in single steps is shortest already.
    limits = None if attempt.method == "bmc" else replace(options.limits, seconds=attempt.seconds)
    return _refuted(proof, item, found, limits, fewest=answer.method == EXHAUSTIVE)


def _reached(
    item: Translated, options: Options, seconds: float | None, covered: list[bool]
) -> NDArray[np.int64] | Run | str:
    """What an exhaustive search of the reduced system says: its states, a run to the violation, or why neither.

    ``covered`` is told whether some run comes to what the property demands, if that is known.
    """
    from ovlcheck.reached.states import reached_states

    engine = "auto" if options.engine == "symbolic" else options.engine
    limits = replace(options.limits, seconds=seconds)
    _, search, states = reached_states(
        item.reduction.reduced, limits, engine, stop_early=frozenset({item.check})
    )
    # That a population is exhausted somewhere is no excuse for what is violated elsewhere.
    for violation in sorted(search.violations, key=lambda found: found.name != item.check):
        if violation.name in item.violations:
            return run_of(item.symbolic, violation)
    if states is not None and item.covers:
        met = not search.covered.isdisjoint(item.covers)
        if met or item.reduction.doubtful(search).isdisjoint(item.covers):
            covered.append(met)
    return f"the reached states are not known: {search.stopped}" if states is None else states


def _refuted(
    proof: Proof, item: Translated, found: Violation, limits: Limits | None = None, *, fewest: bool = False
) -> Proof:
    """``proof`` with the trace of ``found``; where a population is exhausted nothing is known about the property.

    ``limits`` and ``fewest`` are for the search for a shorter run, as in ``trace_of``.
    """
    if found.name == POPULATION_EXHAUSTED:
        why = f"{POPULATION_EXHAUSTED}: {found.message}; enlarge the population with --set"
        return replace(proof, verdict=UNKNOWN, reason=why)
    return replace(proof, trace=trace_of(item, found, limits, fewest=fewest))


def certified(item: Translated, answer: Answer, attempt: Attempt) -> str | None:
    """The text of the certificate for ``answer``; None where the proof has no invariant."""
    if answer.invariant is None:
        return None
    from ovlcheck.symbolic.certificate import write
    from ovlcheck.version import tool_version

    about = {
        "tool": f"ovlcheck {tool_version()}",
        "model": item.path,
        "model-hash": fingerprint(item.system),
        "property": item.name,
        "violations": ", ".join(item.violations),
        "constants": " ".join(f"{k}={v}" for k, v in item.system.constants),
        "reductions": ",".join(item.reduction.names),
        "encoding": attempt.encoding,
        "method": answer.method,
    }
    return write(item.symbolic, item.bad, answer.invariant, about)
