"""The report of ``ovlcheck bounds``, in the model's words: objects, processes, and places as function and line."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from ovlcheck.bounds import Bounds
from ovlcheck.report.json import SCHEMA, to_json
from ovlcheck.report.places import own_name, standing
from ovlcheck.symbolic.features import AtRow, Holds, OwnSet
from ovlcheck.symbolic.refcount_bounds import RefcountBound, Sum
from ovlcheck.symbolic.translation import SymbolicStep
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Bits
from ovlcheck.trace.escape import printable
from ovlcheck.trace.words import Words
from ovlcheck.version import tool_version

_WIDTH = 78


def as_text(result: Bounds) -> str:
    """A paragraph for each counter, and how sure all of it is, within 80 columns.  Nothing is broken."""
    assert result.found is not None
    configuration = f" ({result.configuration})" if result.configuration else ""
    lines = [f"{result.system.name}{configuration}", ""]
    for bound in result.found.counters:
        explored = result.largest.get(bound.variable)
        lines += [*counter_lines(result.system, bound, explored, result.found.every), ""]
    for paragraph in _sure(result):
        lines += textwrap.wrap(paragraph, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    return "".join(f"{printable(line)}\n" for line in lines)


def counter_lines(
    system: TransitionSystem, bound: RefcountBound, explored: int | None = None, every: bool = False
) -> Iterator[str]:
    """What is known of one counter; ``explored`` is its greatest value in all states, if all were visited.

    ``every``: the rows that were seen are of every state.
    """
    yield f"  {name_of(system, bound)}: {limit(bound, explored)}"
    if bound.equality is not None:
        yield from _sum(system, "=", bound.equality.terms, bound.seen, every)
        yield from _wrapped(f"({_standing(system, bound)})", "    ", "     ")
    for sign, terms in ((">=", bound.least), ("<=", bound.most)):
        if terms is not None:
            yield from _sum(system, sign, terms, bound.seen, every)
            yield "    (proved: every step keeps it)"
    if bound.equality is None:
        yield "    (equal to no sum of who stands where and what refers to what: a leak?)"


def limit(bound: RefcountBound, explored: int | None = None) -> str:
    """The bound and whether it is reached; ``explored`` is what no reachable state exceeds, if all were visited."""
    if bound.bound is None and explored is not None:
        return f"at most {explored}, as every state of this configuration shows; Z3 proves no bound"
    if bound.bound is None:
        return f"no bound proved; {bound.met} was met"
    if bound.exact:
        return f"at most {bound.bound}, which is reached"
    return f"at most {bound.bound}; {bound.met} was met"


def name_of(system: TransitionSystem, bound: RefcountBound) -> str:
    """The counter as a reader knows it: ``upper0.i_writecount``."""
    return Words(system).cell(system.variable[bound.variable], bound.index)


def sum_of(
    system: TransitionSystem, terms: Sum, seen: frozenset[AtRow], every: bool
) -> Iterator[tuple[int, str]]:
    """The ``terms``: a factor and what is counted, all places of one process together."""
    words = Words(system)
    places: dict[tuple[int, str], list[AtRow]] = {}
    others: list[tuple[int, str]] = []
    for feature, factor in terms:
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
            case OwnSet(process, variable, _, member):
                type_ = system.variable[variable].type
                assert isinstance(type_, Bits)
                others.append((factor, f"each {process} {_having(process, variable, type_.labels[member])}"))
            case _:
                others.append((factor, "1"))
    for (factor, process), rows in places.items():
        yield factor, f"each {process} {standing(system, process, rows, seen, every)}"
    yield from others


def _having(process: str, variable: str, member: str) -> str:
    """That a set of the process's own has the member; sets that only the compiler has a name for are loops'."""
    function, _, name = own_name(process, variable).rpartition(".")
    if name.startswith("$visited"):
        return f"whose loop in {function} has been at {member}"
    if name.startswith("$"):
        return f"whose loop in {function} is over a set with {member}"
    return f"with {member} in {function}.{name}"


def as_json(result: Bounds) -> str:
    """The same for programs, and what is broken."""
    found = result.found
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "model": result.system.name,
        "configuration": result.configuration,
        "states": None if found is None else found.states,
        "every_state": found is not None and found.every,
        "proved": found is not None and not found.reason,
        "reason": "" if found is None else found.reason,
        "figures": [] if found is None else list(found.figures),
        "runs_end_at": list(result.ends),
        "bounds": [] if found is None else [_object(result, bound) for bound in found.counters],
        "broken": None if result.broken is None else to_json([result.broken], tool_version())["results"][0],
        "seconds": round(result.seconds, 3),
        "tool_version": tool_version(),
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _object(result: Bounds, bound: RefcountBound) -> dict[str, Any]:
    system = result.system
    every = result.found is not None and result.found.every

    def terms(of: Sum | None) -> list[dict[str, Any]] | None:
        if of is None:
            return None
        return [{"factor": factor, "what": what} for factor, what in sum_of(system, of, bound.seen, every)]

    return {
        "counter": name_of(system, bound),
        "bound": bound.bound,
        "met": bound.met,
        "greatest_in_every_state": result.largest.get(bound.variable),
        "equal_to": terms(None if bound.equality is None else bound.equality.terms),
        "proved": bound.proved,
        "at_least": terms(bound.least),
        "at_most": terms(bound.most),
        "perhaps_broken_by": None if bound.broken_by is None else _place(system, bound.broken_by),
    }


def _sure(result: Bounds) -> Iterator[str]:
    """How sure what is said is."""
    assert result.found is not None
    if not result.found.counters:
        yield "The model has no refcounts."
    elif not result.found.reason:
        figures = f" ({'; '.join(result.found.figures)})" if result.found.figures else ""
        yield f"All of it is proved, for refcounts without a bound{figures}."
    else:
        which = "all" if result.found.every else "a sample of"
        yield (
            f"Not everything is proved: {result.found.reason}. What was met is of {which} "
            f"{result.found.states:,} states."
        )
    if result.ends:
        yield f"Runs end where there is a violation of: {', '.join(result.ends)} (ovlcheck verify shows it)."


def _standing(system: TransitionSystem, bound: RefcountBound) -> str:
    if bound.proved:
        return "proved: every step keeps it"
    if bound.broken_by is None:
        return "seen in every state that was looked at, not proved"
    place = _place(system, bound.broken_by)
    return f"seen in every state that was looked at, not proved: Z3 cannot exclude that {place} breaks it"


def _place(system: TransitionSystem, step: SymbolicStep) -> str:
    """Who takes a step, and where."""
    process = step.edge.process
    if process is None:
        return f"{step.edge.name} ({step.edge.source})"
    locations = system.process[process].locations
    at = f" at {locations[step.edge.origin].name}" if locations else ""
    return f"{process}{at} ({step.edge.source})"


def _sum(
    system: TransitionSystem, sign: str, terms: Sum, seen: frozenset[AtRow], every: bool
) -> Iterator[str]:
    first = True
    for factor, what in sum_of(system, terms, seen, every):
        before = f"{sign} " if first else ""
        before += "-" if factor < 0 else "" if first else "+"
        times = "" if abs(factor) == 1 else f"{abs(factor)} for "
        if what == "1":
            times, what = "", str(abs(factor))
        yield from _wrapped(f"{before} {times}{what}".replace("  ", " ").strip(), "    ", " " * 8)
        first = False
    if not terms:
        yield f"    {sign} 0"


def _wrapped(text: str, first: str, others: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
