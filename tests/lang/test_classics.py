"""Classic systems, written in the language, have the published state spaces: figure by figure and state by
state.

The figures are those that TLC finds for the specifications of the same name, as tlaplus/Examples records
them in its manifests (there initial states count as generated, and depth from 1), but for MCS, whose are the
checker's own design's.  That the states are the right ones is held against ``relations``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ovlcheck.explore.native import Native
from ovlcheck.explore.native.problems import NativeUnavailable
from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model
from ovlcheck.system.transition_system import TransitionSystem
from tests.lang import relations

FOLDER = Path(__file__).parent / "classics"


class View:
    """A state of a compiled system, by names."""

    def __init__(self, system: TransitionSystem, state: tuple[int, ...]) -> None:
        self._system = system
        self._state = state

    def cells(self, name: str) -> tuple[int, ...]:
        first = self._system.offset[name]
        return self._state[first : first + self._system.variable[name].cells]

    def cell(self, name: str) -> int:
        (value,) = self.cells(name)
        return value

    def words(self, name: str) -> tuple[str, ...]:
        type_ = self._system.variable[name].type
        return tuple(type_.format(value) for value in self.cells(name))

    def labels(self, process: str) -> tuple[str, ...]:
        """Where the instances stand: the first word of the comment behind the source line."""
        of = self._system.process[process]
        assert of.pc is not None
        return tuple(of.locations[at].source.text.split("# ")[1].split(",")[0] for at in self.cells(of.pc))


def members(bits: int) -> frozenset[int]:
    return frozenset(i for i in range(bits.bit_length()) if bits >> i & 1)


def chosen(flags: tuple[int, ...]) -> frozenset[int]:
    return frozenset(i for i, flag in enumerate(flags) if flag)


def queue(view: View) -> tuple[tuple[bool, int], ...]:
    return tuple((r >= 3, r % 3) for r in view.cells("waiting.items")[: view.cell("waiting.len")])


@dataclass(frozen=True)
class Classic:
    """A model, its published figures, and the same system as a relation, with what its states are there."""

    name: str
    states: int
    transitions: int
    depth: int
    initial: relations.State
    relation: relations.Relation
    image: Callable[[View], tuple[Any, ...]]

    def build(self) -> TransitionSystem:
        return build(load_model(FOLDER / f"{self.name}.py"), {}, [])


CLASSICS = (
    Classic(
        "die_hard",
        16,
        96,
        7,
        relations.DIE_HARD,
        relations.die_hard,
        lambda v: (v.cell("small"), v.cell("big")),
    ),
    Classic(
        "two_phase",
        288,
        1145,
        10,
        relations.TWO_PHASE,
        relations.two_phase,
        lambda v: (
            v.words("manager.state"),
            *v.words("decision"),
            members(v.cell("heard")),
            members(v.cell("prepared_sent")),
            v.cell("commit_sent"),
            v.cell("abort_sent"),
        ),
    ),
    Classic(
        "peterson",
        42,
        76,
        10,
        relations.PETERSON,
        relations.peterson,
        lambda v: (v.labels("proc"), v.cells("c"), v.cell("turn")),
    ),
    Classic(
        "mcs",
        7597,
        22791,
        48,
        relations.MCS,
        relations.mcs,
        lambda v: (v.labels("task"), v.cells("next"), v.cells("pred"), v.cells("locked"), v.cell("lock")),
    ),
    Classic(
        "philosophers",
        67,
        335,
        28,
        relations.PHILOSOPHERS,
        relations.philosophers,
        lambda v: (v.labels("philosopher"), v.cells("holder"), v.cells("clean"), v.cells("hungry")),
    ),
    Classic(
        "readers_writers",
        21527,
        59673,
        12,
        relations.READERS_WRITERS,
        relations.readers_writers,
        lambda v: (chosen(v.cells("reading")), chosen(v.cells("writing")), queue(v)),
    ),
)

each = pytest.mark.parametrize("classic", CLASSICS, ids=lambda c: c.name)


@each
def test_the_reference_finds_the_published_figures(classic: Classic) -> None:
    result = Reference().search(classic.build())
    assert result.complete
    assert (result.states, result.transitions, result.depth) == (
        classic.states,
        classic.transitions,
        classic.depth,
    )
    assert result.violations == ()


@each
def test_the_native_engine_finds_the_same_states(classic: Classic) -> None:
    system = classic.build()
    try:
        result = Native().search(system)
        states = {tuple(row) for row in Native().states(system).tolist()}
    except NativeUnavailable as problem:
        pytest.skip(str(problem))
    assert (result.states, result.transitions, result.depth) == (
        classic.states,
        classic.transitions,
        classic.depth,
    )
    assert states == set(reachable(system))


@each
def test_the_states_are_those_of_the_relation(classic: Classic) -> None:
    expected, transitions, depth = relations.explore(classic.initial, classic.relation)
    assert (len(expected), transitions, depth) == (classic.states, classic.transitions, classic.depth)
    system = classic.build()
    images = [classic.image(View(system, state)) for state in reachable(system)]
    assert set(images) == expected
    assert len(images) == len(expected)
