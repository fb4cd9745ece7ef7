"""Which steps can stand side by side, and which of those change places: found by walking through a skeleton.

Of two steps of different instances, one right behind the other somewhere in the system, the skeleton has the same two.
Where it never has the one behind the other, neither has the system.  Where it has, and each time the other order of the
two comes to the same, they commute as far as the skeleton shows: in the values that it keeps, in what is tested of
these, and in the failures and covers that depend on nothing else.  Behind a step that fails stands whatever could be
taken in its place: taken before it, that must not keep it from failing.

What an instance can do depends on its *view* only: its location and the cells that its steps there look at or store
into.  Views are few, so each is worked out once, and each two of them that occur together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from ovlcheck.system.action import Action, State
from ovlcheck.system.expr import Deref, Expr, Load, Param, Temp, walk
from ovlcheck.system.leaving import always_leaves
from ovlcheck.system.semantics import CountOverflow, Fault, Semantics
from ovlcheck.system.skeleton import MAY_FAIL, Skeleton, of_control, of_data, skeleton
from ovlcheck.system.transition_system import Assign, Assume, TransitionSystem, expressions
from ovlcheck.system.types import Count

MOST_STATES = 40_000
"""States of a skeleton beyond which walking through it costs more than it saves."""

_Pair = tuple[int, int]
_Place = tuple[str, int]


class TooMany(Exception):
    """The skeleton has more than ``MOST_STATES`` states."""


@dataclass(frozen=True)
class _Step:
    """What one action does in a view: ``edge`` is of the original, ``stores`` are cells and their new values.

    ``fails``: it ends without a state.
    """

    edge: int
    stores: tuple[tuple[int, int], ...]
    fails: bool
    seen: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class _View:
    number: int
    place: _Place
    steps: dict[Action, _Step]


class _Actor:
    """An instance of a process, or a rule under one choice of its parameters: ``view`` of a state."""

    def __init__(self, skeleton: Skeleton, semantics: Semantics, name: str, cell: int | None) -> None:
        self._origin = skeleton.origin
        self._semantics = semantics
        self._name = name
        self._cell = cell
        self._actions: dict[int, list[Action]] = {}
        self._look: dict[int, Callable[[State], object]] = {}
        self._views: dict[tuple[int, object], _View] = {}

    def add(self, action: Action) -> None:
        origin = 0 if self._cell is None else self._semantics.system.edges[action.edge].origin
        self._actions.setdefault(origin, []).append(action)

    def view(self, state: State, numbers: list[_View]) -> _View:
        at = 0 if self._cell is None else state[self._cell]
        look = self._look.get(at)
        if look is None:
            look = self._look[at] = self._looking(at)
        key = (at, look(state))
        found = self._views.get(key)
        if found is None:
            steps = {a: s for a in self._actions.get(at, ()) if (s := self._step(state, a)) is not None}
            found = self._views[key] = _View(len(numbers), (self._name, at), steps)
            numbers.append(found)
        return found

    def _looking(self, at: int) -> Callable[[State], object]:
        system = self._semantics.system
        names: set[str] = set()
        for action in self._actions.get(at, ()):
            for op in system.edges[action.edge].ops:
                if isinstance(op, Assign):
                    names.add(op.variable)
                for expr in expressions(op):
                    names.update(_named(system, expr))
        return _getter(sorted(system.offset[n] + i for n in names for i in range(system.variable[n].cells)))

    def _step(self, state: State, action: Action) -> _Step | None:
        outcome = self._semantics.fire(state, action)
        if outcome is None:
            return None
        seen = (tuple(f.name for f in outcome.faults), outcome.covered)
        edge = self._origin[action.edge]
        if outcome.state is None:
            return _Step(edge, (), True, seen)
        changed = tuple(
            (cell, new)
            for cell, (old, new) in enumerate(zip(state, outcome.state, strict=True))
            if old != new
        )
        return _Step(edge, changed, False, seen)


def _named(system: TransitionSystem, expr: Expr) -> Iterator[str]:
    """The variables that the value of ``expr`` depends on."""
    for e in walk(expr):
        if isinstance(e, Load):
            yield e.variable
        elif isinstance(e, Deref) and (alive := system.population[e.population].alive) is not None:
            yield alive


def _getter(cells: list[int]) -> Callable[[State], object]:
    return itemgetter(*cells) if cells else lambda state: ()


class Beside:
    """What the states of ``skeleton`` that can be reached say of the steps of the system that it was made of.

    ``fails`` are the edges, of the original, that may fail in it, ``states`` are all its states.
    """

    def __init__(self, original: TransitionSystem, skeleton: Skeleton) -> None:
        """Raises ``TooMany``, or ``CountOverflow`` where a count may outgrow its width."""
        self._original = original
        self.skeleton = skeleton
        self.fails: set[int] = set()
        self._shown = frozenset(skeleton.origin)
        self._adjacent: set[_Pair] = set()
        self._clashing: set[_Pair] = set()
        self._near: set[tuple[int, _Place]] = set()
        self._together: set[tuple[_Place, _Place]] = set()
        self._views: list[_View] = []
        self._actors = self._all_actors()
        self.states = self._walk()

    def never(self, first: int, second: int) -> bool:
        """Whether ``second``, of another instance, never comes right behind ``first``: edges of the original."""
        a, b = self.skeleton.silent.get(first), self.skeleton.silent.get(second)
        if (a is None and first not in self._shown) or (b is None and second not in self._shown):
            return False
        if a is not None:
            return (a, b) not in self._together if b is not None else (second, a) not in self._near
        return (first, second) not in self._adjacent if b is None else (first, b) not in self._near

    def commute(self, variable: str, first: int, second: int) -> bool:
        """Whether all that the two edges do with ``variable`` is in the skeleton, and the one behind the other is there
        the same as the other order."""
        opaque = self.skeleton.opaque
        return (
            first in self._shown
            and second in self._shown
            and variable in self.skeleton.system.variable
            and variable not in opaque[first]
            and variable not in opaque[second]
            and (first, second) not in self._clashing
        )

    def never_fails(self, edge: int) -> bool:
        """Whether the step, an edge of the original, fails nowhere."""
        return edge not in self.fails and (edge in self._shown or edge in self.skeleton.silent)

    def always_leaves(self, edges: Sequence[int]) -> bool:
        """Whether some of ``edges``, all those of one process that leave a location, is enabled wherever an instance
        stands there."""
        original = self._original.edges
        process = original[edges[0]].process if edges else None
        if process is None or any(edge in self.skeleton.silent for edge in edges):
            return False
        place = (process, self.skeleton.places[process][original[edges[0]].origin])
        rest = {
            n: replace(
                original[n],
                ops=tuple(
                    op
                    for at, op in enumerate(original[n].ops)
                    if not isinstance(op, Assume) or at in self.skeleton.vague[n]
                ),
            )
            for n in edges
        }
        views = [view for view in self._views if view.place == place]
        possible = {
            frozenset(s.edge for s in view.steps.values() if s.edge in rest and MAY_FAIL not in s.seen[0])
            for view in views
        }
        return all(always_leaves([rest[n] for n in sorted(open_edges)]) for open_edges in possible)

    def proves(self, condition: Expr) -> bool:
        """Whether ``condition`` is of the skeleton's variables alone, and holds in each of its states."""
        system = self.skeleton.system
        names = set(_named(system, condition))
        if not names <= system.variable.keys() or any(isinstance(e, (Param, Temp)) for e in walk(condition)):
            return False
        cells = sorted(system.offset[n] + i for n in names for i in range(system.variable[n].cells))
        look, holds = _getter(cells), self._semantics.compile(condition)
        try:
            return all(holds(state) for state in {look(state): state for state in self.states}.values())
        except Fault:
            return False

    def largest(self) -> dict[str, int]:
        """The greatest value that each count of the skeleton has in it."""
        system = self.skeleton.system
        cells = {
            v.name: range(system.offset[v.name], system.offset[v.name] + v.cells)
            for v in system.variables
            if isinstance(v.type, Count)
        }
        return {name: max(s[c] for s in self.states for c in own) for name, own in cells.items()}

    def _all_actors(self) -> list[_Actor]:
        system = self.skeleton.system
        semantics = self._semantics = Semantics(system)
        actors: dict[object, _Actor] = {}
        for process, instance in semantics.instances:
            pc = system.process[process].pc
            cell = None if pc is None else system.offset[pc] + instance
            actors[process, instance] = _Actor(self.skeleton, semantics, process, cell)
        for action in semantics.actions:
            who = semantics.instance(action)
            key: object = action if who is None else who
            if key not in actors:
                actors[key] = _Actor(self.skeleton, semantics, "", None)
            actors[key].add(action)
        return list(actors.values())

    def _walk(self) -> list[State]:
        waiting = list(self._semantics.initial_states())
        known = set(waiting)
        met: set[_Pair] = set()
        actors = list(enumerate(self._actors))
        for state in waiting:
            views = [actor.view(state, self._views) for _, actor in actors]
            for at, mine in enumerate(views):
                for step in mine.steps.values():
                    if step.stores:
                        after = _stored(state, step.stores)
                        if after not in known:
                            known.add(after)
                            waiting.append(after)
                first = mine.number
                for other in range(at):
                    pair = (first, views[other].number)
                    if pair not in met:
                        met.add(pair)
                        self._compare(state, self._actors[at], mine, self._actors[other], views[other])
                        self._compare(state, self._actors[other], views[other], self._actors[at], mine)
            if len(waiting) > MOST_STATES:
                raise TooMany
        for view in self._views:
            self.fails |= {step.edge for step in view.steps.values() if step.fails}
        return waiting

    def _compare(self, state: State, a: _Actor, mine: _View, b: _Actor, other: _View) -> None:
        """The steps of ``a`` and, right behind them, those of ``b``, from ``state``, in which these views are theirs."""
        self._together.add((mine.place, other.place))
        for action, first in mine.steps.items():
            self._near.add((first.edge, other.place))
            if first.fails:
                self._compare_failing(state, a, action, first, other)
                continue
            after = _stored(state, first.stores)
            for reaction, second in b.view(after, self._views).steps.items():
                pair = (first.edge, second.edge)
                self._adjacent.add(pair)
                if pair in self._clashing:
                    continue
                early = other.steps.get(reaction)
                if early is None or early.seen != second.seen or early.fails != second.fails:
                    self._clashing.add(pair)
                elif not second.fails:
                    turned = _stored(state, early.stores)
                    late = a.view(turned, self._views).steps.get(action)
                    if (
                        late is None
                        or late.fails
                        or late.seen != first.seen
                        or _stored(turned, late.stores) != _stored(after, second.stores)
                    ):
                        self._clashing.add(pair)

    def _compare_failing(self, state: State, a: _Actor, action: Action, first: _Step, other: _View) -> None:
        """A failure of ``first`` is to be the same when a step of ``other`` that could follow is taken before it."""
        for second in other.steps.values():
            pair = (first.edge, second.edge)
            self._adjacent.add(pair)
            if not second.fails:
                late = a.view(_stored(state, second.stores), self._views).steps.get(action)
                if late is None or not late.fails or late.seen != first.seen:
                    self._clashing.add(pair)


def _stored(state: State, stores: tuple[tuple[int, int], ...]) -> State:
    cells = list(state)
    for cell, value in stores:
        cells[cell] = value
    return tuple(cells)


def look_around(system: TransitionSystem) -> tuple[Beside, ...]:
    """What the skeletons of ``system`` say; those that are too large, or that have no bound for a count, are left out.

    No position in ``system`` may be read or stored but by its own steps.
    """
    found: list[Beside] = []
    for wanted in (of_control, of_data):
        sure = [n for n in range(len(system.edges)) if any(b.never_fails(n) for b in found)]
        try:
            found.append(Beside(system, skeleton(system, wanted(system), frozenset(sure))))
        except (TooMany, CountOverflow):
            continue
    return tuple(found)
