"""Objects that come and go, references to them, records, inheritance."""

from __future__ import annotations

from ovlcheck.explore.native.engine import Native
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.search import explore
from tests.lang.models import compiled, explored, violated

NODES = """
class Node(Object):
    v: Int[0, 3] = 1
    other: Node2


class Model(System):
    nodes = Population(Node, size="slots", dynamic=True)
    slots = Constant(2)
    a: Node | None
    b: Node | None
    seen: Set[Node]
    x: Int[0, 3]

{code}
""".replace("    other: Node2\n", "")


def model(body: str, more: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    return NODES.format(code=f"    @process\n    def main(self):\n{lines}{more}")


def test_new_gives_an_object_with_its_first_values_and_free_takes_it_back() -> None:
    body = (
        "node = new(Node)\n"
        "assert node.v == 1\n"
        "node.v = 3\n"
        "assert len(self.nodes) == 1\n"
        "free(node)\n"
        "assert len(self.nodes) == 0"
    )
    assert violated(model(body)) == set()


def test_the_fields_of_a_freed_object_are_reset() -> None:
    body = "node = new(Node)\nnode.v = 3\nfree(node)\nnode = new(Node)\nassert node.v == 1"
    assert violated(model(body), slots=1) == set()


def test_using_a_freed_object_is_a_violation_whatever_is_read() -> None:
    start = "self.a = new(Node)\nfree(self.a)\n"
    assert violated(model(start + "self.x = self.a.v")) == {"use after free"}
    assert violated(model(start + "self.a.v = 1")) == {"use after free"}
    assert violated(model(start + "free(self.a)")) == {"use after free"}
    assert violated(model(start + "y = self.a.v")) == {"use after free"}
    assert violated(model(start + "self.b = self.a")) == set()


def test_a_field_that_nothing_writes_is_no_excuse_to_read_it_after_free() -> None:
    body = "self.a = new(Node)\nfree(self.a)\ny = self.a.v"
    assert violated(model(body)) == {"use after free"}
    assert violated(model("y = self.a.v\nself.b = self.a")) == {"null dereference"}


def test_a_slot_is_used_again_only_when_nothing_refers_to_it() -> None:
    body = "self.a = new(Node)\nfree(self.a)\nself.b = new(Node)\nassert self.b is not self.a"
    assert violated(model(body), slots=2) == set()
    assert violated(model(body), slots=1) == {"population exhausted"}
    assert violated(model(body.replace("self.b", "self.a = None\nself.b", 1)), slots=1) == set()


def test_a_local_a_set_and_an_object_s_own_field_refer_to_a_slot_too() -> None:
    held = "node = new(Node)\nfree(node)\nother = new(Node)\nself.x = 1 if node is other else 2"
    assert violated(model(held), slots=1) == {"population exhausted"}
    dead = "node = new(Node)\nfree(node)\nother = new(Node)\nself.x = other.v"
    assert violated(model(dead), slots=1) == set()
    member = "node = new(Node)\nself.seen.add(node)\nfree(node)\nother = new(Node)"
    assert violated(model(member), slots=1) == {"population exhausted"}


def test_a_population_may_be_empty() -> None:
    text = """
class Node(Object):
    v: Int[0, 3]


class Model(System):
    nodes = Population(Node, size=0)
    s: Set[Node]
    x: Int[0, 3]
    n: Node | None

    @process
    def main(self):
        for node in self.nodes:
            node.v = 1
        for node in self.s:
            self.x = node.v
        self.x = sum(node.v for node in self.nodes)
        assert all(node.v == 3 for node in self.nodes) and self.n is None and len(self.s) == 0
        self.x = 1 if any(True for node in self.nodes) else 2
        assert self.x == 2
"""
    assert violated(text) == set()


def test_what_an_initial_function_writes_is_constant_afterwards() -> None:
    text = """
class Node(Object):
    number: Int[0, 3]
    twin: Node2


class Model(System):
    nodes = Population(Node, size=2)
    n: Node | None
    x: Int[0, 3]

    def initial(self):
        for node in self.nodes:
            if self.n is None:
                node.number = 2
            self.n = node

    @process
    def main(self):
        self.n = choose(self.nodes)
        self.x = self.n.number
        assert self.x == 2
""".replace("    twin: Node2\n", "")
    result = explored(text)
    assert {v.name for v in result.violations} == {"assertion"}
    assert result.levels[0] == 2


def test_several_initial_states_are_all_explored() -> None:
    text = """
class Model(System):
    x: Int[0, 3]
    p: bool

    def initial(self):
        self.x = choose(1, 2, 3)
        wait(self.x != 2)
        self.p = choose()

    @process
    def main(self):
        self.x = 0
        self.p = not self.p
"""
    result = explored(text)
    assert (result.levels[0], result.transitions) == (4, 8)


RECORDS = """
class Pair(Record):
    x: Int[0, 3] = 1
    y: bool


class Node(Object):
    pair: Pair
    n: Int[0, 3]

    def set(self, n):
        self.n = n

    @property
    def big(self):
        return self.n > 1


class Base(System):
    nodes = Population(Node, size=1)
    pair: Pair
    ended: bool

    def value(self, x):
        return x + 1

    @process
    def main(self):
        assert False


class Model(Base):
    node: Node | None

    def initial(self):
        self.node = choose(self.nodes)

    def value(self, x):
        return super().value(x) * 2

    def sum(self, pair):
        return pair.x + 1 if pair.y else pair.x

    def main(self):
{body}
        self.ended = True

    @rule
    def later(self):
        wait(self.ended)
        self.pair.x, self.node.n = 2, 2
"""


def records(body: str) -> set[str]:
    return violated(RECORDS.format(body="".join(f"        {line}\n" for line in body.splitlines())))


def test_records_are_fields_inside_and_values_in_locals() -> None:
    assert records("assert self.pair.x == 1 and not self.pair.y and self.node.pair.x == 1") == set()
    assert records("self.node.pair.x = 3\nassert self.node.pair.x == 3 and self.pair.x == 1") == set()
    assert (
        records(
            "pair = Pair(self.pair.x, y=True)\nself.pair.x = 3\nassert pair.x == 1 and self.sum(pair) == 2"
        )
        == set()
    )
    chosen = "pair = Pair(1, True)\nif choose():\n    pair = Pair(2, False)\nassert pair.y == (pair.x == 1)"
    assert records(chosen) == set()


def test_methods_are_inherited_overridden_and_reached_with_super() -> None:
    assert records("assert self.value(2) == 6") == set()
    assert records("self.node.set(2)\nassert self.node.big") == set()
    assert records("assert self.value(2) == 3") == {"assertion"}


def test_the_fields_of_a_population_without_objects_can_be_named_where_none_is_reached() -> None:
    body = "self.a = None\nif self.a is not None:\n    self.a.v = 2\nfor n in self.nodes:\n    n.v = 3\nself.x = 1"
    check = "@always\ndef it(fs):\n    return fs.x == 0 and (fs.a is None or fs.a.v == 0)"
    for engine in (Reference(), Native()):
        system, found = explore(compiled(model(body), check, slots=0), engine)
        assert [v.name for v in found.violations] == ["it"]
        assert system.variable["node.v"].cells == 0
