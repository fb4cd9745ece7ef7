"""The report for people: a block for each model, with its figures, verdicts, scope and shortest
counterexamples.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ovlcheck.report.timing import without_time
from ovlcheck.report.verdict import (
    ANY,
    DISTRUST,
    HOLDS,
    UNKNOWN,
    VIOLATED,
    ModelResult,
    PropertyVerdict,
    ScenarioVerdict,
    Scope,
)
from ovlcheck.trace.escape import plain, printable
from ovlcheck.trace.text import render_text

_UNHEARD = re.compile(r"(?P<name>\w+): this model has no (?P<event>.+)")
_STYLES = {HOLDS: "green", VIOLATED: "bold red", UNKNOWN: "yellow"}

_WIDTH = 1000
"""Columns of a report that no terminal shows: its tables are not wrapped."""

_ROW = 80
"""Columns of a paragraph, at most: those of a mail, and of a pager that is given no terminal."""


def render_report(
    result: ModelResult, *, terminal: bool, colour: bool | None = None, timing: bool = True
) -> str:
    """The report on ``result``: as wide as the terminal for one, else the same for every reader.

    ``colour`` is that of the terminal unless told.  Without ``timing`` there is nothing in it that differs
    between two runs of the same.
    """
    colour = terminal if colour is None else colour
    written = StringIO()
    console = Console(
        file=written,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        width=None if terminal else _WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )

    def line(text: str = "", style: str = "") -> None:
        console.print(Text(printable(text), style=style), soft_wrap=True)

    def row(name: str, text: str, style: str = "") -> None:
        for part in textwrap.wrap(
            text,
            min(console.width, _ROW),
            initial_indent=f"  {name:<13} ",
            subsequent_indent=" " * 16,
            break_long_words=False,
            break_on_hyphens=False,
        ):
            line(part, style)

    line(f"{result.name} ({result.path})", "bold")
    for paragraph in result.doc.strip().splitlines()[:1]:
        for part in textwrap.wrap(
            plain(paragraph), min(console.width, _ROW), initial_indent="  ", subsequent_indent="  "
        ):
            line(part)
    configuration = f"configuration {result.configuration}: " if result.configuration else ""
    row("constants", f"{configuration}{result.scope.parts['constants']}")
    row("engine", f"{result.engine}: {_figures(result, timing)}")
    if result.stopped is not None:
        row("cut short", result.stopped, "yellow")
    for note in _notes(result):
        row("note", note if timing else without_time(note))
    line()
    if result.properties:
        console.print(_table(result))
    else:
        line("  no properties were checked", "yellow")
    line()
    row("scope", f"{_scope(result.scope)}")
    for assumed, names in _assumptions(result).items():
        row("fairness", f"assumed for {', '.join(names)}: {assumed}")
    if result.largest:
        row("refcounts", ", ".join(f"{name} at most {n}" for name, n in sorted(result.largest.items())))
    if result.audited is not None:
        row("audit", result.audited.extent)
        if result.audited.wrong:
            row("", f"{DISTRUST}:", "bold red")
            for shown in result.audited.wrong.splitlines():
                line(f"                {shown}")
    if result.cut:
        row("cut off", f"nothing behind these violations was explored: {', '.join(result.cut)}", "yellow")
    if result.never_taken:
        row(
            "never taken",
            "these steps happen in no run; mend the model or mark them may_not_happen:",
            "bold red",
        )
        for place in result.never_taken:
            line(f"                {place}")
    if result.scenario is not None:
        row("scenario", f"{_scenario(result.scenario)}")
    for name, text in traces(result):
        line()
        line(f"── {name} " + "─" * max(78 - len(name) - 4, 0))
        console.print(Text(text.rstrip("\n")), soft_wrap=True)
    line()
    return "".join(f"{row.rstrip()}\n" for row in written.getvalue().splitlines())


def traces(result: ModelResult) -> Iterator[tuple[str, str]]:
    """The name and the text of each trace of ``result``, without the constants, which the report begins with; a
    scenario's own only where no property has the same run.
    """
    told = []
    for verdict in result.properties:
        if verdict.trace is not None:
            told.append(verdict.trace.steps)
            yield verdict.name, render_text(verdict.trace, about=False)
            for number, other in enumerate(verdict.others, start=2):
                yield (
                    f"{verdict.name}, run {number} of {len(verdict.others) + 1}",
                    render_text(other, about=False),
                )
    scenario = result.scenario
    if scenario is not None and scenario.trace is not None and scenario.trace.steps not in told:
        yield f"scenario {scenario.name}", render_text(scenario.trace, about=False)


def _scope(scope: Scope) -> str:
    parts = {name: value for name, value in scope.parts.items() if name != "constants"}
    return "; ".join(f"{name}: {value}" for name, value in parts.items()) + "; constants as above"


def _assumptions(result: ModelResult) -> dict[str, list[str]]:
    """What is assumed to be fair, with the properties that assume it."""
    found: dict[str, list[str]] = {}
    for verdict in result.properties:
        if verdict.fairness:
            found.setdefault("; ".join(verdict.fairness), []).append(verdict.name)
    return found


def _notes(result: ModelResult) -> list[str]:
    """The notes, those about events that a property does not hear in one line for each property in
    the table.
    """
    shown = {p.name for p in result.properties if p.applies}
    notes: list[str] = []
    unheard: dict[str, list[str]] = {}
    for note in result.notes:
        match = _UNHEARD.fullmatch(note)
        if match is None:
            notes.append(note)
        elif match["name"] in shown:
            unheard.setdefault(match["name"], []).append(match["event"])
    silent: dict[str, list[str]] = {}
    for verdict in result.properties:
        if not verdict.applies and verdict.message:
            silent.setdefault(verdict.message, []).append(verdict.name)
    notes += [f"{', '.join(names)}: {message}" for message, names in silent.items()]
    return notes + [f"{name}: this model has no {', no '.join(events)}" for name, events in unheard.items()]


def _figures(result: ModelResult, timing: bool) -> str:
    if result.engine == "symbolic":
        seconds = f", {result.seconds:.2f} s" if timing else ""
        return f"{result.states:,} control states, {result.transitions:,} transitions between them{seconds}"
    figures = [
        f"{result.states:,} states",
        f"{result.transitions:,} transitions",
        f"depth {result.depth}",
        f"{result.seconds:.2f} s" if timing else "",
        f"{result.bits_per_state} bits a state",
        f"{result.bytes_per_state:.1f} bytes a state" if timing else "",
    ]
    return ", ".join(filter(None, figures))


def _table(result: ModelResult) -> Table:
    table = Table(box=None, pad_edge=True, padding=(0, 2), header_style="bold")
    table.add_column("property", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("", overflow="fold")
    for verdict in result.properties:
        table.add_row(Text(printable(verdict.name)), _verdict(verdict), Text(printable(_remark(verdict))))
    return table


def _verdict(verdict: PropertyVerdict) -> Text:
    if not verdict.applies:
        return Text("not applicable", style="dim")
    if verdict.vacuous:
        return Text("vacuous", style="dim" if verdict.expected else "bold red")
    if verdict.trace is not None:
        return Text(f"VIOLATED in {verdict.trace.length}", style=_STYLES[VIOLATED])
    return Text(
        verdict.verdict.upper() if verdict.verdict == VIOLATED else verdict.verdict, _STYLES[verdict.verdict]
    )


def _remark(verdict: PropertyVerdict) -> str:
    remarks = []
    if verdict.listed:
        remarks.append(
            "as expected"
            if verdict.expected
            else f"the model expects a violation, but it {_instead(verdict)}"
        )
    if verdict.listed_vacuous and verdict.expected:
        remarks.append("as expected")
    if not verdict.selected:
        remarks.append("checked in every run")
    if verdict.verdict == HOLDS and verdict.how is not None and verdict.how.bound == ANY:
        remarks.append("for any number of tasks")
    if verdict.applies and verdict.verdict != VIOLATED and verdict.message:  # else it is a note
        remarks.append(verdict.message)
    return "; ".join(remarks)


def _instead(verdict: PropertyVerdict) -> str:
    return "holds" if verdict.verdict == HOLDS else "is not decided"


def _scenario(scenario: ScenarioVerdict) -> str:
    if scenario.followed is None:
        return f"{scenario.name}: unknown, the search was cut short"
    if scenario.trace is None:
        return f"{scenario.name}: no run follows it"
    steps = len(scenario.trace.steps)
    breaks = f"breaks {', '.join(scenario.breaks)}" if scenario.breaks else "breaks no property"
    return (
        f"{scenario.name}: the shortest run that follows it has {steps} step{'s' * (steps != 1)} and {breaks}"
    )
