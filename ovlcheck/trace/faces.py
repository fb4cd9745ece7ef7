"""The forms in which a trace can be shown, by name: what ``ovlcheck trace --format`` and ``--out`` offer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ovlcheck.trace.trace import Trace


class Face(NamedTuple):
    """``suffix`` is how the name of a file of this form ends; ``together``: one such file shows many traces."""

    suffix: str
    render: Callable[[Sequence[Trace]], str]
    together: bool = False


def _text(traces: Sequence[Trace]) -> str:
    from ovlcheck.trace.text import render_text

    return "\n".join(render_text(trace) for trace in traces)


def _cpu(traces: Sequence[Trace]) -> str:
    from ovlcheck.trace.cpu_table import cpu_table

    return "\n".join(cpu_table(trace) for trace in traces)


def _dot(traces: Sequence[Trace]) -> str:
    from ovlcheck.trace.dot import render_dot

    return "".join(render_dot(trace) for trace in traces)


def _svg(traces: Sequence[Trace]) -> str:
    from ovlcheck.trace.dot import render_svg

    return "".join(render_svg(trace) for trace in traces)


def _sequence(traces: Sequence[Trace]) -> str:
    from ovlcheck.trace.sequence import render_sequence

    return "".join(render_sequence(trace) for trace in traces)


def _html(traces: Sequence[Trace]) -> str:
    from ovlcheck.trace.page import render_page

    return render_page(traces)


def _json(traces: Sequence[Trace]) -> str:
    from ovlcheck.trace.saved import dumps

    return "".join(dumps(trace) for trace in traces)


FACES = {
    "text": Face("txt", _text),
    "cpu": Face("cpu.txt", _cpu),
    "dot": Face("dot", _dot),
    "svg": Face("svg", _svg),
    "sequence": Face("sequence.svg", _sequence),
    "html": Face("html", _html, together=True),
    "json": Face("json", _json),
}
