"""Runs that follow a scenario: found, shortest, and judged, against a plain walk over all short runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ovlcheck.explore.native import Native
from ovlcheck.explore.native.problems import NativeUnavailable
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import Limits
from ovlcheck.explore.scenario import Run, ScenarioOutcome, run_scenario
from ovlcheck.lang.diagnostics import CompileError
from ovlcheck.system.expr import Binary, Const, Load, Param
from ovlcheck.system.transition_system import (
    Assume,
    Initial,
    Invariant,
    Parameter,
    PropertyInfo,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Count
from ovlcheck.temporal.follow import follow
from ovlcheck.temporal.scenario_file import Pattern, parse_scenario
from tests.hand_built import crossed_locks, plus, rule, set_, system
from tests.temporal.files import PROPERTIES, files


def ask(text: str, *properties: str, system: TransitionSystem | None = None) -> ScenarioOutcome:
    return run_scenario(system or files(), parse_scenario(text), Reference(), properties=properties or None)


def steps(run: Run | None) -> list[str]:
    assert run is not None
    return [run.system.edges[a.edge].name for a in run.path]


def test_the_shortest_run_that_follows_is_found() -> None:
    assert steps(ask("task: write\n...\n*: evict_inode").run) == ["open", "write", "evict"]


def test_without_a_gap_the_next_step_must_match() -> None:
    assert steps(ask("task: open\ntask: write").run) == ["open", "write"]
    assert ask("... without task: write\ntask: open\nflusher: writeback").run is None
    assert steps(ask("task: open\n...\nflusher: writeback").run) == ["open", "write", "writeback"]


def test_one_step_may_match_several_lines() -> None:
    assert steps(ask("task: open\ntask: open returns").run) == ["open"]
    assert steps(ask("task: release\n...\n*: flush\ntask: release returns").run) == ["open", "release"]


def test_lines_match_in_the_order_in_which_the_step_has_the_events() -> None:
    outcome = ask("... without task1\n*: flush\n... without task1\ntask: release")
    assert steps(outcome.run) == ["open", "release", "open", "release"]


def test_an_instance_can_be_told_from_another() -> None:
    outcome = ask("task0: open\n...\ntask1: open\ntask0: release")
    assert steps(outcome.run) == ["open", "open", "release"]
    assert outcome.run is not None
    assert [a.arguments for a in outcome.run.path] == [(0,), (1,), (0,)]
    assert ask("task0: open\ntask0: open").run is None


def test_a_rule_matches_by_its_name() -> None:
    assert steps(ask("evict\nrevive\nevict").run) == ["evict", "revive", "evict"]


def test_a_process_alone_matches_any_of_its_steps() -> None:
    assert steps(ask("task1\ntask1: release").run) == ["open", "release"]


def test_a_gap_lets_nothing_pass_that_it_rules_out() -> None:
    free = ask("task: write\n...\nflusher: writeback\n...\ntask: write")
    assert steps(free.run) == ["open", "write", "writeback", "write"]
    alone = "... without task1\ntask0: write\n... without task1, task0\n*: writeback\n"
    assert steps(ask(alone + "...\ntask1: write").run) == ["open", "write", "writeback", "open", "write"]
    assert ask(alone + "... without *: open\ntask1: write").run is None
    assert ask("... without *: write\ntask: open\n... without task: write\n*: writeback").run is None
    assert ask("... without task0, task1: write\nflusher: writeback").run is None
    assert (
        ask("task0: open\n... without task1\ntask1: open\n... without task0\ntask0: release").run is not None
    )


def test_a_gap_rules_out_an_event_inside_a_step_that_matches() -> None:
    assert ask("task: release\n... without *: flush\ntask: release returns").run is None
    assert ask("... without task: release\n*: flush").run is None


def test_what_the_shortest_run_breaks_is_named() -> None:
    outcome = ask("task: write\n...\n*: evict_inode")
    assert outcome.run is not None
    assert outcome.run.breaks == ("clean_eviction",)
    assert outcome.breaking["clean_eviction"] is outcome.run


def test_a_longer_run_is_found_for_what_the_shortest_does_not_break() -> None:
    outcome = ask("task: write\n...\n*: evict_inode")
    assert steps(outcome.breaking["one_user"]) == ["open", "open", "write", "evict"] or steps(
        outcome.breaking["one_user"]
    ) == ["open", "write", "open", "evict"]
    assert outcome.breaking["never_both"] is None
    assert outcome.complete
    assert outcome.broken == ("one_user", "clean_eviction", "written_back_once", "assertions_hold")


def test_a_step_that_fails_behind_the_last_event_ends_the_scenario() -> None:
    outcome = ask("evict\ntask: open\n...\ntask: write")
    assert steps(outcome.run) == ["evict", "open", "write"]
    assert outcome.run is not None
    assert outcome.run.breaks == ("no_use_after_free",)


def test_a_step_that_fails_ahead_of_the_last_event_does_not_follow() -> None:
    outcome = ask("task0: open\ntask1: open\n... without task: release\n*: evict_inode returns")
    assert outcome.run is None
    assert set(outcome.breaking.values()) == {None}


def test_what_was_broken_before_a_failing_last_step_counts() -> None:
    outcome = ask("task0: open\ntask1: open\nevict", "assertions_hold", "one_user")
    assert outcome.run is not None
    assert outcome.run.breaks == ("one_user", "assertions_hold")


def test_behind_the_last_line_a_property_may_be_broken_only_where_a_gap_follows() -> None:
    once = "... without evict\ntask: write"
    assert ask(once, "clean_eviction").breaking == {"clean_eviction": None}
    assert steps(ask(f"{once}\n...", "clean_eviction").breaking["clean_eviction"]) == [
        "open",
        "write",
        "evict",
    ]
    assert ask(f"{once}\n... without evict", "clean_eviction").broken == ()


def test_a_deadlock_at_the_end_of_a_scenario_is_found() -> None:
    plain = crossed_locks(bystander=False)
    named = replace(plain, properties=(PropertyInfo("no_deadlock", "unasked", "", check="deadlock"),))
    outcome = ask("left\nright", system=named)
    assert outcome.broken == ("no_deadlock",)
    assert ask("... without left, right\nleft\nleft\nright", system=named).run is None
    assert ask("... without left, right\nleft\nleft\nleft\nright", system=named).broken == ()
    moving = crossed_locks(bystander=True)
    outcome = ask("left\nright", system=replace(moving, properties=named.properties))
    assert outcome.run is not None
    assert outcome.broken == ()


def test_a_search_cut_short_says_so() -> None:
    scenario = parse_scenario("flusher: writeback\nevict\nrevive")
    outcome = run_scenario(files(), scenario, Reference(), limits=Limits(states=3))
    assert outcome.run is None
    assert not outcome.complete
    assert outcome.unknown.keys() == {"scenario", *(p.name for p in PROPERTIES)}


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("tsak: open", "no process or rule tsak", "did you mean task?"),
        ("task: opne", "no event opne", "did you mean open?"),
        ("task2: open", "no instance task2", "write task, or task0 to task1"),
        ("task: writeback", "task has no step with writeback", "it happens in flusher"),
        ("evict: flush", "evict has no step with flush", "it happens in task"),
        ("... without reader\ntask: open", "no process or rule reader", "there are"),
        ("*: write returns", "the return of write is no event", "write 'write'"),
    ],
)
def test_names_that_the_model_does_not_have_are_errors(text: str, message: str, remedy: str) -> None:
    with pytest.raises(CompileError) as error:
        ask(text)
    (diagnostic,) = error.value.diagnostics
    assert message in diagnostic.message
    assert remedy in diagnostic.remedy


def test_a_property_that_the_system_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no property nonsense"):
        ask("evict", "nonsense")


def test_the_product_keeps_the_checks_of_the_system() -> None:
    result = Reference().search(follow(files(), parse_scenario("task: write\nevict")))
    found = {v.name: len(v.path) for v in result.violations}
    assert found["scenario"] == 3
    assert found["clean_eviction"] == 3


def counted() -> TransitionSystem:
    """A reference is taken up to five times, each time noted in a count that nobody reads."""
    refs, gets = Load("refs"), Load("gets")
    return replace(
        system(
            rule(
                "get",
                Assume(Binary("<", refs, Const(5))),
                set_("refs", plus(refs, 1)),
                set_("gets", plus(gets, 1)),
            ),
            rule("put", set_("refs", plus(refs, -1))),
            variables=(Variable("refs", Count(1)), Variable("gets", Count(1))),
            invariants=(Invariant("below_four", Binary("<", refs, Const(4))),),
        ),
        properties=(
            PropertyInfo("below_four", "always", ""),
            PropertyInfo("balanced", "unasked", "", check="refcount below zero"),
        ),
    )


def test_counters_are_as_wide_as_the_run_needs() -> None:
    outcome = ask("get\nget\nget\nput", system=counted())
    assert steps(outcome.run) == ["get", "get", "get", "put"]
    assert outcome.run is not None
    assert all(outcome.run.system.variable[n].type.hi >= 3 for n in ("refs", "gets"))
    assert steps(outcome.breaking["below_four"]) == ["get", "get", "get", "get", "put"]
    assert outcome.breaking["balanced"] is None


def test_a_fault_in_the_last_step_breaks_its_property() -> None:
    outcome = ask("put\n...\nput", system=counted())
    assert steps(outcome.breaking["balanced"]) == ["get", "put", "put"]


def test_initial_states_that_differ_in_what_is_left_out_are_told_apart_in_the_run() -> None:
    """``note`` decides nothing but is part of the state that the run starts in."""
    initial = Initial((set_("note", Param("v")), set_("n", Param("v"))), (Parameter("v", 2),))
    sut = system(
        rule("go", Assume(Load("n"))),
        variables=(Variable("n", Bool()), Variable("note", Bool())),
        initial=(initial,),
    )
    outcome = ask("go", system=sut)
    assert outcome.run is not None
    assert outcome.run.initial == (1, 1)


@pytest.mark.parametrize(
    "text",
    ["task: write\n...\n*: evict_inode", "evict\ntask: open\n...\ntask: write", "task0: open\ntask0: open"],
)
def test_engines_agree(text: str) -> None:
    scenario = parse_scenario(text)
    try:
        native = run_scenario(files(), scenario, Native())
    except NativeUnavailable as problem:
        pytest.skip(str(problem))
    reference = run_scenario(files(), scenario, Reference())

    def lengths(outcome: ScenarioOutcome) -> list[int | None]:
        runs = [outcome.run, *outcome.breaking.values()]
        return [None if run is None else len(run.path) for run in runs]

    assert lengths(native) == lengths(reference)


def test_patterns_print_as_they_are_written() -> None:
    (item,) = parse_scenario("*: open returns").items
    assert isinstance(item.pattern, Pattern)
    assert str(item.pattern) == "*: open returns"
