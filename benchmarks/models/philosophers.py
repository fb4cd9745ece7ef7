"""Dining philosophers who take the lower fork first: somebody always eats in the end, but not everybody."""

from ovlcheck import Array, Constant, Int, System, atomic, process, wait


class Philosophers(System):
    seats = Constant(10, "philosophers")
    top = Constant(9, "the last philosopher")
    taken: Array[bool, "seats"]
    eating: Array[bool, "seats"]

    @process
    def philosopher(self, p: Int[0, "top"]) -> None:
        while True:
            with atomic:
                wait(not self.taken[min(p, (p + 1) % self.seats)])
                self.taken[min(p, (p + 1) % self.seats)] = True
            with atomic:
                wait(not self.taken[max(p, (p + 1) % self.seats)])
                self.taken[max(p, (p + 1) % self.seats)] = True
                self.eating[p] = True
            with atomic:
                self.eating[p] = False
                self.taken[p] = False
                self.taken[(p + 1) % self.seats] = False
