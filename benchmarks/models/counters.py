"""Counters that go up and begin again, each by a process of its own: every combination of their values is a state.

As ``grid``, next to no work for each transition; but everything is one cycle.
"""

from ovlcheck import Array, Constant, Int, System, atomic, process


class Counters(System):
    counters = Constant(3, "counters")
    top = Constant(2, "the last counter")
    last = Constant(99, "the greatest value of each counter")
    count: Array[Int[0, "last"], "counters"]

    @process
    def counter(self, i: Int[0, "top"]) -> None:
        while True:
            with atomic:
                self.count[i] = (self.count[i] + 1) % (self.last + 1)
