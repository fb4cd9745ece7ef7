"""Whether the searches agree on one system: reference against another engine, one thread against several, reduced
against unreduced.

An engine or a reduction that is wrong is found by one that shares none of its code, on the model at hand and not on
examples alone.  The first difference is told with the level it is on, and a state that shows it where states can be
compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ovlcheck.explore.reductions import EVERY, PARTIAL_ORDER, Reduction, ReductionError
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.replay import ReplayError
from ovlcheck.explore.result import Engine, Limits, SearchResult, Violation
from ovlcheck.explore.search import explore
from ovlcheck.system.action import State
from ovlcheck.system.describe import format_state
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import TransitionSystem

THREADS = 4
"""More than there may be processors: threads that are interrupted come upon each other's work."""

ONE_BY_ONE = 100_000
"""Systems of so many states are compared with reduced ones state by state."""


class EngineWithStates(Engine, Protocol):
    """An engine that can hand out every state, a row of cells each, in breadth-first order."""

    def states(self, system: TransitionSystem) -> Iterable[Iterable[int]]: ...


@dataclass(frozen=True)
class Comparison:
    """Two ways of searching and the first thing they differ in, None where they agree.

    ``seen`` says in figures how far they were compared, ``whole`` whether that was everything.
    """

    left: str
    right: str
    seen: str
    difference: str | None = None
    whole: bool = True

    def __str__(self) -> str:
        if self.difference is not None:
            return f"{self.left} DIFFERS from {self.right} ({self.seen}): {self.difference}"
        return f"{self.left} agrees with {self.right}: {self.seen}{'' if self.whole else ' and no further'}"


def cross_check(system: TransitionSystem, engine: EngineWithStates, *, most: int) -> Iterator[Comparison]:
    """The comparisons of searches of ``system``, one after the other.

    The reference goes as deep as it comes with ``most`` states, and no more states than that are compared one by
    one.  Raises as ``explore`` does, but for what shows that engines or reductions differ, and ``KeyboardInterrupt``
    where the user ended a search: half a one agrees with nothing.
    """
    system, whole = explore(system, engine)
    whole.unless_interrupted()
    yield _engines(system, engine, whole, most)
    yield _threads(system, engine)
    few = whole.complete and whole.states <= max(most, ONE_BY_ONE)
    full = _states(engine, system) if few else None
    for names in (*((name,) for name in EVERY), EVERY):
        yield _reductions(system, engine, whole, names, full)


def _engines(
    system: TransitionSystem, engine: EngineWithStates, whole: SearchResult, most: int
) -> Comparison:
    layers: list[set[State]] = []
    for layer in _layers(Semantics(system)):
        if sum(map(len, layers)) + len(layer) > most:
            break
        layers.append(layer)
    complete = whole.complete and len(layers) == len(whole.levels)
    limits = Limits() if complete else Limits(depth=max(len(layers) - 1, 0))
    ours = Reference().search(system, limits=limits).unless_interrupted()
    theirs = engine.search(system, limits=limits).unless_interrupted()
    states = sum(map(len, layers))
    seen = f"levels 0 to {len(layers) - 1}, {states:,} states"
    difference = _levels(ours, theirs)
    if whole.complete and whole.states <= most:
        seen += ", one by one"
        difference = _first_state(system, layers, _states(engine, system), whole) or difference
    difference = difference or _figures(ours, theirs)
    return Comparison(Reference.name, theirs.engine, seen, difference, complete)


def _threads(system: TransitionSystem, engine: EngineWithStates) -> Comparison:
    """One thread against several: they promise the same answer, down to the traces."""
    one, several = (
        engine.search(system, limits=Limits(threads=n)).unless_interrupted() for n in (1, THREADS)
    )
    difference = _levels(one, several) or _figures(one, several)
    if difference is None and one.fired != several.fired:
        numbers = sorted(one.fired ^ several.fired)
        difference = f"steps that only one of them took: {[system.edges[n].name for n in numbers]}"
    if difference is None and _by_name(one) != _by_name(several):
        names = [v.name for v in _by_name(one) if v not in several.violations]
        difference = f"other traces of the same length: {names}"
    seen = f"{one.states:,} states, in figures and traces"
    return Comparison("one thread", f"{THREADS} threads", seen, difference, one.complete and several.complete)


def _by_name(result: SearchResult) -> list[Violation]:
    return sorted(result.violations, key=lambda violation: violation.name)


def _layers(semantics: Semantics) -> Iterator[set[State]]:
    """The states at each breadth-first distance, as the interpreter has them."""
    layer = set(semantics.initial_states())
    known = set(layer)
    while layer:
        yield layer
        found = {o.state for state in layer for o in semantics.successors(state) if o.state is not None}
        layer = found - known
        known |= layer


def _states(engine: EngineWithStates, system: TransitionSystem) -> list[State]:
    return [tuple(int(cell) for cell in row) for row in engine.states(system)]


def _levels(ours: SearchResult, theirs: SearchResult) -> str | None:
    for level in range(max(len(ours.levels), len(theirs.levels))):
        a = ours.levels[level] if level < len(ours.levels) else 0
        b = theirs.levels[level] if level < len(theirs.levels) else 0
        if a != b:
            return f"level {level}: {a:,} states against {b:,}"
    return None


def _first_state(
    system: TransitionSystem, layers: list[set[State]], states: list[State], whole: SearchResult
) -> str | None:
    at = 0
    for level, size in enumerate(whole.levels):
        theirs = set(states[at : at + size])
        ours = layers[level] if level < len(layers) else set()
        at += size
        for one, name in ((ours - theirs, Reference.name), (theirs - ours, whole.engine)):
            if one:
                return f"level {level}: only {name} has the state {format_state(system, min(one))}"
    return None


def _figures(ours: SearchResult, theirs: SearchResult) -> str | None:
    """The first figure of two searches of one system that differs."""
    figures: list[tuple[str, object, object]] = [
        ("transitions", ours.transitions, theirs.transitions),
        ("lengths of traces", _lengths(ours), _lengths(theirs)),
        *_same_anyway(ours, theirs),
    ]
    return next((f"{what}: {_shown(a)} against {_shown(b)}" for what, a, b in figures if a != b), None)


def _same_anyway(ours: SearchResult, theirs: SearchResult) -> list[tuple[str, object, object]]:
    """What is the same under every reduction."""
    return [
        ("violations", sorted(_lengths(ours)), sorted(_lengths(theirs))),
        ("covers", sorted(ours.covered), sorted(theirs.covered)),
        ("largest values", dict(ours.largest), {**ours.largest, **theirs.largest}),
    ]


def _lengths(result: SearchResult) -> dict[str, int]:
    return {v.name: len(v.path) for v in sorted(result.violations, key=lambda v: v.name)}


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _reductions(
    system: TransitionSystem,
    engine: EngineWithStates,
    whole: SearchResult,
    names: tuple[str, ...],
    full: list[State] | None,
) -> Comparison:
    left, right = ", ".join(names), "no reductions"
    try:
        _, found = explore(system, engine, reductions=names)
    except (ReductionError, ReplayError) as error:
        return Comparison(left, right, "the search did not end in order", str(error))
    seen = f"{found.unless_interrupted().states:,} states of {whole.states:,}"
    cut_short = any("shorter trace" in note for note in found.notes)
    figures = [*_same_anyway(whole, found)]
    if not cut_short:
        figures.append(("lengths of traces", _lengths(whole), _lengths(found)))
    missed = sorted(whole.fired - found.fired)
    if missed:
        figures.append(("steps never taken", [], [system.edges[n].name for n in missed]))
    difference = next((f"{what}: {_shown(a)} against {_shown(b)}" for what, a, b in figures if a != b), None)
    if difference is None:
        seen += ", in figures" if full is None else ", one by one"
    if full is not None and difference is None:
        difference = _kept(Reduction(system, names), engine, full)
    return Comparison(left, right, seen, difference, found.complete)


def _kept(reduction: Reduction, engine: EngineWithStates, full: list[State]) -> str | None:
    """A state that the reduced system has and the original has not, or the other way round outside of runs.

    Of partial order nobody can say beforehand which states it leaves out.
    """
    cells = reduction.cells
    there = {reduction.canonical(tuple(state[cell] for cell in cells)) for state in full}
    reduced = {reduction.canonical(state) for state in _states(engine, reduction.reduced)}
    if reduced - there:
        return f"a state that there is not: {format_state(reduction.sliced, min(reduced - there))}"
    missing = {state for state in there - reduced if not reduction.passes(state)}
    if missing and PARTIAL_ORDER not in reduction.names:
        return f"a state is missing: {format_state(reduction.sliced, min(missing))}"
    return None
