"""A trace as a graph of states: time runs downwards, and every process has a column of its own.

Each box is the state after a step, with the values that changed in bold; the violating one has a thick red border, and
the way back of a loop is a red arrow.  Dashed boxes are steps that the violation does not depend on.  Bold arrows are
context switches.  The DOT text is written here; Graphviz itself is asked for only to lay it out as SVG.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ovlcheck.trace.escape import markup, printable
from ovlcheck.trace.palette import VIOLATION, colour
from ovlcheck.trace.summary import summary
from ovlcheck.trace.trace import Step, Trace

_WRAP = 60
_FOR_EVER = f'color="{VIOLATION}", fontcolor="{VIOLATION}", label="for ever"'


def render_svg(trace: Trace) -> str:
    """The picture as an SVG document.  Raises ``UsageError`` when pygraphviz is not installed."""
    from ovlcheck.graphviz import to_svg

    return to_svg(render_dot(trace))


def render_dot(trace: Trace) -> str:
    """The picture in Graphviz's DOT language."""
    actors = list(dict.fromkeys(step.actor for step in trace.steps))
    lines = [
        "digraph trace {",
        '  graph [charset="UTF-8", fontname="Helvetica", fontsize=12, labelloc="t", labeljust="l",',
        f"         rankdir=TB, ranksep=0.25, nodesep=0.4, label={_title(trace)}];",
        '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11, margin="0.12,0.06"];',
        '  edge [color="#555555", arrowsize=0.7, fontname="Helvetica", fontsize=11];',
    ]
    for column, actor in enumerate(actors):
        tint = colour(column)
        look = f'group=lane{column}, fontsize=13, fillcolor="{tint.fill}", color="{tint.line}", penwidth=2'
        lines.append(f"  lane{column} [label=<<b>{markup(actor)}</b>>, {look}];")
    if actors:
        lines.append(f"  {{ rank=same; {'; '.join(f'lane{i}' for i in range(len(actors)))}; }}")
        lines += [f"  lane{i} -> lane{i + 1} [style=invis];" for i in range(len(actors) - 1)]
        lines += [f"  lane{i} -> step1 [style=invis, weight=0];" for i in range(len(actors))]
    last = {actor: f"lane{i}" for i, actor in enumerate(actors)}
    for number, step in enumerate(trace.steps, 1):
        column = actors.index(step.actor)
        violated = number == len(trace.steps) and trace.loop_start is None
        looping = trace.loop_start is not None and number > trace.loop_start
        tint = colour(column)
        look = f'fillcolor="{tint.fill}", color="{tint.line}"'
        if violated or looping:
            look = f'fillcolor="{tint.fill}", color="{VIOLATION}", penwidth={3 if violated else 1.5}'
        elif not trace.matters(number - 1):
            look = f'fillcolor="#ffffff", color="{tint.line}", style="rounded,filled,dashed"'
        lines.append(f"  step{number} [group=lane{column}, {look}, label={_label(number, step)}];")
        if number > 1:
            switch = trace.steps[number - 2].actor != step.actor
            lines.append(f"  step{number - 1} -> step{number} [{'penwidth=2.2' if switch else 'weight=4'}];")
        if last[step.actor] != f"step{number - 1}":
            lines.append(
                f"  {last[step.actor]} -> step{number} "
                f'[style=dotted, arrowhead=none, weight=8, color="#aaaaaa"];'
            )
        last[step.actor] = f"step{number}"
    lines += _ending(trace)
    lines.append("}")
    return "\n".join(lines) + "\n"


def _title(trace: Trace) -> str:
    rows = [f"<b>{markup(trace.headline)}</b>"]
    told = [*trace.remarks, summary(trace)]
    rows += [markup(line) for remark in told for line in _lines(remark, 90)]
    rows.append(markup(f"{trace.model} ({trace.path})"))
    return "<" + "".join(f'{row}<br align="left"/>' for row in rows) + ">"


def _label(number: int, step: Step) -> str:
    place = markup(f"{step.file}:{step.line}")
    rows = [f"<b>{number}&#160; {markup(step.function)}</b>", f'<font point-size="9">{place}</font>']
    rows += [f'<font face="Courier">{markup(line)}</font>' for line in _lines(step.source.strip())]
    changed = {str(c).removeprefix(f"{step.actor} ") for c in step.changes}
    for remark in step.remarks:
        lines = [markup(line) for line in _lines(remark)]
        rows += [f"<b>{line}</b>" for line in lines] if remark in changed else lines
    if step.partial:
        rows.append(f'<font color="{VIOLATION}">here the violation ends the step</font>')
    return "<" + "".join(f'{row}<br align="left"/>' for row in rows) + ">"


def _ending(trace: Trace) -> Iterator[str]:
    """What follows the last step: the way back of a loop, who is stuck, or the state that the
    verdict was read from.
    """
    last = f"step{len(trace.steps)}"
    if trace.loop_start == len(trace.steps):
        look = f'shape=box, style="rounded,dashed", color="{VIOLATION}"'
        yield f"  rest [{look}, label=<nothing happens any more>];"
        if trace.steps:
            yield f'  {last} -> rest [color="{VIOLATION}", style=dashed];'
        yield f"  rest -> rest [{_FOR_EVER}];"
    elif trace.loop_start is not None:
        yield f"  {last} -> step{trace.loop_start + 1} [constraint=false, {_FOR_EVER}];"
    rows = [f"{name} = {value}" for name, value in trace.relevant.items()]
    rows += [f"{s.actor} is stuck in {s.function}, {s.file}:{s.line}" for s in trace.stuck]
    if rows:
        label = "".join(f'{markup(line)}<br align="left"/>' for row in rows for line in _lines(row))
        yield f'  end [shape=note, style=filled, fillcolor="#fff8c5", color="#888888", label=<{label}>];'
        if trace.steps:
            yield f"  {last} -> end [style=dashed, arrowhead=none];"


def _lines(text: str, width: int = _WRAP) -> list[str]:
    return textwrap.wrap(printable(text), width, subsequent_indent="    ", break_on_hyphens=False)
