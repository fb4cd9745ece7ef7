"""An automaton and what fairness says of steps, as the native engine has them: arrays of numbers and bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ovlcheck.explore.liveness.product import Options, Stays
from ovlcheck.explore.native.graph import WAY, Tables
from ovlcheck.explore.native.problems import NotSupported
from ovlcheck.explore.native.steps import StepClasses
from ovlcheck.system.fairness import NONE, STRONG
from ovlcheck.system.formula import Requirement
from ovlcheck.temporal.automaton import Automaton

MOST_PLACES = 255
MOST_ATOMS = 12
MOST_CONDITIONS = 64
"""Groups of fair steps and acceptance sets together: they are the bits of a word."""


def tables(automaton: Automaton, classes: StepClasses, requirement: Requirement) -> Tables:
    """What the product with ``automaton`` needs.  Raises ``NotSupported`` for what does not fit."""
    kinds = classes.kinds(requirement)
    fair_groups = sorted({g for g, kind in zip(classes.group, kinds, strict=True) if kind != NONE})
    bit = {group: 1 << number for number, group in enumerate(fair_groups)}
    groups = (1 << len(bit)) - 1
    sets = (1 << automaton.sets) - 1 << len(bit)
    places = len(automaton.transitions)
    _refuse(requirement.name, "states of its automaton", places, MOST_PLACES)
    _refuse(requirement.name, "predicates", len(automaton.atoms), MOST_ATOMS)
    _refuse(requirement.name, "conditions of fairness", len(bit) + automaton.sets, MOST_CONDITIONS)
    options = Options(automaton)
    stays = Stays(automaton, options)
    labels = 1 << len(automaton.atoms)
    every = [(place, label) for place in range(places) for label in range(labels)]
    ways = [[(t.fulfils << len(bit), t.target) for t in options.at(place, label)] for place, label in every]
    core, accepting = cores(automaton)
    seats = [0] * len(accepting)
    seat = []
    for place in range(places):
        seat.append(seats[core[place]])
        seats[core[place]] += 1
    took = [bit.get(group, 0) for group in classes.group]
    return Tables(
        labels=labels,
        ways_from=np.cumsum([0, *map(len, ways)], dtype=np.uint32),
        ways=np.array([way for found in ways for way in found], dtype=WAY),
        stays=np.array([stays.accepted(place, label) for place, label in every], dtype=np.uint8),
        core=np.array(core, dtype=np.uint32),
        seat=np.array(seat, dtype=np.uint32),
        seats=np.array(seats, dtype=np.uint32),
        accepting=np.array(accepting, dtype=np.uint8),
        universal=np.array([_universal(automaton, place) for place in range(places)], dtype=np.uint8),
        took=_words(took),
        fair=_words([t if kind != NONE else 0 for t, kind in zip(took, kinds, strict=True)]),
        strong=_words([t if kind == STRONG else 0 for t, kind in zip(took, kinds, strict=True)]),
        groups=groups,
        required=groups | sets,
    )


def anything(atoms: int, classes: StepClasses) -> Tables:
    """For the graph as it is, every state of which has so many atoms: one place, which is never left."""
    labels = 1 << atoms
    nothing = _words([0] * len(classes.edge))
    one = np.zeros(1, dtype=np.uint32)
    return Tables(
        labels=labels,
        ways_from=np.arange(labels + 1, dtype=np.uint32),
        ways=np.zeros(labels, dtype=WAY),
        stays=np.zeros(labels, dtype=np.uint8),
        core=one,
        seat=one,
        seats=np.ones(1, dtype=np.uint32),
        accepting=np.zeros(1, dtype=np.uint8),
        universal=np.zeros(1, dtype=np.uint8),
        took=nothing,
        fair=nothing,
        strong=nothing,
        groups=0,
        required=0,
    )


def cores(automaton: Automaton) -> tuple[list[int], list[bool]]:
    """The strongly connected component of each state of ``automaton``, and whether each can be in all acceptance sets.

    They are numbered so that no transition leads to a smaller number.
    """
    reached = [_reached(automaton, place) for place in range(len(automaton.transitions))]
    members = dict.fromkeys(
        frozenset(q for q in found | {place} if place in reached[q] | {q})
        for place, found in enumerate(reached)
    )
    order = sorted(members, key=lambda core: -len(set.union(set(core), *(reached[place] for place in core))))
    number = {place: k for k, core in enumerate(order) for place in core}
    accepting = []
    for core in order:
        inside = [t for place in core for t in automaton.transitions[place] if t.target in core]
        fulfilled = 0
        for t in inside:
            fulfilled |= t.fulfils
        accepting.append(bool(inside) and fulfilled == (1 << automaton.sets) - 1)
    return [number[place] for place in range(len(automaton.transitions))], accepting


def _universal(automaton: Automaton, place: int) -> bool:
    """Whether every behaviour is seen to be accepted from there on: it may stay, and be in every acceptance set."""
    every = (1 << automaton.sets) - 1
    return any(
        t.target == place and not (t.must or t.must_not) and t.fulfils == every
        for t in automaton.transitions[place]
    )


def _reached(automaton: Automaton, place: int) -> set[int]:
    """What one transition or more lead to."""
    found = {t.target for t in automaton.transitions[place]}
    waiting = list(found)
    while waiting:
        more = {t.target for t in automaton.transitions[waiting.pop()]} - found
        found |= more
        waiting += more
    return found


def _words(values: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(values, dtype=np.uint64)


def _refuse(name: str, what: str, number: int, most: int) -> None:
    if number > most:
        raise NotSupported(
            f"{name} has {number} {what}, and the native engine can deal with {most}: use the reference engine"
        )
