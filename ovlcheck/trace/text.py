"""A trace as plain text of at most 80 columns, to be read in a terminal or quoted in a mail."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ovlcheck.trace.escape import printable
from ovlcheck.trace.summary import summary
from ovlcheck.trace.trace import UNBROKEN, Step, Trace

WIDTH = 80
_BODY = " " * 8
_ACTOR = 12
"""Columns kept for who moves; a longer name pushes the rest of its line to the right."""


def render_text(trace: Trace, *, about: bool = True) -> str:
    """What is violated, the steps with what each of them changed, and the end state as far as it
    matters; which model with which constants that was, unless it is not ``about`` that.
    """
    lines = [*_header(trace, about), ""]
    lines += _start(trace)
    digits = max(len(str(len(trace.steps))), 2)
    columns = min(max((len(step.actor) for step in trace.steps), default=0), _ACTOR)
    for number, step in enumerate(trace.steps, 1):
        if trace.loop_start == number - 1:
            lines += ["  -- from here on for ever:", ""]
        lines += [*_step(number, step, digits, columns), ""]
    if trace.loop_start == len(trace.steps):
        lines += ["  -- from here on nothing happens any more", ""]
    elif trace.loop_start is not None:
        lines += [f"  -- and again from step {trace.loop_start + 1}", ""]
    lines += _stuck(trace)
    lines += _end(trace)
    while lines[-1] == "":
        lines.pop()
    return "\n".join(lines) + "\n"


def _header(trace: Trace, about: bool) -> Iterator[str]:
    yield from _wrap(trace.headline, "", "  ")
    for remark in (*trace.remarks, summary(trace)):
        if remark:
            yield from _wrap(remark, "  ", "    ")
    if not about:
        return
    yield ""
    yield from _wrap(f"model      {trace.model} ({trace.path})", "", " " * 11)
    if trace.constants:
        shown = " ".join(f"{name}={value}" for name, value in trace.constants.items())
        yield from _wrap(f"constants  {shown}", "", " " * 11)


def _start(trace: Trace) -> Iterator[str]:
    values = [f"{name} = {trace.initial[name]}" for name in trace.relevant if name in trace.initial]
    if values and trace.steps:
        yield "at the start"
        for value in values:
            yield from _wrap(value, "  ", "    ")
        yield ""


def _step(number: int, step: Step, digits: int, columns: int) -> Iterator[str]:
    head = f"{number:>{digits}}  {step.actor:<{columns}}  {step.function}"
    place = f"{step.file}:{step.line}"
    source = step.source.strip()
    if len(head) + len(place) + len(source) + 5 <= WIDTH:
        yield from _wrap(f"{head}  {place}   {source}".rstrip(), "", _BODY)
    else:
        yield from _wrap(f"{head}  {place}", "", _BODY)
        if source:
            yield from _wrap(source, _BODY, _BODY + "    ")
    for remark in step.remarks:
        yield from _wrap(remark, _BODY + "  ", _BODY + "      ")
    if step.partial:
        yield f"{_BODY}  here the violation ends the step"


def _stuck(trace: Trace) -> Iterator[str]:
    if not trace.stuck:
        return
    yield "stuck for ever"
    columns = max(len(stuck.actor) for stuck in trace.stuck)
    for stuck in trace.stuck:
        yield from _wrap(
            f"{stuck.actor:<{columns}}  {stuck.function}  {stuck.file}:{stuck.line}", "  ", "    "
        )
        if stuck.source.strip():
            yield from _wrap(stuck.source.strip(), _BODY, _BODY + "    ")
    yield ""


def _end(trace: Trace) -> Iterator[str]:
    if trace.relevant:
        yield "when it fails"
        for name, value in trace.relevant.items():
            yield from _wrap(f"{name} = {value}", "  ", "    ")


def _wrap(text: str, first: str, rest: str) -> list[str]:
    """``text`` as lines of at most ``WIDTH`` columns; spaces that align columns are kept."""
    lines = textwrap.wrap(
        printable(text), WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
    return [line.replace(UNBROKEN, " ") for line in lines] or [first.rstrip()]
