"""Peterson's lock for several: of those who wait at a level, the last to come waits until another comes.

"Myths about the mutual exclusion problem" (1981); one shared access a step, but waiting looks at all levels at once,
so that who may go on stays able to.
"""

from ovlcheck import Array, Constant, Int, System, atomic, process, wait


class FilterLock(System):
    tasks = Constant(4, "tasks")
    top = Constant(3, "the last task, and the last level")
    level: Array[Int[0, "top"], "tasks"]
    last: Array[Int[0, "top"], "tasks"]

    def may_pass(self, i: int, level: int) -> bool:
        return self.last[level] != i or all(k == i or self.level[k] < level for k in range(self.tasks))

    @process
    def task(self, i: Int[0, "top"]) -> None:
        while True:
            for level in range(1, self.tasks):
                self.level[i] = level
                self.last[level] = i
                with atomic:
                    wait(self.may_pass(i, level))
            self.level[i] = 0
