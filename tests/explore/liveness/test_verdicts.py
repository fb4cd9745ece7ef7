"""What a formula and a possibility say of the fair behaviours, and when they say nothing, by both engines."""

from __future__ import annotations

import pytest

from tests.explore.liveness.asking import SPIN, finding, verdict

pytestmark = pytest.mark.usefixtures("engine")


def test_of_several_paths_that_join_the_one_that_misses_the_goal_is_found() -> None:
    model = """
class Model(System):
    seen: bool
    end: bool
    x: Int[0, 2]

    @daemon
    def d(self):
        with atomic:
            self.x = choose(1, 2)
        with atomic:
            self.seen = self.x == 1
        with atomic:
            self.seen = False
            self.x = 0
        self.end = True
"""
    assert verdict(model, "@behaviour\ndef it(fs):\n    return eventually(fs.seen)") == "violated"
    assert verdict(model, "@behaviour\ndef it(fs):\n    return eventually(fs.end)") == "holds"
    found = finding(model, "@behaviour\ndef it(fs):\n    return eventually(fs.seen)").violation
    assert found is not None and len(found.path) == found.loop_start == 4


def test_what_can_be_lost_for_ever_is_told_from_what_stays_possible() -> None:
    model = """
class Model(System):
    x: Int[0, 2]

    @process
    def user(self):
        while True:
            idle()
            with atomic:
                self.x = choose(0, 1) if self.x < 2 else 2

    @daemon
    def d(self):
        while True:
            idle()
            with atomic:
                wait(self.x == 1)
                self.x = choose(0, 2)
"""
    lost = finding(model, "@possible\ndef it(fs):\n    return fs.x == 0").violation
    assert lost is not None and len(lost.path) == 2 and lost.loop_start is None
    assert (
        verdict(model, "@behaviour\ndef it(fs):\n    return always(fs.x == 2 or possible(fs.x == 0))")
        == "holds"
    )
    without = "@behaviour\ndef it(fs):\n    return always(fs.x == 2 or possible(fs.x == 1, {}))"
    assert verdict(model, without.format("")) == "holds"
    assert verdict(model, without.format("calls=False")) == "violated"
    assert verdict(model, without.format("without='user'")) == "violated"


def test_a_predicate_without_a_value_is_a_violation() -> None:
    model = """
class Thing(Object):
    v: bool


class Model(System):
    things = Population(Thing, size=1, dynamic=True)
    last: Thing | None

    @process
    def user(self):
        with atomic:
            self.last = new(Thing)
        with atomic:
            free(self.last)
"""
    found = finding(
        model, "@behaviour\ndef it(fs):\n    return always(fs.last is None or not fs.last.v)"
    ).violation
    assert found is not None and len(found.path) == 2
    assert found.message.startswith("use after free while the predicate is evaluated")


def test_without_any_fair_behaviour_a_property_says_nothing() -> None:
    model = """
class Model(System):
    x: bool

    @daemon
    def d(self):
        while True:
            idle()
            with atomic:
                self.x = True
                assert False, "always"
"""
    assert verdict(model, "@behaviour\ndef it(fs):\n    return eventually(fs.x)") == "vacuous"


def test_a_premise_that_never_holds_is_reported() -> None:
    text = "@behaviour\ndef it(fs):\n    return leads_to({}, fs.done)"
    assert verdict(SPIN, text.format("fs.done and not fs.turn and fs.turn")) == "vacuous"
    assert verdict(SPIN, text.format("fs.done")) == "holds"
    possible = "@behaviour\ndef it(fs):\n    return always(not {} or possible(fs.turn))"
    assert verdict(SPIN, possible.format("(fs.done and not fs.done)")) == "vacuous"
    assert verdict(SPIN, possible.format("fs.done")) == "holds"
