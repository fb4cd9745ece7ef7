"""Fair behaviours by their definition: every stem and every loop up to a length, tried one by one."""

from __future__ import annotations

from collections.abc import Iterator

from ovlcheck.explore.liveness.graph import FATAL, Graph
from ovlcheck.system.expr import Expr
from ovlcheck.system.fairness import NONE, STRONG, Fairness
from ovlcheck.system.formula import Formula
from ovlcheck.system.semantics import Semantics
from ovlcheck.temporal.lasso_word import holds_of_lasso

Lasso = tuple[list[int], list[int], int]
"""States, the steps between them (places in the graph), and where the loop begins."""


def lassos(graph: Graph, longest: int) -> Iterator[Lasso]:
    """Every behaviour of at most ``longest`` steps and then a loop back, or the end."""

    def extend(states: list[int], steps: list[int]) -> Iterator[Lasso]:
        yield states, steps, len(steps)
        for at in range(len(steps)):
            if states[at] == states[-1]:
                yield states, steps, at
        if len(steps) == longest:
            return
        for step in range(graph.offsets[states[-1]], graph.offsets[states[-1] + 1]):
            if graph.targets[step] != FATAL:
                yield from extend([*states, graph.targets[step]], [*steps, step])

    for start in range(graph.initial):
        yield from extend([start], [])


def is_fair(graph: Graph, fairness: Fairness, lasso: Lasso) -> bool:
    states, steps, start = lasso
    took = {fairness.group[graph.actions[step]] for step in steps[start:]}
    enabled: list[tuple[set[int], set[int]]] = []
    for state in states[start : max(len(states) - 1, start + 1)]:
        actions = graph.actions[graph.offsets[state] : graph.offsets[state + 1]]
        fair = {fairness.group[a] for a in actions if fairness.kind[a] != NONE}
        enabled.append((fair, {fairness.group[a] for a in actions if fairness.kind[a] == STRONG}))
    all_the_time = set.intersection(*(fair for fair, _ in enabled))
    again = set.union(*(strong for _, strong in enabled))
    return (all_the_time | again) <= took


def broken_by(semantics: Semantics, graph: Graph, fairness: Fairness, formula: Formula, longest: int) -> bool:
    """Whether ``formula`` does not hold of some fair behaviour among them."""
    for lasso in lassos(graph, longest):
        states, steps, start = lasso

        def holds(condition: Expr, at: int, states: list[int] = states) -> bool:
            return bool(semantics.evaluate(condition, graph.states[states[at]]))

        length = max(len(steps), start + 1)
        if is_fair(graph, fairness, lasso) and not holds_of_lasso(formula, length, start, holds):
            return True
    return False
