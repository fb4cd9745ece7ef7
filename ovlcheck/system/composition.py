"""Edges run one after the other, as one edge: what fusion makes of a run of steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ovlcheck.system.expr import Expr, Param, Temp, rebuild
from ovlcheck.system.transition_system import Assign, Check, Edge, Let, Op, Parameter, map_expressions


@dataclass(frozen=True)
class Part:
    """Edge number ``edge`` of the original system; its parameters are those at ``positions`` of the whole."""

    edge: int
    positions: tuple[int, ...]


def whole(number: int, edge: Edge) -> tuple[Part, ...]:
    """``edge`` as the only part of itself."""
    return (Part(number, tuple(range(len(edge.parameters)))),)


def in_turn(edges: Sequence[Edge], run: Sequence[int]) -> tuple[Edge, tuple[Part, ...]]:
    """One edge that does what the edges numbered ``run`` do in turn, all of them steps of one instance.

    Temporaries and choices of each keep apart; the instance is one parameter of all.  The edge starts where the first
    does, ends where the last does, and runs the lines of all.
    """
    parameters: list[Parameter] = []
    ops: list[Op] = []
    parts: list[Part] = []
    for position, number in enumerate(run):
        edge = edges[number]
        names = {p.name: p.name if p.name == "self" else _nth(p.name, position) for p in edge.parameters}
        known = {p.name: at for at, p in enumerate(parameters)}
        for parameter in edge.parameters:
            if names[parameter.name] not in known:
                known[names[parameter.name]] = len(parameters)
                parameters.append(replace(parameter, name=names[parameter.name]))
        parts.append(Part(number, tuple(known[names[p.name]] for p in edge.parameters)))
        ops += [_renamed(_placed(op, edge), position, names) for op in edge.ops]
    first, last = edges[run[0]], edges[run[-1]]
    lines = tuple(dict.fromkeys(at for number in run for at in (edges[number].source, *edges[number].lines)))
    fused = replace(first, ops=tuple(ops), parameters=tuple(parameters), target=last.target, lines=lines)
    return fused, tuple(parts)


def _nth(name: str, position: int) -> str:
    return f"{name}.{position}" if position else name


def _placed(op: Op, edge: Edge) -> Op:
    """``op`` with the place of its own edge, for failures to name."""
    return replace(op, source=edge.source) if isinstance(op, (Assign, Check)) and op.source is None else op


def _renamed(op: Op, position: int, parameters: dict[str, str]) -> Op:
    def visit(expr: Expr) -> Expr:
        match expr:
            case Temp(name):
                return Temp(_nth(name, position))
            case Param(name):
                return Param(parameters.get(name, name))
        return rebuild(expr, visit)

    renamed = map_expressions(op, visit)
    return replace(renamed, temp=_nth(renamed.temp, position)) if isinstance(renamed, Let) else renamed
