"""A state graph in the forms that other programs read: DOT, SVG, GraphML, networkx.

Names come from models, so anything may stand in them; nothing of it becomes markup or syntax in any form.
"""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

from ovlcheck.errors import UsageError
from ovlcheck.graphviz import TooLong, to_svg_within
from ovlcheck.state_graph.graph import Arc, Node, StateGraph
from ovlcheck.trace.escape import markup, printable

if TYPE_CHECKING:
    import networkx

MOST_DRAWN = 300
"""Nodes, and three times as many arcs, beyond which nobody could read a picture, nor Graphviz make one in time."""

DRAWING_SECONDS = 60
"""How long Graphviz may take: most graphs below the limits take less than a few seconds, and some would take hours."""

_CURVED = 40
"""Nodes, and three times as many arcs, up to which arcs are drawn as curves, which takes long where there are many.

Beyond that they have corners: straight ones would not come near their labels.
"""

_WRAP = 60
_SHOWN = 12
"""Values of a node that its label has room for."""


def write_svg(graph: StateGraph) -> str:
    """The picture.  Raises ``UsageError`` for a graph that is too large to be drawn."""
    hint = "merge states with --by, or write --format graphml for a program that draws large graphs"
    if len(graph.nodes) > MOST_DRAWN or len(graph.arcs) > 3 * MOST_DRAWN:
        raise UsageError(
            f"{graph.model}: {len(graph.nodes):,} nodes and {len(graph.arcs):,} arcs are too many for a picture, "
            f"which has at most {MOST_DRAWN} and {3 * MOST_DRAWN}",
            hint,
        )
    try:
        return to_svg_within(write_dot(graph), DRAWING_SECONDS)
    except TooLong:
        raise UsageError(
            f"{graph.model}: Graphviz has not drawn {len(graph.nodes):,} nodes and {len(graph.arcs):,} arcs in "
            f"{DRAWING_SECONDS} s",
            hint,
        ) from None


def write_dot(graph: StateGraph) -> str:
    """The graph in Graphviz's DOT language."""
    merged = bool(graph.by)
    lines = [
        "digraph states {",
        f'  graph [charset="UTF-8", rankdir=TB, fontname="Helvetica", labelloc="t", label=<{markup(graph.headline)}>];',
        '  node [shape=box, style="rounded,filled", fillcolor="#f6f8fa", color="#888888", fontname="Helvetica", '
        'fontsize=10, margin="0.1,0.05"];',
        '  edge [color="#555555", fontname="Helvetica", fontsize=9, arrowsize=0.7];',
    ]
    if len(graph.nodes) > _CURVED or len(graph.arcs) > 3 * _CURVED:
        lines.append("  graph [splines=polyline, nslimit=1, nslimit1=1, mclimit=0.1];")
    for node in graph.nodes:
        label = _label(node, merged)
        lines.append(f"  n{node.number} [{', '.join([f'label=<{label}>', *_look(node)])}];")
    lines += [f"  n{arc.source} -> n{arc.target} [{_arc_look(arc)}];" for arc in graph.arcs]
    return "\n".join([*lines, "}"]) + "\n"


def _label(node: Node, merged: bool) -> str:
    """A state of the whole graph is shown by its number: there is room for its values in the tooltip only."""
    text = node.label if merged or not node.states else str(node.number)
    if node.violates and node.states:
        text += "".join(f"\nbreaks {name}" for name in node.violates)
    rows = [row for line in text.split("\n") for row in textwrap.wrap(printable(line), _WRAP) or [""]]
    hidden = len(rows) - _SHOWN
    rows = rows[:_SHOWN] + ([f"and {hidden} more lines"] if hidden > 0 else [])
    return "<br/>".join(markup(row) for row in rows)


def _look(node: Node) -> list[str]:
    """Initial states have a double border, terminal ones a bold one; what is violated is red."""
    look = []
    if not node.states:
        look.append("shape=octagon")
    if node.initial:
        look.append("peripheries=2")
    if node.terminal and node.states:
        look.append('penwidth=2.5, color="#000000"')
    if node.violates:
        look.append('fillcolor="#f7dede", color="#b00020"')
    values = "; ".join(f"{name} = {value}" for name, value in node.values.items())
    look.append(f"tooltip={_quoted(values or node.label)}")
    return look


def _arc_look(arc: Arc) -> str:
    look = f"label=<{markup(arc.label)}>"
    if arc.violates:
        look += f', color="#b00020", tooltip={_quoted("breaks " + ", ".join(arc.violates))}'
    return look


def _quoted(text: str) -> str:
    """``text`` as a quoted string of DOT, in which a backslash would be the beginning of an escape."""
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def to_networkx(graph: StateGraph) -> networkx.MultiDiGraph:
    """The graph for Python: attributes are those of ``Node`` and ``Arc``, as they are."""
    import networkx

    made = networkx.MultiDiGraph(
        name=graph.model,
        constants=dict(graph.constants),
        states=graph.states,
        transitions=graph.transitions,
        by=graph.by,
    )
    for node in graph.nodes:
        made.add_node(
            node.number,
            label=node.label,
            values=dict(node.values),
            states=node.states,
            depth=node.depth,
            initial=node.initial,
            terminal=node.terminal,
            violates=node.violates,
        )
    for arc in graph.arcs:
        made.add_edge(
            arc.source,
            arc.target,
            label=arc.label,
            process=arc.process,
            function=arc.function,
            steps=arc.steps,
            violates=arc.violates,
        )
    return made


def write_graphml(graph: StateGraph) -> str:
    """The graph as GraphML.  A value called NAME is the attribute ``value NAME`` of its node."""
    import networkx

    made = networkx.MultiDiGraph(
        name=printable(graph.model),
        states=graph.states,
        transitions=graph.transitions,
        by=printable(", ".join(graph.by)),
        constants=printable(" ".join(f"{name}={value}" for name, value in graph.constants.items())),
    )
    for node in graph.nodes:
        values = {f"value {printable(name)}": printable(value) for name, value in node.values.items()}
        made.add_node(
            f"n{node.number}",
            label=_lines(node.label),
            states=node.states,
            depth=node.depth,
            initial=node.initial,
            terminal=node.terminal,
            violates=printable(", ".join(node.violates)),
            **values,
        )
    for arc in graph.arcs:
        made.add_edge(
            f"n{arc.source}",
            f"n{arc.target}",
            label=printable(arc.label),
            process=printable(arc.process),
            function=printable(arc.function),
            steps=arc.steps,
            violates=printable(", ".join(arc.violates)),
        )
    written = io.BytesIO()
    networkx.write_graphml(made, written)
    return written.getvalue().decode() + "\n"


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))
