"""The queue lock of Mellor-Crummey and Scott (ACM TOCS 9(1), 1991), one shared access a step.

Waiting is a loop that reads once a round.  ``pred`` is kept when it is no longer needed, so that states are
those of the algorithm in which it is a field of the queue node.
"""

from ovlcheck import Array, Constant, Int, System, atomic, process

NIL = -1


class Mcs(System):
    tasks = Constant(3, "tasks")
    top = Constant(2, "the last task")
    next: Array[Int[NIL, "top"], "tasks"] = NIL
    pred: Array[Int[NIL, "top"], "tasks"] = NIL
    locked: Array[bool, "tasks"]
    lock: Int[NIL, "top"] = NIL

    @process
    def task(self, i: Int[0, "top"]) -> None:
        while True:
            self.next[i] = NIL  # L0
            with atomic:  # L1
                self.pred[i] = self.lock
                self.lock = i
            if self.pred[i] != NIL:  # L2
                self.locked[i] = True  # L3
                with atomic:  # L4
                    self.next[self.pred[i]] = i
                while self.locked[i]:  # L5
                    pass
            if self.next[i] == NIL:  # L6, the critical section
                with atomic:  # L7
                    alone = self.lock == i
                    if alone:
                        self.lock = NIL
                if alone:
                    continue
                while self.next[i] == NIL:  # L8
                    pass
            with atomic:  # L9
                self.locked[self.next[i]] = False
