"""Partial order reduction: where nothing that others can do gets in the way of an instance, it goes first.

An instance is *ample* in a state if whatever the others do before it moves is independent of each of its steps from
where it stands, and if one of these steps can be taken, does not fail, and changes nothing that an invariant or a cover
reads.  While an instance is ample the others wait: their edges get a guard that says so, in the system itself, so that
every engine explores the same smaller graph.  Which instance goes first, if several could, is decided by their order.

Why that is enough.  Take a run ``w`` from a state in which ``p`` is ample.  If ``p`` takes part in ``w``, its first
step there can be taken at once, and the others after it, with the same failures, covers and last state.  If it does
not, put the step that the definition promises in front of ``w``: all that is in ``w`` is independent of it, and still
happens.  Either way a step of ``p`` comes first, and by induction each violation, cover, step taken and terminal state
at the end of some run is at the end of a run that is kept.  (A run to a terminal state has a step of ``p`` in it, or
the promised step could still be taken there.  An invariant does not see the promised step.  The largest value of a
counter is that of a single cell, which either the promised step or ``w`` leaves alone.)  The induction is on the length
of ``w``, and in the second case, which does not shorten it, on the sum of the longest paths that the instances still
have through places where they may be ample: there is a longest one because no cycle of a process's locations consists
of such places, which is seen to here.  This proviso asks nothing of the order of the search, as those on its stack or
queue do, so that threads and exporters need not know of it.

The definition is that of persistent sets of one process, with invisibility for the second case: D. Peled, All from one,
one for all, CAV 1993, and Combining partial order reductions with on-the-fly model checking, FMSD 8, 1996 (C0 to C3);
A. Valmari, Stubborn sets for reduced state space generation, 1989; P. Godefroid, LNCS 1032, 1996; E. M. Clarke,
O. Grumberg, D. Peled, Model Checking, 1999, chapter 10; the cycles: R. P. Kurshan et al., Static partial order
reduction, TACAS 1998.

Under symmetry nothing changes: the same argument holds for runs up to a renaming of interchangeable instances, which
changes neither the length of a run nor the sum of the paths.  So the guards are found in the system before its
instances are sorted, and stand before the first operation of each step, where they see the state unsorted by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from ovlcheck.system.bounds import Bounds
from ovlcheck.system.definedness import op_defined
from ovlcheck.system.expr import FALSE, TRUE, Binary, Const, Deref, Expr, Load, Temp, walk
from ovlcheck.system.footprint import Walker
from ovlcheck.system.independence import Actor, Conflicts
from ovlcheck.system.leaving import always_leaves, never_fails
from ovlcheck.system.locks import SELF, Locks
from ovlcheck.system.logic import conditional, conjunction, disjunction, substitute
from ovlcheck.system.movers import watched
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Edge,
    Let,
    Process,
    TransitionSystem,
)

LARGEST = 200
"""Nodes of a condition under which a step can be taken: what is larger costs more than it saves."""

CHOICES = 16
"""Choices that a step may have, for the same reason."""

_WORD = 62
"""Locations of which one integer can be a set."""

_WHO = "ample.who"


@dataclass(frozen=True)
class Ample:
    """``when`` are conditions on a state, in the order in which they are asked, under each of which an instance goes
    first; ``places`` are the locations of each process at which that can be."""

    when: tuple[tuple[Actor, Expr], ...]
    places: dict[str, frozenset[int]]

    @property
    def who(self) -> Expr:
        """The number of the instance that goes first, by its place in ``when`` and from 1; 0 for none."""
        found: Expr = Const(0)
        for number in range(len(self.when), 0, -1):
            found = conditional(self.when[number - 1][1], Const(number), found)
        return found

    def guard(self, system: TransitionSystem, onto: TransitionSystem) -> TransitionSystem:
        """``onto`` with a guard before each step.

        Its edges are those of ``system``, in which the ample instances were found, and have the same parameters.
        """
        if not self.when:
            return onto
        let = Let(_WHO, self.who)
        edges = tuple(
            replace(edge, ops=(let, Assume(self._may_go(of)), *edge.ops))
            for of, edge in zip(system.edges, onto.edges, strict=True)
        )
        return replace(onto, edges=edges)

    def _may_go(self, edge: Edge) -> Expr:
        """Whether the instance that takes ``edge`` goes first, or nobody does."""
        first = {
            actor.instance: n
            for n, (actor, _) in enumerate(self.when, start=1)
            if actor.process == edge.process
        }
        which = [p.size for p in edge.parameters if p.name == "self"]
        if edge.process is None or not first:
            mine: list[Expr] = []
        elif which and list(first) == list(range(*which)):
            mine = [Binary("==", Temp(_WHO), Binary("+", SELF, Const(first[0])))]
        else:
            mine = [
                conjunction(
                    [Binary("==", Temp(_WHO), Const(n)), *(Binary("==", SELF, Const(i)) for _ in which)]
                )
                for i, n in first.items()
            ]
        return disjunction([Binary("==", Temp(_WHO), Const(0)), *mine])


def ample(system: TransitionSystem) -> Ample:
    """The ample instances of ``system``."""
    return _Search(system).ample()


class _Search:
    def __init__(self, system: TransitionSystem) -> None:
        self._system = system
        self._conflicts = Conflicts(system)
        self._locks = Locks(system)
        self._seen = frozenset(_read_by_conditions(system))
        self._actors = [Actor(p.name, i) for p in system.processes for i in range(p.instances)]
        if any(e.process is None for e in system.edges):
            self._actors.append(Actor(None))

    def ample(self) -> Ample:
        apart = watched(self._system)
        places: dict[str, frozenset[int]] = {}
        when: list[tuple[Actor, Expr]] = []
        for process in self._system.processes:
            if process.pc is None or process.name in apart or not self._knows_itself(process):
                continue
            found = {
                (i, at): condition
                for i in range(process.instances)
                for at in range(len(process.locations))
                if (condition := self._goes_first(Actor(process.name, i), at)) != FALSE
            }
            kept = self._without_cycles(process, {at for _, at in found})
            places[process.name] = kept
            for i in range(process.instances):
                by_condition: dict[Expr, list[int]] = defaultdict(list)
                for (instance, at), condition in found.items():
                    if instance == i and at in kept:
                        by_condition[condition].append(at)
                actor = Actor(process.name, i)
                one = disjunction(
                    conjunction([self._stands(actor, at), condition])
                    for condition, at in by_condition.items()
                )
                if one != FALSE:
                    when.append((actor, one))
        return Ample(tuple(when), {name: at for name, at in places.items() if at})

    def _knows_itself(self, process: Process) -> bool:
        edges = [e for e in self._system.edges if e.process == process.name]
        return process.instances == 1 or all(any(p.name == "self" for p in e.parameters) for e in edges)

    def _goes_first(self, actor: Actor, location: int) -> Expr:
        """When ``actor``, which stands at ``location``, is ample."""
        goes = self._goes(actor, location)
        if goes == FALSE:
            return FALSE
        alone: list[Expr] = []
        for other in self._actors:
            if other != actor:
                alone.append(self._undisturbed(actor, location, other))
                if alone[-1] == FALSE:
                    return FALSE
        return conjunction([*alone, goes])

    def _undisturbed(self, actor: Actor, location: int, other: Actor) -> Expr:
        """When ``other``, wherever it stands, can do nothing that gets in the way."""
        by_condition: dict[Expr, list[int]] = defaultdict(list)
        process = self._system.process[other.process] if other.process is not None else None
        places = range(1 if process is None or process.pc is None else len(process.locations))
        for place in places:
            condition = self._conflicts.none(actor, location, other, place)
            if condition != FALSE:
                by_condition[condition].append(place)
        return disjunction(
            conjunction([TRUE if len(at) == len(places) else self._stands(other, at), condition])
            for condition, at in by_condition.items()
        )

    def _goes(self, actor: Actor, location: int) -> Expr:
        """When some step of ``actor`` can be taken that does not fail and that nothing else looks at."""
        numbers = self._conflicts.leaving(actor.process, location)
        quiet = [
            (self._system.edges[n], self._locks.of[n])
            for n in numbers
            if not any(
                isinstance(op, Assign) and op.variable in self._seen for op in self._system.edges[n].ops
            )
        ]
        sure = [edge for edge, locks in quiet if never_fails(self._system, edge, locks)]
        if sure and always_leaves(sure):
            return TRUE
        return disjunction(c for edge, _ in quiet for c in self._succeeds(actor, edge))

    def _succeeds(self, actor: Actor, edge: Edge) -> Iterator[Expr]:
        """For each choice the condition, over the state, under which the step is taken and comes to its end."""
        choices = [p for p in edge.parameters if p.name != "self"]
        if prod(p.size for p in choices) > CHOICES:
            return
        walker, bounds = Walker(self._system), Bounds(self._system, edge.parameters)
        conditions: list[Expr] = []
        for op in edge.ops:
            asked = [op_defined(self._system, bounds, op)]
            if isinstance(op, Assume) or (isinstance(op, Check) and op.fatal):
                asked.append(op.condition)
            for condition in asked:
                before = walker.before(condition)
                if before is None:
                    return
                conditions.append(before)
            if isinstance(op, Let):
                walker.temps[op.temp] = walker.before(op.value)
            elif isinstance(op, Assign):
                walker.store(op.variable, op.index, op.value)
            bounds.pass_over(op)
        whole = conjunction(conditions)
        if sum(1 for _ in walk(whole)) > LARGEST:
            return
        names = [p.name for p in choices]
        for values in product(*(range(p.size) for p in choices)):
            chosen = {name: Const(value) for name, value in zip(names, values, strict=True)}
            yield substitute(whole, {"self": Const(actor.instance), **chosen}, {})

    def _without_cycles(self, process: Process, places: set[int]) -> frozenset[int]:
        """``places`` without those, one on each cycle that lies within them, that close it in depth-first order."""
        heads: set[int] = set()
        done: set[int] = set()
        active: set[int] = set()

        def visit(place: int) -> None:
            active.add(place)
            for number in self._conflicts.leaving(process.name, place):
                target = self._system.edges[number].target
                if target in active:
                    heads.add(target)
                elif target in places and target not in done:
                    visit(target)
            active.discard(place)
            done.add(place)

        for place in sorted(places):
            if place not in done:
                visit(place)
        return frozenset(places - heads)

    def _stands(self, actor: Actor, places: list[int]) -> Expr:
        """Whether ``actor`` stands at one of ``places``."""
        assert actor.process is not None
        process = self._system.process[actor.process]
        assert process.pc is not None
        at = Load(process.pc, (Const(actor.instance),) if self._system.variable[process.pc].shape else ())
        if len(places) < 3 or len(process.locations) > _WORD:
            return disjunction(Binary("==", at, Const(place)) for place in places)
        among = Const(sum(1 << place for place in places))
        return Binary("&", Binary(">>", among, at), Const(1))


def _read_by_conditions(system: TransitionSystem) -> Iterator[str]:
    """The variables that invariants and covers of states read."""
    for condition in [*(i.condition for i in system.invariants), *(c.condition for c in system.covers)]:
        for expr in walk(condition):
            if isinstance(expr, Load):
                yield expr.variable
            elif isinstance(expr, Deref):
                alive = system.population[expr.population].alive
                if alive is not None:
                    yield alive
