"""Chandy and Misra's dining philosophers: DiningPhilosophers.tla (tlaplus/Examples) with its five of them.

Fork ``p`` lies to the left of philosopher ``p``, fork ``p + 1`` to the right.
"""

from ovlcheck import Array, Int, System, atomic, process

N = 5


class Philosophers(System):
    holder: Array[Int[0, 4], 5]
    clean: Array[bool, 5]
    hungry: Array[bool, 5] = True

    def initial(self) -> None:
        self.holder[2] = 2
        self.holder[3] = 3
        self.holder[4] = 4

    def can_eat(self, p: int) -> bool:
        if self.holder[p] != p or self.holder[(p + 1) % N] != p:
            return False
        return self.clean[p] and self.clean[(p + 1) % N]

    @process
    def philosopher(self, p: Int[0, 4]) -> None:
        while True:
            with atomic:  # Loop
                if self.holder[p] == p and not self.clean[p]:
                    self.holder[p] = (p + N - 1) % N
                    self.clean[p] = True
                elif self.holder[(p + 1) % N] == p and not self.clean[(p + 1) % N]:
                    self.holder[(p + 1) % N] = (p + 1) % N
                    self.clean[(p + 1) % N] = True
                hungry = self.hungry[p]
                eats = self.can_eat(p)
            if not hungry:
                self.hungry[p] = True  # Think
            elif eats:
                with atomic:  # Eat
                    self.hungry[p] = False
                    self.clean[p] = False
                    self.clean[(p + 1) % N] = False
