"""The use case behind ``ovlcheck prove``: whether a property holds however large refcounts get, with its proof or its
counterexample.  It prints nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ovlcheck.explore.deadlock import NAME as NO_DEADLOCK
from ovlcheck.explore.probe import fitted, roomy
from ovlcheck.explore.reductions import FUSION, SLICING, Reduction
from ovlcheck.explore.result import Limits, Violation
from ovlcheck.explore.search import WIDEST
from ovlcheck.judge import POPULATION_EXHAUSTED, scope
from ovlcheck.lang.source import shown_path
from ovlcheck.prepare import Options, Prepared, prepare
from ovlcheck.report.verdict import ExitCode, Scope
from ovlcheck.system.action import Action, State
from ovlcheck.system.step import Outcome
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count
from ovlcheck.trace.build import TraceBuilder
from ovlcheck.trace.fingerprint import fingerprint
from ovlcheck.trace.trace import Trace

if TYPE_CHECKING:
    import numpy as np
    import z3
    from numpy.typing import NDArray

    from ovlcheck.symbolic.answer import Answer, Run
    from ovlcheck.symbolic.translation import SymbolicSystem

PROVED = "proved"
VIOLATED = "violated"
UNKNOWN = "unknown"

_ROOM = 62
"""Bits of counters where a run is followed, so that none overflows."""


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
    model is known for violating it.
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

    @property
    def exit_code(self) -> ExitCode:
        """As for ``verify``: a violation that the model is known for is as expected."""
        if self.verdict == UNKNOWN:
            return ExitCode.UNKNOWN
        return ExitCode.OK if (self.verdict == VIOLATED) == self.listed else ExitCode.VIOLATED


@dataclass(frozen=True)
class Proofs:
    """The answers about one model."""

    name: str
    path: str
    configuration: str
    scope: Scope
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True)
class Translated:
    """One property's system as formulas: ``bad`` is where its violation, called ``check`` in there, shows.

    ``system`` is the one that traces are about; ``bad`` includes the states that exhaust a population, since nothing
    is said to hold where that happens.
    """

    name: str
    doc: str
    check: str
    path: str
    system: TransitionSystem
    reduction: Reduction
    symbolic: SymbolicSystem
    bad: z3.BoolRef

    @property
    def violations(self) -> tuple[str, ...]:
        """What ``bad`` is made of."""
        return tuple(n for n in (self.check, POPULATION_EXHAUSTED) if n in self.symbolic.bad)

    @property
    def violations_at_start(self) -> tuple[str, ...]:
        """What the making of an initial state violates already."""
        return tuple(n for n in (self.check, POPULATION_EXHAUSTED) if n in self.symbolic.initially_bad)


def prove(
    path: Path, options: Options, attempt: Attempt, said: Callable[[str, str], None] | None = None
) -> Proofs:
    """What can be proved of the model in the file ``path``, property by property.

    Each property has a system of its own, without what it does not depend on.  ``said`` is told the property and what
    is tried.  Raises ``UsageError`` and ``CompileError`` as ``verify_model`` does.
    """
    everything = prepare(path, options)
    proofs = []
    for info in everything.system.properties:
        began = time.monotonic()
        tell = None if said is None else lambda text, name=info.name: said(name, text)
        proof = _prove_one(path, replace(options, properties=(info.name,)), attempt, tell)
        listed = info.name in everything.model.expected_violations
        proofs.append(replace(proof, seconds=time.monotonic() - began, listed=listed))
    proofs += [_of_behaviours(item.name) for item in everything.behaviours]
    shown = shown_path(str(Path(everything.model.path).resolve()))
    about = scope(everything.system, shown)
    return Proofs(everything.system.name, shown, everything.configuration, about, tuple(proofs))


def translated(
    path: Path, options: Options, encoding: str, reductions: tuple[str, ...] = (SLICING, FUSION)
) -> Translated:
    """The system of the one property that ``options`` name, as formulas.

    Raises ``UsageError`` and ``CompileError`` as ``verify_model`` does.
    """
    from ovlcheck.symbolic.cells import Encoding
    from ovlcheck.symbolic.terms import any_of
    from ovlcheck.symbolic.translation import translate

    prepared: Prepared = prepare(path, options)
    system = roomy(prepared.system, WIDEST)
    info = next(p for p in system.properties if p.name in options.properties)
    check = info.check or info.name
    reduction = Reduction(system, reductions)
    symbolic = translate(reduction.reduced, Encoding(encoding))
    bad = any_of(symbolic.bad[n] for n in (check, POPULATION_EXHAUSTED) if n in symbolic.bad)
    shown = shown_path(str(Path(prepared.model.path).resolve()))
    return Translated(info.name, info.doc, check, shown, prepared.system, reduction, symbolic, bad)


def _of_behaviours(name: str) -> Proof:
    why = "it is about whole behaviours: ovlcheck verify decides it"
    return Proof(name, "", UNKNOWN, "none", reason=why)


def _prove_one(path: Path, options: Options, attempt: Attempt, said: Callable[[str], None] | None) -> Proof:
    from ovlcheck.symbolic.answer import Deadline, Verdict
    from ovlcheck.symbolic.decide import decide

    deadline = Deadline(attempt.seconds)
    # Bounded checking counts single steps: its runs are shortest in the model as written.
    reductions = (SLICING,) if attempt.method == "bmc" else (SLICING, FUSION)
    item = translated(path, options, attempt.encoding, reductions)
    if item.check == NO_DEADLOCK:
        return _of_behaviours(item.name)
    for name in item.violations_at_start:
        message, state = item.symbolic.initially_bad[name]
        found = Violation(name, message, state, ())
        return _refuted(Proof(item.name, item.doc, VIOLATED, "initial states"), item, found)
    answer = decide(
        item.symbolic,
        item.bad,
        method=attempt.method,
        depth=attempt.depth,
        deadline=deadline,
        reached=lambda seconds: _reached(item, options.limits, seconds),
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
    )
    if answer.verdict is Verdict.PROVED:
        return replace(proof, certificate=certified(item, answer, attempt))
    if answer.run is None:
        return proof
    found = _shown(item.symbolic, answer.run, item.violations)
    # What bounded checking finds in single steps is shortest already.
    limits = None if attempt.method == "bmc" else replace(options.limits, seconds=attempt.seconds)
    return _refuted(proof, item, found, limits)


def _reached(item: Translated, limits: Limits, seconds: float | None) -> NDArray[np.int64] | Run | str:
    """What an exhaustive search of the reduced system says: its states, a run to the violation, or why neither."""
    from ovlcheck.reached.states import reached_states
    from ovlcheck.symbolic.answer import Run

    _, search, states = reached_states(item.reduction.reduced, replace(limits, seconds=seconds))
    for violation in search.violations:
        if violation.name in item.violations:
            *before, last = violation.path or (None,)
            outcome = None if last is None else _fired(item.symbolic, violation.initial, violation.path)
            shown_in_step = outcome is not None and violation.name in {f.name for f in outcome.faults}
            return Run(violation.initial, tuple(before) if shown_in_step else violation.path)
    return f"the reached states are not known: {search.stopped}" if states is None else states


def _refuted(proof: Proof, item: Translated, found: Violation, limits: Limits | None = None) -> Proof:
    """``proof`` with the trace of ``found``; where a population is exhausted nothing is known about the property.

    With ``limits`` a shorter run is looked for within them: ``found`` is of a system with fewer and longer steps.
    """
    if found.name == POPULATION_EXHAUSTED:
        why = f"{POPULATION_EXHAUSTED}: {found.message}; enlarge the population with --set"
        return replace(proof, verdict=UNKNOWN, reason=why)
    violation = item.reduction.with_widths(_wide(item)).violation(found)
    if limits is not None:
        violation = _shortest(item, violation, limits)
    return replace(proof, trace=_trace(item, violation))


def _wide(item: Translated) -> dict[str, int]:
    return {v.name: _ROOM for v in item.system.variables if isinstance(v.type, Count)}


def _shortest(item: Translated, violation: Violation, limits: Limits) -> Violation:
    """``violation``, or a shorter one of the same that is found within ``limits``."""
    from ovlcheck.engines import make_engine
    from ovlcheck.explore.search import explore

    found = explore(
        item.system,
        make_engine("auto"),
        limits=limits,
        stop_early=frozenset({violation.name}),
        reductions=(SLICING, FUSION),
    )[1].violations
    return min([violation, *(v for v in found if v.name == violation.name)], key=lambda v: len(v.path))


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


def _fired(symbolic: SymbolicSystem, initial: State, path: tuple[Action, ...]) -> Outcome | None:
    """The outcome of the last action of ``path``."""
    state, outcome = initial, None
    for action in path:
        outcome = symbolic.semantics.fire(state, action)
        if outcome is None or outcome.state is None:
            break
        state = outcome.state
    return outcome


def _shown(symbolic: SymbolicSystem, run: Run, names: tuple[str, ...]) -> Violation:
    """The violation, of ``names``, that ``run`` leads to: in its last state or in the step that follows."""
    semantics = symbolic.semantics
    state = run.initial
    for action in run.path:
        outcome = semantics.fire(state, action)
        if outcome is None or outcome.state is None:
            raise ValueError("the formulas have a step that the system has not")
        state = outcome.state
    for invariant in symbolic.system.invariants:
        if invariant.name in names and not symbolic.holds(invariant, state):
            return Violation(invariant.name, invariant.message, run.initial, run.path)
    for outcome in semantics.successors(state):
        for failure in outcome.faults:
            if failure.name in names:
                return Violation(failure.name, failure.message, run.initial, (*run.path, outcome.action))
    raise ValueError("the run ends where the system violates nothing")


def _trace(item: Translated, violation: Violation) -> Trace:
    """The trace of ``violation``, replayed by the reference interpreter."""
    system = fitted(item.system, _largest(item.system.with_widths(_wide(item)), violation))
    return TraceBuilder(system, item.path).build(violation, name=item.name, doc=item.doc)


def _largest(system: TransitionSystem, violation: Violation) -> dict[str, int]:
    """The greatest value of each counter on the way to ``violation``."""
    from ovlcheck.system.semantics import Semantics

    semantics = Semantics(system)
    states: list[State] = [violation.initial]
    for action in violation.path:
        outcome = semantics.fire(states[-1], action)
        after = None if outcome is None else outcome.state or outcome.partial
        if after is None:
            break
        states.append(after)
    largest = {}
    for variable in system.variables:
        if isinstance(variable.type, Count):
            first = system.offset[variable.name]
            largest[variable.name] = max(max(s[first : first + variable.cells]) for s in states)
    return largest
