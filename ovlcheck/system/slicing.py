"""Leaves out of a system the variables that nothing depends on: ghosts that nobody reads, fields only ever
written.

What matters is what guards, checks, invariants, covers and demands on behaviours read, what can fault, and the
positions, locks and allocations of the model; then, again and again, whatever is stored in something that
matters.  This is the cone of influence reduction (Clarke, Grumberg, Peled, "Model Checking", 1999,
section 13.1) with faults among the observations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ovlcheck.system.bounds import Bounds
from ovlcheck.system.definedness import defined, fits
from ovlcheck.system.expr import TRUE, Deref, Expr, Load, Temp, walk
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Event,
    Let,
    Op,
    Parameter,
    TransitionSystem,
    expressions,
)

_ALWAYS_KEPT = ("pc", "held", "alive")

_Sequence = tuple[tuple[Op, ...], tuple[Parameter, ...]]


@dataclass(frozen=True)
class SliceReport:
    """The variables that were left out, the bits of a state that they took, and how many assignments went
    with them."""

    dropped: tuple[str, ...]
    bits: int
    assignments: int

    def __str__(self) -> str:
        if not self.dropped:
            return "slicing: every variable matters"
        return (
            f"slicing: left out {', '.join(self.dropped)} ({self.bits} bits, {self.assignments} assignments)"
        )


def slice_system(system: TransitionSystem) -> tuple[TransitionSystem, SliceReport]:
    """``system`` without the variables that can influence no step, no violation and no cover.

    Edges, their order and their parameters stay.  States that differ only in what is left out become one;
    otherwise states, transitions, distances, violations and covers are the same.  An argument of an event
    that reads what is left out goes with it.  A ``Count`` stays as long as anything may lower it, since it
    must not fall below zero; one that only grows, and that nothing reads, goes.
    """
    sequences = [
        *((e.ops, e.parameters) for e in system.edges),
        *((i.ops, i.parameters) for i in system.initial),
    ]
    kept = _influential(system, sequences)
    dropped = tuple(v for v in system.variables if v.name not in kept)
    if not dropped:
        return system, SliceReport((), 0, 0)
    gone = frozenset(v.name for v in dropped)
    assignments = sum(isinstance(o, Assign) and o.variable in gone for ops, _ in sequences for o in ops)
    sliced = replace(
        system,
        variables=tuple(v for v in system.variables if v.name in kept),
        edges=tuple(replace(e, ops=_without(system, e.ops, e.parameters, gone)) for e in system.edges),
        initial=tuple(replace(i, ops=_without(system, i.ops, i.parameters, gone)) for i in system.initial),
        processes=tuple(
            replace(
                p,
                locations=tuple(
                    replace(at, live=tuple(n for n in at.live if n not in gone)) for at in p.locations
                ),
            )
            for p in system.processes
        ),
    )
    return sliced, SliceReport(tuple(v.name for v in dropped), sum(v.bits for v in dropped), assignments)


def _influential(system: TransitionSystem, sequences: Iterable[_Sequence]) -> set[str]:
    """Every variable that must stay."""
    kept = {v.name for v in system.variables if v.kind in _ALWAYS_KEPT}
    nothing: dict[str, frozenset[str]] = {}
    demanded = [condition for requirement in system.requirements for condition in requirement.conditions]
    for condition in [
        *(i.condition for i in system.invariants),
        *(c.condition for c in system.covers),
        *demanded,
    ]:
        kept |= _reads(system, condition, nothing)
    feeds: dict[str, set[str]] = {}
    for ops, parameters in sequences:
        bounds = Bounds(system, parameters)
        temps: dict[str, frozenset[str]] = {}
        for op in ops:
            match op:
                case Assume(condition) | Check(condition) | Cover(_, condition):
                    kept |= _reads(system, condition, temps)
                case Let(temp, value):
                    temps[temp] = _reads(system, value, temps)
                    if defined(system, bounds, value) != TRUE:
                        kept |= temps[temp]
                case Assign(variable, index, value):
                    for part in (value, *index):
                        read = _reads(system, part, temps)
                        feeds.setdefault(variable, set()).update(read)
                        if defined(system, bounds, part) != TRUE:
                            kept |= read
                    if fits(system, bounds, op) != TRUE:
                        kept.add(variable)
            bounds.pass_over(op)
    waiting = list(kept)
    while waiting:
        for name in feeds.get(waiting.pop(), ()):
            if name not in kept:
                kept.add(name)
                waiting.append(name)
    return kept


def _reads(system: TransitionSystem, expr: Expr, temps: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The variables that the value of ``expr``, or whether it has one, depends on."""

    def names() -> Iterator[str]:
        for e in walk(expr):
            match e:
                case Load(variable, _):
                    yield variable
                case Temp(temp):
                    yield from temps.get(temp, ())
                case Deref(_, population):
                    alive = system.population[population].alive
                    if alive is not None:
                        yield alive

    return frozenset(names())


def _without(
    system: TransitionSystem, ops: tuple[Op, ...], parameters: tuple[Parameter, ...], gone: frozenset[str]
) -> tuple[Op, ...]:
    """``ops`` without what is stored in ``gone``; what faulted in storing it still does."""
    bounds = Bounds(system, parameters)
    taken = {o.temp for o in ops if isinstance(o, Let)}
    temps: dict[str, frozenset[str]] = {}
    faulting: set[str] = set()
    result: list[Op] = []
    for op in ops:
        match op:
            case Assign(variable, index, value) if variable in gone:
                for part in (value, *index):
                    if defined(system, bounds, part) != TRUE:
                        temp = _fresh(f"{variable}_not_stored", taken)
                        faulting.add(temp)
                        result.append(Let(temp, part))
            case Let(temp, value):
                temps[temp] = _reads(system, value, temps)
                if defined(system, bounds, value) != TRUE:
                    faulting.add(temp)
                result.append(op)
            case Event(_, _, arguments):
                known = tuple(a for a in arguments if not _reads(system, a[1], temps) & gone)
                result.append(replace(op, arguments=known))
            case _:
                result.append(op)
        bounds.pass_over(op)
    return _without_unused(result, faulting)


def _without_unused(ops: list[Op], faulting: set[str]) -> tuple[Op, ...]:
    """``ops`` without temporaries that nothing uses any more, unless they are there to fault."""
    used: set[str] = set()
    result: list[Op] = []
    for op in reversed(ops):
        if isinstance(op, Let) and op.temp not in used and op.temp not in faulting:
            continue
        used |= {e.name for x in expressions(op) for e in walk(x) if isinstance(e, Temp)}
        result.append(op)
    return tuple(reversed(result))


def _fresh(wish: str, taken: set[str]) -> str:
    wish = "".join(c if c.isalnum() else "_" for c in wish)
    number = 0
    while f"{wish}_{number}" in taken:
        number += 1
    taken.add(f"{wish}_{number}")
    return f"{wish}_{number}"
