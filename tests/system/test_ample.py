"""Who goes first where nobody gets in the way: nothing is lost, and every part of the argument is needed for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, event, given, settings

from ovlcheck.explore.reductions import EVERY, FUSION, PARTIAL_ORDER, SYMMETRY, Reduction
from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.result import Limits, SearchResult, WidthOverflow
from ovlcheck.explore.search import explore
from ovlcheck.system import ample as module
from ovlcheck.system.ample import ample
from ovlcheck.system.expr import FALSE, TRUE, Binary, Const, Deref, Expr, Load, Not, Param
from ovlcheck.system.independence import Actor, Conflicts
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Edge,
    Invariant,
    Location,
    Parameter,
    Population,
    Process,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Count, Int, Ref
from tests.examples import examples
from tests.hand_built import SELF, eq, move, plus, process, rule, set_, source, system
from tests.locking_programs import locking_programs
from tests.random_systems import transition_systems
from tests.system.fusion_cases import CASES, give, held, take

SOFT = {"always 0", "never", "deadlock"}
"""Violations behind which the search goes on."""


def found(whole: TransitionSystem) -> SearchResult | None:
    try:
        result = Reference().search(whole, limits=Limits(states=1000))
    except WidthOverflow:
        return None
    return result if result.complete else None


def lost(whole: TransitionSystem, names: tuple[str, ...] = (PARTIAL_ORDER,)) -> str | None:
    """The first thing that the search of the reduced system tells wrong; None if there is none, or too much to see."""
    full = found(whole)
    if full is None:
        return None
    try:
        _, part = explore(whole, Reference(), limits=Limits(states=1000), reductions=names)
    except WidthOverflow:
        return "a counter that overflows here alone"
    soft = {v.name for v in full.violations} <= SOFT
    for what, a, b in (
        ("violations", {v.name for v in full.violations}, {v.name for v in part.violations}),
        ("covers", full.covered, part.covered),
        ("largest values", {**full.largest, **part.largest}, full.largest),
        ("steps taken", full.fired, part.fired if soft else part.fired & full.fired),
    ):
        if a != b:
            return f"{what}: {a} against {b}"
    return "more states" if part.states > full.states or not part.complete else None


def independent(workers: int, steps: int) -> TransitionSystem:
    """Workers that count their own cells: ``(steps + 1) ** workers`` states."""
    a, pc = process("worker", workers, *[True] * (steps + 1))
    up = Assign("cells", (SELF,), plus(Load("cells", (SELF,)), 1))
    moves = (move(a, k, k + 1, up) for k in range(steps))
    return system(*moves, variables=(pc, Variable("cells", Int(0, 9), (workers,))), processes=(a,))


def objects(bad: Expr | None = None) -> TransitionSystem:
    """Two tasks each choose one of two objects, store to it twice, and look at it."""
    a, pc = process("a", 1, True, False, False, False, True)
    b, pd = process("b", 1, True, False, False, False, True)
    edges: list[Edge] = []
    for one, value in ((a, 1), (b, 2)):
        mine = Deref(Load(f"{one.name}.it", (SELF,)), "thing")
        chosen = Assign(f"{one.name}.it", (SELF,), plus(Param("which"), 1))
        choose = move(one, 0, 1, chosen)
        edges += [
            replace(choose, parameters=(*choose.parameters, Parameter("which", 2))),
            move(one, 1, 2, set_("field", value, mine)),
            move(one, 2, 3, set_("field", value, mine)),
            move(one, 3, 4, Check(eq(Load("field", (mine,)), value), "mine", "", fatal=False)),
        ]
    variables = (
        pc,
        pd,
        *(Variable(f"{n}.it", Ref("thing", 2), (1,), "local", n, default=1) for n in ("a", "b")),
        Variable("field", Int(0, 2), (2,)),
    )
    invariants = (Invariant("never", Not(bad)),) if bad is not None else ()
    things = (Population("thing", 2),)
    return system(*edges, variables=variables, processes=(a, b), populations=things, invariants=invariants)


def far_ahead() -> TransitionSystem:
    """What the other does in two steps' time matters to what the worker sees."""
    a, pc = process("a", 1, True, True)
    b, pd = process("b", 1, True, False, True)
    return system(
        move(a, 0, 1, Check(eq(Load("x"), 0), "early", "", fatal=False)),
        move(b, 0, 1, set_("y", 1)),
        move(b, 1, 2, set_("x", 1)),
        variables=(pc, pd, Variable("x", Int(0, 1)), Variable("y", Int(0, 1))),
        processes=(a, b),
    )


def private_for_ever() -> TransitionSystem:
    """One goes round and round by itself; another fails."""
    a, pc = process("a", 1, True, False)
    b, pd = process("b", 1, True, True)
    return system(
        move(a, 0, 1, set_("x", 1)),
        move(a, 1, 0, set_("x", 0)),
        move(b, 0, 1, Check(eq(Load("y"), 1), "fails", "", fatal=False)),
        variables=(pc, pd, Variable("x", Int(0, 1)), Variable("y", Int(0, 1))),
        processes=(a, b),
    )


def seen_by_all(watching: str = "invariant") -> TransitionSystem:
    """Nobody else touches ``x``, but that it comes behind ``y`` can be seen from outside."""
    a, pc = process("a", 1, True, True)
    b, pd = process("b", 1, True, True)
    late = Binary("&", eq(Load("x"), 0), eq(Load("y"), 1))
    return replace(
        system(
            move(a, 0, 1, set_("x", 1)),
            move(b, 0, 1, set_("y", 1)),
            variables=(pc, pd, Variable("x", Int(0, 1)), Variable("y", Int(0, 1))),
            processes=(a, b),
        ),
        invariants=(Invariant("never", Not(late)),) if watching == "invariant" else (),
        covers=(Cover("late", late),) if watching == "cover" else (),
    )


def fails_first() -> TransitionSystem:
    """The first one to be asked only fails, and so hides what another does."""
    a, pc = process("a", 1, True, True)
    b, pd = process("b", 1, True, True)
    return system(
        move(a, 0, 1, Check(eq(Load("x"), 1), "at once", "")),
        move(b, 0, 1, Check(eq(Load("y"), 1), "as well", "")),
        variables=(pc, pd, Variable("x", Int(0, 1)), Variable("y", Int(0, 1))),
        processes=(a, b),
    )


def behind_a_lock(*, locked: bool = True) -> TransitionSystem:
    """The worker looks at ``x`` under a lock that the other takes, if it does, before it changes ``x``."""
    a, pc = process("a", 1, True, False, False, True)
    b, pd = process("b", 1, True, False, True)
    la, lb = held(a), held(b)
    edges = (
        move(a, 0, 1, *take(la, [la, lb])),
        move(a, 1, 2, Check(eq(Load("x"), 0), "seen", "", fatal=False)),
        move(a, 2, 3, give(la)),
        move(b, 0, 1, *(take(lb, [la, lb]) if locked else ())),
        move(b, 1, 2, set_("x", 1), *((give(lb),) if locked else ())),
    )
    return system(*edges, variables=(pc, pd, la, lb, Variable("x", Int(0, 1))), processes=(a, b))


def rule_gets_in_the_way() -> TransitionSystem:
    a, pc = process("a", 1, True, False, True)
    return system(
        move(a, 0, 1, set_("x", 1)),
        move(a, 1, 2, Check(eq(Load("x"), 1), "changed", "", fatal=False)),
        rule("reset", Assume(eq(Load("x"), 1)), set_("x", 0)),
        variables=(pc, Variable("x", Int(0, 1))),
        processes=(a,),
    )


@pytest.mark.parametrize(("workers", "steps"), [(1, 3), (2, 3), (3, 3), (4, 2)])
def test_of_independent_workers_one_order_is_kept(workers: int, steps: int) -> None:
    whole = independent(workers, steps)
    assert len(reachable(whole)) == (steps + 1) ** workers
    assert len(reachable(Reduction(whole, (PARTIAL_ORDER,)).reduced)) == workers * steps + 1
    assert lost(whole) is None


def test_work_on_two_objects_is_independent_and_work_on_one_is_not() -> None:
    """Whether it is shows in the state: with two objects that differ, one order is enough."""
    whole = objects()
    reduced = Reduction(whole, (PARTIAL_ORDER,)).reduced

    def both(states: dict[tuple[int, ...], int], same: bool) -> int:
        at = whole.offset
        return sum(
            s[at["a.pc"]] > 0 and s[at["b.pc"]] > 0 and (s[at["a.it"]] == s[at["b.it"]]) == same
            for s in states
        )

    full, part = reachable(whole), reachable(reduced)
    assert (both(full, True), both(full, False)) == (50, 32)
    assert both(part, True) == 48
    assert both(part, False) == 14
    assert lost(whole) is None


def test_what_waits_for_a_lock_that_is_held_gets_in_nobodys_way() -> None:
    def undisturbed(whole: TransitionSystem) -> list[Expr]:
        return [Conflicts(whole).none(Actor("a"), 1, Actor("b"), place) for place in range(3)]

    assert undisturbed(behind_a_lock()) == [TRUE, TRUE, TRUE]  # both behind the lock: no state is so
    assert undisturbed(behind_a_lock(locked=False)) == [FALSE, FALSE, TRUE]
    assert lost(behind_a_lock()) is None


def test_what_all_do_at_any_time_is_not_put_off_for_a_watched_position() -> None:
    whole = independent(2, 2)
    watching = replace(whole, covers=(Cover("half way", eq(Load("worker.pc", (Const(0),)), 1)),))
    assert ample(watching).when == ()


def test_a_counter_may_be_counted_first() -> None:
    a, pc = process("a", 1, True, True)
    b, pd = process("b", 1, True, True)
    whole = system(
        move(a, 0, 1, Assign("n", (), plus(Load("n"), 1))),
        move(b, 0, 1, set_("x", 1)),
        variables=(pc, pd, Variable("n", Count(2)), Variable("x", Int(0, 1))),
        processes=(a, b),
    )
    assert len(reachable(Reduction(whole, (PARTIAL_ORDER,)).reduced)) == 3
    assert lost(whole) is None


def test_instances_whose_steps_do_not_say_who_takes_them_are_not_told_apart() -> None:
    places = tuple(Location(f"a.{i}", source(i), True) for i in range(2))
    one = Process("a", 1, places, "a.pc")
    step = Edge("step", (set_("x", 1),), source(1), "a", 0, 1)
    b, pd = process("b", 1, True, True)
    whole = system(
        step,
        move(b, 0, 1, set_("y", 1)),
        variables=(
            Variable("a.pc", Int(0, 1), (), "pc", "a"),
            pd,
            Variable("x", Int(0, 1)),
            Variable("y", Int(0, 1)),
        ),
        processes=(one, b),
    )
    assert len(reachable(Reduction(whole, (PARTIAL_ORDER,)).reduced)) == 3
    assert lost(whole) is None


def test_the_shortest_trace_is_told_though_others_went_first() -> None:
    """The others' three steps are not needed for the failure, and come first in the reduced system."""
    a, pc = process("a", 1, True, False, False, True)
    b, pd = process("b", 1, True, True)
    moves = (move(a, k, k + 1, set_("x", k)) for k in range(3))
    whole = system(
        *moves,
        move(b, 0, 1, Check(eq(Load("y"), 1), "fails", "", fatal=False)),
        variables=(pc, pd, Variable("x", Int(0, 3)), Variable("y", Int(0, 1))),
        processes=(a, b),
    )
    (first,) = Reference().search(Reduction(whole, (PARTIAL_ORDER,)).reduced).violations
    _, result = explore(whole, Reference(), reductions=(PARTIAL_ORDER,))
    (told,) = result.violations
    assert (len(first.path), len(told.path)) == (4, 1)
    assert "partial order: a process may go first at" in result.notes[0]


Patch = Callable[[pytest.MonkeyPatch], None]

MUTANTS: dict[str, tuple[Patch, Callable[[], TransitionSystem]]] = {
    "cycles are not cut": (
        lambda patch: patch.setattr(
            module._Search, "_without_cycles", lambda self, process, places: frozenset(places)
        ),
        private_for_ever,
    ),
    "the cells of arrays are one": (
        lambda patch: patch.setattr(Conflicts, "_differ", lambda self, x, y: TRUE),
        objects,
    ),
    "invariants are not asked": (
        lambda patch: patch.setattr(module, "_read_by_conditions", lambda system: ()),
        seen_by_all,
    ),
    "covers are not asked": (
        lambda patch: patch.setattr(module, "_read_by_conditions", lambda system: ()),
        lambda: seen_by_all("cover"),
    ),
    "failures do not matter": (
        lambda patch: patch.setattr(module._Search, "_goes", lambda self, actor, location: TRUE),
        fails_first,
    ),
    "only the next step is looked at": (
        lambda patch: patch.setattr(Conflicts, "_moves", lambda self, edge: False),
        far_ahead,
    ),
    "a lock that is not held": (
        lambda patch: patch.setattr(Conflicts, "_apart", lambda self, mine, theirs, held: TRUE),
        lambda: behind_a_lock(locked=False),
    ),
    "rules are nobody": (
        lambda patch: patch.setattr(module._Search, "__init__", _without_rules(module._Search.__init__)),
        rule_gets_in_the_way,
    ),
}


def _without_rules(init: Callable[..., None]) -> Callable[..., None]:
    def begin(self: module._Search, system: TransitionSystem) -> None:
        init(self, system)
        self._actors = [actor for actor in self._actors if actor.process is not None]

    return begin


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_order_is_found_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, case = MUTANTS[name]
    assert lost(case()) is None
    patch(monkeypatch)
    assert lost(case()) is not None


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_lost_of_what_fusion_must_not_lose(name: str) -> None:
    assert lost(CASES[name]()) is None
    assert lost(CASES[name](), (FUSION, PARTIAL_ORDER)) is None


@pytest.mark.parametrize(
    "names", [(PARTIAL_ORDER,), (FUSION, PARTIAL_ORDER), (SYMMETRY, PARTIAL_ORDER), EVERY]
)
def test_nothing_is_lost_of_random_programs(names: tuple[str, ...]) -> None:
    @settings(max_examples=examples(25, 100), deadline=None, suppress_health_check=list(HealthCheck))
    @given(locking_programs())
    def on(whole: TransitionSystem) -> None:
        assume(ample(whole).when)
        event("ample")
        assert lost(whole, names) is None

    on()


@settings(max_examples=examples(40, 150), deadline=None, suppress_health_check=list(HealthCheck))
@given(transition_systems())
def test_nothing_is_lost_of_any_system(whole: TransitionSystem) -> None:
    assert lost(whole) is None


def test_many_random_programs_get_smaller() -> None:
    smaller: list[bool] = []

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(locking_programs())
    def on(whole: TransitionSystem) -> None:
        full, part = found(whole), found(Reduction(whole, (PARTIAL_ORDER,)).reduced)
        if full is not None and part is not None:
            smaller.append(part.states < full.states)

    on()
    assert sum(smaller) * 3 >= len(smaller) >= 20
