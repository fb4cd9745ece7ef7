"""Verdicts: nothing is said to hold that was not seen to, and every violation comes with its trace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.replay import ReplayError
from ovlcheck.explore.result import Limits, SearchResult
from ovlcheck.judge import POPULATION_EXHAUSTED, About, judge, scope
from ovlcheck.report.verdict import ExitCode, ModelResult, worst
from ovlcheck.system.expr import FALSE, TRUE, Load
from ovlcheck.system.transition_system import (
    Check,
    Cover,
    Process,
    PropertyInfo,
    Source,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Int
from tests.hand_built import (
    counter,
    crossed_locks,
    die_hard,
    eq,
    rule,
    set_,
    soft_and_hard_checks,
    source,
    system,
    underflow,
)


def judged(
    model: TransitionSystem,
    *,
    expected: tuple[str, ...] = (),
    by_name: bool = False,
    limits: Limits = Limits(),
    vacuous: tuple[str, ...] = (),
) -> ModelResult:
    search = Reference().search(model, limits=limits)
    return judge(model, search, About("model.py", "", "", expected, by_name, vacuous=vacuous))


def with_properties(model: TransitionSystem, *infos: PropertyInfo) -> TransitionSystem:
    return replace(model, properties=infos)


def info(name: str, *covers: str, check: str | None = None) -> PropertyInfo:
    return PropertyInfo(name, "always", f"about {name}", covers=covers, check=check)


FOUR = info("never_four")


def test_a_broken_property_comes_with_its_trace_and_its_doc() -> None:
    result = judged(with_properties(die_hard(), FOUR))
    (row,) = result.properties
    assert (row.verdict, row.expected, result.exit_code) == ("violated", False, ExitCode.VIOLATED)
    assert row.trace is not None
    assert (len(row.trace.steps), row.trace.doc) == (6, "about never_four")


def test_an_expected_violation_is_a_strict_xfail() -> None:
    assert judged(with_properties(die_hard(), FOUR), expected=("never_four",)).exit_code == ExitCode.OK
    unmet = judged(with_properties(counter(3), info("p")), expected=("p",))
    assert (unmet.properties[0].verdict, unmet.exit_code) == ("holds", ExitCode.VIOLATED)


def test_an_expected_check_that_never_fails_is_an_unmet_expectation() -> None:
    result = judged(counter(3), expected=("use after free",))
    assert [(p.name, p.verdict, p.expected) for p in result.properties] == [
        ("use after free", "holds", False)
    ]
    assert judged(counter(3), expected=("use after free",), by_name=True).exit_code == ExitCode.OK


@pytest.mark.parametrize("limits", [Limits(states=2), Limits(depth=1)])
def test_a_search_that_was_cut_short_says_unknown(limits: Limits) -> None:
    result = judged(with_properties(counter(9), info("p")), limits=limits)
    (row,) = result.properties
    assert (row.verdict, row.vacuous, result.exit_code) == ("unknown", False, ExitCode.UNKNOWN)
    assert row.message == result.stopped
    assert result.never_taken == ()


def test_a_violation_found_before_the_cut_stays_one() -> None:
    found = judged(with_properties(die_hard(), FOUR, info("other")), limits=Limits(depth=6))
    assert [p.verdict for p in found.properties] == ["violated", "unknown"]
    assert found.exit_code == ExitCode.VIOLATED


def test_without_properties_a_cut_search_is_no_success() -> None:
    assert judged(counter(9), limits=Limits(states=2)).exit_code == ExitCode.UNKNOWN
    assert judged(counter(9)).exit_code == ExitCode.OK


def test_an_exhausted_population_leaves_everything_open() -> None:
    model = system(
        rule("new", Check(FALSE, POPULATION_EXHAUSTED, "no free inode")), variables=(Variable("x", Bool()),)
    )
    result = judged(with_properties(model, info("p")))
    assert [(p.name, p.verdict) for p in result.properties] == [
        ("p", "unknown"),
        (POPULATION_EXHAUSTED, "violated"),
    ]
    assert result.cut == (POPULATION_EXHAUSTED,)


def test_an_unasked_check_that_fails_is_a_row_of_its_own() -> None:
    result = judged(underflow())
    (row,) = result.properties
    assert (row.name, row.selected, row.verdict) == ("refcount below zero", False, "violated")
    assert result.cut == ("refcount below zero",)


def test_a_property_that_names_an_unasked_check_takes_its_violation() -> None:
    result = judged(with_properties(underflow(), info("balanced", check="refcount below zero")))
    (row,) = result.properties
    assert (row.name, row.verdict, row.selected) == ("balanced", "violated", True)
    assert row.trace is not None
    assert row.trace.property_name == "balanced"


def test_only_fatal_violations_cut_off_what_lies_behind() -> None:
    assert judged(soft_and_hard_checks()).cut == ("below_three",)


def covered(condition: bool) -> TransitionSystem:
    return system(
        rule("up", Cover("p", TRUE if condition else eq(Load("n"), 9)), set_("n", 1)),
        variables=(Variable("n", Int(0, 1)),),
    )


def test_a_property_whose_demand_no_run_reaches_is_vacuous() -> None:
    assert judged(with_properties(covered(True), info("p", "p"))).exit_code == ExitCode.OK
    result = judged(with_properties(covered(False), info("p", "p")))
    assert (result.properties[0].verdict, result.properties[0].vacuous) == ("holds", True)
    assert result.exit_code == ExitCode.VIOLATED


def test_a_property_that_is_expected_to_be_vacuous_has_to_be() -> None:
    as_declared = judged(with_properties(covered(False), info("p", "p")), vacuous=("p",))
    assert (as_declared.properties[0].vacuous, as_declared.exit_code) == (True, ExitCode.OK)
    not_so = judged(with_properties(covered(True), info("p", "p")), vacuous=("p",))
    assert not_so.exit_code == ExitCode.VIOLATED
    assert "expects it to say nothing" in not_so.properties[0].message


def test_a_property_about_events_that_the_model_lacks_is_vacuous_only_when_asked_for() -> None:
    model = with_properties(counter(3), info("p", "p"))
    passed_over = judged(model)
    assert (passed_over.exit_code, passed_over.properties[0].vacuous) == (ExitCode.OK, False)
    assert not passed_over.properties[0].applies
    assert judged(model, by_name=True).exit_code == ExitCode.VIOLATED


def test_a_property_that_does_not_apply_is_not_made_unknown_by_a_cut() -> None:
    model = with_properties(counter(9), info("p", "p"), info("q"))
    result = judged(model, limits=Limits(states=2))
    assert [(p.name, p.verdict, p.applies) for p in result.properties] == [
        ("p", "holds", False),
        ("q", "unknown", True),
    ]


def test_a_deadlock_is_told_once() -> None:
    model = with_properties(crossed_locks(bystander=False), info("no_deadlock"))
    search = Reference().search(model, deadlock_free=True)
    assert {v.name for v in search.violations} == {"deadlock", "no_deadlock"}
    result = judge(model, search, About("model.py", "", "", ("no_deadlock",)))
    assert [(p.name, p.verdict) for p in result.properties] == [("no_deadlock", "violated")]
    assert result.exit_code == ExitCode.OK


def test_steps_that_no_run_takes_are_told_unless_declared() -> None:
    taken, never = source(1, "taken"), source(2, "never")
    model = replace(
        system(
            rule("up", set_("n", 1)),
            replace(rule("no", Check(TRUE, "c", "")), source=never, ops=(set_("n", Load("n")),), name="no"),
            variables=(Variable("n", Int(0, 1)),),
        ),
        steps=(taken, never),
    )
    search = Reference().search(model)
    search = replace(search, fired=frozenset({0}))
    result = judge(model, search, About("model.py", "", "", ()))
    assert result.never_taken == ("model.py:2 in run: never",)
    assert result.exit_code == ExitCode.VIOLATED
    declared = replace(model, optional_steps=frozenset({("model.py", 2)}))
    assert judge(declared, search, About("model.py", "", "", ())).exit_code == ExitCode.OK


def test_the_scope_says_what_the_verdict_is_about() -> None:
    model = replace(
        system(variables=(Variable("x", Bool()),)),
        processes=(
            Process("writer", 2, (), None),
            Process("flusher", 1, (), None, daemon=True),
        ),
        constants=(("calls", "2"),),
        left_out=("no links",),
        steps=(Source("model.py", 3, "release", ""), Source("vfs.py", 3, "iput", "")),
    )
    said = str(scope(model, "model.py"))
    for part in (
        "2 writer",
        "1 flusher (daemon)",
        "at most 2",
        "hooks: release;",
        "no links",
        "sequentially consistent",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("codes", "wins"),
    [((0, 3), 3), ((3, 1, 0), 1), ((1, 2, 3), 2), ((0,), 0), ((), 0)],
)
def test_exit_codes_take_precedence(codes: tuple[int, ...], wins: int) -> None:
    assert worst(map(ExitCode, codes)) == wins


def test_a_wrong_counterexample_is_never_shown() -> None:
    model = with_properties(die_hard(), FOUR)
    search: SearchResult = Reference().search(model)
    (found,) = search.violations
    lie = replace(search, violations=(replace(found, path=found.path[:-1]),))
    with pytest.raises(ReplayError):
        judge(model, lie, About("model.py", "", "", ()))
