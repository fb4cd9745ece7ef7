"""Peterson's lock for two, label by label as in Peterson.tla (tlaplus/Examples, locks_auxiliary_vars)."""

from ovlcheck import Array, Int, System, atomic, process, wait


class Peterson(System):
    c: Array[bool, 2]
    turn: Int[0, 1]

    @process
    def proc(self, me: Int[0, 1]) -> None:
        while True:
            with atomic:  # a0
                wait(True)
            self.c[me] = True  # a1
            self.turn = 1 - me  # a2
            with atomic:  # a3
                wait(not self.c[1 - me] or self.turn == me)
            with atomic:  # cs
                wait(True)
            self.c[me] = False  # a4
