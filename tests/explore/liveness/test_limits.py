"""Where not everything was seen nothing is said to hold, by both engines."""

from __future__ import annotations

import pytest

from ovlcheck.explore.result import Limits
from tests.explore.liveness.asking import GROWS, NINE, finding, verdict

pytestmark = pytest.mark.usefixtures("engine")


COUNT = """
class Model(System):
    x: Int[0, 50]
    loop: bool

    @daemon
    def d(self):
        while True:
            idle()
            with atomic:
                if self.x < 50:
                    self.x += 1

    @rule(fair="none")
    def flip(self):
        self.loop = not self.loop
"""


def test_under_a_limit_nothing_is_said_to_hold() -> None:
    text = "@behaviour\ndef it(fs):\n    return eventually(fs.x == 50)"
    assert verdict(COUNT, text) == "holds"
    for limits in (Limits(states=10), Limits(depth=5), Limits(seconds=0.0)):
        found = finding(COUNT, text, limits)
        assert found.violation is None and found.unknown is not None and not found.vacuous
    possible = finding(COUNT, "@possible\ndef it(fs):\n    return fs.x == 50", Limits(states=10))
    assert possible.violation is None and possible.unknown == "state limit of 10 reached"


def test_a_behaviour_in_the_part_that_is_known_is_found_under_a_limit() -> None:
    text = "@behaviour(unfair='d')\ndef it(fs):\n    return eventually(fs.x == 50)"
    found = finding(COUNT, text, Limits(states=10))
    assert found.violation is not None and found.violation.loop_start == 0


def test_where_a_population_is_exhausted_nothing_is_said_to_hold() -> None:
    model = """
class Thing(Object):
    v: bool


class Model(System):
    things = Population(Thing, size=1, dynamic=True)
    x: bool

    @daemon
    def d(self):
        while True:
            idle()
            with atomic:
                self.x = True
                if choose():
                    new(Thing)
"""
    found = finding(model, "@behaviour\ndef it(fs):\n    return eventually(fs.x)")
    assert found.unknown == "population exhausted: runs that need another object were not explored"


def test_counters_get_as_wide_as_they_need() -> None:
    stops = GROWS.replace("self.n.inc()", "wait(self.n < 9)\n            self.n.inc()")
    assert stops != GROWS
    assert verdict(stops, NINE) == "holds"


def test_a_counter_that_grows_for_ever_leaves_the_answer_open() -> None:
    found = finding(GROWS, NINE)
    assert found.violation is None and found.unknown is not None and "grows beyond" in found.unknown
