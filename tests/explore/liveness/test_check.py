"""Fair behaviours: what is assumed, what is found, and what is not said, by both engines; after bugs of known tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ovlcheck.explore.liveness.check import check_requirements
from ovlcheck.explore.liveness.finding import Finding, LivenessResult
from ovlcheck.explore.liveness.native import check_natively
from ovlcheck.explore.replay import ReplayError, replay
from ovlcheck.explore.result import Limits
from ovlcheck.system.transition_system import TransitionSystem
from tests.explore.native_testing import compile_quickly
from tests.lang.models import compiled

SPIN = """
class Model(System):
    done: bool
    turn: bool

    @process
    def worker(self):
        self.work()

    def work(self):
        with atomic:
            self.turn = True
        with atomic:
            self.done = True

    @daemon
    def noise(self):
        while True:
            idle()
            with atomic:
                self.turn = not self.turn
"""


@pytest.fixture(autouse=True, params=["reference", "native"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine that ``checked`` asks."""
    if request.param == "native":
        compile_quickly(monkeypatch, tmp_path_factory.mktemp("cache"))
        monkeypatch.setitem(ASKED, "engine", check_natively)


ASKED: dict[str, Callable[..., LivenessResult]] = {"engine": check_requirements}


def checked(system: TransitionSystem, limits: Limits = Limits()) -> LivenessResult:
    return ASKED["engine"](system, limits=limits)


def finding(model: str, properties: str, limits: Limits = Limits(), **constants: object) -> Finding:
    (found,) = checked(compiled(model, properties, **constants), limits).findings
    return found


def verdict(model: str, properties: str, **constants: object) -> str:
    found = finding(model, properties, **constants)
    if found.violation is not None:
        return "violated"
    return "unknown" if found.unknown else "vacuous" if found.vacuous else "holds"


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


def test_counters_get_as_wide_as_they_need() -> None:
    model = """
class Model(System):
    n: Refcount

    @daemon
    def d(self):
        while True:
            idle()
            with atomic:
                wait(self.n < 9)
                self.n.inc()
"""
    assert verdict(model, "@behaviour\ndef it(fs):\n    return eventually(fs.n == 9)") == "holds"


def test_a_counter_that_grows_for_ever_leaves_the_answer_open() -> None:
    model = """
class Model(System):
    n: Refcount

    @daemon
    def d(self):
        while True:
            idle()
            self.n.inc()
"""
    found = finding(model, "@behaviour\ndef it(fs):\n    return eventually(fs.n == 9)")
    assert found.violation is None and found.unknown is not None and "grows beyond" in found.unknown


def test_the_assumptions_are_listed_with_those_that_the_property_makes() -> None:
    text = "@behaviour(weak='worker', unfair='noise')\ndef it(fs):\n    return eventually(fs.done)"
    assert finding(SPIN, text).fairness == (
        "weak: worker",
        "none: noise",
        "weak, as the property wants it: worker",
        "none, as the property wants it: noise",
    )


def test_the_loop_is_gone_round_once_and_begins_as_early_as_it_can() -> None:
    text = "@behaviour(unfair='work')\ndef it(fs):\n    return eventually(fs.done)"
    found = finding(SPIN, text).violation
    assert found is not None and found.loop_start == 0 and len(found.path) == 2


@pytest.mark.parametrize("change", ["loop_start", "path"])
def test_a_counterexample_that_is_none_is_not_believed(change: str) -> None:
    system = compiled(SPIN, "@behaviour(unfair='work')\ndef it(fs):\n    return eventually(fs.done)")
    (found,) = checked(system).findings
    violation = found.violation
    assert violation is not None
    replay(system, violation)
    wrong = {
        "loop_start": replace(violation, loop_start=1),
        "path": replace(violation, path=violation.path[:1]),
    }
    with pytest.raises(ReplayError):
        replay(system, wrong[change])
