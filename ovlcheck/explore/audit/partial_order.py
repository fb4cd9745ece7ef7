"""Partial order held against what steps do: whoever goes first must be in nobody's way, and nobody in its way.

From a sampled state the others go their ways, as far as a bounded search comes, while the instance that would go first
stands still: everywhere there each of its steps must be enabled or not as it was, and change places with whatever comes
next; and one step that it could take at once must stay unseen.
"""

from __future__ import annotations

from ovlcheck.explore.audit.finding import (
    Finding,
    Ran,
    Seen,
    Tried,
    run,
    same,
    told_order,
    told_orders,
    told_state,
)
from ovlcheck.explore.audit.sample import Sample
from ovlcheck.system.action import Action, State
from ovlcheck.system.ample import Ample
from ovlcheck.system.describe import format_action
from ovlcheck.system.semantics import CountOverflow, Outcome, Semantics

NAME = "partial-order"

FURTHEST = 200
"""States that the others may come to, from each sampled one, while somebody waits to go first."""


def audit_partial_order(semantics: Semantics, ample: Ample, sample: Sample) -> Tried:
    """Tries what ``ample`` says of the system of ``semantics`` in the states of ``sample``, which are states of it."""
    audit = _Audit(semantics, ample)
    finding = audit.for_ever()
    for state in sample.states:
        if finding is not None:
            break
        finding = audit.look(state)
    what = "pairs of a step that goes first and one that waits"
    return Tried(NAME, len(sample.states), audit.pairs, what, sample.whole, finding)


class _Audit:
    def __init__(self, semantics: Semantics, ample: Ample) -> None:
        self._semantics = semantics
        self._seen = Seen(semantics)
        self._places = ample.places
        self._when = [(actor, semantics.compile(condition)) for actor, condition in ample.when]
        self.pairs = 0

    def for_ever(self) -> Finding | None:
        """A cycle of places at each of which a process may go first: the others would never have their turn."""
        system = self._semantics.system
        for process, places in self._places.items():
            left = set(places)
            inner = [e for e in system.edges if e.process == process and {e.origin, e.target} <= places]
            while ends := left - {e.origin for e in inner if e.origin in left and e.target in left}:
                left -= ends
            if left:
                names = [system.process[process].locations[at] for at in sorted(left)]
                evidence = tuple(f"{at.name} at {at.source}" for at in names)
                return Finding(
                    NAME, f"{process} can go first only so often; but these places are a cycle:", evidence
                )
        return None

    def look(self, state: State) -> Finding | None:
        for actor, condition in self._when:
            if condition(state):
                assert actor.process is not None
                return self._first(state, (actor.process, actor.instance))
        return None

    def _first(self, state: State, who: tuple[str, int]) -> Finding | None:
        """Lets the others go as far as they can while ``who``, which goes first in ``state``, does not."""
        place = self._semantics.location(state, *who)
        mine = list(self._semantics.actions_at(*who, place))
        steps = {a: run(self._semantics, state, a) for a in mine}
        unseen = {a for a, ran in steps.items() if ran.state is not None}
        paths: dict[State, tuple[Action, ...]] = {state: ()}
        waiting = [state]
        for here in waiting:
            if gone := self._seen_there(state, here, paths[here], unseen, who):
                return gone
            for outcome in self._successors(here):
                if self._semantics.instance(outcome.action) == who:
                    continue
                for action in mine:
                    self.pairs += 1
                    if finding := self._apart(state, here, paths[here], action, outcome, who):
                        return finding
                after = outcome.state
                if after is not None and after not in paths and len(paths) < FURTHEST:
                    paths[after] = (*paths[here], outcome.action)
                    waiting.append(after)
        return None

    def _seen_there(
        self, state: State, here: State, path: tuple[Action, ...], unseen: set[Action], who: tuple[str, int]
    ) -> Finding | None:
        """Takes out of ``unseen`` the steps that hide, when taken before ``path``, what can be seen at its end."""
        for action in sorted(unseen, key=lambda a: (a.edge, a.arguments)):
            after = run(self._semantics, here, action).state
            lost = "" if after is None else self._seen.lost(here, after, state)
            if lost is None:
                continue
            unseen.discard(action)
            if not unseen:
                ends = f"where {lost}" if lost else "where it cannot take its step"
                step = f"  {format_action(self._semantics.system, action)}"
                evidence = (*self._told(state, path), f"{ends}; but not behind", step)
                return self._found(f"nothing is lost if {who[0]}{who[1]} goes first:", state, evidence)
        if unseen:
            return None
        belief = f"{who[0]}{who[1]} can go first; but every step of it fails or has to wait:"
        actions = self._semantics.actions_at(*who, self._semantics.location(state, *who))
        return self._found(
            belief, state, tuple(f"  {format_action(self._semantics.system, a)}" for a in actions)
        )

    def _apart(
        self,
        state: State,
        here: State,
        path: tuple[Action, ...],
        action: Action,
        other: Outcome,
        who: tuple[str, int],
    ) -> Finding | None:
        """Whether ``action``, of who goes first, and the step ``other`` of somebody else get in each other's way."""
        first, then = (
            run(self._semantics, here, action, other.action),
            run(self._semantics, here, other.action, action),
        )
        mine, late = first.outcomes[0], then.outcomes[-1]
        if mine is None:
            if other.state is None or late is None:
                return None
        elif mine.state is None or other.state is None:
            # What fails ends the run: it must do so whether or not the other one came first.
            if other.state is None and mine.state is not None and _same_end(first, other):
                return None
            if mine.state is None and (other.state is None or _same_end(then, mine)):
                return None
        elif same(first, then):
            return None
        belief = f"{who[0]}{who[1]} can go first, since nothing that others do before it gets in its way"
        orders = told_orders(self._semantics, here, first, then)
        return self._found(belief, state, (*self._told(state, path), *orders[1:]))

    def _told(self, state: State, path: tuple[Action, ...]) -> tuple[str, ...]:
        if not path:
            return ()
        return (
            "the others have come so far:",
            *told_order(self._semantics, state, run(self._semantics, state, *path)),
        )

    def _found(self, belief: str, state: State, evidence: tuple[str, ...]) -> Finding:
        return Finding(NAME, belief, (told_state(self._semantics, state), *evidence))

    def _successors(self, state: State) -> list[Outcome]:
        try:
            return list(self._semantics.successors(state))
        except CountOverflow:
            return []


def _same_end(ran: Ran, step: Outcome) -> bool:
    """Whether the last step of ``ran`` fails as ``step`` does."""
    last = ran.outcomes[-1]
    return (
        len(ran.outcomes) == len(ran.actions)
        and last is not None
        and last.state is None
        and [f.name for f in last.faults] == [f.name for f in step.faults]
        and last.covered == step.covered
    )
