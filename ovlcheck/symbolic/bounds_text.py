"""Bounds of refcounts in the model's words: names of objects, processes, and places as function and line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ovlcheck.symbolic.equalities import AtRow, Equality, Holds
from ovlcheck.symbolic.refcount_bounds import RefcountBound
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Bits
from ovlcheck.trace.words import Words

_WIDTH = 78


def name_of(system: TransitionSystem, bound: RefcountBound) -> str:
    """The counter as a reader knows it: ``upper0.i_writecount``."""
    return Words(system).cell(system.variable[bound.variable], bound.index)


def as_text(
    system: TransitionSystem, bounds: Iterable[RefcountBound], explored: Mapping[str, int] | None = None
) -> str:
    """A paragraph for each counter.

    ``explored``: the greatest value of each variable in all reachable states, if all were visited.
    """
    return "\n".join(line for bound in bounds for line in _lines(system, bound, explored or {}))


def _lines(system: TransitionSystem, bound: RefcountBound, explored: Mapping[str, int]) -> Iterator[str]:
    yield f"  {name_of(system, bound)}: {limit(bound, explored.get(bound.variable))}"
    if bound.equality is not None:
        for number, (factor, what) in enumerate(sum_of(system, bound.equality, bound.seen)):
            sign = "-" if factor < 0 else "=" if number == 0 else "+"
            times = "" if abs(factor) == 1 else f"{abs(factor)} for "
            yield from textwrap.wrap(
                f"{times}{what}",
                _WIDTH,
                initial_indent=f"    {sign} ",
                subsequent_indent=" " * 8,
                break_long_words=False,
                break_on_hyphens=False,
            )
        if not bound.equality.terms:
            yield "    = 0"
        proved = "proved: every step keeps it" if bound.proved else "seen in the sample only, not proved"
        yield f"    ({proved})"
    yield ""


def limit(bound: RefcountBound, explored: int | None = None) -> str:
    """The bound and whether it is reached; ``explored`` is what no reachable state exceeds, if all were visited."""
    if bound.bound is None and explored is not None:
        return f"at most {explored}, as every state of this configuration shows; Z3 proves no bound"
    if bound.bound is None:
        return f"no bound proved; {bound.met} was met"
    if bound.exact:
        return f"at most {bound.bound}, which is reached"
    return f"at most {bound.bound}; {bound.met} was met"


def sum_of(
    system: TransitionSystem, equality: Equality, seen: frozenset[AtRow]
) -> Iterator[tuple[int, str]]:
    """The terms of ``equality``: a factor and what is counted, all places of one process together."""
    words = Words(system)
    places: dict[tuple[int, str], list[AtRow]] = {}
    others: list[tuple[int, str]] = []
    for feature, factor in equality.terms:
        match feature:
            case AtRow():
                places.setdefault((factor, feature.process), []).append(feature)
            case Holds(variable, index, value, member):
                cell = words.cell(system.variable[variable], index)
                type_ = system.variable[variable].type
                if member and isinstance(type_, Bits):
                    others.append((factor, f"[{type_.labels[value]} in {cell}]"))
                else:
                    shown = words.value(system.variable[variable], value)
                    others.append((factor, f"[{cell} is {shown}]"))
            case _:
                others.append((factor, "1"))
    for (factor, process), rows in places.items():
        yield factor, f"each {process} at {', '.join(_places(system, process, rows, seen))}"
    yield from others


def _places(
    system: TransitionSystem, process: str, rows: list[AtRow], seen: frozenset[AtRow]
) -> Iterator[str]:
    """Positions as function and line, with the values of locals where they matter."""
    locations = system.process[process].locations
    found: dict[int, list[AtRow]] = {}
    for row in rows:
        found.setdefault(row.location, []).append(row)
    told: dict[str, None] = {}
    for location, here in sorted(found.items()):
        every = [r for r in seen if r.process == process and r.location == location]
        name = locations[location].name if locations else process
        if len(here) == len(every):
            told[name] = None
        else:
            told.update(dict.fromkeys(f"{name} with {_telling(system, r, every)}" for r in here))
    yield from told


def _telling(system: TransitionSystem, row: AtRow, every: list[AtRow]) -> str:
    """The values of locals that are not the same in every row of the position."""
    shown = []
    for variable, index, value in row.values:
        if any((variable, index, value) not in other.values for other in every):
            name = variable.removeprefix(f"{row.process}.")
            shown.append(f"{name}={system.variable[variable].type.format(value)}")
    return " ".join(shown) or "nothing else"


def as_json(
    system: TransitionSystem, bounds: Iterable[RefcountBound], explored: Mapping[str, int] | None = None
) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "counter": name_of(system, bound),
            "bound": bound.bound,
            "met": bound.met,
            "greatest_in_every_state": (explored or {}).get(bound.variable),
            "equal_to": None
            if bound.equality is None
            else [
                {"factor": factor, "what": what}
                for factor, what in sum_of(system, bound.equality, bound.seen)
            ],
            "proved": bound.proved,
        }
        for bound in bounds
    ]
