"""Which step is which in the graph of a system: a number for each step that fairness may tell apart.

Generated code says the number of every step it takes; a table that the driver fills maps numbers to classes, and
all that is asked about steps is asked about classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod

from ovlcheck.explore.native.problems import NotSupported
from ovlcheck.system.action import Action
from ovlcheck.system.fairness import deciding_parameters, fairness_class, usable
from ovlcheck.system.formula import Possibility, Requirement
from ovlcheck.system.transition_system import Edge, Parameter, TransitionSystem

MOST_CLASSES = 1 << 15
"""A class is stored in 15 bits."""


class StepNumbers:
    """The steps of ``system``: an edge at each value of the parameters that decide whose step it is.

    ``first`` is the number of each edge's first step, ``total`` is how many there are.
    """

    def __init__(self, system: TransitionSystem) -> None:
        self.parameters = tuple(deciding_parameters(edge) for edge in system.edges)
        self._edges = system.edges
        self.first: list[int] = []
        self.total = 0
        for parameters in self.parameters:
            self.first.append(self.total)
            self.total += prod(p.size for p in parameters)

    def factors(self, edge: int) -> list[tuple[Parameter, int]]:
        """The parameters that decide, each with how many steps lie between two of its values."""
        sizes = [p.size for p in self.parameters[edge]]
        return [(p, prod(sizes[k + 1 :])) for k, p in enumerate(self.parameters[edge])]

    def of(self, action: Action) -> int:
        """The number of the step that ``action`` is."""
        parameters = self._edges[action.edge].parameters
        values = {p.name: value for p, value in zip(parameters, action.arguments, strict=True)}
        return self.first[action.edge] + sum(values[p.name] * n for p, n in self.factors(action.edge))


@dataclass(frozen=True)
class StepClasses:
    """Steps that no requirement of the system tells apart have one class.

    ``of`` is by the number of a step; ``group`` and ``edge``, an example, are by class.  A group is whose step it is.
    """

    of: tuple[int, ...]
    group: tuple[int, ...]
    edge: tuple[Edge, ...]

    def kinds(self, requirement: Requirement) -> list[int]:
        """The fairness of the steps of each class for ``requirement``."""
        return [fairness_class(edge, requirement) for edge in self.edge]

    def usable(self, demand: Possibility) -> list[bool]:
        """Whether a way may have steps of each class."""
        return [usable(edge, demand) for edge in self.edge]


def step_classes(system: TransitionSystem, numbers: StepNumbers) -> StepClasses:
    """The classes of the steps of ``system``.  Raises ``NotSupported`` where there are too many."""
    classes: dict[tuple[int, tuple[int, ...]], int] = {}
    groups: dict[tuple[object, ...], int] = {}
    of: list[int] = []
    edges: list[Edge] = []
    for edge, parameters in zip(system.edges, numbers.parameters, strict=True):
        kinds = tuple(_kind(edge, requirement) for requirement in system.requirements)
        for values in product(*(range(p.size) for p in parameters)):
            who = (
                ("process", edge.process, *(values or (0,))) if edge.process else ("rule", edge.name, *values)
            )
            key = groups.setdefault(who, len(groups)), kinds
            if key not in classes:
                classes[key] = len(classes)
                edges.append(edge)
            of.append(classes[key])
    if len(classes) > MOST_CLASSES:
        raise NotSupported(
            f"{len(classes)} kinds of steps for properties of whole behaviours: the native engine tells apart at most "
            f"{MOST_CLASSES}; use the reference engine"
        )
    return StepClasses(tuple(of), tuple(group for group, _ in classes), tuple(edges))


def _kind(edge: Edge, requirement: Requirement) -> int:
    if isinstance(requirement.demand, Possibility):
        return usable(edge, requirement.demand)
    return fairness_class(edge, requirement)
