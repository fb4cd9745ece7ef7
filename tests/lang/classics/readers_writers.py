"""Readers and writers served from one queue: ReadersWriters.tla (tlaplus/Examples), actor by actor.

A request is the number of its actor, and ``WRITE`` more to write.
"""

from ovlcheck import Array, Int, List, System, rule, wait

ACTORS = 3
WRITE = 3


class ReadersWriters(System):
    reading: Array[bool, 3]
    writing: Array[bool, 3]
    waiting: List[Int[0, 5], 6]

    @rule
    def try_read(self, actor: Int[0, 2]) -> None:
        wait(actor not in self.waiting)
        self.waiting.append(actor)

    @rule
    def try_write(self, actor: Int[0, 2]) -> None:
        wait(actor + WRITE not in self.waiting)
        self.waiting.append(actor + WRITE)

    @rule
    def read_or_write(self) -> None:
        wait(len(self.waiting) > 0 and not any(self.writing[a] for a in range(ACTORS)))
        if self.waiting[0] < WRITE:
            self.reading[self.waiting[0]] = True
        else:
            wait(not any(self.reading[a] for a in range(ACTORS)))
            self.writing[self.waiting[0] - WRITE] = True
        self.waiting.pop()

    @rule
    def stop(self, actor: Int[0, 2]) -> None:
        wait(self.reading[actor] or self.writing[actor])
        if self.reading[actor]:
            self.reading[actor] = False
        else:
            self.writing[actor] = False
