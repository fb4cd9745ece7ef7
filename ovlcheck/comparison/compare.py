"""The use case behind ``ovlcheck compare``: models and options go in, a table comes out.  It prints nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from ovlcheck.comparison.columns import choose_columns, columns_of
from ovlcheck.comparison.job import Answer, Job
from ovlcheck.comparison.worker import INTERRUPTED, Failed
from ovlcheck.comparison.workers import Workers
from ovlcheck.errors import UsageError
from ovlcheck.explore.deadlock import NAME as NO_DEADLOCK
from ovlcheck.lang.declared import Declared
from ovlcheck.lang.diagnostics import CompileError
from ovlcheck.lang.loading import load_properties
from ovlcheck.machine import LEAST_MEMORY, machine_memory, processors
from ovlcheck.prepare import Options, find_model, property_paths
from ovlcheck.report.table import Cell, Column, Row, Table
from ovlcheck.report.verdict import UNKNOWN, VIOLATED

_SHARE = 7 / 8
"""Of the machine's memory, what all searches together may take where the user does not say."""


@dataclass(frozen=True)
class Asked:
    """What a table is to be made of, beside the ``Options`` of its searches.

    ``properties`` are the user's names for columns, none meaning all; ``vary`` has several values for each of some
    constants, every combination a group of rows; ``jobs`` searches run side by side; ``out`` is where traces go.
    """

    properties: tuple[str, ...] = ()
    vary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    jobs: int = 1
    out: Path | None = None


def compare(
    models: Sequence[Path],
    options: Options,
    asked: Asked,
    watch: Callable[[list[Job], int], None] | None = None,
) -> Table:
    """The table of ``models``; what is wrong with one of them stands in its row.

    ``options.limits`` are those of each search; memory and processors are shared out between the searches that run side
    by side.  ``watch`` is told which are under way, and how many wait.  Raises ``UsageError`` for a property that no
    model has, and for two models of one name.
    """
    began = time.monotonic()
    declared, errors = _declared(models, options)
    known = {item.name: item for found in declared.values() for item in found}
    columns = choose_columns(columns_of(known.values()), asked.properties) if known else ()
    options = _shared(options, asked.jobs)
    rows: list[Row] = []
    jobs: list[Job] = []
    for values in product(*asked.vary.values()):
        given = dict(zip(asked.vary, values, strict=True))
        for model in models:
            own = {item.name: item for item in declared.get(model, ())}
            mine = replace(options, constants={**options.constants, **given})
            jobs += [
                Job(model, mine, part, given, row=len(rows), out=asked.out)
                for part in _parts([c for c in columns if c.name in own], own)
            ]
            rows.append(Row(model.stem, str(model), given, error=errors.get(model, "")))
    _refuse_duplicates(rows)
    draft = _Draft(rows)
    workers: Workers[Job, Answer] = Workers(asked.jobs, watch)
    finished = workers.run(jobs, draft.take)
    return Table(
        configuration=options.config or "default",
        contains=draft.contains,
        settings={name: str(value) for name, value in options.constants.items()},
        columns=columns,
        rows=tuple(draft.finished(columns)),
        limits={
            "states": options.limits.states,
            "seconds": options.limits.seconds,
            "memory": options.limits.memory,
        },
        seconds=round(time.monotonic() - began, 1),
        jobs=asked.jobs,
        interrupted=not finished,
    )


def _declared(
    models: Iterable[Path], options: Options
) -> tuple[dict[Path, list[Declared]], dict[Path, str]]:
    """The properties that are found for each model, and what is wrong with those for which none can be."""
    found: dict[Path, list[Declared]] = {}
    errors: dict[Path, str] = {}
    for model in models:
        try:
            found[model] = load_properties(list(property_paths(find_model(model), options)))
        except (UsageError, CompileError) as error:
            errors[model] = str(error)
        except OSError as error:
            errors[model] = f"{error.filename}: cannot be read: {error.strerror or error}"
    return found, errors


def _shared(options: Options, jobs: int) -> Options:
    """``options`` with what each of so many searches may use of the machine."""
    limits = options.limits
    memory = limits.memory or int(machine_memory() * _SHARE)
    return replace(
        options,
        limits=replace(
            limits,
            threads=max((limits.threads or processors()) // jobs, 1),
            memory=max(memory // jobs, LEAST_MEMORY),
        ),
    )


def _parts(columns: Sequence[Column], declared: Mapping[str, Declared]) -> Iterator[tuple[Column, ...]]:
    """The columns that one search can answer: all about states and steps, all about behaviours that add no state, and
    those of each observer of behaviours.
    """
    parts: dict[str, list[Column]] = {}
    for column in columns:
        kind = "states and steps"
        if column.behaviour:
            kind = column.name if isinstance(declared[column.name].value, type) else "behaviours"
        parts.setdefault(kind, []).append(column)
    yield from map(tuple, parts.values())


def _refuse_duplicates(rows: Iterable[Row]) -> None:
    paths: dict[str, str] = {}
    for row in rows:
        other = paths.setdefault(row.title, row.path)
        if other != row.path:
            raise UsageError(f"{row.path}: {other} is called {row.model} too", "rename one of them")


class _Draft:
    """The table as far as it is known."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows
        self.contains = ""

    def take(self, job: Job, answer: Answer | Failed) -> Iterable[Job]:
        """Enters ``answer``; returns the jobs that it leaves."""
        row = self._rows[job.row]
        if isinstance(answer, Answer):
            self.contains = self.contains or answer.contains
            self._rows[job.row] = row.joined(answer.row)
            return answer.todo
        if answer.error:
            self._rows[job.row] = replace(row, error=row.error or answer.error)
            return ()
        lost = {c.key: Cell(UNKNOWN, expected=False, complete=False, reason=answer.problem) for c in job.columns}
        failures = () if answer.problem == INTERRUPTED else (f"{job.title}: {answer.problem}",)
        self._rows[job.row] = replace(row, cells={**row.cells, **lost}, failures=(*row.failures, *failures))
        return ()

    def finished(self, columns: Iterable[Column]) -> Iterator[Row]:
        """The rows, without what is told twice: a check that fails unasked, and in a column of its own."""
        checks = {column.check: column for column in columns if column.check}
        for row in self._rows:
            told = set(checks)
            stuck = checks.get(NO_DEADLOCK)
            if stuck is not None and stuck.key in row.cells and row.cells[stuck.key].verdict == VIOLATED:
                told.add("deadlock")
            also = {name: cell for name, cell in row.also.items() if name not in told}
            cells = {c.key: row.cells[c.key] for c in columns if c.key in row.cells}
            yield replace(row, also=also, cells={} if row.error else cells)
