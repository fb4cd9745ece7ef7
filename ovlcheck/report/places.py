"""Where instances of a process stand, in words: functions and lines, with just those locals that tell rows apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ovlcheck.symbolic.features import AtRow, Index
from ovlcheck.system.transition_system import TransitionSystem

_FEW = 4
"""Places that are named one by one, however few the others are."""

_Cell = tuple[str, Index]


def standing(
    system: TransitionSystem, process: str, rows: Collection[AtRow], seen: Collection[AtRow], every: bool
) -> str:
    """``at f:1, g:2 with f.x=True``, or ``except at`` the other places where that is much shorter.

    ``seen`` are rows at which instances were met, in ``every`` reachable state or in a sample: only the former say what
    the other places are.
    """
    known = [row for row in seen if row.process == process]
    places = list(_places(system, process, set(rows), known))
    others = list(_places(system, process, {*known}.difference(rows), known)) if every else []
    if others and len(places) > _FEW and 2 * len(others) < len(places):
        return f"except at {', '.join(others)}"
    return f"at {', '.join(places)}"


def _places(
    system: TransitionSystem, process: str, rows: Collection[AtRow], known: Collection[AtRow]
) -> Iterator[str]:
    """The places of ``rows``, in the order of the code; ``known`` are all rows of the process, as far as one knows."""
    locations = system.process[process].locations
    positions: dict[str, dict[int, tuple[list[AtRow], list[AtRow]]]] = {}
    for row in sorted({*known, *rows}, key=lambda r: (r.location, r.values)):
        name = locations[row.location].name if locations else process
        here, elsewhere = positions.setdefault(name, {}).setdefault(row.location, ([], []))
        (here if row in rows else elsewhere).append(row)
    for name, by_location in positions.items():
        whole = sum(not elsewhere for _, elsewhere in by_location.values())
        if whole == len(by_location):
            yield name
            continue
        if whole:
            yield f"{name} ({whole} of {len(by_location)} positions there)"
        told = (
            f"{name} with {values}"
            for here, elsewhere in by_location.values()
            if here and elsewhere
            for values in _telling(system, process, here, elsewhere)
        )
        yield from dict.fromkeys(told)


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
