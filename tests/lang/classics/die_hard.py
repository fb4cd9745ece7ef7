"""Two jugs of 3 and 5 gallons, from which 4 are to be measured: Lamport's DieHard.tla (tlaplus/Examples)."""

from ovlcheck import Int, System, rule


class DieHard(System):
    small: Int[0, 3]
    big: Int[0, 5]

    @rule
    def fill_small(self) -> None:
        self.small = 3

    @rule
    def fill_big(self) -> None:
        self.big = 5

    @rule
    def empty_small(self) -> None:
        self.small = 0

    @rule
    def empty_big(self) -> None:
        self.big = 0

    @rule
    def small_to_big(self) -> None:
        poured = min(self.small, 5 - self.big)
        self.small -= poured
        self.big += poured

    @rule
    def big_to_small(self) -> None:
        poured = min(self.big, 3 - self.small)
        self.big -= poured
        self.small += poured
