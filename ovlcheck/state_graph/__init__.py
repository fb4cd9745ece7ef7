"""The reachable states and steps of a model as a graph to be looked at: whole, or with states that agree merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx

__all__ = ["state_graph"]


def state_graph(
    model: str | Path,
    *,
    config: str | None = None,
    constants: Mapping[str, str | int | bool] | None = None,
    properties: Sequence[str] = (),
    by: Sequence[str] = (),
    max_states: int | None = None,
) -> networkx.MultiDiGraph:
    """The reachable graph of ``model`` (a file, or the name of a shipped model) as a graph of networkx.

    ``config`` and ``constants`` are as on the command line, ``properties`` the names of those that violating states
    are marked by (all, unless told).  ``by`` are expressions or tasks: states in which all of them have equal values
    become one node.  Attributes of nodes: ``label``, ``values`` (by name), ``states``, ``depth``, ``initial``,
    ``terminal``, ``violates``; of edges: ``label``, ``process``, ``function``, ``steps``, ``violates``; of the graph:
    ``name``, ``constants``, ``states``, ``transitions``, ``by``.

    Raises ``UsageError`` for a model of more than ``max_states`` states (20,000 unless told) and for what is no
    option, and ``CompileError`` for a model or property that does not compile.
    """
    from ovlcheck.prepare import Options
    from ovlcheck.state_graph.build import MOST_STATES, graph_of_model
    from ovlcheck.state_graph.write import to_networkx

    options = Options(properties=tuple(properties), constants=dict(constants or {}), config=config)
    most = MOST_STATES if max_states is None else max_states
    return to_networkx(graph_of_model(Path(model), options, by=tuple(by), most=most))
