"""A trace as a message-sequence chart in SVG: a lane for each task, time runs downwards.

Tasks of a kernel send no messages: what passes between them are values.  An arrow leads from the step that gave a
value to the step of another task that came about because of it; it is red where the value came too late, to a task
that had looked already.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from ovlcheck.trace.escape import markup, printable
from ovlcheck.trace.flow import Line, lines
from ovlcheck.trace.palette import VIOLATION, colour
from ovlcheck.trace.summary import broken, summary
from ovlcheck.trace.trace import UNBROKEN, Trace

_CHARACTERS = 38
"""Of a line in a box."""
_ADVANCE = 7.3
"""Pixels for a character of 12 pixels in any fixed-width font that is in use."""
_TITLE_ADVANCE = 8.6
"""The same for a character of the title, which has 14 pixels and is bold."""
_LEADING = 16
_PADDING = 8
_BOX = _CHARACTERS * _ADVANCE + 2 * _PADDING
_LANE = _BOX + 44
_MARGIN = 44
_STYLE = (
    "text{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#1b1f24;white-space:pre}"
    "text.title{font-weight:bold;font-size:14px}text.quiet{fill:#59636e}text.call{font-weight:bold}"
    f"text.bad{{fill:{VIOLATION};font-weight:bold;"
    "paint-order:stroke;stroke:#ffffff;stroke-width:5px}"
)


@dataclass(frozen=True)
class _Box:
    """A step on the page: ``lane`` is its task's; it goes from ``top`` to ``bottom``."""

    step: int
    lane: int
    top: float
    bottom: float
    rows: tuple[tuple[str, str], ...]

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def render_sequence(trace: Trace) -> str:
    """The chart as an SVG document; it needs nothing but the trace."""
    actors = list(dict.fromkeys(step.actor for step in trace.steps))
    width = _MARGIN + max(len(actors) * _LANE, 620) + 24
    says = broken(trace).removeprefix(f"{trace.property_name}: ")
    headline = _wrapped(trace.headline, width, _TITLE_ADVANCE)
    title = [*headline, *_wrapped(says, width)]
    head = 28 + _LEADING * len(title) + 40
    boxes = _boxes(trace, actors, head + 20)
    bottom = boxes[-1].bottom + 30 if boxes else head
    ending = [*_wrapped(summary(trace), width), *(f"{n} = {v}" for n, v in trace.relevant.items())]
    height = bottom + _LEADING * len(ending) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
        f"<title>{markup(trace.headline)}</title>",
        f"<style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto-start-reverse"><path d="M0,0L8,4L0,8z" fill="context-stroke"/></marker></defs>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
    ]
    for number, line in enumerate(title):
        parts.append(_text(16, 26 + _LEADING * number, line, "quiet" if number >= len(headline) else "title"))
    parts += _lanes(actors, head, bottom)
    parts += _arrows(trace, boxes)
    for box in boxes:
        parts += _drawn(trace, box)
    parts += _loop(trace, boxes)
    for number, line in enumerate(ending):
        parts.append(_text(16, bottom + 16 + _LEADING * number, line, ""))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _boxes(trace: Trace, actors: list[str], top: float) -> list[_Box]:
    told: dict[int, list[Line]] = {}
    for line in lines(trace):
        if line.kind != "loop":
            told.setdefault(line.step, []).append(line)
    boxes: list[_Box] = []
    for number, step in enumerate(trace.steps):
        if number == trace.loop_start:
            top += _LEADING
        rows = tuple(_rows(told.get(number, []))) or (("quiet", f"{step.function}()"[:_CHARACTERS]),)
        high = _LEADING * len(rows) + _PADDING if number in told else float(_LEADING)
        boxes.append(_Box(number, actors.index(step.actor), top, top + high, rows))
        top += high + 12
    return boxes


def _rows(told: list[Line]) -> Iterator[tuple[str, str]]:
    shallow = min((line.depth for line in told), default=0)
    for line in told:
        indent = min(2 * (line.depth - shallow), _CHARACTERS // 2)
        for row in textwrap.wrap(
            printable(line.text),
            _CHARACTERS,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + 4),
            break_on_hyphens=False,
        ):
            yield line.kind, row.replace(UNBROKEN, " ")


def _lanes(actors: list[str], head: float, bottom: float) -> Iterator[str]:
    for lane, actor in enumerate(actors):
        x, look = _left(lane) + _BOX / 2, colour(lane)
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{head:.0f}" y2="{bottom:.0f}" stroke="{look.line}" '
            'stroke-width="1.5"/>'
        )
        yield (
            f'<rect class="lane" x="{_left(lane):.1f}" y="{head - 30:.0f}" width="{_BOX:.1f}" height="30" rx="6" '
            f'fill="{look.fill}" stroke="{look.line}" stroke-width="2"/>'
        )
        yield _text(x, head - 10, printable(actor)[:_CHARACTERS], "call", "middle")


def _drawn(trace: Trace, box: _Box) -> Iterator[str]:
    look, x = colour(box.lane), _left(box.lane)
    violates = box.step + 1 == len(trace.steps) and trace.loop_start is None
    aside = not trace.matters(box.step)
    edge = f'stroke="{VIOLATION}" stroke-width="3"' if violates else f'stroke="{look.line}"'
    dashed = ' stroke-dasharray="3 3"' if aside else ""
    yield (
        f'<g class="step"><rect x="{x:.1f}" y="{box.top:.1f}" width="{_BOX:.1f}" height="{box.bottom - box.top:.1f}" '
        f'rx="5" fill="{"#ffffff" if aside else look.fill}" {edge}{dashed}/>'
    )
    yield _text(_MARGIN - 12, box.top + 12, str(box.step + 1), "bad" if violates else "quiet", "end")
    for number, (kind, row) in enumerate(box.rows):
        y = box.top + 12 + (_PADDING / 2 - 1 if not aside else 0) + _LEADING * number
        yield _text(x + _PADDING, y, row, {"call": "call", "quiet": "quiet"}.get(kind, ""))
    yield "</g>"


def _arrows(trace: Trace, boxes: list[_Box]) -> Iterator[str]:
    for source, target, name in _passed(trace):
        yield _arrow(
            boxes[source], boxes[target], f"{name}: step {source + 1} to step {target + 1}", "#59636e", ""
        )
    for race in trace.races:
        if boxes[race.changed].lane != boxes[race.used].lane:
            title = (
                f"race: {race.name} changed in step {race.changed + 1}, seen before in step {race.read + 1}"
            )
            yield _arrow(boxes[race.changed], boxes[race.used], title, VIOLATION, ' stroke-dasharray="6 4"')


def _passed(trace: Trace) -> Iterator[tuple[int, int, str]]:
    """The step that gave a value, the first step of each other task that came about because of it, and its name.

    What an object has from the beginning is passed by whoever passes the object.
    """
    gave: dict[str, int] = {}
    told: set[tuple[str, str]] = set()
    for number, step in enumerate(trace.steps):
        if step.role is None:
            continue
        for name in step.role.read:
            source = gave.get(name)
            if (
                source is not None
                and trace.steps[source].actor != step.actor
                and (name, step.actor) not in told
            ):
                told.add((name, step.actor))
                yield source, number, name
        new = {c.name for c in step.changes if c.old in (None, "free") and c.new is not None}
        for name in step.role.gave:
            gave[name] = number
            told = {(known, actor) for known, actor in told if known != name}
        gave = {name: at for name, at in gave.items() if name not in new}


def _arrow(source: _Box, target: _Box, title: str, stroke: str, dash: str) -> str:
    right = source.lane < target.lane
    x1 = _left(source.lane) + (_BOX if right else 0)
    x2 = _left(target.lane) + (0 if right else _BOX)
    y1, y2 = source.middle, target.middle
    bend = 22 if right else -22
    return (
        f'<path class="message" d="M{x1:.1f},{y1:.1f}C{x1 + bend:.1f},{y1:.1f} {x2 - bend:.1f},{y2:.1f} '
        f'{x2:.1f},{y2:.1f}" fill="none" stroke="{stroke}" stroke-width="1.4"{dash} marker-end="url(#tip)">'
        f"<title>{markup(title)}</title></path>"
    )


def _loop(trace: Trace, boxes: list[_Box]) -> Iterator[str]:
    if trace.loop_start is None or not boxes:
        return
    if trace.loop_start == len(boxes):
        yield _text(_MARGIN, boxes[-1].bottom + 20, "nothing happens any more", "bad")
        return
    top, bottom = boxes[trace.loop_start].top, boxes[-1].bottom
    yield (
        f'<path d="M{_MARGIN - 4},{bottom - 4:.1f}H10V{top + 4:.1f}H{_MARGIN - 6}" fill="none" stroke="{VIOLATION}" '
        'stroke-width="2" marker-end="url(#tip)"/>'
    )
    yield _text(_MARGIN, top - 5, "from here on for ever", "bad")


def _left(lane: int) -> float:
    return _MARGIN + lane * _LANE


def _text(x: float, y: float, text: str, kind: str, anchor: str = "") -> str:
    shown = markup(text.replace(UNBROKEN, " "))
    look = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{look} xml:space="preserve">{shown}</text>'


def _wrapped(text: str, width: float, advance: float = _ADVANCE) -> list[str]:
    return textwrap.wrap(printable(text), int((width - 32) / advance), break_on_hyphens=False)
