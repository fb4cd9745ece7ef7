"""Properties: in every state, at events, with ghosts; names of events; what predicates may contain."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.lang.diagnostics import CompileError
from tests.lang.models import compiled, explored, violated

MODEL = """
class Node(Object):
    v: Int[0, 3]
    mode: Mode


class Model(System):
    nodes = Population(Node, size=2)
    x: Int[0, 3]
    p: bool
    s: Set[Node]
    c: Colour
    ended: bool

    def set(self, x, colour):
        self.x = x
        self.c = colour
        return x > 1

    def first(self):
        for node in self.s:
            return node
        return None

    def touch(self, node: Node, mode: Mode, members: Set[Node]):
        with atomic:
            node.mode |= mode
            self.s = members

    @process
    def main(self):
        node = choose(self.nodes)
        self.set(1, Colour.RED)
        self.first()
        self.s.add(node)
        self.touch(node, Mode.W, self.s | {node})
        self.set(2, Colour.BLUE)
        self.s.remove(node)
        event("over", self.x)
        self.ended = True
"""

# A property and whether the model breaks it.
PROPERTIES = {
    "@always\ndef it(fs):\n    return fs.x <= 2": False,
    "@always\ndef it(fs):\n    return fs.x < 2": True,
    "@always\ndef it(fs):\n    return all(n.v == 0 for n in fs.nodes) and len(fs.s) < 2": False,
    "@always\ndef it(fs):\n    return not any(n.mode & Mode.W for n in fs.nodes)": True,
    (
        "@always\n"
        "def it(fs):\n"
        "    y = fs.x + 1\n"
        "    if fs.p:\n"
        "        return False\n"
        "    elif y > 3:\n"
        "        return False\n"
        "    return True"
    ): False,
    "@always\ndef it(fs):\n    return sum(1 for n in fs.nodes if n in fs.s) <= 1": False,
    "def low(n):\n    return n < 2\n\n\n@always\ndef it(fs):\n    return low(fs.x)": True,
    "@before('set')\ndef it(fs, x):\n    return fs.x == x - 1": False,
    "@before('set')\ndef it(fs, x, colour):\n    return colour is Colour.RED": True,
    "@after('set')\ndef it(fs, x):\n    return fs.x == x": False,
    "@after('set')\ndef it(fs, result):\n    return not result": True,
    "@after('set')\ndef it(fs, y):\n    return y < 3": False,
    "@after('touch')\ndef it(fs, node, mode, members):\n    return mode == Mode.W and node in members": False,
    "@after('touch')\ndef it(fs, mode):\n    return Mode.R in mode": True,
    "@before('s.add')\ndef it(fs, element):\n    return element not in fs.s": False,
    "@after('s.add')\ndef it(fs, element):\n    return element in fs.s": False,
    "@before('s.remove')\ndef it(fs, element):\n    return element not in fs.s": True,
    "@after('over')\ndef it(fs, y):\n    return y == 1": True,
    "@after('first')\ndef it(fs, result):\n    return result not in fs.s": False,
    "@after('first')\ndef it(fs, result):\n    return result in fs.nodes": True,
    "@after('main')\ndef it(fs):\n    return False": False,
    "@after('set')\ndef it(fs, x):\n    return pre(fs.x) == x": False,
    (
        "class it(Observer):\n"
        "    calls: Int[0, 3]\n"
        "\n"
        "    @before('set')\n"
        "    def count(self, fs):\n"
        "        self.calls += 1\n"
        "\n"
        "    @always\n"
        "    def few(self, fs):\n"
        "        return self.calls < 2"
    ): True,
    (
        "class it(Observer):\n"
        "    seen: Set[Node]\n"
        "\n"
        "    @after('s.add')\n"
        "    def add(self, fs, element):\n"
        "        self.seen.add(element)\n"
        "\n"
        "    @after('s.remove')\n"
        "    def check(self, fs, element):\n"
        "        return element in self.seen"
    ): False,
    (
        "class it(Observer):\n"
        "    last: Colour\n"
        "    n: Int[0, 3]\n"
        "\n"
        "    @after('set')\n"
        "    def note(self, fs, colour):\n"
        "        for other in (Colour.BLUE, colour):\n"
        "            if other is Colour.RED:\n"
        "                self.n = 1\n"
        "            else:\n"
        "                self.last = other\n"
        "\n"
        "    @always\n"
        "    def check(self, fs):\n"
        "        return self.last is not Colour.BLUE or self.n == 1"
    ): False,
    (
        "class it(Observer):\n"
        "    old: Int[0, 3]\n"
        "\n"
        "    @before('set')\n"
        "    def note(self, fs, x):\n"
        "        self.old = fs.x\n"
        "        self.old = self.old + x\n"
        "\n"
        "    @always\n"
        "    def check(self, fs):\n"
        "        return self.old != 3"
    ): True,
}


@pytest.mark.parametrize("text", PROPERTIES)
def test_a_property_says_what_it_says(text: str) -> None:
    assert violated(MODEL, text) == ({"it"} if PROPERTIES[text] else set())


def test_a_property_of_a_check_that_every_run_makes_is_known_by_its_name() -> None:
    system = compiled(MODEL, 'it = unasked("use after free", "nobody uses what is gone")')
    (found,) = system.properties
    assert (found.name, found.kind, found.check) == ("it", "unasked", "use after free")


def test_properties_make_no_step_and_no_state() -> None:
    plain = explored(MODEL)
    watched = explored(
        MODEL,
        (
            "@always\n"
            "def it(fs):\n"
            "    return fs.x < 4\n"
            "\n"
            "\n"
            "@before('set')\n"
            "def other(fs, x):\n"
            "    return x > 0\n"
        ),
    )
    assert (plain.states, plain.transitions) == (watched.states, watched.transitions)


WRONG = {
    "@always\ndef it(fs):\n    return fs.nothing": "no attribute nothing",
    "@always\ndef it(fs):\n    fs.x = 1\n    return True": "in a predicate",
    "@always\ndef it(fs):\n    pass": "return a truth value",
    "@always\ndef it(fs):\n    if fs.p:\n        return True": "returns",
    "@always\ndef it(fs):\n    for n in fs.nodes:\n        return False\n    return True": "in a predicate",
    "@always\ndef it(fs):\n    return fs.c": "neither true nor false",
    "@always\ndef it(fs):\n    return pre(fs.x) == fs.x": "pre outside a handler of an event",
    "@eventually\ndef it(fs):\n    return pre(fs.x) == fs.x": "pre outside a handler of an event",
    "@behaviour\ndef it(fs):\n    return always(pre(fs.x) == fs.x)": "pre outside a handler of an event",
    "@always\ndef it(fs):\n    return (y := fs.x) > 1": ":= inside",
    "@before('set')\ndef it(fs, nothing, at, all):\n    return all": "no argument",
    "class it(Observer):\n    @before('set')\n    def note(self, fs):\n        fs.x = 1": "is no ghost",
    (
        "class it(Observer):\n"
        "    g: Nothing\n"
        "\n"
        "    @before('set')\n"
        "    def note(self, fs):\n"
        "        self.g = 1"
    ): "Nothing",
    (
        "class it(Observer):\n    g: int\n\n    @before('set')\n    def note(self, fs):\n        self.g = 1"
    ): "no type of the language",
    (
        "class it(Observer):\n"
        "    g: bool\n"
        "\n"
        "    @before('set')\n"
        "    def note(self, fs):\n"
        "        while True:\n"
        "            pass"
    ): "in a handler",
    "it = always(lambda fs: True)": "no text that can be compiled",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_property_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(CompileError) as error:
        compiled(MODEL, text)
    assert any(WRONG[text] in str(d) for d in error.value.diagnostics), str(error.value)
    assert all(Path(d.file).name == "model.py" for d in error.value.diagnostics)


def test_the_errors_of_several_properties_come_out_together() -> None:
    both = "@always\ndef one(fs):\n    return fs.nothing\n\n\n@always\ndef two(fs):\n    return fs.nowhere\n"
    with pytest.raises(CompileError) as error:
        compiled(MODEL, both)
    assert len(error.value.diagnostics) == 2


CALLS = """
class Node(Object):
    v: Int[0, 3]


class Model(System):
    nodes = Population(Node, size=2)
    x: bool

    def one(self, it):
        self.x = True

    def many(self, it):
        self.x = True

    def number(self, it):
        self.x = True

    @process
    def main(self):
        node = choose(self.nodes)
        self.one(None)
        self.one(node)
        self.one(None)
        self.many(set())
        self.many({node})
        self.many(set())
        self.number(3)
        self.number(1)
        self.number(2)
"""


@pytest.mark.parametrize(
    "function, condition, holds",
    [
        ("one", "it is None", False),
        ("one", "it is None or it.v == 0", True),
        ("many", "len(it) == 0", False),
        ("many", "len(it) < 2", True),
        ("number", "1 << it < 8", False),
        ("number", "1 << it < 9", True),
    ],
)
def test_an_argument_may_be_another_at_each_call(function: str, condition: str, holds: bool) -> None:
    said = f"@before('{function}')\ndef said(fs, it):\n    return {condition}"
    assert violated(CALLS, said) == (set() if holds else {"said"})
