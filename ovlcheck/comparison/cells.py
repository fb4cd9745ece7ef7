"""From the verdicts of one run to cells of the table."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ovlcheck.comparison.columns import WEAK
from ovlcheck.lang.loading import LoadedModel, show_constant
from ovlcheck.report.files import trace_stem
from ovlcheck.report.table import Cell, Column, Row
from ovlcheck.report.verdict import HOLDS, UNKNOWN, VIOLATED, ModelResult, PropertyVerdict
from ovlcheck.trace.text import render_text


def row_of(
    result: ModelResult,
    columns: Iterable[Column],
    *,
    given: Mapping[str, str],
    constants: Mapping[str, str],
    saved: bool,
) -> Row:
    """The row of ``result`` with the cells of ``columns``, and of the checks that failed unasked.

    ``given`` are the constants that vary between rows, ``constants`` those in which this run differs from its row;
    ``saved``: its traces are in files.
    """
    row = Row(
        model=result.name,
        path=result.path,
        given=given,
        doc=result.doc,
        constants={n: v for n, v in result.scope.constants.items() if n not in constants},
        scope={} if constants else _scope(result),
        never_taken=result.never_taken,
    )
    verdicts = {verdict.name: verdict for verdict in result.properties}
    cells = {
        column.key: _cell(verdicts[column.key], column, result, row.title, constants, saved)
        if column.key in verdicts
        else Cell(HOLDS, applies=False, reason=_why_not(column, result))
        for column in columns
    }
    also = {
        verdict.name: _cell(verdict, None, result, row.title, constants, saved)
        for verdict in result.properties
        if not verdict.selected and verdict.verdict == VIOLATED
    }
    return replace(row, cells=cells, also=also)


def _cell(
    verdict: PropertyVerdict,
    column: Column | None,
    result: ModelResult,
    title: str,
    constants: Mapping[str, str],
    saved: bool,
) -> Cell:
    trace, how = verdict.trace, verdict.how
    steps = loop = None
    if trace is not None:
        steps = len(trace.steps) if trace.loop_start is None else trace.loop_start
        loop = None if trace.loop_start is None else len(trace.steps) - trace.loop_start
    told = column is not None and column.fairness == WEAK  # nobody says that it holds without what it asks for
    doubt = f"{verdict.name}: there may be a shorter trace"
    return Cell(
        verdict=verdict.verdict,
        applies=verdict.applies,
        vacuous=verdict.vacuous,
        expected=verdict.expected or told,
        complete=(how.complete if how is not None else result.complete) and verdict.verdict != UNKNOWN,
        steps=steps,
        loop=loop,
        shortest=not any(note.startswith(doubt) for note in result.notes),
        trace=f"{trace_stem(title, verdict.name)}.json" if saved and trace is not None else "",
        text="" if trace is None else render_text(trace),
        reason=verdict.message,
        constants=dict(constants),
        fairness=verdict.fairness,
        engine=how.engine if how is not None else result.engine,
        reductions=how.reductions if how is not None else result.reductions,
        states=0 if how is not None else result.states,
    )


def _scope(result: ModelResult) -> dict[str, str]:
    return {name: text for name, text in result.scope.parts.items() if name != "constants"}


def _why_not(column: Column, result: ModelResult) -> str:
    """Why a property has no verdict: it is not about anything that this model has."""
    head = f"{column.name} does not apply to this model: "
    told = (note.removeprefix(head) for note in result.notes if note.startswith(head))
    return next(told, "this model has none of what it is about")


def contents(model: LoadedModel, name: str) -> str:
    """What the configuration called ``name`` contains, in the words of the class that defines it, and what it sets."""
    sets = " ".join(f"{n}={show_constant(v)}" for n, v in model.configurations.get(name, {}).items())
    for owner in model.cls.__mro__:
        if "configurations" in vars(owner):
            text = " ".join((inspect.getdoc(owner) or "").split())
            found = re.search(rf"``{re.escape(name)}``: (?P<words>.*?)(?:\.(?: |$)|$)", text)
            if found is not None:
                return f"{found['words']} ({sets})" if sets else found["words"]
    return sets
