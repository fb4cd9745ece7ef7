"""Transaction fusion: a run of steps of one instance becomes one step when at most one of them is no mover.

A run is ``R* X L*``: steps that move right, one step of any kind, steps that move left.  Every behaviour is then
equivalent to one in which each run happens as a whole (R. J. Lipton, CACM 18(12), 1975; E. Cohen, L. Lamport,
Reduction in TLA, CONCUR 1998; S. Qadeer, S. K. Rajamani, J. Rehof, POPL 2004).  Of a behaviour that is cut off by a
violation, each run that has not come to its X can be left out and each that has can be completed, so that

* a process can go on from every location inside a run, whatever the others do: completing ends, no step of a run is
  lost because the next one blocks, and no deadlock is lost since nobody waits inside a run;
* the steps behind X cannot fail: completing a run that somebody has seen the beginning of changes nothing else;
* no position of rest, no position of a start and no cycle lies inside a run.

Steps commute, go on and succeed in the states that can be reached, which is all that is asked of them.

The same violations, deadlocks, covers, steps taken and largest values follow: each is the last step of some behaviour
that is kept. Covers, and largest values that a skeleton bounds, are not even kept on purpose: every state that is
left can be reached, so what is met there is met, and where it is less than there may be, the search is made again
with those of them kept (``Fused.doubtful``). What is not kept is how long a behaviour is, and for how long a process
stands still: ``no_deadlock`` looks at single steps and is to be asked of the system as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ovlcheck.system.beside import look_around
from ovlcheck.system.composition import Part, in_turn, whole
from ovlcheck.system.expr import Not
from ovlcheck.system.leaving import always_leaves, never_fails
from ovlcheck.system.locks import Locks, starts
from ovlcheck.system.movers import Movers, watched
from ovlcheck.system.transition_system import Edge, Process, TransitionSystem

MOST_RUNS = 64
"""Runs that may begin at one location; where there are more, runs end wherever their steps branch."""


@dataclass(frozen=True)
class Fused:
    """A fused system; ``parts`` gives for each of its edges those of the original that it runs.

    ``interior`` are, for each process, the locations at which no instance ever stands between two steps.  ``passed``
    are more: the cells of positions with those of their values that some run passes through.

    ``bounds`` are what no value of a count can exceed; of these counts there may be greater values inside runs than
    between them.  ``hoped`` are covers that may be met inside runs alone.  Of those ``seen`` neither is so.
    """

    system: TransitionSystem
    parts: tuple[tuple[Part, ...], ...]
    interior: dict[str, frozenset[int]]
    passed: frozenset[tuple[int, int]]
    bounds: Mapping[str, int] = field(default_factory=dict)
    hoped: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()

    def doubtful(self, largest: Mapping[str, int], covered: Container[str]) -> frozenset[str]:
        """Of a complete search of ``system``: the counts that may have been greater inside runs, and the covers that
        may have been met there.  If there are any, they are to be ``seen``."""
        return frozenset(n for n, most in self.bounds.items() if largest[n] < most) | frozenset(
            name for name in self.hoped if name not in covered
        )

    @property
    def removed(self) -> int:
        return sum(map(len, self.interior.values()))

    def passes(self, state: tuple[int, ...]) -> bool:
        """Whether some instance stands in ``state`` at a location that a run passes through."""
        return any((cell, state[cell]) in self.passed for cell, _ in self.passed)


def fuse(system: TransitionSystem, seen: frozenset[str] = frozenset()) -> Fused:
    """``system`` with every run one step: equal to it where there are no movers.

    Of a count, and of a cover, it is enough to find once what a skeleton says there may be at most, in whatever states
    are left; where that is not found, they are to be ``seen`` inside runs as well.
    """
    locks = Locks(system)
    apart = watched(system)
    around = () if apart else look_around(system)
    bounds = {name: most for a in around for name, most in a.largest().items() if name not in seen}
    hoped = frozenset(
        c.name
        for c in system.covers
        if c.name not in seen and not any(a.proves(Not(c.condition)) for a in around)
    )
    unseen = bounds.keys() | ({c.name for c in system.covers} - seen)
    movers = Movers(system, locks, around, unseen).of

    def leaves(numbers: list[int]) -> bool:
        return always_leaves([system.edges[n] for n in numbers]) or any(
            a.always_leaves(numbers) for a in around
        )

    def succeeds(number: int) -> bool:
        return never_fails(system, system.edges[number], locks.of[number]) or any(
            a.never_fails(number) for a in around
        )

    edges: list[Edge] = []
    parts: list[tuple[Part, ...]] = []
    interior: dict[str, frozenset[int]] = {}
    for number, edge in enumerate(system.edges):
        if edge.process is None:
            edges.append(edge)
            parts.append(whole(number, edge))
    for process in system.processes:
        leaving: dict[int, list[int]] = defaultdict(list)
        for number, edge in enumerate(system.edges):
            if edge.process == process.name:
                leaving[edge.origin].append(number)
        passable: set[int] = set()
        if process.pc is not None and process.name not in apart:
            passable = set(range(len(process.locations))) - starts(system, process)
        inside = frozenset(
            place for place in passable if not process.locations[place].rest and leaves(leaving[place])
        )
        behind = frozenset(
            place for place in inside if all(movers[n].left and succeeds(n) for n in leaving[place])
        )
        right = frozenset(n for numbers in leaving.values() for n in numbers if movers[n].right)
        runs, met = _Runs(system, process, leaving, inside, behind, right).all()
        for run in runs:
            fused, used = in_turn(system.edges, run)
            edges.append(fused)
            parts.append(used)
        interior[process.name] = frozenset(range(len(process.locations))) - met
    passed = frozenset(
        (system.offset[pc] + i, edge.target)
        for run in parts
        for edge in (system.edges[part.edge] for part in run[:-1])
        if edge.process is not None and (pc := system.process[edge.process].pc) is not None
        for i in range(system.process[edge.process].instances)
    )
    return Fused(replace(system, edges=tuple(edges)), tuple(parts), interior, passed, bounds, hoped, seen)


class _Runs:
    """The runs of one process: ``inside`` are the locations at which a run may go on, ``behind`` those of them at which
    it may go on after its X, ``right`` the edges that move right."""

    def __init__(
        self,
        system: TransitionSystem,
        process: Process,
        leaving: dict[int, list[int]],
        inside: frozenset[int],
        behind: frozenset[int],
        right: frozenset[int],
    ) -> None:
        self._system = system
        self._process = process
        self._leaving = leaving
        self._inside = inside
        self._behind = behind
        self._right = right
        self._ends = self._heads_of_cycles()

    def all(self) -> tuple[list[tuple[int, ...]], frozenset[int]]:
        """The runs from every location where one may begin, in the order of their first edges; and these locations."""
        while True:
            met: dict[int, list[tuple[int, ...]]] = {}
            waiting = sorted(starts(self._system, self._process))
            crowded = None
            while waiting and crowded is None:
                place = waiting.pop()
                if place in met:
                    continue
                met[place] = [run for n in self._leaving[place] for run in self._from((n,), True)]
                crowded = place if len(met[place]) > max(MOST_RUNS, len(self._leaving[place])) else None
                waiting += [self._system.edges[run[-1]].target for run in met[place]]
            if crowded is None:
                runs = sorted((run for found in met.values() for run in found), key=lambda run: run[0])
                return runs, frozenset(met)
            self._ends |= {p for p in self._inside if len(self._leaving[p]) > 1}

    def _from(self, run: tuple[int, ...], before: bool) -> Iterator[tuple[int, ...]]:
        """The runs that begin with ``run``; ``before``: its steps but the last have all moved right."""
        target = self._system.edges[run[-1]].target
        before = before and run[-1] in self._right
        if target in self._ends or target not in (self._inside if before else self._behind):
            yield run
            return
        for number in self._leaving[target]:
            yield from self._from((*run, number), before)

    def _heads_of_cycles(self) -> frozenset[int]:
        """The targets, in depth-first order, of the edges that close a cycle of locations inside runs."""
        heads: set[int] = set()
        done: set[int] = set()
        active: set[int] = set()

        def visit(place: int) -> None:
            active.add(place)
            for number in self._leaving[place]:
                target = self._system.edges[number].target
                if target in active:
                    heads.add(target)
                elif target in self._inside and target not in done:
                    visit(target)
            active.discard(place)
            done.add(place)

        for place in sorted(self._inside):
            if place not in done:
                visit(place)
        return frozenset(heads)
