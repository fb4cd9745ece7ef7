"""Where instances of a process stand, in words: functions and lines, with just those locals that tell rows apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from ovlcheck.symbolic.features import AtRow, Index
from ovlcheck.system.transition_system import TransitionSystem

_FEW = 4
"""Places that are named one by one, however few the others are."""

_Cell = tuple[str, Index]

_Place = tuple[str, str]
"""The name of a place, and values of locals with which alone it is meant; empty where it always is."""


def standing(
    system: TransitionSystem, process: str, rows: Collection[AtRow], seen: Collection[AtRow], every: bool
) -> str:
    """``at f:1, g:2; with f.x=True at f:3, f:4``, or ``except at`` the other places where that is much shorter.

    ``seen`` are rows at which instances were met, in ``every`` reachable state or in a sample: only the former say what
    the other places are.
    """
    known = [row for row in seen if row.process == process]
    places = list(_places(system, process, set(rows), known))
    others = list(_places(system, process, {*known}.difference(rows), known)) if every else []
    if others and len(places) > _FEW and 2 * len(others) < len(places):
        return f"except {_together(others)}"
    return _together(places)


def _together(places: Sequence[_Place]) -> str:
    """``places``, one after the other; what several of them are meant with is told once."""
    names: dict[str, list[str]] = {}
    for name, values in places:
        names.setdefault(values, []).append(name)
    alone = [f"{name} with {v}" if v else name for name, v in places if not v or len(names[v]) == 1]
    several = [f"with {v} at {', '.join(those)}" for v, those in names.items() if v and len(those) > 1]
    return "; ".join([*([f"at {', '.join(alone)}"] if alone else []), *several])


def _places(
    system: TransitionSystem, process: str, rows: Collection[AtRow], known: Collection[AtRow]
) -> Iterator[_Place]:
    """The places of ``rows``, in the order of the code; ``known`` are all rows of the process, as far as one knows."""
    locations = system.process[process].locations
    positions: dict[str, dict[int, tuple[list[AtRow], list[AtRow]]]] = {}
    for row in sorted({*known, *rows}, key=lambda r: (r.location, r.values)):
        name = locations[row.location].name if locations else process
        here, elsewhere = positions.setdefault(name, {}).setdefault(row.location, ([], []))
        (here if row in rows else elsewhere).append(row)
    for name, by_location in positions.items():
        told = Counter(
            values
            for here, elsewhere in by_location.values()
            if here
            for values in (_telling(system, process, here, elsewhere) if elsewhere else [""])
        )
        for values, times in told.items():
            every = times + (told[""] if values else 0) == len(by_location)
            yield name if every else f"{name} ({times} of {len(by_location)} positions there)", values


def _telling(
    system: TransitionSystem, process: str, here: Sequence[AtRow], elsewhere: Sequence[AtRow]
) -> Iterator[str]:
    """Values of few locals that rows ``here`` have, and none ``elsewhere``."""
    cells = [(variable, index) for variable, index, _ in here[0].values]
    # What the model has a name for is told rather than what the compiler made.
    for cell in sorted(cells, key=lambda c: not _unnamed(c[0])):
        fewer = [c for c in cells if c != cell]
        if {_values(r, fewer) for r in here}.isdisjoint(_values(r, fewer) for r in elsewhere):
            cells = fewer
    for values in dict.fromkeys(_values(row, cells) for row in here):
        told = (
            f"{own_name(process, name)}={system.variable[name].type.format(value)}"
            for (name, _), value in zip(cells, values, strict=True)
        )
        yield " ".join(told)


def own_name(process: str, variable: str) -> str:
    """A local of ``process`` as ``function.name``."""
    return variable.removeprefix(f"{process}.")


def _values(row: AtRow, cells: Sequence[_Cell]) -> tuple[int, ...]:
    having = {(variable, index): value for variable, index, value in row.values}
    return tuple(having[cell] for cell in cells)


def _unnamed(variable: str) -> bool:
    return variable.rpartition(".")[2].startswith("$")
