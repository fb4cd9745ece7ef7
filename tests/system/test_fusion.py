"""Fusion keeps what others can see half way, and every analysis that it rests on is needed for that."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace

import pytest

from ovlcheck.explore.reference import reachable
from ovlcheck.system import beside, fusion, locks, movers, skeleton
from ovlcheck.system.beside import Beside
from ovlcheck.system.expr import FALSE
from ovlcheck.system.fusion import fuse
from ovlcheck.system.locks import EdgeLocks, Lock
from ovlcheck.system.movers import Mover
from ovlcheck.system.transition_system import Assume, Initial, TransitionSystem, Variable
from ovlcheck.system.types import Count
from tests.system.fusion_cases import CASES, bits_of_a_word, properly_locked, references_of_two
from tests.system.test_fusion_random import disagreement

Patch = Callable[[pytest.MonkeyPatch], None]


@pytest.mark.parametrize("name", CASES)
def test_what_is_seen_half_way_is_seen_in_the_fused_system(name: str) -> None:
    system = CASES[name]()
    assert disagreement(system, fuse(system)) is None


def test_a_system_that_cannot_begin_is_fused_all_the_same() -> None:
    locked = properly_locked()
    counted = (*locked.variables, Variable("n", Count(1)))
    system = replace(locked, variables=counted, initial=(Initial((Assume(FALSE),)),))
    assert disagreement(system, fuse(system)) is None


def test_everything_under_one_lock_becomes_one_step() -> None:
    system = properly_locked()
    fused = fuse(system)
    assert fused.interior == {"worker": {1, 2, 3}, "other": {1, 2, 3}}
    assert (len(reachable(system)), len(reachable(fused.system))) == (17, 5)


def test_the_parts_of_a_fused_step_are_its_steps_with_their_own_choices() -> None:
    system = CASES["choice_of_another_step"]()
    fused = fuse(system)
    (parts,) = (parts for parts in fused.parts if len(parts) > 1)
    assert [part.edge for part in parts] == [0, 1, 2]
    names = [p.name for p in fused.system.edges[fused.parts.index(parts)].parameters]
    assert [[names[at] for at in part.positions] for part in parts] == [
        ["self", "k"],
        ["self", "k.1"],
        ["self"],
    ]


def _set(owner: object, name: str, value: object) -> Patch:
    return lambda patch: patch.setattr(owner, name, value)


def _movers(change: Callable[[Mover], Mover]) -> Patch:
    class Changed(movers.Movers):
        def __init__(
            self,
            system: TransitionSystem,
            known: locks.Locks | None = None,
            around: Sequence[Beside] = (),
            unseen: Container[str] = (),
        ) -> None:
            super().__init__(system, known, around, unseen)
            self.of = tuple(change(m) for m in self.of)

    return _set(fusion, "Movers", Changed)


def _locks(change: Callable[[EdgeLocks], EdgeLocks]) -> Patch:
    class Changed(locks.Locks):
        def __init__(self, system: TransitionSystem) -> None:
            super().__init__(system)
            self.of = tuple(change(each) for each in self.of)

    return _set(fusion, "Locks", Changed)


class _NoExclusionNeeded(locks.Locks):
    """Every lock of one name excludes every other of that name, in whatever mode."""

    def __init__(self, system: TransitionSystem) -> None:
        super().__init__(system)
        held = [v.name for v in system.variables if v.kind == "held"]
        self.exclusive = frozenset((a, b) for a in held for b in held)


def _without_invariants(
    system: TransitionSystem, around: Sequence[Beside] = (), unseen: Container[str] = ()
) -> Iterator[tuple[str, int]]:
    return _READ_IN_EVERY_STATE(replace(system, invariants=()), around, unseen)


_READ_IN_EVERY_STATE = movers._read_in_every_state
_APART = movers.Movers._apart
_EXCLUDED = movers.Movers._excluded
_TOUCHED = movers.Movers._touched
_FROM = fusion._Runs._from


def _always_before(runs: fusion._Runs, run: tuple[int, ...], before: bool) -> Iterator[tuple[int, ...]]:
    target = runs._system.edges[run[-1]].target
    if target in runs._ends or target not in runs._inside:
        yield run
        return
    for number in runs._leaving[target]:
        yield from _always_before(runs, (*run, number), True)


def _tests_count_from_the_start(known: EdgeLocks) -> EdgeLocks:
    return replace(known, tested=tuple((-1, lock) for _, lock in known.tested))


def _passing_is_keeping(known: EdgeLocks) -> EdgeLocks:
    return replace(known, after=known.after | {lock for _, lock in known.tested if "worker" in lock.variable})


def _any_index(mine: object, a: Lock, other: object, b: Lock) -> bool:
    return True


# Each mutant of the analyses, and the case that shows it.
MUTANTS: dict[str, tuple[Patch, str]] = {
    "invariants are no readers": (
        _set(movers, "_read_in_every_state", _without_invariants),
        "invariant_sees_half_a_run",
    ),
    "covers are no readers": (
        _set(fusion.Fused, "doubtful", lambda *_: frozenset()),
        "cover_sees_half_a_run",
    ),
    "the largest value is not read": (
        _set(fusion.Fused, "doubtful", lambda *_: frozenset()),
        "counter_is_high_half_way",
    ),
    "bits of a word are nobody's": (_set(movers, "_bits_changed", lambda *_: 0), "bits_of_a_word"),
    "what the skeleton has changes places": (
        _set(Beside, "commute", lambda *_, failing: True),
        "reader_sees_half_a_run",
    ),
    "what the skeleton leaves out is silent": (
        _set(
            Beside,
            "never",
            lambda self, a, b, failing: b in self.skeleton.silent or a in self.skeleton.silent,
        ),
        "rule_sees_half_a_run",
    ),
    "what the skeleton has never fails": (
        _set(Beside, "never_fails", lambda *_: True),
        "failure_behind_what_others_saw",
    ),
    "what the skeleton does not know cannot fail": (
        _set(skeleton._Thinned, "_may_fail", lambda self: None),
        "fails_before_it_waits",
    ),
    "what the skeleton does not know blocks": (
        _set(skeleton._Thinned, "_certain", lambda self, condition: iter([FALSE])),
        "lock_that_is_only_passed",
    ),
    "what the skeleton does not show is not read": (
        _set(skeleton._Thinned, "_reads", lambda self, expr: frozenset()),
        "object_freed_half_way",
    ),
    "nobody ever waits": (_set(Beside, "always_leaves", lambda *_: True), "run_that_blocks_inside"),
    "every invariant is proved": (_set(Beside, "proves", lambda *_: True), "invariant_sees_half_a_run"),
    "a failure does not matter to the step that would have followed": (
        _set(beside.Beside, "_compare_failing", lambda *_: None),
        "availability_looks_at_locals",
    ),
    "readers do not matter": (
        _set(movers.Movers, "_touched", lambda s, n, e: (t for t in _TOUCHED(s, n, e) if t.writes)),
        "reader_sees_half_a_run",
    ),
    "rules are nobody": (
        _set(movers.Movers, "_by_somebody_else", lambda s, a, b: b.process not in (None, a.process)),
        "rule_sees_half_a_run",
    ),
    "instances of one process are one": (
        _set(movers.Movers, "_by_somebody_else", lambda s, a, b: a.process != b.process),
        "another_instance_sees_half_a_run",
    ),
    "indices that look different are different": (
        _set(movers.Movers, "_apart", lambda s, a, b: a.index != b.index or _APART(s, a, b)),
        "cells_of_one_array",
    ),
    "trylock is ignored": (
        _set(movers.Movers, "_excluded", lambda s, a, b, r: ".holds." in a.variable or _EXCLUDED(s, a, b, r)),
        "trylock_sees_the_lock",
    ),
    "releasing moves right": (
        _movers(lambda m: Mover(m.right or m.left, m.left)),
        "release_is_no_right_mover",
    ),
    "everything moves left": (_movers(lambda m: Mover(m.right, True)), "two_stores_that_others_see"),
    "a location inside a run may block": (
        _set(fusion, "always_leaves", lambda edges: True),
        "run_that_blocks_inside",
    ),
    "a run may fail behind its X": (
        _set(fusion, "never_fails", lambda *_: True),
        "failure_behind_what_others_saw",
    ),
    "a run may have two X": (_set(fusion._Runs, "_from", _always_before), "two_stores_that_others_see"),
    "a cycle lies inside a run": (
        _set(fusion._Runs, "_heads_of_cycles", lambda self: frozenset()),
        "cycle_without_a_stop",
    ),
    "readers exclude each other": (_set(fusion, "Locks", _NoExclusionNeeded), "readers_share_their_lock"),
    "a test helps before it is made": (_locks(_tests_count_from_the_start), "fails_before_it_waits"),
    "a lock that is passed is kept": (_locks(_passing_is_keeping), "lock_that_is_only_passed"),
    "positions are private": (
        _set(fusion, "watched", lambda system: frozenset()),
        "position_that_others_read",
    ),
    "one lock of many is all": (_set(movers, "_same_where_cells_are", _any_index), "lock_of_another_object"),
    "a lock is found by the local that named it": (
        _set(locks.Locks, "_name_after", lambda s, e, c, index: index),
        "local_that_changes_under_its_lock",
    ),
    "references are never freed": (
        _set(
            movers.Movers, "_touched", lambda s, n, e: (t for t in _TOUCHED(s, n, e) if t.variable != "alive")
        ),
        "object_freed_half_way",
    ),
    "locals are private": (
        _set(movers.Movers, "_apart", lambda s, a, b: "worker." in a.variable or _APART(s, a, b)),
        "availability_looks_at_locals",
    ),
    "processes start at their first location": (
        _set(fusion, "starts", lambda system, process: frozenset({0})),
        "starts_half_way",
    ),
}


def test_bits_that_nobody_looks_at_are_set_in_one_step() -> None:
    assert fuse(bits_of_a_word(seen=3)).interior["worker"] == frozenset()
    assert fuse(bits_of_a_word(seen=4)).interior["worker"] == {1}


def test_references_are_taken_and_put_back_in_one_step() -> None:
    """The count is tested for 0 by the other, and read by an invariant that the skeleton proves."""
    system = references_of_two()
    fused = fuse(system)
    assert fused.interior["worker"] == {1, 2, 3}
    assert fused.bounds == {"count": 2}
    assert disagreement(system, fused) is None


def test_a_count_that_was_greater_inside_a_run_is_looked_for_again() -> None:
    system = CASES["counter_is_high_half_way"]()
    fused = fuse(system)
    (name,) = fused.bounds
    assert fused.doubtful({name: fused.bounds[name] - 1}, ()) == {name}
    assert fused.doubtful({name: fused.bounds[name]}, ()) == frozenset()
    assert fuse(system, frozenset({name})).bounds == {}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_analysis_is_found_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, case = MUTANTS[name]
    system = CASES[case]()
    patch(monkeypatch)
    try:
        found = disagreement(system, fuse(system))
    except RecursionError:
        found = "runs without an end"
    assert found is not None


def test_nobody_idles_inside_a_run() -> None:
    assert fuse(CASES["rest_half_way"]()).removed == 0


def test_choices_kept_apart_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    from ovlcheck.system import composition

    monkeypatch.setattr(composition, "_nth", lambda name, position: name)
    system = CASES["choice_of_another_step"]()
    assert disagreement(system, fuse(system)) is not None
