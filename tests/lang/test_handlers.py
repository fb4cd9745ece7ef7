"""Handlers of observers mean what Python means: order, early returns, locals, and indices that name one cell."""

from __future__ import annotations

from textwrap import indent
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ovlcheck.lang.diagnostics import CompileError
from tests.lang.models import violated

CALLS = (1, 2, 0, 2)
MODEL = f"""
class Node(Object):
    v: Int[0, 3]


class Model(System):
    nodes = Population(Node, size=2)
    last: Node | None
    x: Int[0, 3]
    done: bool

    def set(self, x):
        self.x = x

    @process
    def main(self):
        for x in {CALLS}:
            self.set(x)
        self.done = True
"""


def observer(body: str, check: str) -> str:
    """An observer with ghosts a, b and c whose handler of each call has this ``body``."""
    return (
        "class it(Observer):\n    a: Int[0, 9]\n    b: Int[0, 9]\n    c: Array[Int[0, 9], 3]\n"
        "    n: Array[Int[0, 9], Node]\n    s: Set[Node]\n\n"
        f"    @before('set')\n    def note(self, fs, x):\n{indent(body, ' ' * 8)}\n\n"
        f"    @always\n    def check(self, fs):\n        return {check}\n"
    )


def by_python(body: str) -> SimpleNamespace:
    """The ghosts that Python comes to when it runs ``body`` for each call."""
    scope: dict[str, Any] = {}
    exec(f"def note(self, x):\n{indent(body, '    ')}\n", scope)
    ghosts = SimpleNamespace(a=0, b=0, c=[0, 0, 0])
    for x in CALLS:
        scope["note"](ghosts, x)
    return ghosts


def as_python_has_it(body: str) -> bool:
    """Whether the compiled handler comes to the same."""
    ghosts = by_python(body)
    same = f"self.a == {ghosts.a} and self.b == {ghosts.b}"
    same += "".join(f" and self.c[{i}] == {value}" for i, value in enumerate(ghosts.c))
    return not violated(MODEL, observer(body, f"not fs.done or ({same})"))


@pytest.mark.parametrize(
    "body",
    [
        "self.a = x + 3\nself.b = self.a",
        "self.a += x\nself.a += self.a % 2",
        "if x == 1:\n    self.a = 5\nelse:\n    return\nself.b += 1",
        "if x > 0:\n    if x == 1:\n        return\n    self.a = 1\nself.b += 1",
        "for y in (1, 2):\n    if x == y:\n        return\n    self.a += 1\nself.b += 1",
        "if x == 1:\n    y = 3\nelse:\n    y = 4\nself.b = y",
        "y = 0\nfor z in (1, 2, 3):\n    if z > x:\n        y = y + z\nself.b = y % 9",
        "if x == 2:\n    self.a = 7\n    if self.a == 7:\n        self.b = 1",
        "self.c[x] = 4\nself.c[2] += 1\nself.a = self.c[x]",
        "self.c[2] = 1\nself.c[x] = 2\nself.c[2] = self.c[2] + 3",
    ],
)
def test_a_handler_does_what_python_does(body: str) -> None:
    assert as_python_has_it(body)


VALUES = some.sampled_from(["x", "y", "self.a", "self.b", "self.c[x]", "self.c[y]", "1", "2"])
TARGETS = some.sampled_from(["y", "self.a", "self.b", "self.c[x]", "self.c[y]", "self.c[1]"])


@some.composite
def blocks(draw: some.DrawFn, depth: int = 2) -> str:
    """One to three statements; every local stays between 0 and 2, so that it is an index too."""
    lines = []
    for _ in range(draw(some.integers(1, 3))):
        kind = draw(some.sampled_from(["assign", "assign", "if", "for", "return"] if depth else ["assign"]))
        if kind == "assign":
            lines.append(f"{draw(TARGETS)} = ({draw(VALUES)} + {draw(VALUES)}) % 3")
        elif kind == "if":
            lines.append(f"if {draw(VALUES)} == {draw(VALUES)}:\n{indent(draw(blocks(depth - 1)), '    ')}")
            if draw(some.booleans()):
                lines.append(f"else:\n{indent(draw(blocks(depth - 1)), '    ')}")
        elif kind == "for":
            lines.append(f"for z in (0, 2):\n{indent(draw(blocks(depth - 1)), '    ')}")
        else:
            lines.append(f"if {draw(VALUES)} == {draw(VALUES)}:\n    return")
    return "\n".join(lines)


@given(blocks())
@settings(max_examples=40)
def test_any_handler_does_what_python_does(body: str) -> None:
    assert as_python_has_it(f"y = x\n{body}")


def test_an_index_is_not_evaluated_where_its_test_forbids_it() -> None:
    body = "if fs.last is not None:\n    self.n[fs.last] += 1"
    assert not violated(MODEL, observer(body, "True"))
    assert violated(MODEL, observer("self.n[fs.last] += 1", "True")) == {"null dereference"}


def test_pre_is_what_a_ghost_was_before_the_step() -> None:
    body = "self.a = x\nself.b = pre(self.a)"
    assert not violated(MODEL, observer(body, "not fs.done or (self.a == 2 and self.b == 0)"))
    assert violated(MODEL, observer(body, "self.b < 2")) == {"it"}


def test_a_local_that_one_branch_gives_no_value_is_refused_behind_it() -> None:
    with pytest.raises(CompileError, match="y may have no value here"):
        violated(MODEL, observer("if x == 1:\n    y = 3\nself.a = y", "True"))
