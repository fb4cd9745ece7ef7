"""Every method of proof says what the explicit engine says, or that it does not know."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import z3
from hypothesis import HealthCheck, assume, given, settings

from ovlcheck.explore.reductions import FUSION, SLICING, Reduction
from ovlcheck.explore.result import Violation
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model
from ovlcheck.symbolic import samples
from ovlcheck.symbolic.answer import Answer, Deadline, Run, Verdict
from ovlcheck.symbolic.bounded import search
from ovlcheck.symbolic.decide import METHODS, decide
from ovlcheck.symbolic.horn import spacer
from ovlcheck.symbolic.induction import induction
from ovlcheck.symbolic.learning import learn
from ovlcheck.symbolic.sampled_learning import learn_from_sample
from ovlcheck.symbolic.strengthening import strengthen
from ovlcheck.symbolic.translation import SymbolicSystem, translate
from ovlcheck.system.expr import FALSE, Binary, Const, Load, Not
from ovlcheck.system.transition_system import Assume, Check, Invariant, TransitionSystem, Variable
from ovlcheck.system.types import Count, Int
from tests.hand_built import die_hard, eq, move, plus, process, rule, set_
from tests.hand_built import system as hand_built
from tests.random_systems import transition_systems
from tests.symbolic.small_systems import MOST, explored, reached

CLASSICS = Path(__file__).parents[1] / "lang" / "classics"
unhurried = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
)


def get_and_put(limit: int) -> TransitionSystem:
    """Two tasks, each of which takes a reference and gives it back; nobody may see more than ``limit``."""
    task, pc = process("task", 2, True, False)
    refs = Load("refs")
    return hand_built(
        move(task, 0, 1, set_("refs", plus(refs, 1))),
        move(task, 1, 0, set_("refs", plus(refs, -1))),
        variables=(Variable("refs", Count(2)), pc),
        processes=(task,),
        invariants=(Invariant("few", Binary("<=", refs, Const(limit))),),
    )


def everybody_and_one_more() -> TransitionSystem:
    """A counter that is even: nothing but an invariant over all integers proves that it is never 7."""
    n = Load("n")
    return hand_built(
        rule("up", set_("n", plus(n, 2))),
        variables=(Variable("n", Count(3)),),
        invariants=(Invariant("never 7", Binary("!=", n, Const(7))),),
    )


def bad(symbolic: SymbolicSystem, name: str) -> z3.BoolRef:
    return symbolic.bad.get(name, z3.BoolVal(False))


def proves(symbolic: SymbolicSystem, invariant: z3.BoolRef, never: z3.BoolRef) -> bool:
    """Whether ``invariant`` is inductive and excludes ``never``, by nothing but the definition."""
    questions = (
        (symbolic.initial, z3.Not(invariant)),
        (invariant, symbolic.transition, z3.Not(symbolic.primed(invariant))),
        (invariant, never),
    )
    for question in questions:
        solver = z3.Solver()
        solver.add(*question)
        if solver.check() != z3.unsat:
            return False
    return True


def shows(symbolic: SymbolicSystem, run: Run, name: str) -> Violation:
    """The violation at the end of ``run``, by the interpreter alone."""
    state = run.initial
    assert state in symbolic.initial_states
    for action in run.path:
        outcome = symbolic.semantics.fire(state, action)
        assert outcome is not None and outcome.state is not None
        state = outcome.state
    for invariant in symbolic.system.invariants:
        if invariant.name == name and not symbolic.holds(invariant, state):
            return Violation(name, "", run.initial, run.path)
    for outcome in symbolic.semantics.successors(state):
        if name in {failure.name for failure in outcome.faults}:
            return Violation(name, "", run.initial, (*run.path, outcome.action))
    raise AssertionError("the run shows nothing")


def agrees(symbolic: SymbolicSystem, name: str, answer: Answer, violated: bool) -> None:
    if answer.verdict is Verdict.PROVED:
        assert not violated
        if answer.invariant is not None:
            assert proves(symbolic, answer.invariant, bad(symbolic, name))
    elif answer.verdict is Verdict.VIOLATED:
        assert violated
        if answer.run is not None:
            assert shows(symbolic, answer.run, name)
    else:
        assert answer.reason


@settings(unhurried, max_examples=8)
@given(transition_systems())
def test_bounded_checking_finds_shortest_violations(system: TransitionSystem) -> None:
    found = explored(system)
    assume(found is not None and found.violations and found.depth < 8)
    symbolic = translate(system)
    for violation in found.violations:
        if violation.name not in symbolic.bad or violation.name in symbolic.initially_bad:
            continue
        answer = search(symbolic, bad(symbolic, violation.name), found.depth + 1, Deadline(20))
        assert answer.run is not None
        length = len(shows(symbolic, answer.run, violation.name).path)
        # The path of what shows in a step includes that step; of what shows in a state there may be both.
        assert length in (len(violation.path), len(violation.path) + 1)
        assert len(answer.run.path) <= len(violation.path)


@pytest.mark.parametrize("reductions", [(), (SLICING, FUSION)], ids=["as written", "reduced"])
@settings(unhurried, max_examples=4)
@given(system=transition_systems())
def test_answers_about_random_systems_agree_with_the_explicit_engine(
    reductions: tuple[str, ...], system: TransitionSystem
) -> None:
    found = explored(system)
    assume(found is not None and found.states)
    symbolic = translate(Reduction(system, reductions).reduced)
    violated = {v.name for v in found.violations}
    assert symbolic.initially_bad.keys() <= violated
    rows = np.array(reached(symbolic.semantics, MOST + 1), dtype=np.int64)
    names = sorted(symbolic.bad.keys() - symbolic.initially_bad.keys())
    for broken in (True, False):  # one of each, as far as there are
        for name in [n for n in names if (n in violated) == broken][:1]:
            for method in METHODS:
                answer = decide(
                    symbolic,
                    bad(symbolic, name),
                    method=method,
                    depth=4,
                    deadline=Deadline(0.5),
                    reached=lambda _: rows,
                )
                agrees(symbolic, name, answer, broken)
            agrees(symbolic, name, learn_from_sample(symbolic, bad(symbolic, name), Deadline(0.5), 2), broken)


def test_a_sample_grows_until_what_is_learned_from_it_holds() -> None:
    n, high = Load("n"), Binary("==", Load("n"), Const(9))
    line = hand_built(
        rule("up", Assume(Binary("<", n, Const(8))), set_("n", plus(n, 1))),
        rule("back", Assume(high), set_("n", 0)),
        variables=(Variable("n", Int(0, 15)),),
        invariants=(Invariant("never 9", Not(high)), Invariant("never 7", Not(eq(n, 7)))),
    )
    symbolic = translate(line)
    held = learn_from_sample(symbolic, bad(symbolic, "never 9"), Deadline(30), 2)
    assert held.verdict is Verdict.PROVED
    agrees(symbolic, "never 9", held, False)
    broken = learn_from_sample(symbolic, bad(symbolic, "never 7"), Deadline(30), 2)
    assert broken.run is not None
    assert len(shows(symbolic, broken.run, "never 7").path) == 7


def test_what_is_learned_from_some_states_holds_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "_STEPS", 1)
    n = Load("n")
    line = hand_built(
        rule("up", Assume(Binary("<", n, Const(8))), set_("n", plus(n, 1))),
        rule("over", Assume(Binary(">", n, Const(10))), set_("n", 15)),
        variables=(Variable("n", Int(0, 15)),),
        invariants=(Invariant("never 15", Not(eq(n, 15))),),
    )
    symbolic = translate(line)
    answer = learn_from_sample(symbolic, bad(symbolic, "never 15"), Deadline(30), 2)
    agrees(symbolic, "never 15", answer, False)
    assert answer.verdict is Verdict.PROVED


def test_a_system_of_which_nothing_can_be_said_is_no_obstacle() -> None:
    nothing = hand_built(
        rule("fail", Check(FALSE, "never", "it happens")), variables=(Variable("one", Int(4, 4), default=4),)
    )
    symbolic = translate(nothing)
    for method in METHODS:
        answer = decide(symbolic, bad(symbolic, "never"), method=method, deadline=Deadline(30))
        assert answer.verdict is Verdict.VIOLATED, method


def test_a_position_without_an_index_is_no_obstacle() -> None:
    task, pc = process("task", 1, True, False)
    refs = Load("refs")
    alone = hand_built(
        move(task, 0, 1, set_("refs", plus(refs, 1))),
        move(task, 1, 0, set_("refs", plus(refs, -1))),
        variables=(Variable("refs", Count(2)), replace(pc, shape=())),
        processes=(task,),
        invariants=(Invariant("few", Binary("<=", refs, Const(1))),),
    )
    symbolic = translate(alone)
    answer = decide(symbolic, bad(symbolic, "few"), method="induction", deadline=Deadline(30))
    assert answer.verdict is Verdict.PROVED
    agrees(symbolic, "few", answer, False)


@pytest.mark.parametrize("method", ["auto", "spacer", "learning"])
def test_a_refcount_without_a_bound_is_proved(method: str) -> None:
    symbolic = translate(get_and_put(2))
    for name in ("few", "refcount below zero"):
        rows = np.array(reached(symbolic.semantics, MOST), dtype=np.int64)
        answer = decide(
            symbolic,
            bad(symbolic, name),
            method=method,
            deadline=Deadline(30),
            reached=lambda _, rows=rows: rows,
        )
        assert answer.verdict is Verdict.PROVED
        assert answer.invariant is not None
        assert proves(symbolic, answer.invariant, bad(symbolic, name))


@pytest.mark.parametrize("method", ["auto", "bmc", "spacer"])
def test_a_violation_comes_with_its_run(method: str) -> None:
    symbolic = translate(get_and_put(1))
    answer = decide(symbolic, bad(symbolic, "few"), method=method, deadline=Deadline(30))
    assert answer.verdict is Verdict.VIOLATED
    assert answer.run is not None
    assert len(shows(symbolic, answer.run, "few").path) == 2


def test_a_counter_that_only_grows_is_no_obstacle() -> None:
    symbolic = translate(everybody_and_one_more())
    answer = spacer(symbolic, bad(symbolic, "never 7"), Deadline(30))
    agrees(symbolic, "never 7", answer, False)


def test_bounded_checking_proves_nothing() -> None:
    symbolic = translate(get_and_put(2))
    answer = search(symbolic, bad(symbolic, "few"), 5, Deadline(30))
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.reason == "no run of at most 5 steps leads to it"


def test_the_shortest_way_to_four_gallons_has_six_steps() -> None:
    symbolic = translate(die_hard())
    answer = search(symbolic, bad(symbolic, "never_four"), None, Deadline(30))
    assert answer.run is not None
    assert len(answer.run.path) == 6


def test_a_time_limit_ends_in_an_answer() -> None:
    symbolic = translate(die_hard())
    rows = np.array(reached(symbolic.semantics, MOST), dtype=np.int64)
    for method in METHODS:
        never = bad(symbolic, "never_four")
        answer = decide(symbolic, never, method=method, deadline=Deadline(0.0), reached=lambda _: rows)
        assert answer.verdict is Verdict.UNKNOWN
        assert "time" in answer.reason


def test_induction_needs_as_many_steps_as_the_way_into_a_trap() -> None:
    # From 5 on it goes on to 8, and nothing leads to 5: one step back from 8 there is 7, then 6, then 5.
    n = Load("n")
    trap = hand_built(
        rule("stay", Assume(Binary("<", n, Const(2))), set_("n", Binary("-", Const(1), n))),
        rule("go on", Assume(Binary(">=", n, Const(5))), set_("n", plus(n, 1))),
        variables=(Variable("n", Int(0, 9)),),
        invariants=(Invariant("below 8", Binary("<", n, Const(8))),),
    )
    symbolic = translate(trap)
    never = bad(symbolic, "below 8")
    for most, verdict in ((3, Verdict.UNKNOWN), (4, Verdict.PROVED)):
        answer = induction(symbolic, never, symbolic.types, most, Deadline(30))
        assert answer.verdict is verdict
    assert answer.method == "k-induction, k = 4"


def test_learning_does_not_believe_the_reached_states() -> None:
    n = Load("n")
    leaves_zero = hand_built(
        rule("up", Assume(eq(n, 0)), set_("n", 1)),
        variables=(Variable("n", Int(0, 1)),),
        invariants=(Invariant("never 0", Not(eq(n, 0))),),
    )
    symbolic = translate(leaves_zero)
    lies = {
        "an initial state is not among the reached ones": [[1]],
        "looks like a reached one": [[0], [1]],
    }
    for why, states in lies.items():
        answer = learn(symbolic, bad(symbolic, "never 0"), np.array(states, dtype=np.int64), Deadline(30))
        assert answer.verdict is Verdict.UNKNOWN
        assert why in answer.reason


def test_strengthening_is_inductive() -> None:
    system = build(load_model(CLASSICS / "peterson.py"), {}, [])
    symbolic = translate(system)
    found = strengthen(symbolic, Deadline(30))
    assert found.finished and found.complete and found.clauses
    assert proves(symbolic, z3.And(symbolic.types, *found.clauses), z3.BoolVal(False))


def test_strengthening_drops_what_samples_do_not_refute() -> None:
    # With a sample of two states n = 2 is not seen: "n is never 2" is believed until the solver is asked.
    n = Load("n")
    line = hand_built(
        rule("up", Assume(Binary("<", n, Const(3))), set_("n", plus(n, 1))),
        variables=(Variable("n", Int(0, 5)),),
    )
    symbolic = translate(line)
    found = strengthen(symbolic, Deadline(30), most=2)
    assert not found.complete and found.finished
    assert proves(symbolic, z3.And(symbolic.types, *found.clauses), z3.BoolVal(False))
    for state in ((i,) for i in range(4)):
        solver = z3.Solver()
        solver.add(symbolic.encode(state), *found.clauses)
        assert solver.check() == z3.sat


def test_a_check_that_no_state_fails_is_proved_at_once() -> None:
    n = Load("n")
    checked = hand_built(
        rule("look", Check(eq(n, 0), "zero", "n is not 0")), variables=(Variable("n", Int(0, 3)),)
    )
    symbolic = translate(checked)
    answer = decide(symbolic, bad(symbolic, "zero"), deadline=Deadline(30))
    assert answer.verdict is Verdict.PROVED
