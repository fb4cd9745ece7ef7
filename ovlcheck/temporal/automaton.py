"""From a formula to an automaton that accepts exactly its behaviours.

The construction is the tableau of Gerth, Peled, Vardi and Wolper, "Simple on-the-fly automatic verification of linear
temporal logic" (1995), with acceptance on transitions as in Couvreur, "On-the-fly verification of linear temporal
logic" (1999): a state is a set of formulas that have to hold from here on, and a transition that puts off the right
side of an ``Until`` is not in that formula's acceptance set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ovlcheck.system.expr import Expr
from ovlcheck.system.formula import (
    NO,
    YES,
    Atom,
    Conjunction,
    Disjunction,
    Formula,
    Negation,
    Next,
    Release,
    Until,
    positive,
    predicates,
)

_Formulas = frozenset[Formula]


@dataclass(frozen=True)
class Transition:
    """Taken where the atoms of ``must`` hold and none of ``must_not`` does (bit i: ``Automaton.atoms[i]``).

    ``fulfils``: the acceptance sets that it is in, a bit each.
    """

    target: int
    must: int
    must_not: int
    fulfils: int

    def allows(self, label: int) -> bool:
        """Whether it may be taken in a state in which the atoms of ``label`` hold, and no others."""
        return label & self.must == self.must and not label & self.must_not


@dataclass(frozen=True)
class Automaton:
    """Accepts a behaviour if, from state 0, some run on it is in every acceptance set infinitely often.

    The transition taken at some time reads the state of that time.  ``transitions`` has an entry for each state.
    """

    atoms: tuple[Expr, ...]
    transitions: tuple[tuple[Transition, ...], ...]
    sets: int


def translate(formula: Formula) -> Automaton:
    """The automaton of the behaviours of which ``formula`` holds."""
    root = positive(formula)
    atoms = tuple(a for a in predicates(root) if a not in (YES.condition, NO.condition))
    tableau = _Tableau(root, {Atom(a): 1 << i for i, a in enumerate(atoms)})
    number: dict[_Formulas, int] = {frozenset([root]): 0}
    transitions: list[tuple[Transition, ...]] = []
    for here in _in_order(number):
        found = []
        for option in _without_dominated(tableau.options(here)):
            target = number.setdefault(option.next, len(number))
            found.append(Transition(target, option.must, option.must_not, tableau.sets & ~option.postponed))
        transitions.append(tuple(found))
    return Automaton(atoms, _merged(transitions), tableau.sets.bit_count())


def _in_order(number: dict[_Formulas, int]) -> Iterator[_Formulas]:
    """The keys in order, those included that are added meanwhile."""
    seen = 0
    while seen < len(number):
        for key in list(number)[seen:]:
            seen += 1
            yield key


@dataclass(frozen=True)
class _Option:
    """One way to satisfy a set of formulas: what must hold now, what from the next state on, what was put off."""

    must: int = 0
    must_not: int = 0
    next: _Formulas = frozenset()
    postponed: int = 0

    def better(self, other: "_Option") -> bool:
        """Whether every behaviour that goes on by ``other`` may go on by this one and be accepted as well."""
        return (
            not self.must & ~other.must
            and not self.must_not & ~other.must_not
            and self.next <= other.next
            and not self.postponed & ~other.postponed
        )


class _Tableau:
    def __init__(self, root: Formula, bits: dict[Formula, int]) -> None:
        self._bits = bits
        self._until: dict[Formula, int] = {}
        self._number(root)
        self.sets = (1 << len(self._until)) - 1

    def _number(self, formula: Formula) -> None:
        if isinstance(formula, Until):
            self._until.setdefault(formula, 1 << len(self._until))
        match formula:
            case Negation(operand) | Next(operand):
                self._number(operand)
            case (
                Conjunction(left, right)
                | Disjunction(left, right)
                | Until(left, right)
                | Release(left, right)
            ):
                self._number(left)
                self._number(right)

    def options(self, formulas: _Formulas) -> list[_Option]:
        order = sorted(formulas, key=repr)
        return list(dict.fromkeys(self._expand(order, frozenset(), _Option())))

    def _expand(self, todo: list[Formula], done: _Formulas, so_far: _Option) -> Iterator[_Option]:
        while todo and todo[-1] in done:
            todo = todo[:-1]
        if not todo:
            yield so_far
            return
        formula, rest, done = todo[-1], todo[:-1], done | {todo[-1]}
        match formula:
            case Atom() if formula == YES:
                yield from self._expand(rest, done, so_far)
            case Atom() if formula == NO:
                return
            case Atom():
                if not so_far.must_not & self._bits[formula]:
                    yield from self._expand(
                        rest, done, replace(so_far, must=so_far.must | self._bits[formula])
                    )
            case Negation(operand):
                bit = self._bits[operand]
                if not so_far.must & bit:
                    yield from self._expand(rest, done, replace(so_far, must_not=so_far.must_not | bit))
            case Next(operand):
                yield from self._expand(rest, done, replace(so_far, next=so_far.next | {operand}))
            case Conjunction(left, right):
                yield from self._expand([*rest, right, left], done, so_far)
            case Disjunction(left, right):
                yield from self._expand([*rest, left], done, so_far)
                yield from self._expand([*rest, right], done, so_far)
            case Until(left, right):
                yield from self._expand([*rest, right], done, so_far)
                later = replace(
                    so_far, next=so_far.next | {formula}, postponed=so_far.postponed | self._until[formula]
                )
                yield from self._expand([*rest, left], done, later)
            case Release(left, right):
                yield from self._expand([*rest, right, left], done, so_far)
                yield from self._expand([*rest, right], done, replace(so_far, next=so_far.next | {formula}))


def _without_dominated(options: list[_Option]) -> list[_Option]:
    kept: list[_Option] = []
    for option in options:
        if not any(other.better(option) for other in kept):
            kept = [other for other in kept if not option.better(other)] + [option]
    return kept


def _merged(transitions: list[tuple[Transition, ...]]) -> tuple[tuple[Transition, ...], ...]:
    """The same automaton with one state for all states that have the same transitions."""
    while True:
        first: dict[frozenset[Transition], int] = {}
        same = [first.setdefault(frozenset(found), state) for state, found in enumerate(transitions)]
        if len(first) == len(transitions):
            return tuple(transitions)
        renumbered = {state: i for i, state in enumerate(sorted(set(same)))}
        transitions = [
            tuple(dict.fromkeys(replace(t, target=renumbered[same[t.target]]) for t in transitions[state]))
            for state in renumbered
        ]
