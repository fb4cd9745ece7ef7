"""Symmetry and slicing held against what steps do: states that they take for the same must have the same futures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from ovlcheck.explore.audit.finding import (
    Finding,
    Seen,
    Tried,
    marks,
    told_changes,
    told_difference,
    told_state,
)
from ovlcheck.explore.audit.sample import SEED, Sample
from ovlcheck.system.action import State
from ovlcheck.system.describe import format_action
from ovlcheck.system.semantics import CountOverflow, Outcome, Semantics
from ovlcheck.system.transition_system import TransitionSystem

SYMMETRY = "symmetry"
SLICING = "slicing"

Kept = Callable[[State], State]
"""What a reduction keeps of a state: two states of which it keeps the same are one to it."""


def audit_symmetry(semantics: Semantics, kept: Kept, sorting: Semantics, sample: Sample) -> Tried:
    """Tries whether each state of ``sample`` has the same future as the sorted one, which ``kept`` gives, and whether
    ``sorting``, the system that sorts, has the sorted ones of its successors."""
    pairs = 0
    finding = None
    for state in sorting.initial_states():
        if kept(state) != state:
            belief = "instances that are told apart by nothing begin in order; but not"
            finding = Finding(SYMMETRY, belief, (told_state(sorting, state),))
    for state in sample.states if finding is None else ():
        other = kept(state)
        pairs += state != other
        finding = (
            _differ(SYMMETRY, semantics, state, semantics, other, kept) if state != other else None
        ) or _differ(SYMMETRY, semantics, other, sorting, other, kept)
        if finding is not None:
            break
    what = "pairs of states that differ in who is who"
    return Tried(SYMMETRY, len(sample.states), pairs, what, sample.whole, finding)


def audit_slicing(semantics: Semantics, cells: tuple[int, ...], sample: Sample) -> Tried:
    """Tries whether states that agree in ``cells``, and in nothing else, have the same future."""
    random = Random(SEED)
    system = semantics.system
    kept_cells = frozenset(cells)
    free = [
        (system.offset[v.name] + i, v.type.lo, v.type.hi)
        for v in system.variables
        for i in range(v.cells)
        if system.offset[v.name] + i not in kept_cells
    ]

    def kept(state: State) -> State:
        return tuple(state[cell] for cell in cells)

    pairs = 0
    finding = None
    for state in sample.states if free else ():
        changed = list(state)
        for cell, lo, hi in free:
            changed[cell] = random.randint(lo, hi)
        pairs += 1
        finding = _differ(SLICING, semantics, state, semantics, tuple(changed), kept)
        if finding is not None:
            break
    what = "pairs of states that differ in what is left out"
    return Tried(SLICING, len(sample.states), pairs, what, sample.whole, finding)


def _differ(
    name: str, one_way: Semantics, one: State, other_way: Semantics, other: State, kept: Kept
) -> Finding | None:
    """What the futures of two states, each under the semantics before it, differ in as far as ``kept`` tells."""
    system = one_way.system
    seen = Seen(one_way)
    if (here := seen.conditions(one)) != (there := seen.conditions(other)):
        return _found(name, one_way, one, other, [f"only in one of them {min(here ^ there)}"])
    ours, theirs = _future(one_way, one, kept), _future(other_way, other, kept)
    if ours is None or theirs is None:
        return None
    for mine, them, first, second in ((ours, theirs, one, other), (theirs, ours, other, one)):
        for key, outcome in mine.items():
            if key not in them:
                return _found(name, one_way, first, second, list(_only(system, first, outcome)))
    return None


def _future(semantics: Semantics, state: State, kept: Kept) -> dict[object, Outcome] | None:
    """The steps from ``state`` by what is kept of them: failures, covers, and the next state; None if a counter
    overflows, which no state that is reached does."""
    try:
        return {
            (marks(o), None if o.state is None else kept(o.state)): o for o in semantics.successors(state)
        }
    except CountOverflow:
        return None


def _only(system: TransitionSystem, state: State, outcome: Outcome) -> Iterator[str]:
    yield "only in the first one is there this step:"
    yield f"  {format_action(system, outcome.action)}"
    failures, covers = marks(outcome)
    yield from (f"    fails: {failure}" for failure in failures)
    yield from (f"    meets {cover}" for cover in covers)
    if outcome.state is not None:
        yield f"    {told_changes(system, state, outcome.state)}"


def _found(name: str, semantics: Semantics, one: State, other: State, why: list[str]) -> Finding:
    differ = told_difference(semantics.system, one, other)
    apart = (f"and in the one in which {differ}",) if differ else ("and in the same one, as it is explored",)
    belief = "the same happens from these two states:"
    return Finding(name, belief, (told_state(semantics, one), *apart, *why))
