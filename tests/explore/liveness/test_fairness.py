"""Who has to move: what is assumed of whom, by both engines; after bugs of known tools."""

from __future__ import annotations

import pytest

from tests.explore.liveness.asking import SPIN, finding, verdict

pytestmark = pytest.mark.usefixtures("engine")


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ("@behaviour", "violated"),  # the worker's call need not begin
        ("@behaviour(weak='worker')", "holds"),
        ("@behaviour(weak='worker', unfair='work')", "violated"),
        ("@behaviour(weak='worker', unfair='noise')", "holds"),
    ],
)
def test_who_is_not_assumed_to_move_may_stand_still_for_ever(decorator: str, expected: str) -> None:
    assert verdict(SPIN, f"{decorator}\ndef it(fs):\n    return eventually(fs.done)") == expected


def test_a_behaviour_may_come_to_an_end_where_nobody_needs_to_move() -> None:
    found = finding(SPIN, "@behaviour(unfair='noise')\ndef it(fs):\n    return eventually(fs.turn)").violation
    assert found is not None and found.path == () and found.loop_start == 0
    assert found.message == "nothing needs to happen any more: worker0 and noise0 could move, but need not"


def test_nobody_may_stand_still_inside_a_call() -> None:
    text = "@behaviour(unfair='noise')\ndef it(fs):\n    return leads_to(fs.turn, fs.done)"
    assert verdict(SPIN, text) == "violated"  # noise may set turn, and nobody ever calls work
    text = """
class it(Observer):
    inside: bool

    @before("work")
    def begun(self, fs):
        self.inside = True

    @behaviour
    def ends(self, fs):
        return leads_to(self.inside, fs.done)
"""
    assert verdict(SPIN, text) == "holds"


LOCK = """
class Model(System):
    lock: Mutex
    got: bool
    entered: bool

    @daemon
    def busy(self):
        while True:
            idle()
            self.lock.acquire()
            self.lock.release()

    @process
    def once(self):
        self.take()

    def take(self):
        self.entered = True
        self.lock.acquire()
        self.got = True
        self.lock.release()
"""


def test_a_lock_that_is_free_again_and_again_is_had_in_the_end() -> None:
    """Strong fairness: never enabled all the time, but again and again."""
    text = "@behaviour({})\ndef it(fs):\n    return eventually(fs.got)"
    assert verdict(LOCK, text.format("weak='once'")) == "holds"
    weak = """
class Model(System):
    held: bool
    got: bool

    @daemon
    def busy(self):
        while True:
            idle()
            with atomic:
                wait(not self.held)
                self.held = True
            self.held = False

    @process
    def once(self):
        with atomic:
            wait(not self.held)
            self.got = True
"""
    assert verdict(weak, text.format("weak='once'")) == "violated"
    assert verdict(weak, text.format("strong='once'")) == "holds"


def test_fairness_is_of_steps_and_not_of_states() -> None:
    """In every state of the loop the position of ``it`` is the same, and only the step itself is progress."""
    model = """
class Model(System):
    x: Int[0, 2]
    n: bool

    @daemon
    def a(self):
        while True:
            idle()
            with atomic:
                wait(self.x < 2)
                self.x += 1

    @daemon
    def b(self):
        while True:
            idle()
            with atomic:
                self.n = not self.n
"""
    assert verdict(model, "@behaviour\ndef it(fs):\n    return eventually(fs.x == 2)") == "holds"
    assert (
        verdict(model, "@behaviour(unfair='a')\ndef it(fs):\n    return eventually(fs.x == 2)") == "violated"
    )


def test_a_choice_inside_a_fair_process_is_free() -> None:
    model = """
class Model(System):
    x: Int[0, 2]

    @daemon
    def d(self):
        while True:
            idle()
            with atomic:
                self.x = choose(0, 1)
"""
    assert verdict(model, "@behaviour\ndef it(fs):\n    return eventually(fs.x == 1)") == "violated"
    assert verdict(model, "@behaviour\ndef it(fs):\n    return always(possible(fs.x == 1))") == "holds"


def test_a_rule_is_fair_for_each_value_of_its_parameters() -> None:
    model = """
class Model(System):
    x: Set[Colour]
    on: bool

    @rule
    def paint(self, colour: Colour):
        wait(self.on)
        self.x = {colour}

    @daemon
    def switch(self):
        while True:
            idle()
            with atomic:
                self.on = not self.on
"""
    text = "@behaviour\ndef it(fs):\n    return always(eventually(Colour.BLUE in fs.x))"
    assert verdict(model, text) == "violated"  # enabled again and again, not all the time
    strong = "@behaviour(strong='paint')\ndef it(fs):\n    return always(eventually(Colour.BLUE in fs.x))"
    assert verdict(model, strong) == "holds"


def test_interchangeable_instances_are_told_apart() -> None:
    """One of two equal processes can starve while the other moves for ever: symmetry mixes them up."""
    model = """
class Who(enum.Enum):
    A = 0
    B = 1


class Model(System):
    token: bool

    @process
    def user(self, who: Who):
        while True:
            self.step(who)
            self.token = False

    def step(self, who: Who):
        with atomic:
            wait(not self.token)
            self.token = True
"""
    starves = """
class it(Observer):
    moved: Set[Who]

    @after("step")
    def seen(self, fs, who: Who):
        self.moved = self.moved | {who}

    @behaviour(FAIR)
    def f(self, fs):
        return eventually(Who.A in self.moved)
"""
    assert verdict(model, starves.replace("FAIR", "weak='user'")) == "violated"
    assert verdict(model, starves.replace("FAIR", "strong='user'")) == "holds"


def test_the_assumptions_are_listed_with_those_that_the_property_makes() -> None:
    text = "@behaviour(weak='worker', unfair='noise')\ndef it(fs):\n    return eventually(fs.done)"
    assert finding(SPIN, text).fairness == (
        "weak: worker",
        "none: noise",
        "weak, as the property wants it: worker",
        "none, as the property wants it: noise",
    )
