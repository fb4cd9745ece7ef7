"""What one worker process is asked for and answers: one search, and the cells that it decides."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ovlcheck.comparison.cells import contents, row_of
from ovlcheck.comparison.columns import scene, weakly
from ovlcheck.engines import make_engine
from ovlcheck.explore.deadlock import NAME as NO_DEADLOCK
from ovlcheck.explore.result import at_state_limit, nothing_found
from ovlcheck.explore.search import explore
from ovlcheck.judge import judge
from ovlcheck.lang.loading import load_model
from ovlcheck.prepare import Options, Prepared, find_model, prepare
from ovlcheck.report.files import write_traces
from ovlcheck.report.table import Column, Row
from ovlcheck.report.verdict import UNKNOWN, ModelResult
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.verify_behaviours import with_behaviours
from ovlcheck.verify_model import about

TOGETHER = 2_000_000
"""Up to so many states all properties are looked at in one search; beyond, each with the ghosts that it reads."""

UNREDUCED = 20_000_000
"""Up to so many states a slice is searched as it is, so that every counterexample is a shortest one."""

_BYTES = 64
"""What the search of a slice takes for a state, at most."""


@dataclass(frozen=True)
class Job:
    """The model in ``model`` against ``columns``, which are all about behaviours, or all about states and steps.

    ``options`` has the constants of the row, ``given`` those among them that vary; ``row`` is its number.
    ``apart``: the columns share a slice of the model, and are searched to the end.  ``out``: where traces are written.
    """

    model: Path
    options: Options
    columns: tuple[Column, ...]
    given: Mapping[str, str] = field(default_factory=dict)
    row: int = 0
    apart: bool = False
    out: Path | None = None

    @property
    def about_behaviours(self) -> bool:
        return any(column.behaviour for column in self.columns)

    @property
    def title(self) -> str:
        """What is being searched, in a few words."""
        group = " ".join(f"{name}={value}" for name, value in self.given.items())
        shorts = " ".join(column.short for column in self.columns)
        return " ".join(part for part in (self.model.stem, group, shorts) if part)


@dataclass(frozen=True)
class Answer:
    """The cells found so far, the jobs that are left to find the others, and what the configuration contains."""

    row: Row
    todo: tuple[Job, ...] = ()
    contains: str = ""


def work_on(job: Job) -> Answer:
    """The answer to ``job``.

    Raises ``UsageError`` and ``CompileError`` for what cannot be searched, and ``OSError`` for traces that cannot be
    written.
    """
    names = tuple(dict.fromkeys(column.name for column in job.columns))
    options = replace(job.options, properties=names, as_they_apply=True)
    began = time.monotonic()
    answer = _behaviours(job, options) if job.about_behaviours else _states_and_steps(job, options)
    seconds = round(time.monotonic() - began, 2)
    cells = {key: replace(cell, seconds=seconds) for key, cell in answer.row.cells.items()}
    return replace(answer, row=replace(answer.row, cells=cells, seconds=seconds))


def _states_and_steps(job: Job, options: Options) -> Answer:
    prepared = prepare(job.model, options)
    checks = frozenset(p.check or p.name for p in prepared.system.properties)
    limits = options.limits
    most = limits.states if job.apart else min(TOGETHER, limits.states or sys.maxsize)
    system, search = explore(
        prepared.system,
        make_engine(options.engine),
        limits=replace(limits, states=most),
        deadlock_free=NO_DEADLOCK in checks,
        stop_early=checks,
        reductions=options.reductions if job.apart else (),
        reduce_beyond=min(UNREDUCED, (limits.memory or sys.maxsize) // _BYTES),
        room=not job.apart,
    )
    result = judge(system, search, about(prepared, options))
    if job.apart or most is None or most == limits.states or search.stopped != at_state_limit(most):
        return _answer(job, prepared, result)
    return _answer(job, prepared, result, todo=_slices(job, result, system))


def _behaviours(job: Job, options: Options) -> Answer:
    """The answer on columns about whole behaviours, looked at in the same constants."""
    model = load_model(find_model(job.model))
    constants = scene(job.columns, model.constants, options.constants)
    options = replace(options, constants={**options.constants, **constants})
    prepared = prepare(job.model, options)
    wanted = {column.key for column in job.columns}
    systems = tuple(_as_asked(system, wanted) for system in prepared.behaviour_systems(by_name=False))
    known = about(prepared, options)
    nothing = judge(prepared.system, nothing_found("", None), replace(known, expected=()))
    result = with_behaviours(nothing, systems, known, options.limits, engine=options.engine)
    return _answer(job, prepared, result, constants)


def _as_asked(system: TransitionSystem, wanted: Collection[str]) -> TransitionSystem:
    """``system`` with the requirements that are ``wanted``: as they are, and without the strong fairness that they ask
    for.
    """
    weak = {r.name: weakly(r.name) for r in system.requirements if weakly(r.name) in wanted}
    return replace(
        system,
        requirements=(
            *(r for r in system.requirements if r.name in wanted),
            *(replace(r, name=weak[r.name], strong=()) for r in system.requirements if r.name in weak),
        ),
        properties=(
            *system.properties,
            *(replace(p, name=weak[p.name]) for p in system.properties if p.name in weak),
        ),
    )


def _slices(job: Job, result: ModelResult, system: TransitionSystem) -> tuple[Job, ...]:
    """Jobs for the columns that ``result`` leaves open.

    Properties without ghosts share one slice, each of the others has its own.  Who can never move again is asked by
    itself: it takes the whole graph, and allows fewer reductions.
    """
    slices = {
        p.name: p.name if p.kind == "observer" or p.check == NO_DEADLOCK else "" for p in system.properties
    }
    unknown = {v.name for v in result.properties if v.verdict == UNKNOWN and v.applies}
    groups: dict[str, list[Column]] = {}
    for column in job.columns:
        if column.name in unknown:
            groups.setdefault(slices[column.name], []).append(column)
    return tuple(replace(job, columns=tuple(group), apart=True) for group in groups.values())


def _answer(
    job: Job,
    prepared: Prepared,
    result: ModelResult,
    constants: Mapping[str, str] | None = None,
    todo: tuple[Job, ...] = (),
) -> Answer:
    left = {column.key for other in todo for column in other.columns}
    row = row_of(
        result,
        [column for column in job.columns if column.key not in left],
        given=job.given,
        constants=constants or {},
        saved=job.out is not None,
    )
    if job.out is not None:
        write_traces(replace(result, name=row.title), job.out)
    return Answer(row, todo, contents(prepared.model, prepared.configuration))
