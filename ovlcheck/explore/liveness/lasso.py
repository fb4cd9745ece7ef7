"""From fair cycles to a counterexample that people can read: a stem, a loop, and who goes round in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ovlcheck.explore.liveness.fair_cycles import fair_components, short_fair_cycle
from ovlcheck.explore.liveness.product import Product
from ovlcheck.explore.result import Violation
from ovlcheck.system.action import Action, State
from ovlcheck.system.semantics import Semantics


def shortest_lasso(accepted: Product) -> tuple[int, int, list[int], list[int]] | None:
    """An initial node, the node where the loop begins, the steps (places in the graph) of a shortest stem and those
    (places in the product) of a short fair loop, which is empty where the behaviour may come to an end."""
    best: int | None = min(accepted.ends, default=None)
    component: list[int] | None = None
    for found in fair_components(accepted):
        first = min(found)
        if best is None or first < best:
            best, component = first, found
    if best is None:
        return None
    loop = [] if component is None else short_fair_cycle(accepted, component, best)
    stem: list[int] = []
    node = best
    while accepted.parent[node][0] >= 0:
        node, step = accepted.parent[node]
        stem.append(step)
    return node, best, stem[::-1], loop


def has_behaviour(accepted: Product) -> bool:
    """Whether there is any fair behaviour that the automaton accepts."""
    return bool(accepted.ends) or next(iter(fair_components(accepted)), None) is not None


def rolled_up(violation: Violation, semantics: Semantics) -> Violation:
    """The same infinite run with its loop begun as early as can be, and gone round once."""
    start, path = violation.loop_start, violation.path
    assert start is not None
    stem, loop = list(path[:start]), list(path[start:])
    states: list[State] = [violation.initial]
    for action in path:
        outcome = semantics.fire(states[-1], action)
        assert outcome is not None and outcome.state is not None, "it was found that way"
        states.append(outcome.state)
    for length in range(1, len(loop)):
        if len(loop) % length == 0 and states[start + length] == states[start]:
            if loop == loop[:length] * (len(loop) // length):
                loop = loop[:length]
                break
    turned = states[start : start + len(loop)]
    while stem and loop and stem[-1] == loop[-1] and states[len(stem) - 1] == turned[-1]:
        stem.pop()
        loop = [loop[-1], *loop[:-1]]
        turned = [turned[-1], *turned[:-1]]
    return replace(violation, path=(*stem, *loop), loop_start=len(stem))


def what_goes_on(semantics: Semantics, last: State, loop: tuple[Action, ...]) -> str:
    """Why nothing that is assumed to be fair ends the behaviour, in a sentence."""
    if loop:
        return f"{_actors(semantics, loop)} can go on like this for ever"
    idle = _actors(semantics, semantics.enabled(last))
    return (
        f"nothing needs to happen any more: {idle} could move, but need not"
        if idle
        else "nothing can happen any more"
    )


def _actors(semantics: Semantics, actions: Iterable[Action]) -> str:
    names: dict[str, None] = {}
    for action in actions:
        who = semantics.instance(action)
        names[semantics.system.edges[action.edge].name if who is None else f"{who[0]}{who[1]}"] = None
    *others, last = names or [""]
    return f"{', '.join(others)} and {last}" if others else last
