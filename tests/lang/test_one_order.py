"""Loops over sets inside one step: in one order exactly where no other order comes to anything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ovlcheck.lang import one_order
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model
from ovlcheck.system.action import State
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import TransitionSystem
from tests.examples import examples

MOST_STATES = 150

_MODEL = """
import enum
from ovlcheck import *


class Mode(enum.Flag):
    R = 1
    W = 2


class Node(Object):
    on: bool
    v: Int[0, 2]
    next: "Node | None"
    count: Refcount
    lock: SpinLock


class Loops(System):
    nodes = Population(Node, size=2{dynamic})
    chosen: Set[Node]
    marked: Set[Node]
    a: Int[0, 2]
    n: Refcount
    flag: bool
    last: Node | None
    mode: Mode

    @rule
    def turn(self, node: Node) -> None:
        node.on = not node.on

    @rule
    def lead(self, node: Node) -> None:
        node.next = choose(self.nodes)

    @rule
    def choose_one(self, node: Node) -> None:
        if node in self.chosen:
            self.chosen.remove(node)
        else:
            self.chosen.add(node)

    @rule
    def count_up(self, node: Node) -> None:
        wait(node.v < 2)
        node.v += 1

    def is_on(self, node: Node) -> bool:
        return node.on

    def first_on(self) -> bool:
        for x in {over}:
            if x.on:
                return True
        return False

    @process
    def main(self) -> None:
        found = False
        n: Int[0, 4] = 0
        with atomic:
            for x in {over}:
{body}
        idle()
        self.flag = found
        self.a = min(n, 2)
"""

DYNAMIC = ", dynamic=True"
_MAKE = """
    @rule
    def make(self) -> None:
        new(Node)

    @rule
    def drop(self, node: Node) -> None:
        free(node)
"""


def text_of(body: str, over: str = "self.nodes", dynamic: bool = False) -> str:
    text = _MODEL.format(dynamic=DYNAMIC if dynamic else "", over=over, body=indent(body, " " * 16))
    return text + (_MAKE if dynamic else "")


def compiled(text: str) -> TransitionSystem:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "loops.py"
        path.write_text(text)
        return build(load_model(path), {}, [])


@contextmanager
def every_order() -> Iterator[None]:
    with mock.patch.object(one_order, "order_is_free", lambda *_: False):
        yield


def outcomes(semantics: Semantics, state: State) -> set[tuple[State | None, State | None, tuple[str, ...]]]:
    return {(o.state, o.partial, tuple(f.name for f in o.faults)) for o in semantics.successors(state)}


def difference(one: TransitionSystem, every: TransitionSystem) -> State | None:
    """A state among the first that are reached in which the two systems can do different things."""
    while True:
        try:
            return _difference(Semantics(one), Semantics(every))
        except CountOverflow as overflow:
            width = one.variable[overflow.variable].type.bits + 1
            one = one.with_widths({overflow.variable: width})
            every = every.with_widths({overflow.variable: width})


def _difference(one: Semantics, every: Semantics) -> State | None:
    assert one.system.variables == every.system.variables
    known = dict.fromkeys(every.initial_states())
    for state in (waiting := list(known)):
        found = outcomes(every, state)
        if outcomes(one, state) != found:
            return state
        for behind, _, _ in sorted(found, key=repr):
            if behind is not None and behind not in known and len(known) < MOST_STATES:
                known[behind] = None
                waiting.append(behind)
    return None


def is_free(text: str) -> list[bool]:
    """What the analysis says of each loop of the model that it meets."""
    found: list[bool] = []
    original = one_order.order_is_free

    def watched(*arguments: object) -> bool:
        found.append(original(*arguments))  # type: ignore[arg-type]
        return found[-1]

    with mock.patch.object(one_order, "order_is_free", watched):
        compiled(text)
    return found


FREE = {
    "own fields": "x.v = 1\nx.on = False",
    "own fields by their values": "if x.on:\n    x.v = 0\nelse:\n    x.on = True",
    "the element leaves the set": "self.chosen.discard(x)",
    "the element joins a set": "if x.on:\n    self.marked.add(x)",
    "a count": "self.n.inc()",
    "a count of one's own": "x.count.inc()",
    "a flag goes up": "if x.on:\n    self.mode |= Mode.W",
    "the same constant": "if x.on:\n    self.a = 2",
    "a sum": "x.v = 1 if sum(1 for y in self.marked if self.is_on(y)) > 1 else 0",
    "a local is set": "if x.on:\n    found = True",
    "a search": "if x.on:\n    found = True\n    break",
    "a call": "if self.is_on(x):\n    x.v = 0",
    "a violation without stores": "assert x.on",
    "a nested loop": "if any(self.is_on(y) for y in self.chosen):\n    x.v = 1",
    "a function that searches": "if self.first_on():\n    x.v = 1",
    "a set gathered": "if len({y for y in self.marked if self.is_on(y)}) > 1:\n    x.v = 1",
}
BOUND = {
    "the last one is remembered": "self.last = x",
    "who comes first": "if not self.flag:\n    self.flag = True\n    x.on = False",
    "whoever is met first": "if x.on:\n    self.last = x\n    break",
    "the others' fields are read": "if any(self.is_on(y) for y in self.nodes):\n    x.on = False",
    "another's field is written": "if x.next is not None:\n    x.next.on = x.on",
    "a number that is passed on": "x.v = self.a\nself.a = 1",
    "add and clear": "if x.on:\n    self.mode |= Mode.W\nelse:\n    self.mode &= ~Mode.W",
    "a store before a violation": "x.v = 1\nassert x.on",
    "violations of two kinds": "assert x.on\nself.last = x.next.next",
    "a wait or a violation": "if x.v > 0:\n    wait(x.on)\nelse:\n    assert x.on",
    "others join the set": "if x.next is not None:\n    self.chosen.add(x.next)",
    "others leave the set": "if x.next is not None:\n    self.chosen.discard(x.next)",
    "stores before leaving": "x.v = 1\nif x.on:\n    break",
    "waits before leaving": "wait(x.v > 0)\nif x.on:\n    break",
    "a count before leaving": "if x.on:\n    break\nn += 1",
    "left in two ways": "if x.on:\n    found = True\n    break\nif x.v > 0:\n    break",
    "a local is passed on": "if found:\n    x.on = False\nfound = x.v > 0",
    "a local whose range is checked": "n += 1",
    "two constants": "self.a = 1 if x.on else 0",
    "a wait": "wait(x.on)\nx.v = 1",
    "a choice": "x.on = choose()",
}


@pytest.mark.parametrize("name", FREE)
def test_loops_whose_order_makes_no_difference_have_one(name: str) -> None:
    text = text_of(FREE[name], "self.chosen")
    assert all(is_free(text))
    with every_order():
        every = compiled(text)
    one = compiled(text)
    assert len(one.edges) < len(every.edges)
    assert difference(one, every) is None


@pytest.mark.parametrize("name", BOUND)
def test_loops_whose_order_may_make_a_difference_keep_all(name: str) -> None:
    text = text_of(BOUND[name], "self.chosen")
    assert not all(is_free(text))
    with every_order():
        every = compiled(text)
    assert difference(compiled(text), every) is None


def test_a_freed_element_keeps_all_orders() -> None:
    assert not all(is_free(text_of("free(x)", dynamic=True)))


def test_the_elements_of_a_dynamic_population_are_allocated() -> None:
    text = text_of("x.v = 1\nif x.on:\n    x.count.inc()", dynamic=True)
    assert all(is_free(text))
    with every_order():
        every = compiled(text)
    assert difference(compiled(text), every) is None


def test_an_event_that_a_property_listens_to_keeps_all_orders() -> None:
    text = text_of("if self.is_on(x):\n    x.v = 0")
    with TemporaryDirectory() as directory:
        path = Path(directory) / "loops.py"
        path.write_text(text)
        model = load_model(path)
        heard = build(model, {}, [], events=("is_on",))
        unheard = build(model, {}, [], events=("first_on",))
    assert len(heard.edges) > len(unheard.edges)


_SIMPLE = [
    "x.v = 1", "x.on = not x.on", "x.v += 1", "x.count.inc()", "x.next = None", "x.next = x",
    "self.n.inc()", "self.a = 1", "self.a += 1", "self.flag = x.on", "self.flag = True",
    "self.last = x", "self.last = None", "self.mode |= Mode.W", "self.mode &= ~Mode.W", "self.mode ^= Mode.R",
    "self.marked.add(x)", "self.marked.discard(x)", "self.chosen.discard(x)", "self.marked.remove(x)",
    "found = True", "found = x.on", "n += 1", "n = x.v", "n += x.v", "assert x.on", "assert x.v < 2", "wait(x.on)",
    "x.next.on = True", "self.a = n", "x.v = 1 if found else 0", "break", "continue",
]  # fmt: skip
_TESTS = [
    "x.on", "x.v > 0", "self.flag", "found", "n > 1", "x in self.marked", "self.is_on(x)",
    "x.next is None", "x.next is not None and x.next.on", "self.last is x", "self.mode & Mode.W",
]  # fmt: skip


_LOOPS = [
    "self.first_on()", "any(self.is_on(y) for y in self.nodes)", "all(self.is_on(y) for y in self.marked)",
]  # fmt: skip


@st.composite
def bodies(draw: DrawFn, depth: int = 0) -> str:
    if depth == 0 and draw(st.integers(0, 5)) == 0:
        return f"if {draw(st.sampled_from(_LOOPS))}:\n    {draw(st.sampled_from(_SIMPLE))}"
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 2 if depth < 2 else 1))):
        if depth < 2 and draw(st.booleans()):
            lines.append(f"if {draw(st.sampled_from(_TESTS))}:")
            lines.append(indent(draw(bodies(depth + 1)), "    "))
        else:
            lines.append(draw(st.sampled_from(_SIMPLE)))
    return "\n".join(lines)


@settings(max_examples=examples(40, 150), deadline=None, suppress_health_check=list(HealthCheck))
@given(bodies(), st.sampled_from(["self.nodes", "self.chosen"]), st.booleans())
def test_one_order_does_what_all_orders_do(body: str, over: str, dynamic: bool) -> None:
    text = text_of(body, over, dynamic)
    note(text)
    with every_order():
        every = compiled(text)
    assert difference(compiled(text), every) is None
