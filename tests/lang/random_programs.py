"""Random model code: one process over shared state of every type, with everything that a function may contain.

The text is a model and ordinary Python at once.  All fields but those called ``fixed`` are written by a rule that
never happens, so that each of their accesses is a step.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.lang.program_writer import Signature, Writer

NAME = "Random"

_HEAD = """
import enum
from ovlcheck import *


class Colour(enum.Enum):
    RED = 0
    GREEN = 1
    BLUE = 2


class Mode(enum.Flag):
    R = 1
    W = 2
    X = 4


class Pair(Record):
    x: Int[0, 3]
    y: bool
"""

_NODE = """
class Node(Object):
    v: Int[0, 3]
    on: bool
    next: "Node | None"
    mode: Mode
    pair: Pair
    tag: Colour = Colour.GREEN
    fixed: Int[0, 3]
"""

_MODEL = """
class Random(Base):
    nodes = Population(Node, size={size})
    limit = Constant(2, "a constant")
    a: Int[0, 3]
    b: Int[-2, 2] = 1
    p: bool
    q: bool = True
    c: Colour
    w: Mode
    n: Node | None
    m: Node | None
    s: Set[Node]
    t: Set[Colour]
    l: List[Int[0, 3], 3]
    k: List[Node, 2]
    arr: Array[Int[0, 3], 3]
    by: Array[bool, Colour]
    own: Array[Int[0, 3], Node]
    r: Pair
    count: Refcount
    fixed: Int[0, 3] = 2
    done: bool
    never: bool

    def initial(self):
        for node in self.nodes:
            self.n = node
            node.fixed = 1
        self.n.fixed = 3
        self.s.add(self.n)
        self.t = {{Colour.RED, Colour.BLUE}}
        self.l.append(2)

    @rule
    def touch(self):
        wait(self.never)
        self.a = 0
        self.b = 0
        self.p = False
        self.q = False
        self.c = Colour.RED
        self.w = Mode.R
        self.n = None
        self.m = None
        self.s = set()
        self.t = set()
        self.l.clear()
        self.k.clear()
        self.arr[0] = 0
        self.by[Colour.RED] = False
        self.r.x = 0
        self.r.y = False
        self.count.inc()
        self.done = False
        self.never = False
        for node in self.nodes:
            node.v = 0
            node.on = False
            node.next = None
            node.mode = Mode.R
            node.pair.x = 0
            node.pair.y = False
            node.tag = Colour.RED
            self.own[node] = 0
"""

_WRITTEN = "a b p q c w n m s t l k arr by own r x y count done never v on next mode pair tag"
WRITTEN = frozenset(_WRITTEN.split(" "))


@st.composite
def programs(draw: DrawFn) -> str:
    """The text of a model called ``NAME``, whose process ``main`` is the only one that ever moves."""
    size = draw(st.integers(1, 2))
    functions: list[Signature] = []
    text = [_HEAD]
    for i in range(draw(st.integers(0, 2))):
        name = f"pure{i}"
        writer = Writer(draw, on_model=False, locals={"x": "int", "flag": "bool"})
        value = writer.one("x + 1", "x * 2 if flag else x", "min(x, 3)", "(x if x > 1 else 2) % 4")
        text.append(f"\n\ndef {name}(x, flag=True):\n    y = {value}\n    return y")
        functions.append(Signature(name, ("int",), "int", lambda a, name=name: f"{name}({a[0]})"))  # type: ignore[misc]
    on_node = Writer(draw, [], {"by": "int"}, "int", on_model=False, budget=4)
    on_node.statement()
    on_node.write(f"return {on_node.int_(1)}")
    bright = Writer(draw, [], {}, "bool", on_model=False)
    text += [_NODE, "    @property", "    def bright(self):", f"        return {_without_bright(bright)}", ""]
    text += [
        "    def bump(self, by):",
        *on_node.lines,
        "",
        "",
        "class Base(System):",
        "    def first(self, x, node):",
    ]
    first = Writer(draw, list(functions), {"x": "int"}, "int", budget=5)
    first.on_model = True
    text += [*_first_body(first), "", _MODEL.format(size=size)]
    functions.append(Signature("first", ("int", "node"), "int", lambda a: f"self.first({a[0]}, {a[1]})"))
    if draw(st.booleans()):
        text += [
            "    def first(self, x, node=None):",
            f"        {first.one('x', 'y')} = super().first(x, node) + 1",
        ]
        text += ["        return x", ""]
    for i in range(draw(st.integers(0, 3))):
        name, result = f"helper{i}", draw(st.sampled_from(("int", "bool", "node")))
        body = Writer(draw, list(functions), {"x": "int", "node": "node"}, result, budget=6)
        for _ in range(draw(st.integers(1, 3))):
            if body.statement():
                break
        body.write(f"return {body.value(result, 2)}")
        text += [f"    def {name}(self, x, node):", *body.lines, ""]
        functions.append(
            Signature(
                name, ("int", "node"), result, lambda a, name=name: f"self.{name}(node={a[1]}, x={a[0]})"
            )  # type: ignore[misc]
        )
    main = Writer(draw, functions)
    for _ in range(draw(st.integers(2, 6))):
        main.statement()
    text += ["    @process", "    def main(self):", *main.lines, "        self.done = True", ""]
    return "\n".join(text)


def _without_bright(writer: Writer) -> str:
    return writer.one(
        "self.on", "self.v > 1", "self.on and self.v > 0", "self.on or not self.mode", "self.fixed == 3"
    )


def _first_body(writer: Writer) -> list[str]:
    writer.write(f"if {writer.one('x > 1', 'node is None', 'x')}:")
    writer.write(f"    return {writer.one('x', '2', 'x % 3')}")
    writer.write(f"return {writer.one('x + 1', '0')}")
    return writer.lines
