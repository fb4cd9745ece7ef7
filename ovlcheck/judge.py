"""From what a search found to verdicts: which property holds, which is broken and how, and what
cannot be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ovlcheck.explore.result import Limits, SearchResult, Violation
from ovlcheck.report.verdict import (
    HOLDS,
    NOT_VACUOUS,
    UNKNOWN,
    VIOLATED,
    ModelResult,
    PropertyVerdict,
    Scope,
)
from ovlcheck.system.expr import FALSE
from ovlcheck.system.transition_system import Cover, PropertyInfo, TransitionSystem
from ovlcheck.trace.build import TraceBuilder
from ovlcheck.trace.place import shown_file
from ovlcheck.trace.trace import Trace

POPULATION_EXHAUSTED = "population exhausted"
NONE_OF_ITS_EVENTS = "this model has none of the events that it is about"
_DEADLOCK = "deadlock"
_NO_DEADLOCK = "no_deadlock"


@dataclass(frozen=True)
class About:
    """What the system does not know about its model.

    ``path`` is the file as the user named it, ``expected`` are the violations that it declares itself known for,
    ``vacuous`` what it declares to say nothing about it.  ``by_name`` says that the user asked for the properties
    one by one, and ``limits`` are those that the user set.
    """

    path: str
    doc: str
    configuration: str
    expected: tuple[str, ...]
    by_name: bool = False
    not_asked: tuple[str, ...] = ()
    limits: Limits = Limits()
    vacuous: tuple[str, ...] = ()


def judge(system: TransitionSystem, search: SearchResult, about: About) -> ModelResult:
    """The verdicts on ``system``, which ``search`` explored.

    A property that no run breaks holds only if every reachable state was seen and no population was
    exhausted on the way.  Every violation comes with its trace; raises ``ReplayError`` if one does
    not happen again.
    """
    builder = TraceBuilder(system, about.path)
    known = {info.check or info.name: info for info in system.properties}
    found = {violation.name: violation for violation in reversed(search.violations)}
    if _NO_DEADLOCK in known and _NO_DEADLOCK in found:
        found.pop(_DEADLOCK, None)  # the same finding, told in more detail
    traces: dict[str, Trace] = {}
    for name, violation in found.items():
        info = known.get(name)
        traces[name] = builder.build(
            violation, name=info.name if info else name, doc=info.doc if info else _unasked_doc(name)
        )
    decided = search.complete and POPULATION_EXHAUSTED not in found
    rows = [*_properties(system, search, about, found, traces, decided)]
    rows += _unasked(known, about, found, traces, decided)
    cut = tuple(sorted(t.property_name for t in traces.values() if t.steps and t.steps[-1].partial))
    return ModelResult(
        path=about.path,
        name=system.name,
        doc=about.doc,
        configuration=about.configuration,
        engine=search.engine,
        method="breadth-first search of every reachable state",
        complete=search.complete,
        stopped=search.stopped,
        states=search.states,
        transitions=search.transitions,
        depth=search.depth,
        seconds=search.seconds,
        search_seconds=search.search_seconds,
        limits=about.limits,
        bits_per_state=system.bits,
        bytes_per_state=search.bytes_per_state,
        scope=scope(system, about.path),
        properties=tuple(rows),
        largest=search.largest,
        never_taken=tuple(never_taken(system, search)) if decided and not cut else (),
        cut=cut,
        notes=(*system.notes, *search.notes),
        reductions=search.reductions,
    )


def _properties(
    system: TransitionSystem,
    search: SearchResult,
    about: About,
    found: dict[str, Violation],
    traces: dict[str, Trace],
    decided: bool,
) -> Iterator[PropertyVerdict]:
    possible = coverable(system)
    for info in system.properties:
        check = info.check or info.name
        listed = info.name in about.expected or check in about.expected
        if check in found:
            trace = traces[check]
            yield PropertyVerdict(
                info.name, info.doc, VIOLATED, listed=listed, message=trace.message, trace=trace
            )
        elif not (about.by_name or listed or not info.covers or not possible.isdisjoint(info.covers)):
            yield PropertyVerdict(info.name, info.doc, HOLDS, applies=False, message=NONE_OF_ITS_EVENTS)
        elif not decided:
            why = search.stopped or f"{POPULATION_EXHAUSTED}: runs that need another object were not explored"
            yield PropertyVerdict(info.name, info.doc, UNKNOWN, listed=listed, message=why)
        else:
            vacuous = bool(info.covers) and search.covered.isdisjoint(info.covers)
            declared = info.name in about.vacuous
            why = "no run comes to what it demands: it says nothing about this model" if vacuous else ""
            if declared and not vacuous:
                why = NOT_VACUOUS
            yield PropertyVerdict(
                info.name,
                info.doc,
                HOLDS,
                vacuous=vacuous,
                listed=listed,
                listed_vacuous=declared,
                message=why,
            )


def _unasked(
    known: dict[str, PropertyInfo],
    about: About,
    found: dict[str, Violation],
    traces: dict[str, Trace],
    decided: bool,
) -> Iterator[PropertyVerdict]:
    """Rows for checks that no selected property names: those that failed, or were expected to."""
    names = {info.name for info in known.values()} | set(known) | set(found) | set(about.not_asked)
    for name in () if about.by_name else about.expected:
        if name not in names:
            verdict = HOLDS if decided else UNKNOWN
            yield PropertyVerdict(name, _unasked_doc(name), verdict, listed=True, selected=False)
    for name in found:
        if name not in known:
            yield PropertyVerdict(
                name,
                _unasked_doc(name),
                VIOLATED,
                listed=name in about.expected,
                selected=False,
                message=traces[name].message,
                trace=traces[name],
            )


def _unasked_doc(name: str) -> str:
    return _DOCS.get(name, "")


_DOCS = {
    POPULATION_EXHAUSTED: "A new object is needed, and every slot is in use: the population is too small.",
    "use after free": "Something that was freed is used.",
    "null dereference": "A reference is used that is None.",
    "refcount below zero": "A reference is dropped that was never taken.",
    "deadlock": "Nobody can move, and not everybody is at rest.",
}


def coverable(system: TransitionSystem) -> set[str]:
    """The names of everything that some run might cover."""
    sequences = [edge.ops for edge in system.edges] + [initial.ops for initial in system.initial]
    return {op.name for ops in sequences for op in ops if isinstance(op, Cover) and op.condition != FALSE} | {
        cover.name for cover in system.covers if cover.condition != FALSE
    }


def never_taken(system: TransitionSystem, search: SearchResult) -> Iterable[str]:
    """The places of steps that no edge which was taken runs, and that the model does not declare
    optional.
    """
    taken = {
        (source.file, source.line)
        for number in search.fired
        for source in (system.edges[number].source, *system.edges[number].lines)
    }
    places = {
        (source.file, source.line): source
        for source in system.steps
        if (source.file, source.line) not in taken and (source.file, source.line) not in system.optional_steps
    }
    for _, source in sorted(places.items()):
        yield f"{shown_file(source.file)}:{source.line} in {source.function}: {source.text.strip()}"


def scope(system: TransitionSystem, path: str) -> Scope:
    """What a verdict on ``system`` is about."""
    constants = dict(system.constants)
    daemons = {p.name for p in system.processes if p.daemon}
    calls = constants.get("calls", "none")
    functions = dict.fromkeys(s.function for s in system.steps if s.file == path)
    return Scope(
        objects={p.name: p.size for p in system.populations},
        tasks={
            f"{p.name} (daemon)" if p.name in daemons else p.name: p.instances
            for p in system.processes
            if p.instances
        },
        calls="any number" if calls.lower() == "none" else f"at most {calls} by each user task",
        hooks=tuple(functions),
        constants=constants,
        left_out=system.left_out,
    )
