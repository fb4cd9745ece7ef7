"""A state whose instances have names, as what is shared and a bag of rows."""

from __future__ import annotations

from collections import Counter

from ovlcheck.symbolic.counter_abstraction import Counted, Row
from ovlcheck.system.action import State
from ovlcheck.system.transition_system import TransitionSystem


def bags(counted_: Counted, named: TransitionSystem, state: State) -> tuple[tuple[int, ...], Counter[Row]]:
    """A state of ``named``, where instances have names: what is shared, and how many of them stand at each row."""

    def cells(name: str) -> tuple[int, ...]:
        first = named.offset[name]
        return state[first : first + named.variable[name].cells]

    own = {v.name for p in counted_.processes for v in counted_.own(p)}
    shared = tuple(
        value
        for v in counted_.system.variables
        for value in (
            cells(v.name) if v.name in named.variable and v.name not in own else (v.default,) * v.cells
        )
    )
    rows: Counter[Row] = Counter()
    for number, name in enumerate(counted_.processes):
        instances = named.process[name].instances
        parts = [cells(v.name) for v in counted_.own(name)]
        for i in range(instances):
            split = (part[len(part) // instances * i : len(part) // instances * (i + 1)] for part in parts)
            rows[number, tuple(value for part in split for value in part)] += 1
    return shared, rows
