"""What is one step, in which order, and what costs nothing."""

from __future__ import annotations

import pytest

from ovlcheck.explore.reference import reachable
from tests.lang.models import compiled, explored, violated

FIELDS = """
class Node(Object):
    v: Int[0, 3]
    next: Node2


class Model(System):
    x: Int[0, 3]
    y: Int[0, 3]
    p: bool
    q: bool
    w: Mode
    s: Set[Colour]
    l: List[Int[0, 3], 2]
    count: Refcount = 1
    fixed: Int[0, 3] = 2
    done: bool

    @rule
    def never(self):
        wait(self.done and not self.done)
        self.x, self.y, self.p, self.q, self.w = 1, 1, True, True, Mode.R
        self.s.clear()
        self.l.clear()

    def twice(self, a):
        return a + a

    @process
    def main(self):
""".replace("    next: Node2\n", "")


def steps(code: str) -> int:
    """How many steps a process takes that runs ``code`` and then sets ``done``, without that one."""
    body = "".join(f"        {line}\n" for line in code.splitlines())
    return explored(FIELDS + body + "        self.done = True\n").depth - 1


# Code and the number of its steps, everything being zero at first.
COSTS = {
    "pass": 0,
    "a = 1\nb = a + 2": 0,
    "self.x = 1": 1,
    "self.x = self.fixed": 1,
    "a = self.x": 1,
    "self.x = self.y": 2,
    "self.x += 1": 2,
    "self.x = self.x + self.x": 3,
    "if self.p or self.q:\n    pass": 2,
    "if self.p and self.q:\n    pass": 1,
    "if not self.p and not self.q:\n    pass": 2,
    "if 0 < self.x < self.y:\n    pass": 1,
    "if 0 <= self.x <= self.y:\n    pass": 2,
    "a = self.x if self.p else self.y": 2,
    "self.p = self.x == self.y": 3,
    "with atomic:\n    self.x = self.y\n    self.y = 1": 1,
    "with atomic:\n    pass": 0,
    "with atomic:\n    a = self.fixed": 0,
    "with atomic:\n    with atomic:\n        self.x = 1\n    self.y = 1": 1,
    "wait(not self.p)": 1,
    "assert not self.p": 1,
    "self.w |= Mode.R": 2,
    "self.w.set(Mode.R)": 1,
    "a = self.w.test_and_set(Mode.R)": 1,
    "self.p.set()": 1,
    "a = self.p.test_and_set()": 1,
    "if self.w & (Mode.R | Mode.W):\n    pass": 1,
    "self.s.add(Colour.RED)": 1,
    "self.s.discard(Colour.RED)": 1,
    "self.s.add(Colour.RED)\na = self.s.take()": 2,
    "if Colour.RED in self.s:\n    pass": 1,
    "a = len(self.s)": 1,
    "for c in self.s:\n    pass": 1,
    "self.s.add(Colour.RED)\nfor c in self.s:\n    pass": 3,
    "self.s.add(Colour.RED)\nfor c in set(self.s):\n    pass": 2,
    "self.l.append(self.x)": 2,
    "self.l.append(1)\na = self.l.pop()": 2,
    "self.l.append(1)\na = self.l[0]": 2,
    "self.l.append(1)\nself.l.remove(1)": 2,
    "self.l.append(1)\nfor a in self.l:\n    pass": 3,
    "if self.l == []:\n    pass": 1,
    "self.count.inc()": 1,
    "a = self.count.dec_and_test()": 1,
    "a = self.count.inc_not_zero()": 1,
    "self.count += 1": 2,
    "a = self.twice(self.x)": 1,
    "for i in range(3):\n    self.x = i": 3,
    "a = sum(self.x for i in range(3))": 3,
    "a = any(self.p for i in range(3))": 3,
    "a = all(self.p for i in range(3))": 1,
    "a = {c for c in (Colour.RED, Colour.BLUE) if self.p}": 2,
    "a = 0\nwhile a < 3:\n    a += 1": 0,
    "event('something', self.x)": 1,
}
COSTS["a: Int[0, 3] = 0\nwhile a < 3:\n    a += 1"] = COSTS.pop("a = 0\nwhile a < 3:\n    a += 1")


@pytest.mark.parametrize("code", COSTS)
def test_every_access_is_a_step(code: str) -> None:
    assert steps(code) == COSTS[code]


def test_a_field_that_nothing_writes_is_neither_a_step_nor_state() -> None:
    system = compiled(FIELDS + "        self.x = self.fixed\n        self.done = True\n")
    assert "fixed" not in system.variable
    assert "x" in system.variable


def test_the_order_of_two_lock_free_tests_changes_a_verdict() -> None:
    text = """
class Model(System):
    writers: bool = True
    dirty: bool

    @process
    def writer(self):
        self.dirty = True
        self.writers = False

    @process
    def scanner(self):
        if not ({test}):
            with atomic:
                assert not self.dirty
"""
    assert violated(text.format(test="self.dirty or self.writers")) == {"assertion"}
    assert violated(text.format(test="self.writers or self.dirty")) == set()


def test_an_increment_can_be_torn_apart_and_an_atomic_one_cannot() -> None:
    text = """
class Model(System):
    x: Int[0, 2]
    ended: Refcount

    @process(instances=2)
    def one(self):
        {increment}
        self.ended.inc()

    @rule
    def check(self):
        wait(self.ended == 2)
        assert self.x == 2
"""
    assert violated(text.format(increment="self.x += 1")) == {"assertion"}
    assert violated(text.format(increment="with atomic: self.x += 1")) == set()


ATOMIC = """
class Model(System):
    x: Int[0, 3]
    y: Int[0, 3]
    lock: SpinLock

    @process
    def one(self):
        with atomic:
            self.x = 1
            {middle}
            self.y = 1

    @process
    def two(self):
        {other}
"""


def test_an_atomic_block_is_seen_as_a_whole_or_not_at_all() -> None:
    half = "with atomic: assert self.x == self.y"
    assert violated(ATOMIC.format(middle="pass", other=half)) == set()
    never = ATOMIC.format(middle="wait(self.y == 2)", other=half)
    assert violated(never) == set()
    assert explored(never).states == 2


def test_a_path_through_an_atomic_block_that_meets_a_held_lock_is_none() -> None:
    holder = (
        "self.lock.acquire()\n"
        "        before = self.x\n"
        "        assert self.x == before\n"
        "        self.lock.release()"
    )
    assert (
        violated(ATOMIC.format(middle="self.lock.acquire()\n            self.lock.release()", other=holder))
        == set()
    )
    assert violated(ATOMIC.format(middle="with self.lock: pass", other=holder)) == set()
    assert violated(ATOMIC.format(middle="pass", other=holder)) == {"assertion"}


def test_choices_in_an_atomic_block_are_several_transitions_and_a_blocked_one_is_none() -> None:
    text = """
class Model(System):
    x: Int[0, 3]

    @process
    def one(self):
        with atomic:
            self.x = choose(0, 1, 2, 3)
            wait(self.x != 2)
"""
    result = explored(text)
    assert (result.states, result.transitions) == (4, 3)


def test_a_violation_half_way_ends_the_step_with_what_was_done_by_then() -> None:
    result = explored(ATOMIC.format(middle="assert self.y == 1", other="pass"))
    assert [v.name for v in result.violations] == ["assertion"]


def test_a_loop_in_one_step_goes_on_until_it_ends() -> None:
    text = """
class Model(System):
    x: Int[0, 9]

    @process
    def one(self):
        with atomic:
            while self.x < 9:
                self.x += 1

    @rule
    def check(self):
        wait(self.x > 0)
        assert self.x == 9
"""
    assert violated(text) == set()


CHOICES = {
    "self.x = choose(1, 2)": 2,
    "self.x = choose(range(4))": 4,
    "self.x = 1 if choose() else 2": 2,
    "if choose():\n    self.x = 1\nelse:\n    self.x = 2": 2,
    "self.c = choose(Colour)": 3,
    "self.n = choose(self.nodes)": 2,
    "self.s.add(Colour.RED)\nself.s.add(Colour.BLUE)\nself.c = choose(self.s)": 2,
    "self.c = choose(self.s)": 0,
    "self.n = choose({n for n in self.nodes if n is not self.n})": 2,
    "while choose():\n    self.x = 3": 2,
}


@pytest.mark.parametrize("code", CHOICES)
def test_choose_takes_any_of_what_it_is_given(code: str) -> None:
    text = """
class Node(Object):
    v: bool


class Model(System):
    nodes = Population(Node, size=2)
    x: Int[0, 3]
    c: Colour
    n: Node | None
    s: Set[Colour]
    done: bool

    @process
    def one(self):
{body}
        self.done = True
"""
    body = "\n".join(f"        {line}" for line in code.splitlines())
    system = compiled(text.format(body=body))
    done = system.offset["done"]
    assert sum(state[done] for state in reachable(system)) == CHOICES[code]
