"""The part of ``ovlcheck verify`` that answers for any number of processes, not only for the numbers given.

What breaks with one instance of each is found by the engines that visit every state.  The rest is proved by the
symbolic search, which over-approximates.  What it cannot prove is looked for with up to three instances, so that a
violation always comes with a run; what is neither proved nor found is unknown, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ovlcheck.engines import make_engine
from ovlcheck.errors import UsageError
from ovlcheck.explore.deadlock import NAME
from ovlcheck.explore.reference import DEADLOCK
from ovlcheck.explore.result import Limits, Progress, SearchResult
from ovlcheck.explore.search import explore
from ovlcheck.judge import POPULATION_EXHAUSTED, About, judge
from ovlcheck.lang.body import marked_methods
from ovlcheck.lang.build import resolve_constants
from ovlcheck.lang.declarations import ProcessMark
from ovlcheck.lang.loading import LoadedModel
from ovlcheck.prepare import APART, Options, Prepared, Value, prepare
from ovlcheck.report.verdict import ANY, UNKNOWN, VIOLATED, How, ModelResult, PropertyVerdict, Scope
from ovlcheck.symbolic.counter_abstraction import LEAST, Counted, NotCountable, for_any_number
from ovlcheck.symbolic.focus import checks_of, focused, groups, with_properties
from ovlcheck.symbolic.symbolic_result import SymbolicResult
from ovlcheck.symbolic.symbolic_search import search
from ovlcheck.system.transition_system import TransitionSystem

METHOD = "search of control states, instances counted"

PRECISIONS = (0, 1, 2)
"""Numbers that are told apart: with more, less is over-approximated and more is looked at."""

NOT_LOOKED_FOR = "not proved: deadlocks are looked for with given numbers of processes only"

NO_BEHAVIOURS = "not judged: whole behaviours are followed with given numbers of processes only"

MET = "control states may meet what no run meets: a property that holds may still be vacuous, a step never taken"

MOST_CONTROLS = 400_000
"""Control states where the user gives no limit: about a gigabyte."""

RUN_STATES = 3_000_000
"""States among which a run is looked for, for each number of instances."""

RUN_INSTANCES = 3
"""The most instances of each process with which a run is looked for."""


@dataclass(frozen=True)
class Proof:
    """What the symbolic search says of the properties ``names``: ``unproved`` has the reason for each it is of."""

    names: tuple[str, ...]
    unproved: Mapping[str, str]
    searches: tuple[SymbolicResult, ...]


def any_wanted(options: Options) -> tuple[str, ...]:
    """The constants that the user left open: those with the value ``any``."""
    return tuple(name for name, value in options.constants.items() if value == ANY)


def open_numbers(model: LoadedModel, constants: Mapping[str, Value]) -> dict[str, tuple[str, ...]]:
    """The constants that say how many instances of processes there are, with those processes.

    Not those with choices, as for a task of which there is one at most, nor those that ``constants`` make zero.
    """
    values = resolve_constants(model, dict(constants))
    found: dict[str, list[str]] = {}
    for method in marked_methods(model.cls):
        mark = method.mark
        if isinstance(mark, ProcessMark) and isinstance(mark.instances, str):
            constant = model.constants.get(mark.instances)
            if constant is None or constant.choices or isinstance(constant.default, bool):
                continue
            if isinstance(values[constant.name], int) and values[constant.name] > 0:
                found.setdefault(constant.name, []).append(method.name)
    return {name: tuple(processes) for name, processes in found.items()}


def leaving_open(prepared: Prepared, options: Options, most: int) -> Options | None:
    """``options`` with every number of instances beyond ``most`` left open; None where none can be."""
    values = resolve_constants(prepared.model, dict(prepared.constants))
    found = [n for n in open_numbers(prepared.model, prepared.constants) if _beyond(values[n], most)]
    return replace(options, constants={**options.constants, **dict.fromkeys(found, ANY)}) if found else None


def _beyond(value: object, most: int) -> bool:
    return isinstance(value, int) and value > most


class OpenModel:
    """A model whose numbers of processes are left open."""

    def __init__(self, path: Path, options: Options) -> None:
        """Raises ``UsageError`` and ``CompileError`` as ``prepare`` does, and ``UsageError`` where nothing is open."""
        self.path = path
        wanted = any_wanted(options)
        constants = {name: 1 if value == ANY else value for name, value in options.constants.items()}
        self.options = replace(options, constants=constants)
        self.prepared: Prepared = prepare(path, self.options)
        found = open_numbers(self.prepared.model, self.prepared.constants)
        for name in wanted:
            if name not in found:
                known = f"there are: {', '.join(found)}" if found else "this model has none"
                raise UsageError(f"{path}: {name} is no number of processes that can be left open", known)
        self.sizes = {name: processes for name, processes in found.items() if not wanted or name in wanted}
        if not self.sizes:
            raise UsageError(
                f"{path}: no number of processes can be left open", "verify it with --engine auto"
            )
        self._systems: dict[tuple[tuple[str, int], ...], TransitionSystem] = {}

    def at(self, numbers: Mapping[str, int]) -> TransitionSystem:
        """The system with so many instances."""
        key = tuple(sorted(numbers.items()))
        if key not in self._systems:
            constants: dict[str, Value] = {**self.options.constants, **numbers}
            self._systems[key] = prepare(self.path, replace(self.options, constants=constants)).system
        return self._systems[key]

    @property
    def base(self) -> TransitionSystem:
        """The system with the least numbers that show how the others are."""
        return self.at(dict.fromkeys(self.sizes, LEAST))

    def scope(self, given: Scope) -> Scope:
        """``given``, which is about ``base``, with the numbers that are left open."""
        processes = {p for group in self.sizes.values() for p in group}
        tasks: dict[str, int | str] = {n: number for n, number in given.tasks.items() if n not in processes}
        tasks.update(dict.fromkeys(processes, "any number of"))
        return replace(given, tasks=tasks, constants={**given.constants, **dict.fromkeys(self.sizes, ANY)})

    def counted(self, names: tuple[str, ...]) -> Counted:
        """The system of any number of instances, with these properties.  Raises ``NotCountable``."""
        return for_any_number(lambda numbers: focused(self.at(numbers), names), self.sizes)


def prove(
    model: OpenModel,
    names: tuple[str, ...],
    limits: Limits = Limits(),
    watch: Callable[[int, int], None] | None = None,
    broken: frozenset[str] = frozenset(),
) -> Proof:
    """Tries to prove the properties ``names`` of ``model`` for any number of instances.

    What every run checks unasked and is not proved either is among the ``unproved`` by the name of the check, unless
    it is one of those that are known to be ``broken``.
    """
    began = time.monotonic()

    def left() -> float | None:
        return None if limits.seconds is None else limits.seconds - (time.monotonic() - began)

    checks = checks_of(model.base)
    unproved = {name: NOT_LOOKED_FOR for name in names if checks.get(name) in (NAME, DEADLOCK)}
    searches: list[SymbolicResult] = []
    for group in groups(model.base, [name for name in names if name not in unproved]):
        try:
            counted = model.counted(group)
        except NotCountable as reason:
            unproved.update(dict.fromkeys(group, f"not proved: {reason}"))
            continue
        missing: dict[str, str] = {}
        most = limits.states or MOST_CONTROLS
        for precision in PRECISIONS:
            result = search(counted, precision=precision, most_controls=most, seconds=left(), watch=watch)
            searches.append(result)
            unasked = result.suspicions.keys() - set(checks.values()) - broken
            wanted = missing if missing else [*group, *sorted(unasked)]
            missing = {name: why for name in wanted if (why := why_not(result, checks.get(name, name)))}
            if not missing or not result.complete:
                break
        unproved.update(missing)
    return Proof(names, unproved, tuple(searches))


def why_not(result: SymbolicResult, check: str) -> str:
    """Why ``check`` is not proved; empty if it is."""
    suspicion = result.suspicions.get(check)
    if suspicion is not None:
        steps = len(suspicion.run)
        return (
            f"not proved: a run of {steps} steps breaks it where numbers beyond {result.precision} are not told apart, "
            "and that may be why"
        )
    if not result.complete:
        return f"not proved: {result.stopped}"
    if POPULATION_EXHAUSTED in result.suspicions:
        return f"not proved: {POPULATION_EXHAUSTED}"
    return ""


def verify_any_number(
    path: Path,
    options: Options,
    about: Callable[[Prepared, Options], About],
    progress: Callable[[Progress], None] | None = None,
) -> ModelResult:
    """The results for any number of instances.  Raises as ``verify_model`` does."""
    began = time.monotonic()
    model = OpenModel(path, options)
    known = about(model.prepared, model.options)
    names = tuple(p.name for p in model.prepared.system.properties)

    def watch(controls: int, waiting: int) -> None:
        if progress is not None:
            progress(Progress(0, controls, waiting, time.monotonic() - began))

    runs = runs_with(1, model, names, known, progress)
    checks = checks_of(model.base)
    broken = frozenset(checks.get(name, name) for name in runs)
    proof = prove(model, tuple(n for n in names if n not in runs), options.limits, watch, broken)
    runs |= runs_with(RUN_INSTANCES, model, tuple(proof.unproved), known, progress)
    return _told(model, proof, {**rows_of(model, proof, known), **runs}, known, time.monotonic() - began)


def rows_of(model: OpenModel, proof: Proof, known: About) -> dict[str, PropertyVerdict]:
    """A row for each property, as the proofs alone have it."""
    judged = judge(model.base, _as_search(proof), known)
    rows = {row.name: row for row in judged.properties}
    for name, why in proof.unproved.items():
        row = rows.get(name, PropertyVerdict(name, "", UNKNOWN, selected=False))
        rows[name] = replace(row, verdict=UNKNOWN, vacuous=False, message=why)
    return {
        name: replace(row, how=How("symbolic", METHOD, name not in proof.unproved, bound=ANY))
        for name, row in rows.items()
    }


def _as_search(proof: Proof) -> SearchResult:
    """The symbolic searches together, as the result of one search."""
    searches = proof.searches
    return SearchResult(
        engine="symbolic",
        complete=True,
        stopped=None,
        states=sum(s.controls for s in searches),
        transitions=sum(s.transitions for s in searches),
        levels=(),
        violations=(),
        fired=frozenset().union(*(s.fired for s in searches)),
        covered=frozenset().union(*(s.covered for s in searches)),
        largest={},
        seconds=sum(s.seconds for s in searches),
        bytes_per_state=0.0,
    )


def _numbers(model: OpenModel, most: int) -> Iterator[dict[str, int]]:
    """The numbers of instances with which runs are looked for: few first."""
    one = dict.fromkeys(model.sizes, 1)
    yield one
    for number in range(2, most + 1):
        for name in model.sizes:
            yield {**one, name: number}
        if len(model.sizes) > 1:
            yield dict.fromkeys(model.sizes, number)


def runs_with(
    most: int,
    model: OpenModel,
    names: tuple[str, ...],
    known: About,
    progress: Callable[[Progress], None] | None = None,
    limits: Limits | None = None,
) -> dict[str, PropertyVerdict]:
    """Verdicts of runs that break ``names``, with as few instances as possible, at most ``most`` of a process.

    ``limits`` are for each search, those of ``model`` unless given.
    """
    within = limits or model.options.limits
    found: dict[str, PropertyVerdict] = {}
    for numbers in _numbers(model, most):
        missing = tuple(n for n in names if n not in found)
        if not missing:
            break
        system = with_properties(model.at(numbers), missing)
        checks = checks_of(system)
        wanted = frozenset(checks.get(name, name) for name in missing)
        wider, result = explore(
            system,
            make_engine("auto"),
            limits=replace(within, states=within.states or RUN_STATES),
            stop_early=wanted,
            progress=progress,
        )
        for row in judge(wider, result, known).properties:
            if row.verdict == VIOLATED:
                how = How(result.engine, _with(numbers), result.complete)
                found[row.name] = replace(row, how=how)
    return found


def _with(numbers: Mapping[str, int]) -> str:
    counts = ", ".join(f"{name}={number}" for name, number in numbers.items())
    return f"breadth-first search of every reachable state, with {counts}"


def _told(
    model: OpenModel, proof: Proof, rows: Mapping[str, PropertyVerdict], known: About, seconds: float
) -> ModelResult:
    searched = _as_search(proof)
    judged = judge(model.base, searched, known)
    notes = []
    if proof.searches:
        several = "one search" if len(proof.searches) == 1 else f"{len(proof.searches)} searches"
        most = max(s.rows for s in proof.searches)
        notes = [f"the control states are those of {several}, in which a counted task is in one of {most} states", MET]
    elif rows and all(row.verdict == VIOLATED for row in rows.values()):
        notes = ["every property asked for is broken by a run with one task of each"]
    rows = {**rows, **_behaviours(model, known)}
    unknown = any(row.verdict == UNKNOWN for row in rows.values())
    return replace(
        judged,
        properties=tuple(rows.values()),
        method=METHOD,
        complete=not unknown,
        scope=model.scope(judged.scope),
        notes=(*notes, *(note for note in judged.notes if not note.endswith(APART))),
        seconds=seconds,
        bits_per_state=0,
        never_taken=judged.never_taken if proof.searches and all(s.complete for s in proof.searches) else (),
    )


def _behaviours(model: OpenModel, known: About) -> dict[str, PropertyVerdict]:
    """A row for each property of whole behaviours: none of them is decided."""
    how = How("symbolic", METHOD, False, bound=ANY)
    systems = model.prepared.behaviour_systems(by_name=known.by_name)
    return {
        info.name: PropertyVerdict(
            info.name, info.doc, UNKNOWN, listed=info.name in known.expected, message=NO_BEHAVIOURS, how=how
        )
        for system in systems
        for info in system.properties
    }
