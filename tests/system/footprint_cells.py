"""The cells that the footprint of an action names in a state, to be held against those that it touches there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import product
from math import prod

from ovlcheck.system.action import Action, State
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.footprint import Access, footprint
from ovlcheck.system.semantics import Semantics

_Cells = Callable[[State], Iterator[int]]


class Footprints:
    """The footprints of all actions of a system, evaluated in states."""

    def __init__(self, semantics: Semantics) -> None:
        self._semantics = semantics
        self._system = semantics.system
        self.edge = cache(lambda number: footprint(self._system, self._system.edges[number]))
        self._compiled = cache(self._compile)

    def reads(self, edge: int) -> frozenset[Access]:
        return self.edge(edge).reads

    def writes(self, edge: int) -> frozenset[Access]:
        return self.edge(edge).writes

    def cells(self, state: State, action: Action) -> tuple[frozenset[int], frozenset[int]]:
        """The cells of a state that firing ``action`` in ``state`` can read, and those that it can write.

        An access whose index faults in ``state`` is not made there, or is the fault with which the step ends.
        """
        reads, writes = self._compiled(action)
        return (
            frozenset(cell for access in reads for cell in access(state)),
            frozenset(cell for access in writes for cell in access(state)),
        )

    def _compile(self, action: Action) -> tuple[list[_Cells], list[_Cells]]:
        parameters = self._system.edges[action.edge].parameters
        bindings = {p.name: v for p, v in zip(parameters, action.arguments, strict=True)}
        ordered = [sorted(group, key=repr) for group in (self.reads(action.edge), self.writes(action.edge))]
        reads, writes = ([self._cells(access, bindings) for access in group] for group in ordered)
        return reads, writes

    def _cells(self, access: Access, bindings: dict[str, int]) -> _Cells:
        shape = self._system.variable[access.variable].shape
        first = self._system.offset[access.variable]
        strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
        codes = [None if i is None else self._semantics.compile(i, bindings) for i in access.index]

        def cells(state: State) -> Iterator[int]:
            axes: list[Iterable[int]] = []
            for code, size in zip(codes, shape, strict=True):
                if code is None:
                    axes.append(range(size))
                    continue
                try:
                    at = code(state)
                except Fault:
                    return
                if not 0 <= at < size:
                    return
                axes.append((at,))
            for place in product(*axes):
                yield first + sum(i * stride for i, stride in zip(place, strides, strict=True))

        return cells
