"""Which steps must not be put off for ever: the fairness of a system's edges, as one property sees it.

Fairness is assumed of steps, per process instance and position in its code: where an instance stands at a position
that has fair steps, then, *weakly* fair, it does not stay there for ever with one of them enabled all the time, and,
*strongly* fair, it does not stay there for ever with one of them enabled again and again.  Which of several steps it
takes is up to it.  A rule has no position: it is fair for each value of its parameters by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ovlcheck.system.formula import Possibility, Requirement
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Edge, Parameter, TransitionSystem

NONE, WEAK, STRONG = 0, 1, 2
_CLASSES = {"none": NONE, "weak": WEAK, "strong": STRONG}


def names_of(edge: Edge) -> set[str]:
    """What a property may call the steps of ``edge``: the process or rule, and the functions that they are in."""
    return {edge.process or edge.name, *edge.calls}


def usable(edge: Edge, demand: Possibility) -> bool:
    """Whether a way that ``demand`` asks for may have steps of ``edge``."""
    new_call = edge.process is not None and edge.fairness == "none"
    return (demand.calls or not new_call) and names_of(edge).isdisjoint(demand.without)


def deciding_parameters(edge: Edge) -> tuple[Parameter, ...]:
    """The parameters of ``edge`` whose values decide whose step it is; of the others any may be chosen."""
    if edge.process is not None:
        return tuple(p for p in edge.parameters if p.name == "self")
    return tuple(p for p in edge.parameters if not re.fullmatch(r"(choice|element|taken)\d+", p.name))


def fairness_class(edge: Edge, requirement: Requirement) -> int:
    """The fairness of ``edge`` for this property."""
    names = names_of(edge)
    if not names.isdisjoint(requirement.unfair):
        return NONE
    if not names.isdisjoint(requirement.strong):
        return STRONG
    given = _CLASSES[edge.fairness]
    return max(given, WEAK) if not names.isdisjoint(requirement.weak) else given


@dataclass(frozen=True)
class Fairness:
    """``group[a]`` is whose step action ``a`` is (a process instance, or a rule at certain values), a number below
    ``groups``; ``kind[a]`` is its fairness.  ``listed`` says all that in words.
    """

    groups: int
    group: tuple[int, ...]
    kind: tuple[int, ...]
    listed: tuple[str, ...]


def fairness_of(semantics: Semantics, requirement: Requirement) -> Fairness:
    """What is assumed for ``requirement``."""
    kinds = [fairness_class(edge, requirement) for edge in semantics.system.edges]
    number: dict[object, int] = {}
    group: list[int] = []
    for action in semantics.actions:
        edge = semantics.system.edges[action.edge]
        who: object = semantics.instance(action)
        if who is None:
            values = zip(edge.parameters, action.arguments, strict=True)
            deciding = deciding_parameters(edge)
            who = (edge.name, *(value for parameter, value in values if parameter in deciding))
        group.append(number.setdefault(who, len(number)))
    kind = tuple(kinds[action.edge] for action in semantics.actions)
    listed = (*_listed(semantics.system, kinds), *_changes(requirement))
    return Fairness(len(number), tuple(group), kind, listed)


def _listed(system: TransitionSystem, kinds: list[int]) -> Iterable[str]:
    classes: dict[str, set[int]] = {}
    for edge, kind in zip(system.edges, kinds, strict=True):
        classes.setdefault(edge.process or edge.name, set()).add(kind)

    def of(chosen: Iterable[str]) -> str:
        return ", ".join(sorted(chosen))

    everywhere = [name for name, found in classes.items() if NONE not in found]
    partly = [name for name, found in classes.items() if NONE in found and len(found) > 1]
    locks = {
        edge.process or edge.name
        for edge, kind in zip(system.edges, kinds, strict=True)
        if edge.fairness == "strong" and kind == STRONG
    }
    never = [name for name, found in classes.items() if found == {NONE}]
    if everywhere:
        yield f"weak: {of(everywhere)}"
    if partly:
        yield f"weak inside a call, none for the next call: {of(partly)}"
    if locks:
        yield f"strong where locks are taken: {of(locks)}"
    if never:
        yield f"none: {of(never)}"


def _changes(requirement: Requirement) -> Iterable[str]:
    for word, names in (
        ("weak", requirement.weak),
        ("strong", requirement.strong),
        ("none", requirement.unfair),
    ):
        if names:
            yield f"{word}, as the property wants it: {', '.join(names)}"
