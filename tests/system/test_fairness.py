"""Who is assumed to move: classes of edges, names that change them, and what counts as one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ovlcheck.system.expr import TRUE
from ovlcheck.system.fairness import NONE, STRONG, WEAK, fairness_class, fairness_of
from ovlcheck.system.formula import Atom, Requirement
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Parameter, TransitionSystem
from tests.hand_built import move, process, rule, system

ANY = Requirement("it", Atom(TRUE))


def model() -> TransitionSystem:
    """Two users who call ``work``, which takes a lock, and a rule with a parameter and a choice."""
    user, pc = process("user", 2, True, False)
    tick = rule("tick", parameters=(Parameter("of", 2), Parameter("choice3", 2)))
    return system(
        replace(move(user, 0, 1), fairness="none", calls=("user",)),
        replace(move(user, 1, 0), fairness="strong", calls=("user", "work")),
        tick,
        variables=(pc,),
        processes=(user,),
    )


@pytest.mark.parametrize(
    ("changes", "classes"),
    [
        ({}, [NONE, STRONG, WEAK]),
        ({"weak": ("user",)}, [WEAK, STRONG, WEAK]),
        ({"unfair": ("work",)}, [NONE, NONE, WEAK]),
        ({"strong": ("user",), "unfair": ("work",)}, [STRONG, NONE, WEAK]),
        ({"strong": ("tick",)}, [NONE, STRONG, STRONG]),
        ({"weak": ("user",), "strong": ("work",)}, [WEAK, STRONG, WEAK]),
        ({"unfair": ("tick", "user")}, [NONE, NONE, NONE]),
    ],
)
def test_a_property_changes_the_fairness_of_the_steps_it_names(
    changes: dict[str, tuple[str, ...]], classes: list[int]
) -> None:
    requirement = replace(ANY, **changes)  # type: ignore[arg-type]
    assert [fairness_class(edge, requirement) for edge in model().edges] == classes


def test_an_instance_is_one_and_so_is_a_rule_at_values_of_its_own_parameters() -> None:
    semantics = Semantics(model())
    fairness = fairness_of(semantics, ANY)
    together: dict[int, set[tuple[int, ...]]] = {}
    for action, group in zip(semantics.actions, fairness.group, strict=True):
        together.setdefault(group, set()).add((action.edge, *action.arguments))
    assert sorted(map(sorted, together.values())) == [
        [(0, 0), (1, 0)],
        [(0, 1), (1, 1)],
        [(2, 0, 0), (2, 0, 1)],
        [(2, 1, 0), (2, 1, 1)],
    ]
    assert fairness.groups == 4


def test_what_is_assumed_is_said_in_words() -> None:
    semantics = Semantics(model())
    assert fairness_of(semantics, ANY).listed == (
        "weak: tick",
        "weak inside a call, none for the next call: user",
        "strong where locks are taken: user",
    )
    assert fairness_of(semantics, replace(ANY, unfair=("work", "tick"))).listed == (
        "none: tick, user",
        "none, as the property wants it: work, tick",
    )
