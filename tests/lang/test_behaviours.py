"""Properties of whole behaviours: what they compile to, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.lang.diagnostics import CompileError
from ovlcheck.system.formula import Possibility, show_formula
from tests.lang.models import compiled

MODEL = """
class Node(Object):
    v: Int[0, 3]


class Model(System):
    nodes = Population(Node, size=2)
    x: Int[0, 3]
    busy: bool

    def work(self):
        self.busy = True
        self.busy = False

    @process
    def main(self):
        while True:
            idle()
            self.work()
            self.x = choose(0, 1, 2, 3)
            choose(self.nodes).v = 1
"""


def demands(text: str) -> list[tuple[str, str]]:
    """What the property in ``text`` demands: its binding and its formula."""
    found = []
    for requirement in compiled(MODEL, text).requirements:
        demand = requirement.demand
        binding = " ".join(f"{name}={value}" for name, value in requirement.binding)
        assert not isinstance(demand, Possibility)
        found.append((binding, show_formula(demand)))
    return found


@pytest.mark.parametrize(
    ("body", "formula"),
    [
        ("always(fs.x < 2)", "always(x < 2)"),
        ("leads_to(fs.busy, not fs.busy)", "leads_to(busy, not busy)"),
        ("until(fs.x == 0, fs.busy)", "until(x == 0, busy)"),
        ("eventually(always(fs.x == 0 and fs.busy))", "eventually(always(x == 0 and busy))"),
        ("not eventually(fs.busy) or next_state(fs.busy)", "(not (eventually(busy)) or next_state(busy))"),
        ("fs.x == 0 and fs.busy and eventually(fs.x == 1)", "x == 0 and busy;eventually(x == 1)"),
    ],
)
def test_a_formula_means_what_it_says(body: str, formula: str) -> None:
    found = demands(f"@behaviour\ndef it(fs):\n    return {body}")
    assert [("", part) for part in formula.split(";")] == found


def test_a_parameter_makes_one_demand_for_each_of_its_values() -> None:
    text = "@behaviour\ndef it(fs, node: Node, n: Int[0, 1]):\n    return leads_to(fs.x == n, node.v == 1)"
    assert demands(text) == [
        (f"node=node{i} n={n}", f"leads_to(x == {n}, node.v[{i}] == 1)") for i in (0, 1) for n in (0, 1)
    ]


def test_parts_of_a_formula_may_be_named() -> None:
    text = "@behaviour\ndef it(fs):\n    small = fs.x < 2\n    again = eventually(small)\n    return always(again)"
    assert demands(text) == [("", "always(eventually(x < 2))")]


def test_helper_functions_are_predicates() -> None:
    text = "def calm(fs):\n    return not fs.busy\n\n@eventually\ndef it(fs):\n    return calm(fs)"
    assert demands(text) == [("", "eventually(not busy)")]


def test_an_observer_has_its_ghosts_in_the_formula() -> None:
    text = """
class it(Observer):
    working: bool

    @before("work")
    def begun(self, fs):
        self.working = True

    @after("work")
    def ended(self, fs):
        self.working = False

    @behaviour(weak="main", unfair=("work",))
    def ends(self, fs):
        return leads_to(self.working, not self.working)
"""
    system = compiled(MODEL, text)
    (requirement,) = system.requirements
    assert requirement.weak == ("main",) and requirement.unfair == ("work",)
    assert not isinstance(requirement.demand, Possibility)
    assert show_formula(requirement.demand) == "leads_to(it.working, not it.working)"
    assert system.properties[0].kind == "behaviour"


def test_a_possibility_may_have_a_premise_and_limits() -> None:
    text = """
@behaviour
def it(fs):
    return always(possible(fs.x == 1)) and always(not fs.busy or possible(fs.x == 2, calls=False, without="work"))

@possible(calls=False)
def other(fs):
    return fs.x == 3
"""
    first, second, third = (r.demand for r in compiled(MODEL, text).requirements)
    assert (
        isinstance(first, Possibility) and isinstance(second, Possibility) and isinstance(third, Possibility)
    )
    assert (first.calls, first.without) == (True, ())
    assert (second.calls, second.without) == (False, ("work",))
    assert second.premise != first.premise
    assert (third.calls, third.without) == (False, ())


REFUSED = {
    "@behaviour\ndef it(fs):\n    return any(eventually(n.v == 1) for n in fs.nodes)": "an operator inside",
    "@behaviour\ndef it(fs):\n    return eventually(possible(fs.busy))": "possible stands in a place",
    "@behaviour\ndef it(fs):\n    return possible(fs.busy)": "possible stands in a place",
    "@behaviour\ndef it(fs):\n    return until(fs.busy)": "until takes two formulas",
    "@behaviour\ndef it(fs):\n    return always(possible(eventually(fs.busy)))": "possible takes one predicate",
    "@behaviour\ndef it(fs):\n    if fs.busy:\n        return always(fs.busy)": "If in a formula",
    "@behaviour\ndef it(fs):\n    pass": "returns nothing",
    "@behaviour\ndef it(fs):\n    return fs.busy": "a formula without an operator",
    "@eventually\ndef it(fs):\n    fs.busy = True": "in a predicate",
    "@behaviour\ndef it(fs, n):\n    return always(fs.x == n)": "parameter n has no finite type",
    "@behaviour(weak='nobody')\ndef it(fs):\n    return always(fs.busy)": "is called nobody",
    "@possible(without='nobody')\ndef it(fs):\n    return fs.busy": "is called nobody",
    "@always\ndef it(fs):\n    return eventually(fs.busy)": "eventually is about a behaviour",
    "@always\ndef it(fs):\n    return always(fs.busy)": "always is about a behaviour",
    (
        "class it(Observer):\n    @behaviour\n    def f(self, fs):\n        return always(fs.busy)\n"
        "    @always\n    def g(self, fs):\n        return True"
    ): "is about whole behaviours, and g about a state",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_formula_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(CompileError) as refused:
        compiled(MODEL, text)
    (diagnostic,) = refused.value.diagnostics
    assert REFUSED[text] in diagnostic.message
    assert diagnostic.remedy and Path(diagnostic.file).name == "model.py" and diagnostic.line > 1
