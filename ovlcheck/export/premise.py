"""Fairness as a premise: what a property assumes of steps, as conditions on states.

For checkers that know no fairness of steps, or another one.  Whose step was the last is a variable of its own, and so
part of every state; and whoever need not move may stay where he is, which is a step of nobody's.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from ovlcheck.export.claim import Fair
from ovlcheck.export.commands import Command, commands
from ovlcheck.export.folding import disjunction, negation
from ovlcheck.export.path import condition_of
from ovlcheck.system.expr import Binary, Const, Expr, Load, Param
from ovlcheck.system.fairness import NONE, STRONG, deciding_parameters, fairness_of
from ovlcheck.system.formula import Requirement
from ovlcheck.system.logic import substitute
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Assign, Edge, Source, TransitionSystem, Variable
from ovlcheck.system.types import Int

LAST = "last step by"
"""The variable that says whose step the last one was: 0 is nobody's, and what there is in the beginning."""
STAY = "stay"
"""The step of nobody, which is there always."""
_NOWHERE = Source("", 0, "", "")


def with_last(system: TransitionSystem) -> TransitionSystem:
    """``system`` with ``LAST`` and ``STAY``."""
    first, everybody = _numbered(system)
    edges = [
        replace(edge, ops=(*edge.ops, Assign(LAST, (), _number(edge, number))))
        for edge, number in zip(system.edges, first, strict=True)
    ]
    nobody = Edge(STAY, (Assign(LAST, (), Const(0)),), _NOWHERE, fairness="none")
    variable = Variable(LAST, Int(0, everybody))
    return replace(system, variables=(*system.variables, variable), edges=(*edges, nobody))


def _numbered(system: TransitionSystem) -> tuple[list[int], int]:
    """For each edge the number of the first whose step it may be, of those from 1 on; and the last number."""
    first: dict[tuple[str | None, str], int] = {}
    last = 0
    numbers = []
    for edge in system.edges:
        by = (edge.process, edge.process or edge.name)
        if by not in first:
            first[by] = last + 1
            last += prod(parameter.size for parameter in deciding_parameters(edge))
        numbers.append(first[by])
    return numbers, last


def _number(edge: Edge, first: int) -> Expr:
    """Whose step one of ``edge`` is, where its parameters are free: a number from ``first`` on."""
    number: Expr = Const(0)
    for parameter in deciding_parameters(edge):
        number = Binary("+", Binary("*", number, Const(parameter.size)), Param(parameter.name))
    return Binary("+", number, Const(first))


def assumptions(system: TransitionSystem, requirement: Requirement) -> tuple[Fair, ...]:
    """What is assumed for ``requirement`` of ``system``, which ``with_last`` made."""
    semantics = Semantics(system)
    fairness = fairness_of(semantics, requirement)
    first, _ = _numbered(system)
    fair: dict[int, list[Expr]] = {}
    strong: dict[int, list[Expr]] = {}
    taken: dict[int, Expr] = {}
    steps = zip(semantics.actions, commands(system, bind=True), strict=True)
    for (action, command), kind, group in zip(steps, fairness.kind, fairness.group, strict=True):
        assert command.edge is system.edges[action.edge]
        assert command.arguments == action.arguments
        if kind == NONE:
            continue
        enabled = disjunction([command.path.succeeds(), command.path.ends_fatally()])
        fair.setdefault(group, []).append(enabled)
        if kind == STRONG:
            strong.setdefault(group, []).append(enabled)
        taken.setdefault(group, _taken(system, command, first[action.edge]))
    return tuple(
        Fair(
            often=disjunction([taken[group], negation(disjunction(found))]),
            taken=taken[group],
            again=disjunction(strong[group]) if group in strong else None,
        )
        for group, found in sorted(fair.items())
    )


def _taken(system: TransitionSystem, command: Command, first: int) -> Expr:
    """Whether the last step was by whom ``command`` is of."""
    assert command.arguments is not None
    names = (parameter.name for parameter in command.edge.parameters)
    values = dict(zip(names, map(Const, command.arguments), strict=True))
    who = substitute(_number(command.edge, first), values, {})
    return condition_of(system, Binary("==", Load(LAST, ()), who))
