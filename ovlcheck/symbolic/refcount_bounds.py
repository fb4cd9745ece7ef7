"""How large refcounts become, and what they count: bounds and equalities that Z3 proves.

What the affine hull of a sample suggests (``equalities``), and simple facts about what a process knows where it
stands, are candidates; those that some step does not keep, given all others, are dropped until every step keeps what is
left (C. Flanagan, K. R. M. Leino, Houdini, an annotation assistant for ESC/Java, 2001).  What is left holds in every
reachable state.  Counters are integers without a width here: nothing is proved by running out of bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import z3

from ovlcheck.symbolic.equalities import AtRow, Equality, Feature, Holds, Index, equalities, rows_seen, sample
from ovlcheck.symbolic.terms import formula
from ovlcheck.symbolic.translation import SymbolicSystem, translate
from ovlcheck.symbolic.values import Word, as_term, is_value
from ovlcheck.system.action import State
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count

MILLISECONDS = 10_000
"""For one question to Z3; a candidate that takes longer is dropped."""

_SAMPLE_WIDTH = 16


@dataclass(frozen=True)
class RefcountBound:
    """What is known of one counter.

    ``bound``: Z3 proves that it is never greater; None if no bound was proved.  ``met`` is the greatest value in the
    sample.  ``equality``: what it is equal to, ``proved`` in every reachable state or only seen in the sample.
    ``seen`` are the rows that occur there.
    """

    variable: str
    index: Index
    bound: int | None
    met: int
    equality: Equality | None
    proved: bool
    seen: frozenset[AtRow] = frozenset()

    @property
    def exact(self) -> bool:
        """Whether some run reaches the bound."""
        return self.bound == self.met


@dataclass(frozen=True)
class _Candidate:
    holds: z3.BoolRef
    equality: Equality | None = None
    limit: tuple[str, Index] | None = None


def refcount_bounds(system: TransitionSystem) -> list[RefcountBound]:
    """The bounds of every counter of ``system`` that is no process's own."""
    counters = [
        (v.name, index, system.offset[v.name] + at)
        for v in system.variables
        if isinstance(v.type, Count) and v.process is None
        for at, index in enumerate(product(*map(range, v.shape)))
    ]
    widths = {v.name: _SAMPLE_WIDTH for v in system.variables if isinstance(v.type, Count)}
    wide = system.with_widths(widths)
    states = sample(wide)
    met = {(name, index): max((s[cell] for s in states), default=0) for name, index, cell in counters}
    found = {(e.variable, e.index): e for e in equalities(wide, states)}
    seen = rows_seen(wide, states)
    symbolic = translate(wide)
    kept = _inductive(symbolic, list(_candidates(symbolic, states, found, met)))
    proved = {(c.equality.variable, c.equality.index) for c in kept if c.equality is not None}
    known = [symbolic.types, *(c.holds for c in kept)]
    limits = {c.limit for c in kept if c.limit is not None}
    bounds = []
    for name, index, _ in counters:
        key = (name, index)
        bound = met[key] if key in limits else _implied(known, as_term(symbolic.value(name, *index)))
        bounds.append(RefcountBound(name, index, bound, met[key], found.get(key), key in proved, seen))
    return bounds


def proved_facts(symbolic: SymbolicSystem) -> tuple[z3.BoolRef, ...]:
    """What counters are equal to, and what processes know where they stand, as far as it is inductive all together.

    The types belong to it.
    """
    counters = [v.name for v in symbolic.system.variables if isinstance(v.type, Count)]
    wide = symbolic.system.with_widths(dict.fromkeys(counters, _SAMPLE_WIDTH))
    states = sample(wide)
    found = {(e.variable, e.index): e for e in equalities(wide, states)}
    return tuple(c.holds for c in _inductive(symbolic, list(_candidates(symbolic, states, found, {}))))


def widths(bounds: Sequence[RefcountBound]) -> dict[str, int]:
    """Bits for each variable all of whose counters have a proved bound: never too few, whatever the search meets."""
    found: dict[str, int | None] = {}
    for one in bounds:
        wanted = None if one.bound is None else max(one.bound.bit_length(), 1)
        before = found.get(one.variable, 0)
        found[one.variable] = None if wanted is None or before is None else max(before, wanted)
    return {name: bits for name, bits in found.items() if bits}


def _candidates(
    symbolic: SymbolicSystem,
    states: Sequence[State],
    found: Mapping[tuple[str, Index], Equality],
    met: Mapping[tuple[str, Index], int],
) -> Iterator[_Candidate]:
    for (name, index), equality in found.items():
        counter = as_term(symbolic.value(name, *index))
        total = z3.Sum([z3.IntVal(0), *(factor * term(symbolic, f) for f, factor in equality.terms)])
        yield _Candidate(counter == total, equality=equality)
    for (name, index), most in met.items():
        yield _Candidate(as_term(symbolic.value(name, *index)) <= most, limit=(name, index))
    yield from (_Candidate(fact) for fact in _local_facts(symbolic, states))
    yield from (_Candidate(fact) for fact in _one_holder(symbolic, states))


def term(symbolic: SymbolicSystem, feature: Feature) -> z3.ArithRef:
    """The value of ``feature`` in the state before."""
    match feature:
        case AtRow(process, location, values):
            instances = symbolic.system.process[process].instances
            there = []
            for i in range(instances):
                here = [_at(symbolic, process, i, location)]
                here += [formula(is_value(symbolic.value(v, i, *index), x)) for v, index, x in values]
                there.append(z3.If(z3.And(here), 1, 0))
            return z3.Sum(there)
        case Holds(variable, index, value, member):
            cell = symbolic.value(variable, *index)
            if member:
                assert isinstance(cell, Word)
                return z3.If(formula(cell.bits[value]), 1, 0)
            return z3.If(formula(is_value(cell, value)), 1, 0)
    return z3.IntVal(1)


def _at(symbolic: SymbolicSystem, process: str, instance: int, location: int) -> z3.BoolRef:
    pc = symbolic.system.process[process].pc
    if pc is None:
        return z3.BoolVal(True)
    index = (instance,) if symbolic.system.variable[pc].shape else ()
    return formula(is_value(symbolic.value(pc, *index), location))


def _local_facts(symbolic: SymbolicSystem, states: Sequence[State]) -> Iterator[z3.BoolRef]:
    """What every instance at a position was seen to have in each of its own variables."""
    system = symbolic.system
    for process in system.processes:
        if process.pc is None:
            continue
        pc = system.offset[process.pc]
        own = [v for v in system.variables if v.process == process.name and v.kind in ("local", "held")]
        for variable in own:
            each = variable.cells // process.instances
            for at, index in enumerate(product(*map(range, variable.shape[1:]))):
                seen: dict[int, set[int]] = {}
                for state in states:
                    for i in range(process.instances):
                        value = state[system.offset[variable.name] + i * each + at]
                        seen.setdefault(state[pc + i], set()).add(value)
                for location, values in seen.items():
                    if variable.type.lo + len(values) - 1 >= variable.type.hi or len(values) > 4:
                        continue
                    for i in range(process.instances):
                        cell = symbolic.value(variable.name, i, *index)
                        among = z3.Or([formula(is_value(cell, v)) for v in sorted(values)])
                        yield z3.Implies(_at(symbolic, process.name, i, location), among)
        for i in range(process.instances):
            there = {s[pc + i] for s in states}
            for location in range(len(process.locations)):
                if location not in there:
                    yield z3.Not(_at(symbolic, process.name, i, location))


def _one_holder(symbolic: SymbolicSystem, states: Sequence[State]) -> Iterator[z3.BoolRef]:
    """Of two instances that were never seen to hold a lock at once: they do not."""
    system = symbolic.system
    by_lock: dict[tuple[str, Index], list[tuple[str, Index, int]]] = {}
    for variable in system.variables:
        if variable.kind == "held":
            for at, index in enumerate(product(*map(range, variable.shape))):
                key = (variable.name.partition(".")[2], index[1:])
                by_lock.setdefault(key, []).append((variable.name, index, system.offset[variable.name] + at))
    for holders in by_lock.values():
        for number, (first, at_first, cell) in enumerate(holders):
            for second, at_second, other in holders[number + 1 :]:
                if not any(s[cell] and s[other] for s in states):
                    both = [
                        formula(is_value(symbolic.value(name, *index), 1))
                        for name, index in ((first, at_first), (second, at_second))
                    ]
                    yield z3.Not(z3.And(both))


def _inductive(symbolic: SymbolicSystem, candidates: list[_Candidate]) -> list[_Candidate]:
    """Those candidates that hold at first and that every step keeps, given that all of them hold before it."""
    kept = [c for c in candidates if _initially(symbolic, c.holds)]
    mentioned = {id(c): _constants(c.holds) for c in kept}
    while True:
        dropped = False
        solver = z3.Solver()
        solver.set("timeout", MILLISECONDS)
        solver.add(symbolic.types, *(c.holds for c in kept))
        for step in symbolic.steps:
            concerned = [c for c in kept if not mentioned[id(c)].isdisjoint(step.updates)]
            solver.push()
            solver.add(step.guard)
            while concerned:
                after = [symbolic.next(step, c.holds) for c in concerned]
                solver.push()
                solver.add(z3.Not(z3.And(after)))
                answer = solver.check()
                model = solver.model() if answer == z3.sat else None
                solver.pop()
                if answer == z3.unsat:
                    break
                lost = [
                    c
                    for c, then in zip(concerned, after, strict=True)
                    if model is None or not z3.is_true(model.eval(then, model_completion=True))
                ]
                dropped = True
                gone = {id(c) for c in lost}
                kept = [c for c in kept if id(c) not in gone]
                concerned = [c for c in concerned if id(c) not in gone]
            solver.pop()
        if not dropped:
            return kept


def _constants(expr: z3.ExprRef) -> frozenset[str]:
    """The names of the constants in ``expr``."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting = [expr]
    while waiting:
        one = waiting.pop()
        if one.get_id() in seen:
            continue
        seen.add(one.get_id())
        if one.num_args() == 0 and one.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            found.add(one.decl().name())
        waiting += one.children()
    return frozenset(found)


def _initially(symbolic: SymbolicSystem, holds: z3.BoolRef) -> bool:
    for state in symbolic.initial_states:
        value = z3.simplify(z3.substitute(holds, *symbolic.literals(state)))
        if not z3.is_true(value):
            return False
    return True


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
