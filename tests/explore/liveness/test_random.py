"""The verdicts on random systems and formulas, held against every short behaviour tried one by one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from ovlcheck.explore.liveness.check import check_requirements
from ovlcheck.explore.liveness.graph import explore_graph
from ovlcheck.system.fairness import fairness_of
from ovlcheck.system.formula import Formula
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import TransitionSystem
from tests.explore.liveness.brute_force import broken_by
from tests.explore.liveness.drawn import everyday, over_variables, systems, with_requirement

LONGEST = 5


@settings(max_examples=100)
@given(systems(), everyday)
def test_no_short_fair_behaviour_breaks_what_is_said_to_hold(
    found: TransitionSystem, formula: Formula
) -> None:
    """What is said to be broken has a counterexample, which has been replayed."""
    checked = with_requirement(found, formula)
    semantics = Semantics(checked)
    graph = explore_graph(semantics)
    (answer,) = check_requirements(checked).findings
    fairness = fairness_of(semantics, checked.requirements[0])
    longest = LONGEST if len(graph.targets) <= 3 * len(graph.states) else LONGEST - 1
    broken = broken_by(semantics, graph, fairness, over_variables(formula), longest)
    assert answer.unknown is None
    assert answer.violation is not None or not broken


def test_the_systems_are_hard_ones() -> None:
    """Among what is drawn there are fair loops, ends, strong fairness that matters, and formulas that hold."""
    seen: dict[str, int] = {}

    @settings(max_examples=400, database=None)
    @given(systems(), everyday)
    def look(found: TransitionSystem, formula: Formula) -> None:
        checked = with_requirement(found, formula)
        (answer,) = check_requirements(checked).findings
        weaker = tuple(
            replace(e, fairness="weak" if e.fairness == "strong" else e.fairness) for e in found.edges
        )
        (under_weak,) = check_requirements(replace(checked, edges=weaker)).findings
        kinds = {
            "holds": answer.violation is None and not answer.vacuous,
            "vacuous": answer.vacuous,
            "loop": answer.violation is not None
            and answer.violation.loop_start != len(answer.violation.path),
            "end": answer.violation is not None and answer.violation.loop_start == len(answer.violation.path),
            "strong": answer.violation is None and under_weak.violation is not None,
        }
        for kind, there in kinds.items():
            seen[kind] = seen.get(kind, 0) + there

    look()
    assert all(seen[kind] > 0 for kind in ("holds", "vacuous", "loop", "end", "strong")), seen
