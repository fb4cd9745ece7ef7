"""Locks: what blocks, what is misuse and found without being asked for, what is one step."""

from __future__ import annotations

import pytest

from tests.lang.models import explored, violated

MISUSE = {"lock misuse"}


def model(body: str, lock: str = "SpinLock", instances: int = 1, more: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    return (
        f"class Model(System):\n"
        f"    a: {lock}\n"
        f"    b: {lock}\n"
        f"    sleeping: Mutex\n"
        f"    sem: RwSemaphore\n"
        f"    x: Int[0, 3]\n"
        f"    p: bool\n\n    @process(instances={instances})\n    def one(self):\n{lines}{more}"
    )


def test_a_lock_keeps_others_out() -> None:
    critical = "self.a.acquire()\nassert self.x == 0\nself.x = 1\nself.x = 0\nself.a.release()"
    assert violated(model(critical, instances=2)) == set()
    assert violated(
        model(critical.replace("self.a.acquire()\n", "").replace("\nself.a.release()", ""), instances=2)
    ) == {"assertion"}


@pytest.mark.parametrize("kind", ["SpinLock", "Mutex"])
def test_a_with_block_releases_on_every_way_out(kind: str) -> None:
    body = (
        "while True:\n"
        "    with self.a:\n"
        "        if self.p:\n"
        "            break\n"
        "        if self.x == 0:\n"
        "            continue\n"
        "        return"
    )
    assert violated(model(body, kind, instances=2)) == set()
    assert violated(model(f"self.p = True\n{body}\nself.a.release()", kind)) == MISUSE


def test_release_of_a_lock_that_one_does_not_hold_is_misuse() -> None:
    assert violated(model("self.a.release()")) == MISUSE
    assert violated(model("self.a.acquire()\nself.b.release()")) == MISUSE
    assert violated(model("self.a.acquire()\nself.b.acquire()\nself.b.release()\nself.a.release()")) == set()


def test_a_lock_that_another_holds_is_not_mine_to_release() -> None:
    other = "\n    @process\n    def two(self):\n        self.a.release()\n"
    assert violated(model("self.a.acquire()", more=other)) == MISUSE


def test_taking_a_lock_again_is_misuse_and_not_a_silent_deadlock() -> None:
    assert violated(model("self.a.acquire()\nself.a.acquire()")) == MISUSE
    assert violated(model("self.sem.down_read()\nself.sem.down_write()")) == MISUSE
    assert violated(model("self.a.acquire()\nwith atomic:\n    with self.a:\n        self.x = 1")) == MISUSE


@pytest.mark.parametrize(
    "sleep",
    [
        "wait(self.p)",
        "self.sleeping.acquire()",
        "self.sem.down_read()",
        "with atomic:\n    with self.sleeping:\n        pass",
    ],
)
def test_sleeping_under_a_spinlock_is_misuse_even_where_nothing_blocks(sleep: str) -> None:
    before = "self.p = True\nself.a.acquire()\n"
    assert violated(model(before + sleep)) == MISUSE
    assert violated(model(before + "self.a.release()\n" + sleep)) == set()
    assert violated(model(before + sleep, "Mutex")) == set()


def test_a_spinlock_may_be_taken_under_a_spinlock() -> None:
    assert violated(model("self.a.acquire()\nself.b.acquire()\nself.b.release()\nself.a.release()")) == set()


def test_trylock_takes_a_free_lock_and_says_no_to_a_held_one() -> None:
    body = (
        "if self.a.trylock():\n    assert not self.a.trylock()\n    self.a.release()\nelse:\n    self.x = 1"
    )
    assert violated(model(body)) == set()
    assert violated(model(body + "\nassert self.x == 0")) == set()
    assert violated(model(body + "\nassert self.x == 0", instances=2)) == {"assertion"}


def test_readers_share_a_semaphore_and_a_writer_has_it_alone() -> None:
    reader = (
        "\n"
        "    @process(instances=2)\n"
        "    def reader(self):\n"
        "        self.sem.down_read()\n"
        "        self.x += 1\n"
        "        self.sem.up_read()\n"
    )
    both = "self.sem.down_write()\nassert self.x != 1\nself.sem.up_write()"
    assert violated(model(both, more=reader)) == {"assertion"}
    alone = reader.replace(
        "self.x += 1", "with atomic:\n            self.x += 1\n        with atomic:\n            self.x -= 1"
    )
    assert (
        violated(model("self.sem.down_write()\nassert self.x == 0\nself.sem.up_write()", more=alone)) == set()
    )
    assert violated(model("self.sem.down_read()\nassert self.x == 0\nself.sem.up_read()", more=alone)) == {
        "assertion"
    }
    assert (
        violated(
            model(
                "if self.sem.down_write_trylock():\n    assert self.x == 0\n    self.sem.up_write()",
                more=alone,
            )
        )
        == set()
    )
    assert violated(model("if self.sem.down_read_trylock():\n    self.sem.up_write()", more=alone)) == MISUSE


def test_acquire_and_release_may_stand_in_different_functions() -> None:
    more = (
        "\n    def enter(self):\n        self.a.acquire()\n\n    def leave(self):\n        self.a.release()\n"
    )
    assert (
        violated(model("self.enter()\nself.x = 1\nself.x = 0\nself.leave()", instances=2, more=more)) == set()
    )


def test_holds_tells_whether_the_running_process_has_the_lock() -> None:
    other = "\n    @process\n    def two(self):\n        assert not self.holds(self.a)\n"
    assert (
        violated(model("self.a.acquire()\nassert self.holds(self.a)\nself.a.release()", more=other)) == set()
    )


def test_a_lock_in_an_array_or_an_object_is_one_lock_for_each() -> None:
    text = """
class Node(Object):
    lock: SpinLock


class Model(System):
    nodes = Population(Node, size=2)
    locks: Array[SpinLock, 2]

    @process
    def one(self):
        node = choose(self.nodes)
        node.lock.acquire()
        self.locks[0].acquire()
        self.locks[1].acquire()
        for other in self.nodes:
            if other is not node:
                other.lock.acquire()
                other.lock.release()
        self.locks[1].release()
        self.locks[0].release()
        node.lock.release()
"""
    result = explored(text)
    assert not result.violations
    assert result.depth == 8


def test_two_locks_in_two_orders_are_a_deadlock() -> None:
    other = (
        "\n"
        "    @process\n"
        "    def two(self):\n"
        "        with self.b:\n"
        "            with self.a:\n"
        "                pass\n"
    )
    assert violated(model("with self.a:\n    with self.b:\n        pass", more=other)) == {"deadlock"}


def test_dec_and_lock_takes_the_lock_only_with_the_last_reference() -> None:
    text = """
class Model(System):
    count: Refcount = 2
    lock: SpinLock
    freed: bool

    @process(instances=2)
    def put(self):
        if self.count.dec_and_lock(self.lock):
            assert self.count == 0 and not self.freed
            self.freed = True
            self.lock.release()
"""
    result = explored(text)
    assert not result.violations
    assert result.largest["count"] == 2
    assert (result.states, result.depth) == (12, 6)
