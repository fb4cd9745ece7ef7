"""``ovlcheck graph``: the reachable states and steps of a model as a graph."""

from __future__ import annotations

from pathlib import Path

import click

from ovlcheck.messages import deliver
from ovlcheck.options import Asked, debug_option, form_of, what_to_check


@click.command("graph")
@click.argument("model", type=click.Path(path_type=Path))
@what_to_check
@click.option(
    "--by",
    metavar="WHAT",
    multiple=True,
    help="Merge states in which all WHATs have equal values: expressions, as in upper0.is_dirty, or tasks, as in "
    "writer0, for where they are.",
)
@click.option(
    "--max-states",
    type=click.IntRange(min=1),
    default=20_000,
    show_default=True,
    metavar="N",
    help="Refuse a model of more than N states.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["dot", "svg", "graphml"]),
    help="How it is written.  [default: as FILE is called, else dot]",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there."
)
@debug_option
def command(
    model: Path, asked: Asked, by: tuple[str, ...], max_states: int, style: str | None, out: Path | None
) -> None:
    """Write the reachable states of MODEL and the steps between them as a graph.

    Initial states have a double border, those without a step that leads on a bold one; states and steps that break
    a property are red.
    """
    from ovlcheck.state_graph.build import graph_of_model
    from ovlcheck.state_graph.write import write_dot, write_graphml, write_svg

    by_name = {".dot": "dot", ".gv": "dot", ".svg": "svg", ".graphml": "graphml"}
    chosen = style or form_of(out, by_name, "dot")
    graph = graph_of_model(model, asked.options(), by=by, most=max_states)
    text = {"dot": write_dot, "svg": write_svg, "graphml": write_graphml}[chosen](graph)
    deliver(text, out)
    if out is not None:
        click.echo(f"{out}: {graph.headline}", err=True)
