"""A model that uses every part of the language once: what mutations start from."""

import enum

from ovlcheck import (
    Array,
    Constant,
    Int,
    List,
    Mutex,
    Object,
    Population,
    Record,
    Refcount,
    RwSemaphore,
    Set,
    SpinLock,
    System,
    atomic,
    choose,
    daemon,
    event,
    free,
    idle,
    may_not_happen,
    new,
    process,
    rule,
    wait,
)  # fmt: skip


class Colour(enum.Enum):
    RED = 0
    BLUE = 1


class Mode(enum.Flag):
    R = 1
    W = 2


class Pair(Record):
    x: Int[0, 3]
    y: bool


class Node(Object):
    v: Int[0, 3]
    on: bool
    next: "Node | None"
    tag: Colour = Colour.BLUE
    guard: SpinLock

    @property
    def bright(self):
        return self.on or self.v > 1

    def bump(self, by):
        self.v = (self.v + by) % 4
        return self.v


class Extra(Object):
    z: bool


def smaller(a, b):
    return a if a < b else b


class Everything(System):
    nodes = Population(Node, size="limit")
    extras = Population(Extra, size=1, dynamic=True)
    limit = Constant(2, "how many nodes")
    loud = Constant(True, "a switch")
    a: Int[0, 3]
    b: Int[-2, 2]
    p: bool
    q: bool
    c: Colour
    w: Mode
    n: Node | None
    m: Node | None
    s: Set[Node]
    t: Set[Colour]
    l: List[Int[0, 3], 2]  # noqa: E741
    arr: Array[Int[0, 3], 3]
    by: Array[bool, Colour]
    own: Array[Int[0, 3], Node]
    r: Pair
    count: Refcount
    lock: SpinLock
    other: SpinLock
    mutex: Mutex
    sem: RwSemaphore

    def initial(self):
        self.n = choose(self.nodes)
        self.a = choose(0, 1)

    def helper(self, x, y=1):
        if x > y:
            return True
        return self.p and x == 0

    @process(instances=2)
    def main(self):
        while True:
            idle()
            if choose():
                may_not_happen("an example")
                continue
            with atomic:
                wait(self.n is not None or self.p)
                self.s.add(self.n)
            for node in self.s:
                with node.guard:
                    if not node.bright:
                        node.bump(self.a)
            if (self.helper(smaller(self.a, 2)) and not self.q) or self.count > 0:
                self.lock.acquire()
                self.count.inc()
                self.w |= Mode.R
                self.lock.release()
            total: Int[0, 9] = 0
            while total < 2 and self.arr[total] == 0:
                total += 1
            with atomic:
                if len(self.l) < 2:
                    self.l.append(total)
                found = any(item.on for item in self.s if item.next is None)
                pair = Pair(x=self.a, y=found)
                self.r.x = pair.x
            assert self.c is not Colour.BLUE, "never blue"
            self.by[self.c] = self.r.y
            if self.n is not None:
                self.own[self.n] = 1 if self.by[Colour.RED] else 0
            event("round", total)

    @daemon
    def cleaner(self):
        while True:
            wait(self.count > 0)
            if self.count.dec_and_lock(self.lock):
                self.lock.release()
            self.sem.down_read()
            self.t = {colour for colour in (Colour.RED, Colour.BLUE) if colour is self.c}
            self.sem.up_read()

    @process
    def maker(self):
        extra = new(Extra)
        extra.z = True
        free(extra)

    @rule
    def flip(self, node: Node):
        wait(node.on != self.p)
        node.on = self.p
        if self.s:
            self.s.clear()
