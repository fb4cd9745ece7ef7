"""Which steps can stand side by side, and which of those change places: found by walking through a skeleton.

Of two steps of different instances, one right behind the other somewhere in the system, the skeleton has the same two.
Where it never has the one behind the other, neither has the system.  Where it has, and each time the other order of the
two comes to the same, they commute as far as the skeleton shows: in the values that it keeps, in what is tested of
these, and in the failures and covers that depend on nothing else.  Behind a step that fails stands whatever could be
taken in its place: taken before it, that must not keep it from failing.

Why that is enough, step by step: let ``b`` come right behind ``a``, and let each variable that one of them writes and
the other touches be one that some skeleton shows of both, with the two changing places there. An expression of ``b``
that reads none of these has the same value before ``a``. Any other is one that such a skeleton knows, since otherwise
what it reads were opaque there; so its tests, failures and covers, and what it stores, are the same before ``a`` as
the skeleton has them. The same goes for ``a`` behind ``b``. Different variables may be shown by different skeletons.

What an instance can do depends on its *view* only: its location and the cells that its steps there look at or store
into.  Views are few, so each is worked out once, and each two of them that occur together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ovlcheck.system.action import Action, State
from ovlcheck.system.expr import Deref, Expr, Load, Param, Temp, walk
from ovlcheck.system.leaving import always_leaves
from ovlcheck.system.semantics import CountOverflow, Fault, Semantics
from ovlcheck.system.skeleton import MAY_FAIL, Skeleton, of_control, of_data, skeleton
from ovlcheck.system.transition_system import Assign, Assume, TransitionSystem, expressions
from ovlcheck.system.types import Count

MOST_STATES = 150_000
"""States of a skeleton beyond which walking through it costs more than it saves."""

MOST_COMPARED = 4_000_000
"""Pairs of steps beyond which comparing them costs more than it saves: the largest configurations have two million."""

_Pair = tuple[int, int]
_Place = tuple[str, int]


class TooMany(Exception):
    """The skeleton has more than ``MOST_STATES`` states, or more than ``MOST_COMPARED`` pairs of steps to compare."""


@dataclass(frozen=True)
class _Step:
    """What one action does in a view: ``edge`` is of the original, ``change`` the bits of the state that it turns over.

    ``fails``: it ends without a state.
    """

    edge: int
    change: int
    fails: bool
    seen: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class _View:
    number: int
    place: _Place
    steps: dict[Action, _Step]
    changes: tuple[int, ...]


class _Word:
    """States as integers, a field of bits for each cell."""

    def __init__(self, system: TransitionSystem) -> None:
        self._fields: list[tuple[int, int, int]] = []
        self._system = system
        at = 0
        for variable in system.variables:
            for _ in range(variable.cells):
                self._fields.append((at, (1 << variable.type.bits) - 1, variable.type.lo))
                at += variable.type.bits

    def of(self, state: State) -> int:
        return sum((value - lo) << at for value, (at, _, lo) in zip(state, self._fields, strict=True))

    def state(self, word: int) -> State:
        return tuple((word >> at & ones) + lo for at, ones, lo in self._fields)

    def mask(self, cells: Iterable[int]) -> int:
        """The bits of ``cells``."""
        return sum(self._fields[cell][1] << self._fields[cell][0] for cell in cells)

    def of_variables(self, names: Iterable[str]) -> int:
        system = self._system
        return self.mask(system.offset[n] + i for n in set(names) for i in range(system.variable[n].cells))


class _Actor:
    """An instance of a process, or a rule under one choice of its parameters: ``view`` of a state."""

    def __init__(
        self, origin: tuple[int, ...], semantics: Semantics, word: _Word, name: str, cell: int | None
    ) -> None:
        self._origin = origin
        self._semantics = semantics
        self._word = word
        self._name = name
        self._cell = cell
        self._standing = 0 if cell is None else word.mask([cell])
        self._actions: dict[int, list[Action]] = {}
        self._views: dict[int, tuple[int, dict[int, _View]]] = {}

    def add(self, action: Action) -> None:
        origin = 0 if self._cell is None else self._semantics.system.edges[action.edge].origin
        self._actions.setdefault(origin, []).append(action)

    def view(self, word: int, known: list[_View]) -> _View:
        """What the actor can do in the state ``word``; ``known`` are all views so far."""
        there = self._views.get(word & self._standing)
        if there is None:
            there = self._views[word & self._standing] = (self._looking(word), {})
        looking, views = there
        found = views.get(word & looking)
        if found is None:
            state = self._word.state(word)
            at = 0 if self._cell is None else state[self._cell]
            steps = {a: s for a in self._actions.get(at, ()) if (s := self._step(word, state, a)) is not None}
            changes = tuple({s.change for s in steps.values() if s.change})
            found = views[word & looking] = _View(len(known), (self._name, at), steps, changes)
            known.append(found)
        return found

    def _looking(self, word: int) -> int:
        """The bits that matter to the actor where it stands."""
        system = self._semantics.system
        names: set[str] = set()
        at = 0 if self._cell is None else self._word.state(word)[self._cell]
        for action in self._actions.get(at, ()):
            for op in system.edges[action.edge].ops:
                if isinstance(op, Assign):
                    names.add(op.variable)
                for expr in expressions(op):
                    names.update(_named(system, expr))
        return self._word.of_variables(names)

    def _step(self, word: int, state: State, action: Action) -> _Step | None:
        outcome = self._semantics.fire(state, action)
        if outcome is None:
            return None
        seen = (tuple(f.name for f in outcome.faults), outcome.covered)
        edge = self._origin[action.edge]
        if outcome.state is None:
            return _Step(edge, 0, True, seen)
        return _Step(edge, word ^ self._word.of(outcome.state), False, seen)


def _named(system: TransitionSystem, expr: Expr) -> Iterator[str]:
    """The variables that the value of ``expr`` depends on."""
    for e in walk(expr):
        if isinstance(e, Load):
            yield e.variable
        elif isinstance(e, Deref) and (alive := system.population[e.population].alive) is not None:
            yield alive


class Beside:
    """What the states of ``skeleton`` that can be reached say of the steps of the system that it was made of.

    ``fails`` are the edges, of the original, that may fail in it.
    """

    def __init__(self, original: TransitionSystem, skeleton: Skeleton) -> None:
        """Raises ``TooMany``, or ``CountOverflow`` where a count may outgrow its width."""
        self._original = original
        self.skeleton = skeleton
        self.fails: set[int] = set()
        self._shown = frozenset(skeleton.origin)
        self._adjacent: set[_Pair] = set()
        self._clashing: set[_Pair] = set()
        self._before_failing: set[_Pair] = set()
        self._saving: set[_Pair] = set()
        self._near: set[tuple[int, _Place]] = set()
        self._together: set[tuple[_Place, _Place]] = set()
        self._views: list[_View] = []
        self._semantics = Semantics(skeleton.system)
        self._word = _Word(skeleton.system)
        self._actors = self._all_actors()
        self.states = self._walk()

    def never(self, first: int, second: int, *, failing: bool) -> bool:
        """Whether ``second``, of another instance, never comes right behind ``first``: edges of the original.

        ``failing``: nor where ``first`` fails.
        """
        a, b = self.skeleton.silent.get(first), self.skeleton.silent.get(second)
        if (a is None and first not in self._shown) or (b is None and second not in self._shown):
            return False
        if a is not None:
            return (a, b) not in self._together if b is not None else (second, a) not in self._near
        if b is not None:
            return (first, b) not in self._near
        pair = (first, second)
        return pair not in self._adjacent and not (failing and pair in self._before_failing)

    def commute(self, variable: str, first: int, second: int, *, failing: bool) -> bool:
        """Whether all that the two edges do with ``variable`` is in the skeleton, and the one behind the other is there
        the same as the other order; with ``failing``, also where ``first`` fails."""
        opaque = self.skeleton.opaque
        return (
            first in self._shown
            and second in self._shown
            and variable in self.skeleton.system.variable
            and variable not in opaque[first]
            and variable not in opaque[second]
            and (first, second) not in self._clashing
            and not (failing and (first, second) in self._saving)
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
        names = set(_named(self._original, condition))
        kept = self.skeleton.system.variable.keys()
        if not names <= kept or any(isinstance(e, (Param, Temp)) for e in walk(condition)):
            return False
        holds = self._semantics.compile(condition)
        try:
            return all(holds(self._word.state(word)) for word in self._projected(names))
        except Fault:
            return False

    def largest(self) -> dict[str, int]:
        """The greatest value that each count of the skeleton has in it; 0 where no run gets as far as a state."""
        system = self.skeleton.system
        return {
            v.name: max(
                (
                    value
                    for word in self._projected([v.name])
                    for value in self._word.state(word)[
                        system.offset[v.name] : system.offset[v.name] + v.cells
                    ]
                ),
                default=0,
            )
            for v in system.variables
            if isinstance(v.type, Count)
        }

    def _projected(self, names: Iterable[str]) -> set[int]:
        """The states, with all but the variables ``names`` at their lowest."""
        mask = self._word.of_variables(names)
        return {word & mask for word in self.states}

    def _all_actors(self) -> list[_Actor]:
        system, semantics = self.skeleton.system, self._semantics
        actors: dict[object, _Actor] = {}

        def actor(name: str, cell: int | None) -> _Actor:
            return _Actor(self.skeleton.origin, semantics, self._word, name, cell)

        for process, instance in semantics.instances:
            pc = system.process[process].pc
            actors[process, instance] = actor(process, None if pc is None else system.offset[pc] + instance)
        for action in semantics.actions:
            who = semantics.instance(action)
            key: object = action if who is None else who
            if key not in actors:
                actors[key] = actor("", None)
            actors[key].add(action)
        return list(actors.values())

    def _walk(self) -> list[int]:
        waiting = [self._word.of(state) for state in self._semantics.initial_states()]
        known = set(waiting)
        met: set[_Pair] = set()
        compared = 0
        actors = self._actors
        for word in waiting:
            views = [actor.view(word, self._views) for actor in actors]
            for at, mine in enumerate(views):
                for change in mine.changes:
                    after = word ^ change
                    if after not in known:
                        known.add(after)
                        waiting.append(after)
                for other in range(at):
                    pair = (mine.number, views[other].number)
                    if pair not in met:
                        met.add(pair)
                        compared += 2 * len(mine.steps) * len(views[other].steps)
                        if compared > MOST_COMPARED:
                            raise TooMany
                        self._compare(word, actors[at], mine, actors[other], views[other])
                        self._compare(word, actors[other], views[other], actors[at], mine)
            if len(waiting) > MOST_STATES:
                raise TooMany
        for view in self._views:
            self.fails |= {step.edge for step in view.steps.values() if step.fails}
        return waiting

    def _compare(self, word: int, a: _Actor, mine: _View, b: _Actor, other: _View) -> None:
        """The steps of ``a`` and, right behind them, those of ``b``, from the state in which these are their views."""
        self._together.add((mine.place, other.place))
        for action, first in mine.steps.items():
            self._near.add((first.edge, other.place))
            if first.fails:
                self._compare_failing(word, a, action, first, other)
                continue
            after = word ^ first.change
            for reaction, second in b.view(after, self._views).steps.items():
                pair = (first.edge, second.edge)
                self._adjacent.add(pair)
                if pair in self._clashing:
                    continue
                early = other.steps.get(reaction)
                if early is None or early.seen != second.seen or early.fails != second.fails:
                    self._clashing.add(pair)
                elif not second.fails:
                    turned = word ^ early.change
                    late = a.view(turned, self._views).steps.get(action)
                    if (
                        late is None
                        or late.fails
                        or late.seen != first.seen
                        or turned ^ late.change != after ^ second.change
                    ):
                        self._clashing.add(pair)

    def _compare_failing(self, word: int, a: _Actor, action: Action, first: _Step, other: _View) -> None:
        """A failure of ``first`` is to be the same when a step of ``other`` that could follow is taken before it."""
        for second in other.steps.values():
            pair = (first.edge, second.edge)
            self._before_failing.add(pair)
            if not second.fails:
                late = a.view(word ^ second.change, self._views).steps.get(action)
                if late is None or not late.fails or late.seen != first.seen:
                    self._saving.add(pair)


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
