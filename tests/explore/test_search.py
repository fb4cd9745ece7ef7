"""Widening, inconclusive ends, and engines that are not believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.replay import ReplayError, replay
from ovlcheck.explore.result import Limits, Progress, SearchResult, Violation, WidthOverflow
from ovlcheck.explore.search import explore
from ovlcheck.system.action import Action
from ovlcheck.system.expr import Binary, Const, Load
from ovlcheck.system.transition_system import Assume, Invariant, TransitionSystem, Variable
from ovlcheck.system.types import Bool, Count
from tests.hand_built import crossed_locks, die_hard, plus, references, rule, set_, system, worker


class Lying:
    """The reference engine with its answer changed."""

    name = "lying"

    def __init__(self, change: Callable[[SearchResult], SearchResult]) -> None:
        self.change = change

    def search(
        self,
        system: TransitionSystem,
        *,
        limits: Limits = Limits(),
        deadlock_free: bool = False,
        stop_early: frozenset[str] = frozenset(),
        progress: Callable[[Progress], None] | None = None,
    ) -> SearchResult:
        return self.change(Reference().search(system, limits=limits, deadlock_free=deadlock_free))


def ping_pong() -> TransitionSystem:
    """Two rules in turn; each round leaves one reference behind."""
    turn = Load("turn")
    return system(
        rule(
            "ping", Assume(Binary("==", turn, Const(0))), set_("refs", plus(Load("refs"), 1)), set_("turn", 1)
        ),
        rule("pong", Assume(turn), set_("turn", 0)),
        variables=(Variable("turn", Bool()), Variable("refs", Count(1))),
        invariants=(Invariant("at_most_two", Binary("<", Load("refs"), Const(3))),),
    )


def test_a_counter_is_widened_until_it_fits() -> None:
    system_, result = explore(references(9), Reference())
    assert system_.variable["refs"].type == Count(4)
    assert (result.complete, result.states, result.largest) == (True, 10, {"refs": 9})


def test_an_initial_value_may_ask_for_width_too() -> None:
    system_, result = explore(
        system(rule("go"), variables=(Variable("n", Count(1), default=6),)), Reference()
    )
    assert (system_.variable["n"].type, result.complete) == (Count(3), True)


def test_a_counter_that_only_grows_ends_without_an_answer_and_shows_the_cycle() -> None:
    _, result = explore(ping_pong(), Reference(), widest=3)
    assert (result.complete, result.stopped) == (False, "refs grows beyond 7")
    assert result.notes == (
        "these 2 steps add 1 to refs and change nothing but counters, on the way to the overflow:",
        "  ping at model.py:1 `ping`",
        "  pong at model.py:1 `pong`",
    )


def test_what_was_violated_before_a_counter_outgrew_everything_is_still_reported() -> None:
    _, result = explore(ping_pong(), Reference(), widest=3)
    assert [(v.name, len(v.path)) for v in result.violations] == [("at_most_two", 5)]
    assert result.largest == {"refs": 7}


def test_an_engine_that_cannot_tell_what_it_found_still_gives_an_honest_end() -> None:
    def overflow(result: SearchResult) -> SearchResult:
        raise WidthOverflow("refs", (0,), (Action(0),) * 2)

    _, result = explore(references(1), Lying(overflow), widest=1)
    assert (result.complete, result.states, result.stopped) == (False, 0, "refs grows beyond 1")
    assert result.notes[1] == "  get at model.py:1 `get`"


def test_limits_hold_for_all_runs_together() -> None:
    _, result = explore(references(None), Reference(), limits=Limits(seconds=0))
    assert (result.complete, result.stopped) == (False, "time limit reached")


def violation_of(of: TransitionSystem, name: str) -> Violation:
    result = Reference().search(of, deadlock_free=True)
    return next(v for v in result.violations if v.name == name)


@pytest.mark.parametrize(
    "lie",
    [
        lambda v: replace(v, path=v.path[:-1]),
        lambda v: replace(v, path=(*v.path, Action(3))),
        lambda v: replace(v, initial=(1, 0)),
        lambda v: replace(v, name="another"),
        lambda v: replace(v, name="deadlock"),
        lambda v: replace(v, name="no_deadlock", blocked=(("nobody", 0),)),
        lambda v: replace(v, path=(Action(99),)),
    ],
)
def test_a_violation_that_is_none_is_an_internal_error(lie: Callable[[Violation], Violation]) -> None:
    def change(result: SearchResult) -> SearchResult:
        return replace(result, violations=tuple(lie(v) for v in result.violations))

    with pytest.raises(ReplayError):
        explore(die_hard(), Lying(change))


def test_a_step_that_is_not_enabled_is_an_internal_error() -> None:
    of = worker(last_rests=False)
    found = violation_of(of, "deadlock")
    with pytest.raises(ReplayError, match="step 2 is not enabled"):
        replay(of, replace(found, path=(found.path[0], found.path[0])))


def test_a_blocked_instance_must_not_be_at_rest_or_able_to_move() -> None:
    of = crossed_locks(bystander=True)
    found = violation_of(of, "no_deadlock")
    assert len(replay(of, found)) == 3
    for lie in (
        replace(found, path=found.path[:1], blocked=(("left", 0),)),
        replace(found, blocked=(("clock", 0),)),
        replace(found, blocked=()),
    ):
        with pytest.raises(ReplayError, match="does not show it"):
            replay(of, lie)
