"""What an expression may read: what follows from it is remembered by that, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter

from ovlcheck.system.expr import Deref, Expr, Load, walk
from ovlcheck.system.transition_system import TransitionSystem


def variables_read(system: TransitionSystem, found: Iterable[Expr]) -> set[str]:
    """The variables of which these expressions may read a cell."""
    names: set[str] = set()
    for part in (p for e in found for p in walk(e)):
        if isinstance(part, Load):
            names.add(part.variable)
        elif isinstance(part, Deref):
            alive = system.population[part.population].alive
            names |= set() if alive is None else {alive}
    return names


def cells_of(system: TransitionSystem, names: Iterable[str]) -> set[int]:
    """The cells of these variables in a state."""
    return {system.offset[n] + i for n in names for i in range(system.variable[n].cells)}


def picking(places: tuple[int, ...]) -> Callable[[tuple[int, ...]], object]:
    """What stands at ``places`` of a tuple."""
    return itemgetter(*places) if places else len
