"""Where a compiler of this kind goes wrong without anybody noticing: aliases, late reads, facts, constants, joins."""

from __future__ import annotations

import pytest

from tests.lang.models import compiled, explored, violated

MODEL = """
class Node(Object):
    v: Int[0, 3]
    next: "Node | None"
    values: Array[Int[0, 3], 2]
    lock: SpinLock
    queue: List[Int[0, 3], 2]


class Model(System):
    nodes = Population(Node, size=2)
    x: Int[0, 3] = 1
    y: Int[0, 3] = 2
    p: bool
    first: Node | None
    second: Node | None
    s: Set[Node]
    l: List[Int[0, 3], 2]
    arr: Array[Int[0, 3], 3]
    started: bool
    ended: bool

    def initial(self):
        self.first = choose(self.nodes)
        self.second = choose({{n for n in self.nodes if n is not self.first}})
        self.first.next = self.second
        self.second.next = self.first
        self.s = {{self.first}}

    def give(self, x):
        return x

    def bump(self):
        self.x = (self.x + 1) % 4
        return self.x

    def picked(self, which):
        if which:
            return self.first
        return self.second

    def later(self, p):
        if p:
            value = 3
        else:
            value = 2
        self.y = value
        return value

    @rule
    def after(self):
        wait(self.ended)
        self.first.v, self.first, self.p, self.x, self.y = 0, self.second, not self.p, 1, 0
        self.first.next, self.first.values[0], self.arr[0] = None, 0, 0
        self.l.clear()
        self.s.clear()
        self.second = self.first

    @process
    def main(self):
{body}
        self.ended = True
{more}
"""


def run(body: str, more: str = "") -> set[str]:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    return violated(MODEL.format(body=lines, more=more))


# Code that must not fail.
SOUND = {
    "an argument read before a later argument changes it": "a = self.x + self.bump()\nassert a == 3",
    "an argument in a tuple": "a, b = self.x, self.bump()\nassert a == 1 and b == 2",
    "a swap": "self.x, self.y = self.y, self.x\nassert self.x == 2 and self.y == 1",
    "an argument in atomic": "with atomic:\n    a = self.x + self.bump()\n    assert a == 3",
    "an operand of a comparison": "assert self.x < self.bump()",
    "a chain evaluates its middle once": "assert 1 < self.bump() < 3",
    "augmented assignment reads first": "self.x += self.bump()\nassert self.x == 3",
    "augmented assignment reads first in atomic": (
        "with atomic:\n    self.x += self.bump()\nassert self.x == 3"
    ),
    "a stored value is read before the place is found": (
        "self.arr[self.bump()] = self.x\nassert self.arr[2] == 1"
    ),
    "a local does not follow the field": "a = self.x\nself.bump()\nassert a == 1",
    "a local of a local": "a = self.x\nb = a\na = 3\nassert b == 1",
    "a local does not follow the reference": "n = self.first\na = n.v\nn.v = 3\nassert a == 0",
    "an array of an object that is let go": (
        "n = self.first\n"
        "a = n.values\n"
        "n = self.second\n"
        "a[0] = 1\n"
        "assert self.first.values[0] == 1 and self.second.values[0] == 0"
    ),
    "a lock of an object that is let go": (
        "n = self.first\n"
        "lock = n.lock\n"
        "n = self.second\n"
        "lock.acquire()\n"
        "assert self.holds(self.first.lock)\n"
        "lock.release()"
    ),
    "the results of two calls": "assert self.give(1) + self.give(2) == 3",
    "the results of two calls in locals": "a = self.give(1)\nb = self.give(2)\nassert a == 1 and b == 2",
    "a result as an argument of the same function": "assert self.give(self.give(1) + self.give(2)) == 3",
    "results that are references": "assert self.picked(True) is not self.picked(False)",
    "a set is a value": "a = self.s\nself.s.clear()\nassert len(a) == 1",
    "a set in a loop is a snapshot when it is one": (
        "for n in set(self.s):\n    self.s.clear()\n    assert n is self.first"
    ),
    "branches that assign": (
        "if choose():\n    a = 1\nelse:\n    a = 2\nb = a\nif b == 1:\n    a = 3\nassert a == 3 or a == 2"
    ),
    "a branch that reassigns a loop's name": (
        "for n in self.s:\n    if n.v == 0:\n        n = n.next\n    assert n is self.second"
    ),
    "a loop that reassigns a loop's name": (
        "for n in self.s:\n"
        "    a: Int[0, 3] = 0\n"
        "    while a < 3:\n"
        "        n = n.next\n"
        "        a += 1\n"
        "    assert n is self.second"
    ),
    "the name of a loop that was left": (
        "for a in (0, 1, 2):\n    if a == self.x:\n        break\nassert a == 1"
    ),
    "elements are read once": "for a in (self.x, self.y):\n    self.y = 3\n    self.x = 3\n    assert a < 3",
    "a tuple is what it was": "b = 1\nfor a in (b, 3):\n    b = 2\n    assert a != 2",
    "a sum of more than one of a type holds": (
        "with atomic:\n    self.x = 3\na = sum(self.x for n in (1, 2, 3))\nassert a == 9"
    ),
    "any of a tuple": "assert any((self.p, self.x == 1)) and not any((self.p, self.x == 2))",
    "all of a tuple": "assert all([self.x == 1, self.y == 2]) and not all([self.x == 1, self.p])",
    "a value that only one branch assigns anew": "a = 1\nif self.x == 1:\n    a = 2\nassert a == 2",
    "a local of a call is gone": "self.later(True)\nself.later(False)\nassert self.y == 2",
    "an argument that is reassigned": "a = 1\nb = self.give(a)\na = 2\nassert b == 1",
    "a conditional expression": "a = self.x if self.p else self.y\nself.y = 0\nassert a == 2",
    "short circuits": "if self.p and self.bump():\n    pass\nassert self.x == 1",
    "not of a chain": (
        "if not (self.p or self.bump() == 0):\n    self.y = 3\nassert self.x == 2 and self.y == 3"
    ),
    "None in a variable that held an object": (
        "n = self.first\nwhile n is not None:\n    n = None if self.x else n\nassert n not in self.s"
    ),
    "a list's last and first": (
        "self.l.append(1)\n"
        "self.l.append(2)\n"
        "assert self.l.pop(0) == 1\n"
        "self.l.append(3)\n"
        "assert self.l.pop() == 3"
    ),
    "removal from a list of what comes first": (
        "self.l.append(2)\nself.l.append(1)\nself.l.remove(2)\nassert self.l[0] == 1 and len(self.l) == 1"
    ),
    "a member of an empty set": (
        "a = set()\nassert self.first not in a\na.add(self.first)\nassert self.first in a"
    ),
    "a comprehension's name is its own": (
        "n = self.first\na = {n for n in self.nodes}\nassert n is self.first and len(a) == 2"
    ),
    "the length of what a call gives": "assert len({n for n in self.nodes if self.bump()}) == 2 and self.x == 3",
    "a choice from what a call gives": (
        "n = choose({n for n in self.nodes if self.bump()})\nassert self.x == 3"
    ),
    "a lock that is held while its object is let go": (
        "n = self.first\n"
        "with n.lock:\n"
        "    n = n.next\n"
        "    assert not self.holds(n.lock)\n"
        "assert not self.holds(self.first.lock)"
    ),
    "a loop over the list of an object that is let go": (
        "self.first.queue.append(1)\n"
        "n = self.first\n"
        "a: Int[0, 3] = 0\n"
        "for i in n.queue:\n"
        "    n = n.next\n"
        "    a += i\n"
        "assert a == 1"
    ),
    "the difference of sets": "assert len(set(self.nodes) - self.s) == 1",
    "a constant reached by two ways": (
        "a = 1\nif choose():\n    a = 2\nif a == 1:\n    self.y = 1\nassert (self.y == 1) == (a == 1)"
    ),
    "a fact about what a local was": (
        "a = self.x\nif a == 1:\n    self.x = 3\n    a = self.x\n    assert a == 3"
    ),
    "a fact about a field in one step": (
        "with atomic:\n    if self.x == 1:\n        self.x = 2\n        assert self.x == 2"
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_code_means_what_python_means_by(name: str) -> None:
    assert run(SOUND[name]) == set()


# Code that must be found wrong.
WRONG = {
    "a dereference of None in a value that nobody uses": (
        ("self.first = None\na = self.first.v"),
        "null dereference",
    ),
    "a dereference of None in an argument that nobody uses": (
        ("n = None if self.x else self.first\nself.give(n.v)"),
        "null dereference",
    ),
    "an index out of range": ("self.arr[self.x + 2] = 1", "index out of range"),
    "an index below zero": ("self.arr[self.x - 2] = 1", "index out of range"),
    "a division by zero whose result is multiplied away": (
        ("self.x = 0\na = 1 // self.x * 0"),
        "division by zero",
    ),
    "a value outside its type": ("self.x += 3", "value out of range"),
    "a value outside the annotation of a local": ("a: Int[0, 2] = self.x + 2", "value out of range"),
    "a value outside the annotation, overwritten at once": (
        ("a: Int[0, 2] = 1\na = self.x + 2\na = 0"),
        "value out of range",
    ),
    "a list that is full": ("self.l.append(1)\nself.l.append(1)\nself.l.append(1)", "index out of range"),
    "the first of an empty list": ("a = self.l.pop(0)", "index out of range"),
    "the last of an empty list": ("a = self.l.pop()", "index out of range"),
    "removal of what is not there": ("self.s.remove(self.second)", "remove of a non-member"),
    "removal from a list of what is not there": (
        ("self.l.append(1)\nself.l.remove(0)"),
        "remove of a non-member",
    ),
    "removal from a local set": ("a = set(self.s)\na.remove(self.second)", "remove of a non-member"),
    "a reference that was never assigned": (
        ("if self.p:\n    n = self.first\nself.x = n.v"),
        "null dereference",
    ),
    "an assertion behind a choice": ("assert choose()", "assertion"),
    "an assertion before a wait in vain": (
        "with atomic:\n    assert self.x != 1\n    wait(False)",
        "assertion",
    ),
    "a fault before a wait in vain": (
        "with atomic:\n    a = self.arr[self.x + 2]\n    wait(False)",
        "index out of range",
    ),
    "an assertion behind a call": ("assert self.give(self.p)", "assertion"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(name: str) -> None:
    body, violation = WRONG[name]
    assert run(body) == {violation}


OTHER = """
    @process
    def other(self):
        wait(self.started)
        {other}
"""


def beside(body: str, other: str) -> set[str]:
    lines = other.replace("\n", "\n        ")
    return run(f"self.started = True\n{body}", OTHER.format(other=lines))


def test_two_reads_of_one_field_may_differ() -> None:
    assert beside("assert self.p == self.p", "self.p = True") == {"assertion"}
    assert beside("assert not self.p or self.p", "self.p = True\nself.p = False") == {"assertion"}
    assert beside("with atomic:\n    assert self.p == self.p", "self.p = True") == set()
    assert beside("a = self.p\nassert a == a", "self.p = True") == set()


def test_a_read_happens_where_it_stands_and_not_where_its_value_is_used() -> None:
    other = "self.p = True\nself.x = 2"
    assert beside("a = self.x\nb = self.p\nif not b:\n    assert a == 1", other) == set()
    assert beside("b = self.p\na = self.x\nif not b:\n    assert a == 1", other) == {"assertion"}


def test_what_is_known_of_a_field_is_forgotten_when_others_may_run() -> None:
    assert beside("if self.x == 1:\n    assert self.x == 1", "self.x = 2") == {"assertion"}
    assert beside("with atomic:\n    if self.x == 1:\n        assert self.x == 1", "self.x = 2") == set()


def test_a_loop_over_a_set_sees_what_is_added_and_not_what_is_removed() -> None:
    count = "a: Int[0, 3] = 0\nfor n in self.s:\n    a += 1\n"
    assert beside(count + "assert a < 2", "self.s.add(self.second)") == {"assertion"}
    assert beside(count + "assert a > 0", "self.s.clear()") == {"assertion"}
    assert beside("for n in self.s:\n    with atomic: assert n in self.s", "self.s.clear()") == {"assertion"}
    assert (
        beside(count + "assert a < 3", "self.s.add(self.second)\nself.s.clear()\nself.s.add(self.first)")
        == set()
    )


def test_a_loop_over_a_list_goes_by_position() -> None:
    start = (
        "self.l.append(1)\n"
        "self.l.append(2)\n"
        "self.started = True\n"
        "b: Int[0, 9] = 0\n"
        "for a in self.l:\n"
        "    b += a\n"
    )
    other = OTHER.format(other="self.l.pop(0)")
    assert "assertion" in run(start + "assert b == 3", other)
    assert "assertion" not in run(start + "assert b in (1, 2, 3)", other)


def test_a_field_written_by_its_maker_alone_costs_nothing_and_is_right() -> None:
    text = """
class File(Object):
    number: Int[0, 3]
    seen: bool


class Model(System):
    files = Population(File, size=2, dynamic=True)
    table: Set[File]
    late: Constant(False) = False
    x: Int[0, 3]

    @process
    def maker(self):
        for number in (2, 3):
            with atomic:
                file = new(File)
                file.number = number
                self.table.add(file)

    @process
    def user(self):
        file = choose(self.table)
        wait(self.x == 0)
        assert file.number == 2 or file.number == 3
        {more}
""".replace("    late: Constant(False) = False\n", "")
    assert violated(text.format(more="pass")) == set()
    wrong = text.format(more="file.number = 1\n        assert file.number != 1")
    assert violated(wrong) == {"assertion"}
    torn = text.replace(
        "            with atomic:\n                file = new(File)\n                file.number = number",
        (
            "            with atomic:\n"
            "                file = new(File)\n"
            "                self.table.add(file)\n"
            "            with atomic:\n"
            "                file.number = number"
        ),
    )
    assert violated(torn.format(more="pass")) == {"assertion"}


def test_a_field_called_alive_is_a_field_like_any_other() -> None:
    text = """
class Node(Object):
    alive: bool
    v: Int[0, 3]


class Model(System):
    nodes = Population(Node, size=1)
    node: Node | None

    def initial(self):
        self.node = choose(self.nodes)

    @process
    def one(self):
        with atomic:
            self.node.alive = True
            self.node.v = 1

    @process
    def two(self):
        assert self.node.v == 0 or self.node.v == 1
        assert self.node.v == 0
"""
    assert violated(text) == {"assertion"}


def test_a_lock_is_held_by_whoever_takes_it_and_by_no_process_that_never_does() -> None:
    text = """
class Model(System):
    lock: Mutex
    taken: bool

    @process
    def one(self):
        self.lock.acquire()
        self.taken = True

    @process
    def two(self):
        wait(self.taken)
        assert not self.holds(self.lock)
        with atomic:
            with self.lock:
                assert False
"""
    assert violated(text) == {"deadlock"}
    assert not any("two.holds" in v.name for v in compiled(text).variables)


def test_values_of_this_configuration_are_put_in_and_another_one_differs() -> None:
    text = """
class Model(System):
    big = Constant(False)
    limit: Int[0, 3]
    x: Int[0, 3]

    def initial(self):
        self.limit = 3 if self.big else 1

    @process
    def one(self):
        self.x = 2
        assert self.x <= self.limit
"""
    assert violated(text) == {"assertion"}
    assert violated(text, big=True) == set()
    assert explored(text).depth == 1
