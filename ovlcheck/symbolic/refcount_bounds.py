"""How large refcounts become, and what they count: bounds and equalities that Z3 proves.

Where all reachable states are known, the equalities that hold in them (``equalities``) and the greatest values are
claimed together, and clauses are learned from these states until every step keeps claims and clauses alike
(``learning``).  Otherwise a sample of states suggests the claims, and those that are not inductive are dropped
(``facts``).  Counters are integers without a width for Z3: nothing is proved by running out of bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import z3

from ovlcheck.symbolic.answer import Deadline, Verdict
from ovlcheck.symbolic.equalities import Equality, equalities, sample
from ovlcheck.symbolic.facts import MILLISECONDS, breaking, inductive, local_facts, one_holder
from ovlcheck.symbolic.features import AtRow, Feature, Index, States, rows_of, term
from ovlcheck.symbolic.inequalities import greatest_below, least_above
from ovlcheck.symbolic.learning import learn
from ovlcheck.symbolic.translation import SymbolicStep, SymbolicSystem, translate
from ovlcheck.symbolic.values import as_term
from ovlcheck.system.counters import counters_of
from ovlcheck.system.transition_system import TransitionSystem

_SAMPLE_WIDTH = 16
"""Bits of counters that no sample overflows; Z3 does not look at them."""

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


def refcount_bounds(
    system: TransitionSystem, states: States | None = None, deadline: Deadline | None = None
) -> RefcountBounds:
    """What every counter of ``system`` that is no process's own counts, and how large it becomes.

    ``states`` are all that can be reached, a row each, if they are known.
    """
    within = Deadline(None) if deadline is None else deadline
    wide = system.with_width(_SAMPLE_WIDTH)
    every = states is not None
    known = sample(wide) if states is None else states
    counters = list(counters_of(wide))
    met = {key: int(known[:, wide.cell(*key)].max(initial=0)) for key in counters}
    found = {(e.variable, e.index): e for e in equalities(wide, known)}
    loose = (key for key in counters if key not in found)
    sums = {key: (greatest_below(wide, known, *key), least_above(wide, known, *key)) for key in loose}
    symbolic = translate(wide)
    claims = list(_claims(symbolic, met, found, sums))
    figures: tuple[str, ...] = ()
    reason = "" if every else "not every reachable state is known"
    facts: list[z3.BoolRef] | None = None
    if every:
        facts, figures, reason = _learned(symbolic, claims, known, within)
    if facts is None:
        about = [*(c.holds for c in claims), *local_facts(symbolic, known), *one_holder(symbolic, known)]
        facts = inductive(symbolic, about)
    kept = {(c.of, c.kind) for c in claims if any(c.holds is fact for fact in facts)}
    seen = frozenset(rows_of(wide, known))
    bounds = []
    for key in counters:
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


def proved_facts(symbolic: SymbolicSystem) -> tuple[z3.BoolRef, ...]:
    """What counters are equal to, and what processes know where they stand, as far as it is inductive all together.

    The types belong to it.
    """
    wide = symbolic.system.with_width(_SAMPLE_WIDTH)
    states = sample(wide)
    found = {(e.variable, e.index): e for e in equalities(wide, states)}
    claims = (c.holds for c in _claims(symbolic, {}, found, {}))
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


def _claims(
    symbolic: SymbolicSystem,
    met: Mapping[tuple[str, Index], int],
    found: Mapping[tuple[str, Index], Equality],
    sums: Mapping[tuple[str, Index], tuple[Sum | None, Sum | None]],
) -> Iterator[_Claim]:
    for key, equality in found.items():
        yield _Claim(_counter(symbolic, key) == _total(symbolic, equality.terms), key, "equal")
    for key, (least, most) in sums.items():
        if least is not None:
            yield _Claim(_counter(symbolic, key) >= _total(symbolic, least), key, "least")
        if most is not None:
            yield _Claim(_counter(symbolic, key) <= _total(symbolic, most), key, "most")
    for key, number in met.items():
        yield _Claim(_counter(symbolic, key) <= number, key, "number")


def _learned(
    symbolic: SymbolicSystem, claims: Sequence[_Claim], states: States, deadline: Deadline
) -> tuple[list[z3.BoolRef] | None, tuple[str, ...], str]:
    """What holds in every reachable state, all of ``claims`` included, or None and the reason; and figures.

    The claims are inductive with the clauses that exclude whatever lets a step break one of them.
    """
    known = z3.And([claim.holds for claim in claims])
    breaks = []
    for step in symbolic.steps:
        after = [then for c in claims if not (then := symbolic.next(step, c.holds)).eq(c.holds)]
        breaks += [z3.And(step.guard, z3.Not(then)) for then in after]
    answer = learn(symbolic, z3.Or(breaks), states, deadline, known, parts=breaks, few=False)
    if answer.verdict is not Verdict.PROVED or answer.invariant is None:
        return None, answer.figures, answer.reason
    return [*(claim.holds for claim in claims), answer.invariant], answer.figures, ""


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
