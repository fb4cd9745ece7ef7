"""A wrong belief, told as two ways of doing the same steps that end differently."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from ovlcheck.system.action import Action, State
from ovlcheck.system.describe import cell_name, changes, format_action, format_value
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.semantics import CountOverflow, Outcome, Semantics
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count


@dataclass(frozen=True)
class Finding:
    """What ``reduction`` believes, and what happens instead, a line each."""

    reduction: str
    belief: str
    evidence: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(
            (f"{self.reduction} believes that {self.belief}", *(f"  {line}" for line in self.evidence))
        )


@dataclass(frozen=True)
class Tried:
    """How far a reduction was audited: ``pairs`` of things that were compared, in ``states`` of which system.

    ``whole``: in every reachable state.  ``finding`` is the first belief that turned out wrong, None if none did.
    """

    reduction: str
    states: int
    pairs: int
    what: str
    whole: bool
    finding: Finding | None = None

    def __str__(self) -> str:
        where = "all" if self.whole else "a sample of"
        return f"{self.reduction}: {self.pairs:,} {self.what} in {where} {self.states:,} states"


@dataclass(frozen=True)
class Ran:
    """What doing actions one after the other comes to: the outcome of each, up to one that is not enabled (None), fails
    or overflows."""

    actions: tuple[Action, ...]
    outcomes: tuple[Outcome | None, ...]
    overflow: bool = False

    @property
    def state(self) -> State | None:
        last = self.outcomes[-1]
        return None if last is None else last.state

    @property
    def complete(self) -> bool:
        """Whether every action was enabled, and none but the last failed."""
        return len(self.outcomes) == len(self.actions) and self.outcomes[-1] is not None


def run(semantics: Semantics, state: State, *actions: Action) -> Ran:
    outcomes: list[Outcome | None] = []
    at: State | None = state
    for action in actions:
        assert at is not None
        try:
            outcomes.append(semantics.fire(at, action))
        except CountOverflow:
            return Ran(actions, (*outcomes, None), True)
        last = outcomes[-1]
        at = None if last is None else last.state
        if at is None:
            break
    return Ran(actions, tuple(outcomes))


def marks(outcome: Outcome | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The failures and covers of a step, by name."""
    return ((), ()) if outcome is None else (tuple(f.name for f in outcome.faults), outcome.covered)


class Seen:
    """What is looked at in every state, so that a step which changes it can be seen from outside.

    The covers and counts called ``found_otherwise`` are not.
    """

    def __init__(self, semantics: Semantics, found_otherwise: Container[str] = ()) -> None:
        system = semantics.system
        self._violated = [
            (f"invariant {i.name} is violated", semantics.compile(i.condition)) for i in system.invariants
        ]
        self._met = [
            (f"cover {c.name} is met", semantics.compile(c.condition))
            for c in system.covers
            if c.name not in found_otherwise
        ]
        self._counts = [
            (v.name, slice(system.offset[v.name], system.offset[v.name] + v.cells))
            for v in system.variables
            if isinstance(v.type, Count) and v.name not in found_otherwise
        ]

    def conditions(self, state: State) -> frozenset[str]:
        """The invariants that are violated in ``state`` and the covers that are met, as sentences."""
        return frozenset(
            [name for name, holds in self._violated if not _holds(holds, state)]
            + [name for name, met in self._met if _holds(met, state)]
        )

    def lost(self, state: State, *instead: State) -> str | None:
        """What can be seen in ``state`` and in none of ``instead``; None if there is nothing."""
        if gone := self.conditions(state).difference(*map(self.conditions, instead)):
            return min(gone)
        for name, cells in self._counts:
            if max(state[cells]) > max(max(other[cells]) for other in instead):
                return f"{name} is as high as {max(state[cells])}"
        return None


def _holds(condition: Callable[[State], int], state: State) -> bool:
    try:
        return bool(condition(state))
    except Fault:
        return False


def told_order(semantics: Semantics, state: State, ran: Ran) -> Iterator[str]:
    """The steps of ``ran``, which began in ``state``, with what each changes."""
    system = semantics.system
    for action, outcome in zip(ran.actions, ran.outcomes, strict=False):
        yield f"  {format_action(system, action)}"
        if outcome is None:
            yield f"    {'overflows a counter' if ran.overflow else 'is not enabled there'}"
            return
        for failure in outcome.faults:
            yield f"    fails: {failure.name}: {failure.message}"
        for cover in outcome.covered:
            yield f"    meets {cover}"
        if outcome.state is None:
            return
        yield f"    {told_changes(system, state, outcome.state)}"
        state = outcome.state


def told_changes(system: TransitionSystem, before: State, after: State) -> str:
    shown = [
        f"{cell_name(c.variable, c.index)}: {format_value(system, c.variable, c.old)} -> "
        f"{format_value(system, c.variable, c.new)}"
        for c in changes(system, before, after)
    ]
    return ", ".join(shown) or "changes nothing"


def told_difference(system: TransitionSystem, one: State, other: State) -> str:
    shown = [
        f"{cell_name(c.variable, c.index)} is {format_value(system, c.variable, c.old)} against "
        f"{format_value(system, c.variable, c.new)}"
        for c in changes(system, one, other)
    ]
    return ", ".join(shown)


def told_state(semantics: Semantics, state: State) -> str:
    """``state`` as what differs in it from an initial state."""
    start = semantics.initial_states()[0]
    return f"in the state that differs from the first one in: {told_changes(semantics.system, start, state)}"


def told_orders(semantics: Semantics, state: State, one: Ran, other: Ran) -> tuple[str, ...]:
    """Two orders of the same steps from ``state``, and in what their ends differ."""
    lines = [told_state(semantics, state), "in one order:", *told_order(semantics, state, one)]
    lines += ["in the other:", *told_order(semantics, state, other)]
    if one.state is not None and other.state is not None and one.state != other.state:
        lines.append(f"where they end {told_difference(semantics.system, one.state, other.state)}")
    return tuple(lines)


def same(one: Ran, other: Ran) -> bool:
    """Whether two steps in the one order and in the other come to the same, failures and covers included."""
    if not (one.complete and other.complete):
        return False
    return one.state == other.state and {
        action: marks(outcome) for action, outcome in zip(one.actions, one.outcomes, strict=True)
    } == {action: marks(outcome) for action, outcome in zip(other.actions, other.outcomes, strict=True)}
