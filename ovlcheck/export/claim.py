"""Never claims: what Spin runs beside a system to find the behaviours that an automaton accepts.

A claim is a Buechi automaton whose places accept.  Several acceptance sets, and conditions of fairness, are met in turn
by a counter (Choueka, "Theories of automata on omega-tapes", 1974); strong fairness is a guess: from some time on what
asks for it is never enabled, or else its step is taken again and again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import or_
from typing import NamedTuple

from ovlcheck.system.expr import Expr
from ovlcheck.temporal.automaton import Automaton, Transition

Literals = tuple[int, ...]


@dataclass(frozen=True)
class Fair:
    """One condition of fairness: ``often`` holds infinitely often, and ``taken`` does if ``again`` does.

    Whenever ``taken`` holds ``often`` must hold too.  ``again`` is None where fairness is weak.
    """

    often: Expr
    taken: Expr
    again: Expr | None = None


@dataclass(frozen=True)
class Claim:
    """Begins at place 0; from each place lead steps, which are taken where all their literals hold.

    The literal ``i`` is the predicate ``predicates[i]``, and ``~i`` its negation.
    """

    predicates: tuple[Expr, ...]
    steps: tuple[tuple[tuple[Literals, int], ...], ...]
    accepting: frozenset[int]


class _Place(NamedTuple):
    """``guess`` are the conditions whose ``again`` is never to hold from here on; None before the guess.

    ``met`` is how many conditions have been met in this round.
    """

    at: int
    guess: frozenset[int] | None
    met: int


def never(automaton: Automaton, atoms: Sequence[Expr], fair: Sequence[Fair] = ()) -> Claim:
    """The claim that accepts the behaviours that ``automaton`` does and that are ``fair``.

    ``atoms`` are what its atoms are in the exported system; they, and the conditions of ``fair``, have no faults.
    """
    builder = _Builder(automaton, atoms, fair)
    number = {builder.start: 0}
    places = [builder.start]
    steps: list[tuple[tuple[Literals, int], ...]] = []
    for place in places:
        found = []
        for literals, target in builder.steps(place):
            guard = tuple(dict.fromkeys(literals))
            if any(~literal in guard for literal in guard):
                continue
            if target not in number:
                number[target] = len(places)
                places.append(target)
            found.append((guard, number[target]))
        steps.append(tuple(dict.fromkeys(found)))
    accepting = frozenset(number[place] for place in places if builder.accepts(place))
    return Claim(tuple(builder.predicates), tuple(steps), accepting)


class _Builder:
    def __init__(self, automaton: Automaton, atoms: Sequence[Expr], fair: Sequence[Fair]) -> None:
        self._automaton = automaton
        self.predicates = dict.fromkeys(atoms)
        self.predicates.update(
            dict.fromkeys(p for it in fair for p in (it.often, it.taken, it.again) if p is not None)
        )
        number = {predicate: i for i, predicate in enumerate(self.predicates)}
        self._atoms = [number[atom] for atom in atoms]
        self._often = [number[it.often] for it in fair]
        self._taken = [number[it.taken] for it in fair]
        self._again = {i: number[it.again] for i, it in enumerate(fair) if it.again is not None}
        self._conditions = automaton.sets + len(fair)
        reached = [self._reached(place) for place in range(len(automaton.transitions))]
        self._core = [frozenset(q for q in reached[p] if p in reached[q]) for p in range(len(reached))]
        self._accepting = [self._fulfils(core) for core in self._core]
        self.start = self._entered(0)[0]

    def accepts(self, place: _Place) -> bool:
        return place.guess is not None and place.met == self._conditions

    def steps(self, place: _Place) -> Iterator[tuple[Literals, _Place]]:
        for way in self._automaton.transitions[place.at]:
            label = self._label(way)
            if place.guess is not None and way.target in self._core[place.at]:
                never_again = (~self._again[i] for i in sorted(place.guess))
                yield from self._counted(place, way, (*label, *never_again))
            elif place.guess is None or not self._again:
                for target in self._entered(way.target):
                    yield label, target

    def _counted(self, place: _Place, way: Transition, guard: Literals) -> Iterator[tuple[Literals, _Place]]:
        """The steps by ``way``, which differ in how many conditions they meet."""
        met = 0 if place.met == self._conditions else place.met
        for condition in range(met, self._conditions):
            if condition < self._automaton.sets:
                if not way.fulfils >> condition & 1:
                    break
            else:
                literal = self._wanted(place, condition - self._automaton.sets)
                yield (*guard, ~literal), place._replace(at=way.target, met=met)
                guard = (*guard, literal)
            met += 1
        yield guard, place._replace(at=way.target, met=met)

    def _wanted(self, place: _Place, fair: int) -> int:
        """The literal that has to hold again and again for the condition of fairness with this number."""
        assert place.guess is not None
        return self._taken[fair] if fair in self._again and fair not in place.guess else self._often[fair]

    def _entered(self, at: int) -> list[_Place]:
        """The places that stand for the automaton's place ``at``, where it has just come there.

        Conditions count where a behaviour may stay for ever; without a guess to make they count there at once.  They
        begin as all met, since to accept once more than is due does no harm, and there are fewer places.
        """
        if not self._accepting[at]:
            return [_Place(at, None, 0)]
        guesses = [
            _Place(at, frozenset(chosen), self._conditions)
            for size in range(len(self._again) + 1)
            for chosen in combinations(self._again, size)
        ]
        return [_Place(at, None, 0), *guesses] if self._again else guesses

    def _label(self, way: Transition) -> Literals:
        must = (number for i, number in enumerate(self._atoms) if way.must >> i & 1)
        must_not = (~number for i, number in enumerate(self._atoms) if way.must_not >> i & 1)
        return (*must, *must_not)

    def _reached(self, place: int) -> set[int]:
        """The places of the automaton to which one step or more lead from ``place``."""
        found: set[int] = set()
        waiting = [place]
        while waiting:
            targets = {way.target for way in self._automaton.transitions[waiting.pop()]} - found
            found |= targets
            waiting += targets
        return found

    def _fulfils(self, core: frozenset[int]) -> bool:
        """Whether a behaviour that stays in ``core`` may be accepted."""
        inside = [way for place in core for way in self._automaton.transitions[place] if way.target in core]
        fulfilled = reduce(or_, (way.fulfils for way in inside), 0)
        return bool(inside) and fulfilled == (1 << self._automaton.sets) - 1
