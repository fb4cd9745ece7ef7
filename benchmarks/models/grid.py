"""Three counters, each of which goes up on its own: side ** 3 states, 3 * (side - 1) * side ** 2 transitions.

Next to no work for each transition: what is measured is how states are stored.
"""

from ovlcheck import Constant, Int, System, rule, wait


class Grid(System):
    last = Constant(99, "the greatest value of each counter")
    x: Int[0, "last"]
    y: Int[0, "last"]
    z: Int[0, "last"]

    @rule
    def step_x(self) -> None:
        wait(self.x < self.last)
        self.x += 1

    @rule
    def step_y(self) -> None:
        wait(self.y < self.last)
        self.y += 1

    @rule
    def step_z(self) -> None:
        wait(self.z < self.last)
        self.z += 1
