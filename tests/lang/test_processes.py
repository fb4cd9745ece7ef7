"""Processes, rules and positions: instances, parameters, rest, fairness, calls, steps that may not happen."""

from __future__ import annotations

import pytest

from ovlcheck.system.transition_system import TransitionSystem
from tests.lang.models import compiled, explored, violated


def fairness(system: TransitionSystem) -> dict[str, set[str]]:
    """The fairness of the steps of each line."""
    found: dict[str, set[str]] = {}
    for edge in system.edges:
        found.setdefault(edge.source.text, set()).add(edge.fairness)
    return found


def test_instances_are_numbered_by_a_constant_and_none_are_no_process() -> None:
    text = """
class Model(System):
    tasks = Constant(2)
    x: Refcount

    @process(instances="tasks")
    def one(self):
        self.x.inc()

    @daemon(instances=0)
    def none(self):
        self.x.dec()
"""
    assert explored(text).largest["x"] == 2
    assert explored(text, tasks=3).largest["x"] == 3
    assert [p.name for p in compiled(text).processes] == ["one"]
    assert compiled(text, tasks=0).processes == ()


def test_a_process_with_a_parameter_has_one_instance_for_each_value() -> None:
    text = """
class Model(System):
    turn: Int[1, 3] = 1
    seen: Set[Colour]

    @process
    def one(self, i: Int[1, 3]):
        wait(self.turn == i)
        if i < 3:
            self.turn = i + 1
        else:
            assert len(self.seen) < 3

    @process
    def two(self, colour: Colour):
        self.seen.add(colour)
"""
    system = compiled(text)
    assert [(p.name, p.instances) for p in system.processes] == [("one", 3), ("two", 3)]
    assert violated(text) == {"assertion"}
    assert violated(text.replace("< 3\n\n", "<= 3\n\n")) == set()


def test_a_parameter_that_is_assigned_is_a_local() -> None:
    text = """
class Model(System):
    total: Int[0, 9]

    @process
    def one(self, i: Int[1, 3]):
        i = i * 2
        with atomic:
            self.total = i
            assert self.total in (2, 4, 6)
"""
    assert violated(text) == set()
    assert violated(text.replace("(2, 4, 6)", "(2, 4)")) == {"assertion"}


RULES = """
class Node(Object):
    on: bool


class Model(System):
    nodes = Population(Node, size=2)
    some = Population(Other, size=1, dynamic=True)
    loud = Constant(False)
    x: Int[0, 9]

    @rule
    def flip(self, node: Node, by: Int[1, 2], colour: Colour):
        wait(not node.on and self.x == 0)
        node.on = True
        self.x = by * 2 if colour is Colour.RED else 7

    @rule(when="loud", fair="none")
    def shout(self):
        self.x = 9
""".replace(
    "class Node(Object):\n    on: bool\n",
    "class Node(Object):\n    on: bool\n\n\nclass Other(Object):\n    on: bool\n",
)


def test_a_rule_happens_for_any_values_of_its_parameters() -> None:
    result = explored(RULES)
    assert (result.states, result.transitions) == (1 + 2 * 3, 2 * 2 * 3)


def test_a_rule_of_a_constant_exists_only_where_it_is_true() -> None:
    assert [e.name for e in compiled(RULES).edges] == ["flip"] * len(compiled(RULES).edges)
    loud = compiled(RULES, loud=True)
    assert {e.name: e.fairness for e in loud.edges} == {"flip": "weak", "shout": "none"}


def test_a_rule_over_objects_that_come_and_go_is_for_those_that_are_there() -> None:
    text = """
class Node(Object):
    on: bool


class Model(System):
    nodes = Population(Node, size=2, dynamic=True)
    kept: Node | None

    @process
    def make(self):
        self.kept = new(Node)

    @rule
    def flip(self, node: Node):
        wait(not node.on)
        node.on = True
"""
    result = explored(text)
    assert (result.states, result.violations) == (5, ())


DAEMON = """
class Model(System):
    work: bool
    lock: Mutex
    x: Int[0, 3]

    def syscall(self):
        self.lock.acquire()
        self.work = True
        self.lock.release()

    @process
    def user(self):
        while True:
            if choose():
                self.syscall()
            else:
                self.x = 1

    @daemon
    def flusher(self):
        while True:
            wait(self.work)
            self.work = False
"""


def test_fairness_is_that_of_the_position() -> None:
    found = fairness(compiled(DAEMON))
    assert found["self.lock.acquire()"] == {"none"}
    assert found["self.x = 1"] == {"none"}
    assert found["self.work = True"] == {"weak"}
    assert found["self.lock.release()"] == {"weak"}
    assert found["wait(self.work)"] == {"weak"}
    inside = compiled(
        DAEMON.replace("        self.lock.acquire()\n", "        self.x = 2\n        self.lock.acquire()\n")
    )
    assert fairness(inside)["self.lock.acquire()"] == {"strong"}


def test_who_has_nothing_to_do_is_at_rest() -> None:
    system = compiled(DAEMON)
    rest = {p.name: [at.rest for at in p.locations] for p in system.processes}
    assert rest["user"].count(True) == 1
    assert rest["flusher"] == [True, False]


def test_the_end_is_rest_and_a_wait_inside_a_call_is_not() -> None:
    text = """
class Model(System):
    p: bool
    q: bool

    @rule
    def never(self):
        wait(self.p and not self.p)
        self.p, self.q = True, True

    @process
    def one(self):
        self.q = True
        {wait}
"""
    assert violated(text.format(wait="pass")) == set()
    assert violated(text.format(wait="wait(self.p)")) == {"deadlock"}
    assert violated(text.format(wait="idle()\n        wait(self.p)")) == set()


def test_a_local_that_nobody_reads_again_is_reset() -> None:
    text = """
class Model(System):
    x: Int[0, 3]

    def initial(self):
        self.x = choose(range(4))

    @process
    def one(self):
        was = self.x
        self.x = was // 4
        self.x = 0
"""
    result = explored(text)
    assert result.levels == (4, 4, 1, 1)


def test_a_local_with_one_value_at_a_place_is_no_state() -> None:
    text = (
        "class Model(System):\n"
        "    x: Int[0, 3]\n"
        "\n"
        "    @process\n"
        "    def one(self):\n"
        "        step = 2\n"
        "        self.x = 1\n"
    )
    system = compiled(text + "        self.x = self.x + step\n")
    assert not [v for v in system.variables if v.kind == "local" and "step" in v.name]


def test_steps_that_may_not_happen_are_marked_so() -> None:
    text = """
class Model(System):
    x: Int[0, 3]

    @process
    def one(self):
        if self.x > 0:
            may_not_happen("x is never positive")
            self.x = 0
        self.x = 0 if self.x < 2 else 1
"""
    system = compiled(text)
    optional = {s.text for s in system.steps if (s.file, s.line) in system.optional_steps}
    assert optional == {"self.x = 0"}


@pytest.mark.parametrize("end", ["return", "pass"])
def test_calls_of_one_function_do_not_share_results_or_locals(end: str) -> None:
    text = f"""
class Model(System):
    x: Int[0, 9] = 3

    def double(self, y):
        z = y * 2
        return z

    def maybe(self, p):
        n = None
        if p:
            n = choose(self.nodes)
        return n

    @process
    def one(self):
        a = self.double(1)
        b = self.double(2)
        c = self.double(self.double(3)) + self.double(self.x)
        assert a == 2 and b == 4 and c == 18
        with atomic:
            assert self.double(1) + self.double(2) == 6
        first = self.maybe(True)
        assert first is not None and self.maybe(False) is None
        {end}

    @rule
    def later(self):
        wait(self.x == 9)
        self.x = 3
"""
    assert (
        violated(
            "class Node(Object):\n    v: bool\n\n\n"
            + text.replace("    x: Int", "    nodes = Population(Node, size=1)\n    x: Int", 1)
        )
        == set()
    )
