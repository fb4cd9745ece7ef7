"""What a violation came from: the steps that matter, and the reads that were out of date."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import Limits, WidthOverflow
from ovlcheck.system.expr import Load, Not
from ovlcheck.system.transition_system import Assign, Assume, TransitionSystem
from ovlcheck.trace.build import TraceBuilder
from ovlcheck.trace.faces import FACES
from ovlcheck.trace.trace import Race
from tests.examples import examples
from tests.hand_built import crossed_locks, underflow
from tests.random_systems import transition_systems
from tests.trace.racing import racing_trace, release_races_with_open
from tests.trace.samples import FILE, sample_trace, trace_of


def test_a_step_matters_if_the_verdict_was_read_from_what_it_changed() -> None:
    find, mark, shrink = sample_trace().steps
    assert mark.role is not None and set(mark.role.gave) == {"inode0.is_dirty", "suspects"}
    assert shrink.role is not None and {"inode0.is_dirty", "suspects"} <= set(shrink.role.read)
    assert find.role is None and not sample_trace().matters(0)


def test_a_step_matters_if_it_decided_that_another_was_taken() -> None:
    trace = racing_trace()
    sources = [step.source for n, step in enumerate(trace.steps) if trace.matters(n)]
    assert "busy = self.writing" in sources
    assert "self.ticks = True" not in sources
    assert len(sources) == len(trace.steps) - 1


def test_a_read_that_another_task_made_untrue_is_a_race() -> None:
    trace = racing_trace()
    (race,) = trace.races
    assert (race.name, race.value) == ("writing", "False")
    assert [trace.steps[n].actor for n in (race.read, race.changed, race.used)] == [
        "closer0",
        "writer0",
        "closer0",
    ]
    assert trace.steps[race.read].line == 10
    assert trace.steps[race.used].line == 12


def test_without_a_change_in_between_there_is_no_race() -> None:
    assert sample_trace().races == ()
    assert Race("x", "0", 0, 1, 2) not in racing_trace().races


def test_a_fault_is_traced_to_where_its_values_came_from() -> None:
    trace = trace_of(underflow(), "refcount below zero")
    assert trace.analysed
    assert trace.matters(len(trace.steps) - 1)


def test_who_is_stuck_waits_for_who_took_the_lock() -> None:
    trace = trace_of(crossed_locks(bystander=False), "deadlock")
    assert trace.analysed
    assert all(trace.matters(number) for number in range(len(trace.steps)))


def test_values_are_placed_among_the_calls_of_their_step() -> None:
    mark = sample_trace().steps[1]
    assert (mark.moments["suspects"], mark.moments["inode0.is_dirty"]) == (0, 0)
    assert sample_trace().steps[2].moments["inode0"] == 1


def test_a_local_that_gets_the_value_it_has_anyway_was_decided_by_the_step() -> None:
    """``busy`` is False at the start: no operation says so, but the step that asked decided it."""
    of = release_races_with_open()
    asked, *others = of.edges
    silent = replace(
        asked, ops=tuple(Assume(Not(Load("writing"))) if isinstance(op, Assign) else op for op in asked.ops)
    )
    trace = trace_of(replace(of, edges=(silent, *others)), "a_writer_is_listed")
    (race,) = trace.races
    assert (race.name, trace.steps[race.read].line) == ("writing", 10)


@settings(max_examples=examples(25, 100), deadline=None, suppress_health_check=list(HealthCheck))
@given(transition_systems())
def test_in_any_run_the_last_step_and_whoever_gave_a_relevant_value_matter(of: TransitionSystem) -> None:
    try:
        found = Reference().search(of, limits=Limits(states=300)).violations
    except WidthOverflow:
        assume(False)
    for violation in found:
        trace = TraceBuilder(of, FILE).build(violation)
        if not trace.analysed or not trace.steps:
            continue
        last = len(trace.steps) - 1
        assert trace.stuck or trace.matters(last)
        for name, value in trace.relevant.items():
            if trace.state(last).get(name) != value:
                continue  # it got the value in the last step
            given_by = [
                n
                for n in range(last)
                if any(c.name == name and not c.quiet for c in trace.steps[n].changes)
            ]
            assert not given_by or trace.matters(given_by[-1])
        for race in trace.races:
            assert (
                trace.steps[race.read].actor
                == trace.steps[race.used].actor
                != trace.steps[race.changed].actor
            )
            assert trace.state(race.read).get(race.name) != trace.state(race.changed + 1).get(race.name)
        for face in ("text", "cpu", "sequence"):
            assert FACES[face].render([trace])
