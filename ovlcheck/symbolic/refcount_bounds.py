"""How large refcounts become, and what they count: bounds and equalities that Z3 proves.

The equalities that hold in the known states (``equalities``) and the greatest values are claimed together, and
clauses are learned from these states until every step keeps claims and clauses alike (``learning``).  Where not all
reachable states are known, a claim or a clause may be wrong: then a known state leads out of it, what is met behind
that one joins the known states, and all is claimed anew, as in ``sampled_learning``.  Where that comes to no end,
those claims are left that are inductive with what processes know where they stand (``facts``).  Counters are integers
without a width for Z3: nothing is proved by running out of bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import z3

from ovlcheck.symbolic.answer import Answer, Deadline, Verdict
from ovlcheck.symbolic.equalities import Equality, equalities, sample, total
from ovlcheck.symbolic.facts import MILLISECONDS, breaking, inductive, local_facts, one_holder
from ovlcheck.symbolic.features import AtRow, Feature, Index, States, rows_of, term
from ovlcheck.symbolic.inequalities import greatest_below, least_above
from ovlcheck.symbolic.learning import learn
from ovlcheck.symbolic.sampled_learning import FIRST, WALKS
from ovlcheck.symbolic.samples import Sample
from ovlcheck.symbolic.translation import SymbolicStep, SymbolicSystem, translate
from ovlcheck.symbolic.values import as_term
from ovlcheck.system.action import State
from ovlcheck.system.counters import counters_of
from ovlcheck.system.transition_system import TransitionSystem

_SAMPLE_WIDTH = 16
"""Bits of counters that no sample overflows; Z3 does not look at them."""

_MOST_GROWTHS = 50
"""Times that a sample grows, at most: it never suffices where a counter grows for ever."""

_MORE_TIME = 0.25
"""When the time for learning is over, so much of it again is for finding out which claims are inductive."""

_LEAST_SECONDS = 10.0
"""The same in seconds, where that is very little."""

Sum = tuple[tuple[Feature, int], ...]


@dataclass(frozen=True)
class RefcountBound:
    """What is known of one counter.

    ``bound``: Z3 proves that it is never greater; None if no bound was proved.  ``met`` is the greatest value in the
    states that were looked at.  ``equality``: what it is equal to, ``proved`` in every reachable state or only seen.
    ``least`` and ``most``, where there is no equality: sums that it is never below, and never above, both proved.
    ``broken_by``: a step of which Z3 cannot exclude that it breaks the equality.  ``seen`` are the rows that occur.
    """

    variable: str
    index: Index
    bound: int | None
    met: int
    equality: Equality | None
    proved: bool
    seen: frozenset[AtRow] = frozenset()
    least: Sum | None = None
    most: Sum | None = None
    broken_by: SymbolicStep | None = None

    @property
    def exact(self) -> bool:
        """Whether some run reaches the bound."""
        return self.bound == self.met


@dataclass(frozen=True)
class RefcountBounds:
    """What is known of all counters, and what it is known from.

    ``states``: how many were looked at, ``every`` reachable one or a sample of them.  ``figures`` are of the proof;
    ``reason`` says why not everything is proved, if it is not.
    """

    counters: tuple[RefcountBound, ...]
    states: int
    every: bool
    figures: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class _Claim:
    """A statement about the counter ``of``: what it is equal to (``equal``), or a number or a sum that bounds it."""

    holds: z3.BoolRef
    of: tuple[str, Index]
    kind: str


@dataclass(frozen=True)
class _Guess:
    """What known states suggest of the counters: their greatest values, what they are equal to, and, where they are
    equal to nothing, sums between which they lie."""

    met: dict[tuple[str, Index], int]
    found: dict[tuple[str, Index], Equality]
    sums: dict[tuple[str, Index], tuple[Sum | None, Sum | None]]


def refcount_bounds(
    system: TransitionSystem,
    states: States | None = None,
    deadline: Deadline | None = None,
    *,
    every: bool = True,
) -> RefcountBounds:
    """What every counter of ``system`` that is no process's own counts, and how large it becomes.

    ``states`` are all that can be reached, a row each, or, unless ``every``, some of them; without any, a sample is
    made.
    """
    within = Deadline(None) if deadline is None else deadline
    wide = system.with_width(_SAMPLE_WIDTH)
    symbolic = translate(wide)
    more = Sample(symbolic)
    if states is None:
        more.grow(FIRST, within.share(0.25))
        every = more.complete
    grown = 0
    known = _together(wide, states, None if every and states is not None else more)
    guess: _Guess | None = None
    while True:
        guess = _guess(wide, known, guess)
        claims = list(_claims(symbolic, guess))
        answer = _learned(symbolic, claims, known, within)
        proved = answer.verdict is Verdict.PROVED
        if proved or every or grown == _MOST_GROWTHS or not _grown(more, known, answer.confused, within):
            break
        grown += 1
        known = _together(wide, states, more)
    met, found, sums = guess.met, guess.found, guess.sums
    figures = (*answer.figures, f"the sample grew {grown} times") if grown else answer.figures
    if proved and answer.invariant is not None:
        facts = [*(claim.holds for claim in claims), answer.invariant]
    else:
        about = [*(c.holds for c in claims), *local_facts(symbolic, known), *one_holder(symbolic, known)]
        left = None if within.seconds is None else max(_MORE_TIME * within.seconds, _LEAST_SECONDS)
        facts = inductive(symbolic, about, Deadline(left))
    reason = answer.reason if every or answer.confused is None else "not every reachable state is known"
    kept = {(c.of, c.kind) for c in claims if any(c.holds is fact for fact in facts)}
    seen = frozenset(rows_of(wide, known))
    bounds = []
    for key in met:
        one = RefcountBound(*key, met[key], met[key], found.get(key), (key, "equal") in kept, seen)
        if (key, "number") not in kept:
            one = replace(
                one, bound=_implied([symbolic.types, *facts], as_term(symbolic.value(key[0], *key[1])))
            )
        if key in sums:
            least, most = sums[key]
            one = replace(
                one,
                least=least if (key, "least") in kept else None,
                most=most if (key, "most") in kept else None,
            )
        elif not one.proved:
            claim = next(c for c in claims if (c.of, c.kind) == (key, "equal"))
            one = replace(one, broken_by=breaking(symbolic, claim.holds, facts))
        bounds.append(one)
    complete = all(b.bound is not None and (b.proved or b.equality is None) for b in bounds)
    return RefcountBounds(tuple(bounds), len(known), every, figures, "" if complete else reason)


def _together(system: TransitionSystem, states: States | None, more: Sample | None) -> States:
    """The rows of ``states`` and of the sample, as far as there are any."""
    rows = [] if states is None else [states]
    if more is not None:
        rows.append(np.array(more.states, dtype=np.int64).reshape(-1, system.cells))
    return rows[0] if len(rows) == 1 else np.concatenate([r.astype(rows[0].dtype, copy=False) for r in rows])


def _grown(more: Sample, known: States, confused: State | None, deadline: Deadline) -> bool:
    """Whether something new is met behind the state about which learning was wrong; it joins the sample."""
    if confused is None or deadline.passed:
        return False
    alike = np.arange(len(known))
    for cell, value in enumerate(confused):
        alike = alike[known[alike, cell] == value]
    return bool(len(alike)) and more.grow_from(confused, WALKS)


def _guess(system: TransitionSystem, known: States, before: _Guess | None) -> _Guess:
    """What the ``known`` states suggest; what was guessed ``before`` from fewer of them stays where they allow it."""
    counters = list(counters_of(system))
    values = {key: known[:, system.cell(*key)].astype(np.int64) for key in counters}
    met = {key: int(values[key].max(initial=0)) for key in counters}

    def holds(key: tuple[str, Index], terms: Sum | None, side: int) -> bool:
        """Whether the sum is the counter (0), never above it (-1) or never below it (1)."""
        slack = np.zeros(1, np.int64) if terms is None else total(system, terms, known) - values[key]
        return not slack.any() if not side else not (side * slack < 0).any()

    if before is not None and all(holds(key, e.terms, 0) for key, e in before.found.items()):
        found = before.found
    else:
        found = {(e.variable, e.index): e for e in equalities(system, known)}
    sums = {}
    for key in counters:
        if key not in found:
            least, most = (None, None) if before is None else before.sums.get(key, (None, None))
            if least is None or not holds(key, least, -1):
                least = greatest_below(system, known, *key)
            if most is None or not holds(key, most, 1):
                most = least_above(system, known, *key)
            sums[key] = least, most
    return _Guess(met, found, sums)


def proved_facts(symbolic: SymbolicSystem) -> tuple[z3.BoolRef, ...]:
    """What counters are equal to, and what processes know where they stand, as far as it is inductive all together.

    The types belong to it.
    """
    wide = symbolic.system.with_width(_SAMPLE_WIDTH)
    states = sample(wide)
    found = {(e.variable, e.index): e for e in equalities(wide, states)}
    claims = (c.holds for c in _claims(symbolic, _Guess({}, found, {})))
    return tuple(
        inductive(symbolic, [*claims, *local_facts(symbolic, states), *one_holder(symbolic, states)])
    )


def by_variable(bounds: Iterable[RefcountBound]) -> dict[str, int]:
    """The greatest proved bound of each variable all of whose counters have one."""
    found: dict[str, int | None] = {}
    for one in bounds:
        before = found.get(one.variable, 0)
        found[one.variable] = None if one.bound is None or before is None else max(before, one.bound)
    return {name: most for name, most in found.items() if most is not None}


def _claims(symbolic: SymbolicSystem, guess: _Guess) -> Iterator[_Claim]:
    for key, equality in guess.found.items():
        yield _Claim(_counter(symbolic, key) == _total(symbolic, equality.terms), key, "equal")
    for key, (least, most) in guess.sums.items():
        if least is not None:
            yield _Claim(_counter(symbolic, key) >= _total(symbolic, least), key, "least")
        if most is not None:
            yield _Claim(_counter(symbolic, key) <= _total(symbolic, most), key, "most")
    for key, number in guess.met.items():
        yield _Claim(_counter(symbolic, key) <= number, key, "number")


def _learned(
    symbolic: SymbolicSystem, claims: Sequence[_Claim], states: States, deadline: Deadline
) -> Answer:
    """Whether all of ``claims`` hold in every reachable state, with the clauses that are inductive with them.

    These exclude whatever lets a step break a claim.
    """
    known = z3.And([claim.holds for claim in claims])
    breaks = []
    for step in symbolic.steps:
        after = [then for c in claims if not (then := symbolic.next(step, c.holds)).eq(c.holds)]
        breaks += [z3.And(step.guard, z3.Not(then)) for then in after]
    return learn(symbolic, z3.Or(breaks), states, deadline, known, parts=breaks, few=False)


def _counter(symbolic: SymbolicSystem, key: tuple[str, Index]) -> z3.ArithRef:
    return as_term(symbolic.value(key[0], *key[1]))


def _total(symbolic: SymbolicSystem, terms: Sum) -> z3.ArithRef:
    return z3.Sum([z3.IntVal(0), *(factor * term(symbolic, feature) for feature, factor in terms)])


def _implied(known: Sequence[z3.BoolRef], counter: z3.ArithRef) -> int | None:
    """The least number that ``counter`` cannot exceed where ``known`` holds; None if there is none."""
    search = z3.Optimize()
    search.set("timeout", MILLISECONDS)
    search.add(*known)
    greatest = search.maximize(counter)
    if search.check() != z3.sat:
        return None
    value = search.upper(greatest)
    return int(value.as_long()) if z3.is_int_value(value) else None
