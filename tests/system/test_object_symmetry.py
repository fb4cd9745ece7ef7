"""Sorted objects: states that differ in which object is which become one, where nothing tells objects apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ovlcheck.explore.reductions import SYMMETRY, Reduction
from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.search import explore
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model
from ovlcheck.prepare import Options, prepare
from ovlcheck.system import object_symmetry
from ovlcheck.system.action import State
from ovlcheck.system.object_symmetry import interchangeable, renamed, renamings, sorting_objects
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Op, Population, TransitionSystem, Variable
from tests.examples import examples

MOST_STATES = 60

_HEAD = """
from ovlcheck import *


class Node(Object):
    on: bool
    v: Int[0, 2]
    next: "Node | None"
    seen: "Set[Node]"
    lock: SpinLock


class Model(System):
    nodes = Population(Node, size={size})
    chosen: Set[Node]
    last: Node | None
    waiting: List[Node, 2]
    marks: Array[bool, "nodes"]
    n: Int[0, 3]
"""

SMALL = (
    _HEAD.format(size=3)
    + """
    @process(instances=2)
    def task(self) -> None:
        while True:
            idle()
            node = choose(self.nodes)
            with node.lock:
                node.on = not node.on
            self.marks[node] = True
            self.last = node
            assert not all(other.on for other in self.nodes) or self.last.v == 0
"""
)


def compiled(text: str) -> TransitionSystem:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "objects.py"
        path.write_text(text)
        return build(load_model(path), {}, [])


_STEPS = [
    "node.on = not node.on", "node.v = 1", "node.next = other", "node.seen.add(other)", "node.seen.discard(node)",
    "self.chosen.add(node)", "self.chosen.discard(other)", "self.last = node", "self.last = None",
    "self.waiting.append(node)", "self.marks[node] = True", "self.marks[other] = node.on", "self.n = len(self.chosen)",
    "assert node.v == 0", "assert self.last is not other", "node = other", "other = choose(self.nodes)",
    "node.next.v = 2", "assert len(self.waiting) == 0 or self.waiting[0] is not node", "node.seen = set(self.chosen)",
]  # fmt: skip
_TESTS = [
    "node is other", "node.on", "node in self.chosen", "node.next is other", "self.last is None", "other in node.seen",
    "all(each.on for each in self.nodes)", "self.chosen == node.seen", "len(self.chosen) > 1", "self.marks[node]",
    "any(each.next is node for each in self.nodes)",
]  # fmt: skip
_LOOPS = [
    "for each in self.chosen:\n    each.v = 1", "for each in self.nodes:\n    each.on = each is node",
    "with atomic:\n    for each in self.nodes:\n        if each.on:\n            self.last = each",
    "with node.lock:\n    other.v = 0", "with atomic:\n    wait(node.on)\n    other.on = False",
]  # fmt: skip


@st.composite
def models(draw: DrawFn) -> str:
    lines = ["node = choose(self.nodes)", "other = choose(self.nodes)"]
    for _ in range(draw(st.integers(1, 4))):
        step = draw(st.sampled_from([*_STEPS, *_LOOPS]))
        if draw(st.booleans()):
            lines.append(f"if {draw(st.sampled_from(_TESTS))}:")
            step = "\n".join("    " + line for line in step.split("\n"))
        lines += step.split("\n")
    body = "".join(f"            {line}\n" for line in lines)
    task = f"    @process(instances={draw(st.integers(1, 2))})\n    def task(self) -> None:\n        while True:\n"
    return f"{_HEAD.format(size=draw(st.integers(2, 3)))}\n{task}            idle()\n{body}"


Found = set[tuple[State | None, State | None, tuple[str, ...]]]


def outcomes(semantics: Semantics, state: State) -> Found:
    return {(o.state, o.partial, tuple(f.name for f in o.faults)) for o in semantics.successors(state)}


def states(semantics: Semantics) -> Iterator[tuple[State, Found]]:
    """The first states that are reached, with what can happen in them."""
    known = dict.fromkeys(semantics.initial_states())
    for state in (waiting := list(known)):
        yield state, (found := outcomes(semantics, state))
        for behind, _, _ in sorted(found, key=repr):
            if behind is not None and behind not in known and len(known) < MOST_STATES:
                known[behind] = None
                waiting.append(behind)


def unequal(system: TransitionSystem) -> str | None:
    """In what the futures of states differ that renaming or sorting objects should leave alike."""
    populations = interchangeable(system)
    plain, sorting = Semantics(system), Semantics(sorting_objects(system, populations))
    ways = renamings(system, populations)
    for state, found in states(plain):
        for way in ways:
            if outcomes(plain, way(state)) != {
                (None if s is None else way(s), None if p is None else way(p), names) for s, p, names in found
            }:
                return "a renaming"
        least = {(None if s is None else min(way(s) for way in ways), names) for s, _, names in found}
        sorted_ones = outcomes(sorting, state)
        if {
            (None if s is None else min(way(s) for way in ways), names) for s, _, names in sorted_ones
        } != least:
            return "sorting"
    return None


@settings(max_examples=examples(30, 120), deadline=None, suppress_health_check=list(HealthCheck))
@given(models())
def test_renamed_and_sorted_states_have_the_same_futures(text: str) -> None:
    note(text)
    system = compiled(text)
    assert interchangeable(system)
    assert unequal(system) is None


@settings(max_examples=examples(15, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(models())
def test_the_reduced_search_finds_what_the_unreduced_one_finds(text: str) -> None:
    note(text)
    system = compiled(text)
    _, whole = explore(system, Reference(), reductions=(), reduce_beyond=0)
    _, part = explore(system, Reference(), reductions=(SYMMETRY,), reduce_beyond=0)
    assert part.states <= whole.states
    assert {v.name: len(v.path) for v in part.violations} == {v.name: len(v.path) for v in whole.violations}
    assert part.fired >= whole.fired
    assert part.covered == whole.covered


def test_of_alike_objects_only_how_many_are_how_is_kept() -> None:
    rule = "\n    @rule\n    def turn(self, node: Node) -> None:\n        node.on = not node.on\n"
    system = compiled(_HEAD.format(size=3) + rule)
    reduction = Reduction(system, (SYMMETRY,))
    assert sum(1 for _ in reachable(system)) == 8
    assert sum(1 for _ in reachable(reduction.reduced)) == 4
    assert "symmetry: objects are interchangeable of node" in reduction.notes


def test_sorted_states_are_reached_ones_and_every_kind_is_kept() -> None:
    system = compiled(SMALL)
    reduction = Reduction(system, (SYMMETRY,))
    whole = set(reachable(system))
    reduced = set(reachable(reduction.reduced))
    assert reduced <= whole
    assert {reduction.canonical(s) for s in reduced} == {reduction.canonical(s) for s in whole}
    assert len(reduced) * 5 < len(whole)


def test_a_trace_is_told_of_objects_that_stay_who_they_are() -> None:
    text = SMALL.replace("self.last.v == 0", "False")
    system = compiled(text)
    _, found = explore(system, Reference(), reductions=(SYMMETRY,), reduce_beyond=0)
    (violation,) = (v for v in found.violations if v.name == "assertion")
    _, whole = explore(system, Reference(), reductions=(), reduce_beyond=0)
    assert len(violation.path) == next(len(v.path) for v in whole.violations if v.name == "assertion")


NOT_SORTED = {
    "objects that are instances of a process": SMALL
    + "\n    @process\n    def own(self, node: Node) -> None:\n        node.v = 1\n",
    "a dynamic population": SMALL.replace("size=3", "size=3, dynamic=True"),
    "too many": SMALL.replace("size=3", "size=4"),
    "a single one": SMALL.replace("size=3", "size=1"),
}


@pytest.mark.parametrize("name", NOT_SORTED)
def test_objects_that_something_tells_apart_are_not_sorted(name: str) -> None:
    assert interchangeable(compiled(NOT_SORTED[name])) == ()


def test_objects_that_do_not_start_alike_are_not_sorted() -> None:
    system = compiled(SMALL)
    (first,) = Semantics(system).initial_states()
    changed = list(first)
    changed[system.offset["node.on"]] = 1
    assert interchangeable(system) != ()
    spelled = object_symmetry.spelled_out(system, [tuple(changed)])
    assert interchangeable(replace(system, initial=spelled)) == ()


def test_a_population_that_is_not_declared_interchangeable_is_not_sorted() -> None:
    system = compiled(SMALL)
    told = tuple(replace(p, interchangeable=False) for p in system.populations)
    assert interchangeable(replace(system, populations=told)) == ()


def test_objects_that_start_in_any_order_start_in_one() -> None:
    initial = "\n    def initial(self) -> None:\n        choose(self.nodes).on = True\n"
    system = compiled(SMALL.replace("    @process(instances=2)", f"{initial}\n    @process(instances=2)"))
    assert len(Semantics(system).initial_states()) == 3
    assert len(Semantics(Reduction(system, (SYMMETRY,)).reduced).initial_states()) == 1


_SwapOps = Callable[..., Iterator[Op]]


def _without(what: str) -> _SwapOps:
    """Sorting that leaves the variables out whose names begin so."""
    original = object_symmetry._swap

    def swap(variable: Variable, *arguments: object) -> Iterator[Op]:
        if not variable.name.startswith(what):
            yield from original(variable, *arguments)  # type: ignore[arg-type]

    return swap


@pytest.mark.parametrize(
    "left_out",
    ["node.on", "node.next", "node.seen", "chosen", "last", "waiting", "marks", "task.holds", "task.task"],
)
def test_sorting_that_forgets_a_variable_is_found_out(left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = SMALL.replace(
        "            self.last = node\n",
        "            self.last = node\n            node.next = node\n            node.seen.add(node)\n"
        "            self.chosen = {each for each in self.nodes if each.on}\n            self.waiting = []\n"
        "            self.waiting.append(node)\n            node.v = 1\n",
    )  # fmt: skip
    system = compiled(text.replace("instances=2", "instances=1"))
    assert any(v.name.startswith(left_out) for v in system.variables)
    assert unequal(system) is None
    monkeypatch.setattr(object_symmetry, "_swap", _without(left_out))
    assert unequal(system) == "sorting"


def _process_of_objects(system: TransitionSystem) -> TransitionSystem:
    return replace(
        system, populations=tuple(Population(p.name, p.size, None, True) for p in system.populations)
    )


def test_a_population_that_is_wrongly_declared_interchangeable_is_found_out() -> None:
    system = compiled(NOT_SORTED["objects that are instances of a process"])
    assert unequal(_process_of_objects(system)) == "a renaming"


def test_renaming_back_and_forth_changes_nothing() -> None:
    system = compiled(SMALL)
    (population,) = interchangeable(system)
    for state, _ in states(Semantics(system)):
        there = renamed(system, population, (1, 2, 0))
        back = renamed(system, population, (2, 0, 1))
        assert back(there(state)) == state


def test_two_overlay_files_change_places() -> None:
    constants = {"inodes": 2, "mmaps": False, "readers": 0, "umounts": 0, "syncers": 0, "kswapd_threads": 0}
    system = prepare(Path("upstream"), Options(config="small", constants=constants)).system
    _, whole = explore(system, Reference(), reductions=(), reduce_beyond=0)
    _, part = explore(system, Reference(), reductions=(SYMMETRY,), reduce_beyond=0)
    assert part.states * 3 < whole.states
    assert [v.name for v in part.violations] == [v.name for v in whole.violations]
    assert "symmetry: objects are interchangeable of upper, dentry" in part.notes
