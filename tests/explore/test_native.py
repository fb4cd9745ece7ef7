"""The native engine gives the reference's answers on systems built by hand, and keeps to what an engine
promises.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ovlcheck.explore.native import Native, engine, memory
from ovlcheck.explore.native.problems import NotSupported
from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.result import Limits, Progress, WidthOverflow
from ovlcheck.system.expr import Binary, Cond, Const, Load, Not, Param, Temp
from ovlcheck.system.semantics import Failure, Semantics
from ovlcheck.system.transition_system import (
    Assume,
    Check,
    Initial,
    Invariant,
    Let,
    Parameter,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Count, Int
from tests.explore.native_testing import answer, answer_of, change_text, compile_quickly, make_tables_small
from tests.hand_built import (
    counter,
    crossed_locks,
    die_hard,
    eq,
    freed_object,
    mcs_lock,
    move,
    one_lock,
    plus,
    process,
    references,
    rule,
    set_,
    soft_and_hard_checks,
    system,
    underflow,
    worker,
)

SYSTEMS: dict[str, Callable[[], TransitionSystem]] = {
    "die hard": die_hard,
    "counter": lambda: counter(5),
    "counter below zero": lambda: counter(9, low=-4, type_top=5),
    "references": lambda: references(3, 2),
    "overflow": lambda: references(None, 2),
    "underflow": underflow,
    "freed object": freed_object,
    "one lock": lambda: one_lock(3),
    "crossed locks": lambda: crossed_locks(bystander=False),
    "crossed locks, bystander": lambda: crossed_locks(bystander=True),
    "worker": lambda: worker(last_rests=True),
    "worker stuck": lambda: worker(last_rests=False),
    "checks": soft_and_hard_checks,
    "queue lock": lambda: mcs_lock(3),
}


@pytest.fixture(autouse=True, scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as monkeypatch:
        compile_quickly(monkeypatch, tmp_path_factory.mktemp("cache"))
        yield


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("deadlock_free", [False, True])
def test_the_answer_is_that_of_the_reference(name: str, deadlock_free: bool) -> None:
    made = SYSTEMS[name]()
    native = answer_of(Native(), made, deadlock_free=deadlock_free)
    assert native == answer_of(Reference(), made, deadlock_free=deadlock_free)


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name != "overflow"])
def test_the_states_are_those_of_the_reference(name: str) -> None:
    made = SYSTEMS[name]()
    rows = [tuple(row) for row in Native().states(made).tolist()]
    assert len(rows) == len(set(rows))
    assert set(rows) == set(reachable(made))


def test_states_come_layer_by_layer() -> None:
    made = mcs_lock(2)
    distance = reachable(made)
    depths = [distance[tuple(row)] for row in Native().states(made).tolist()]
    assert depths == sorted(depths)


def test_the_queue_lock_has_the_published_figures() -> None:
    result = Native().search(mcs_lock(3))
    assert (result.states, result.transitions, result.violations) == (7597, 22791, ())


@pytest.mark.parametrize("name", ["die hard", "freed object", "crossed locks", "checks"])
def test_every_path_can_be_taken_and_ends_where_it_says(name: str) -> None:
    made = SYSTEMS[name]()
    semantics = Semantics(made)
    violations = Native().search(made, deadlock_free=True).violations
    assert violations
    for violation in violations:
        state = violation.initial
        faults: tuple[Failure, ...] = ()
        assert state in semantics.initial_states()
        for action in violation.path:
            outcome = semantics.fire(state, action)
            assert outcome is not None
            state, faults = outcome.state or outcome.partial or (), outcome.faults
        broken = [i for i in made.invariants if i.name == violation.name]
        assert violation.name in {f.name for f in faults} or violation.blocked or broken
        assert all(not semantics.evaluate(i.condition, state) for i in broken)


def test_messages_and_blocked_instances_are_those_of_the_reference() -> None:
    for name in ("die hard", "crossed locks", "checks", "freed object"):
        made = SYSTEMS[name]()
        native, reference = (e.search(made, deadlock_free=True) for e in (Native(), Reference()))
        expected = {v.name: (v.message, v.blocked) for v in reference.violations}
        assert {v.name: (v.message, v.blocked) for v in native.violations} == expected


def test_the_same_run_gives_the_same_paths() -> None:
    first, second = (Native().search(die_hard()) for _ in range(2))
    assert first.violations == second.violations


@pytest.mark.parametrize("limits", [Limits(states=7), Limits(depth=3), Limits(states=7597), Limits(depth=0)])
def test_limits_end_the_search_where_they_end_the_reference(limits: Limits) -> None:
    native, reference = (e.search(mcs_lock(3), limits=limits) for e in (Native(), Reference()))
    assert (native.complete, native.stopped, native.states) == (
        reference.complete,
        reference.stopped,
        reference.states,
    )
    assert sum(native.levels) == native.states


def test_the_clock_ends_a_search() -> None:
    result = Native().search(mcs_lock(4), limits=Limits(seconds=0))
    assert (result.complete, result.stopped) == (False, "time limit of 0 s reached")


def test_a_search_may_end_once_what_is_asked_for_is_violated() -> None:
    made = soft_and_hard_checks()
    result = Native().search(made, stop_early=frozenset({"below_two"}))
    assert [v.name for v in result.violations] == ["below_two"]
    assert (result.complete, result.stopped) == (False, "every property asked for is violated: below_two")


def test_a_search_does_not_end_early_for_a_name_that_nothing_violates() -> None:
    result = Native().search(soft_and_hard_checks(), stop_early=frozenset({"below_two", "unheard of"}))
    assert result.complete


def test_an_interrupt_ends_the_search_in_order() -> None:
    def interrupt(_: Progress) -> None:
        signal.raise_signal(signal.SIGINT)

    result = Native().search(mcs_lock(3), progress=interrupt)
    assert (result.complete, result.stopped, result.states) == (False, "interrupted", 1)


def test_want_of_memory_ends_the_search_with_a_clear_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 1 << 16)
    result = Native().search(mcs_lock(4))
    assert not result.complete
    assert result.stopped is not None
    assert result.stopped.startswith("out of memory: the search holds")
    assert result.states > 1


def test_a_table_that_cannot_grow_keeps_what_was_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_tables_small(monkeypatch, tmp_path)
    change_text(monkeypatch, ("malloc(lowest * BUCKET + 64)", "NULL"))
    made = mcs_lock(3)
    whole = Reference().search(made, deadlock_free=True)
    result = Native().search(made, deadlock_free=True)
    assert result.stopped is not None and result.stopped.startswith("out of memory")
    assert 64 < result.states < whole.states
    assert result.levels[:-1] == whole.levels[: len(result.levels) - 1]
    assert {v.name for v in result.violations} <= {v.name for v in whole.violations}


def test_a_table_that_lost_states_as_it_grew_is_not_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_tables_small(monkeypatch, tmp_path)
    change_text(
        monkeypatch,
        ("t->lost = g.failed;", "t->lost = true;"),
        (
            "static void look_ahead(struct search *x, uint64_t place)\n{",
            "static void look_ahead(struct search *x, uint64_t place)\n{\n\tabort();\n",
        ),
    )
    result = Native().search(mcs_lock(3), deadlock_free=True)
    assert result.stopped is not None and result.stopped.startswith("out of memory")
    early = replace(mcs_lock(3), invariants=(Invariant("free", eq(Load("lock"), 0)),))
    with pytest.raises(MemoryError, match="no memory to find the way back"):
        Native().search(early)


def test_memory_is_measured_as_a_plain_number_of_bytes() -> None:
    assert memory.available() > 1 << 20


def test_an_overflow_names_the_counter_and_leads_to_its_step() -> None:
    with pytest.raises(WidthOverflow) as caught:
        Native().search(references(None, 2))
    assert (caught.value.variable, len(caught.value.path)) == ("refs", 4)
    assert caught.value.partial is not None
    assert caught.value.partial.largest == {"refs": 3}


def test_an_initial_overflow_has_no_path() -> None:
    with pytest.raises(WidthOverflow) as caught:
        Native().search(system(variables=(Variable("n", Count(1), default=5),)))
    assert (caught.value.variable, caught.value.path) == ("n", ())


def test_a_violation_beside_an_overflow_is_reported_with_it() -> None:
    made = system(
        rule("grow", set_("n", plus(Load("n"), 1))),
        rule("leave", set_("b", 2)),
        variables=(Variable("n", Count(1)), Variable("b", Bool())),
    )
    with pytest.raises(WidthOverflow) as caught:
        Native().search(made)
    assert caught.value.partial is not None
    assert [v.name for v in caught.value.partial.violations] == ["value out of range"]


def test_initial_states_may_violate_and_be_many() -> None:
    made = system(
        rule("halve", set_("n", Binary("//", Load("n"), Const(2)))),
        variables=(Variable("n", Int(0, 9)),),
        initial=(
            Initial((set_("n", Param("i")),), (Parameter("i", 12),)),
            Initial((set_("n", 3),)),
        ),
        invariants=(Invariant("small", Binary("<", Load("n"), Const(8))),),
    )
    assert answer_of(Native(), made) == answer_of(Reference(), made)
    assert ("value out of range", 0) in answer_of(Native(), made)["violations"]


def test_a_system_without_initial_states_has_no_states() -> None:
    made = system(variables=(Variable("n", Int(0, 9)),), initial=(Initial((Assume(Const(0)),)),))
    assert answer_of(Native(), made) == answer_of(Reference(), made)


def test_parameters_that_an_edge_does_not_use_still_count_as_actions() -> None:
    made = system(
        rule("go", Assume(eq(Load("n"), 0)), set_("n", 1), parameters=(Parameter("a", 3), Parameter("b", 4))),
        rule("never", set_("n", 1), parameters=(Parameter("nothing", 0),)),
        variables=(Variable("n", Int(0, 1)),),
    )
    assert answer_of(Native(), made)["transitions"] == 12
    assert answer_of(Native(), made) == answer_of(Reference(), made)


def test_a_process_without_instances_does_nothing() -> None:
    nobody, pc = process("nobody", 0, True, False)
    made = system(rule("go", set_("n", 1)), variables=(pc, Variable("n", Bool())), processes=(nobody,))
    assert answer_of(Native(), made) == answer_of(Reference(), made)


def test_what_may_leave_64_bits_is_refused() -> None:
    huge = Load("n")
    made = system(
        rule("square", set_("n", Cond(Const(1), Const(0), Binary("*", huge, huge)))),
        rule("grow", set_("n", Binary("%", Binary("*", huge, huge), Const(5)))),
        variables=(Variable("n", Int(0, 1 << 40)),),
    )
    with pytest.raises(NotSupported, match=r"n \* n.*can leave 64 bits"):
        Native().search(made)


def test_a_cell_wider_than_a_word_is_refused() -> None:
    with pytest.raises(NotSupported, match="'n' has values outside 64 bits"):
        Native().search(system(variables=(Variable("n", Int(0, 1 << 64)),)))


def test_progress_is_shown_from_the_start() -> None:
    seen: list[Progress] = []
    result = Native().search(mcs_lock(3), progress=seen.append)
    assert seen[0].states == 1
    assert all(p.states <= result.states and p.queue >= 0 for p in seen)


def test_slices_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Native().search(mcs_lock(3), deadlock_free=True)
    monkeypatch.setattr(engine, "_SLICE", 0.0)
    assert answer(Native().search(mcs_lock(3), deadlock_free=True)) == answer(whole)


def test_any_name_will_do() -> None:
    """Names that are one in C, or end a comment, or are words of C and of the runtime."""
    names = ("a.b", "a_b", "a b", "int", "bits_at", "état", "*/ int x; /*", "??/", "back\\", "", "$r")
    task, pc = process("t at 1", 2, True, True)
    other, other_pc = process("t", 2, True, True)
    made = system(
        *(rule(n, Let(n, Load(n)), set_(n, Not(Temp(n)))) for n in names[:5]),
        *(rule("same", Check(Not(Load(n)), n, n, fatal=False), set_(n, Param(n)), parameters=(Parameter(n, 2),))
          for n in names[5:8]),
        *(move(p, a, 1 - a, name="*/") for p in (task, other) for a in (0, 1)),
        variables=(*(Variable(n, Bool()) for n in names), pc, other_pc),
        processes=(task, other),
        invariants=(Invariant("deadlock", Const(1)), Invariant("DEADLOCK", Not(Load("a b")))),
    )  # fmt: skip
    assert answer_of(Native(), made) == answer_of(Reference(), made)


def test_an_interrupt_while_looking_for_who_is_stuck_keeps_what_was_found() -> None:
    def interrupt(seen: Progress) -> None:
        if not seen.queue:
            signal.raise_signal(signal.SIGINT)

    result = Native().search(crossed_locks(bystander=True), deadlock_free=True, progress=interrupt)
    assert (result.complete, result.stopped, result.states) == (False, "interrupted", 12)
