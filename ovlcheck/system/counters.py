"""The refcounts of a system, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count


def counters_of(system: TransitionSystem) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The counters of ``system`` that are no process's own, shared or of an object: a variable and an index each."""
    for variable in system.variables:
        if isinstance(variable.type, Count) and variable.process is None:
            for index in product(*map(range, variable.shape)):
                yield variable.name, index
