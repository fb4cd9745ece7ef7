"""A compiled program loaded into this process: its C functions as Python methods."""

from __future__ import annotations

import ctypes
from _ctypes import dlclose
from collections.abc import Sequence
from ctypes import POINTER, Array, byref, c_double, c_int, c_int64, c_uint, c_uint8, c_uint64, c_void_p
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from ovlcheck.explore.native.generate import Program
from ovlcheck.explore.native.problems import CompilerFailed, NotSupported

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Words = tuple[int, ...]
"""A packed state."""

_NO_LIMIT = (1 << 64) - 1


class Status(IntEnum):
    """``enum status`` of the runtime."""

    WORKING = 0
    FINISHED = 1
    AT_STATES = 2
    AT_DEPTH = 3
    AT_BUDGET = 4
    NO_MEMORY = 5
    OVERFLOWED = 6
    SATISFIED = 7


class Figures(NamedTuple):
    """``enum figure`` of the runtime; ``waiting`` are states that have not been expanded."""

    states: int
    waiting: int
    transitions: int
    depth: int
    bytes: int


class Sighting(NamedTuple):
    """Where a violation showed first: in the state with these packed ``words``, or in a step from it."""

    words: Words
    depth: int
    in_step: bool


class Run:
    """One search by a compiled program; a context manager that gives its memory back.

    Raises ``CompilerFailed`` if the library cannot be loaded, ``NotSupported`` if there is no memory to begin
    with.
    """

    def __init__(self, path: Path, program: Program, threads: int) -> None:
        self._program = program
        self._words = program.layout.words
        try:
            self._library = _declared(ctypes.CDLL(str(path)))
        except OSError as problem:
            raise CompilerFailed(f"the compiled model cannot be loaded: {problem}; delete {path}") from None
        self._search = self._library.search_new(threads)
        if not self._search:
            dlclose(self._library._handle)
            raise NotSupported("there is no memory for a search to begin with")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._library.search_free(self._search)
        self._search = None
        # A library that stays loaded when its file is gone is taken for the next file that gets its inode.
        dlclose(self._library._handle)

    def want(self, name: str) -> None:
        """Ends the search with the layer in which all violations wanted have been found."""
        self._library.search_want(self._search, self._program.violations.index(name) + 1)

    def start(self, words: Words, budget: int) -> Status:
        """Adds an initial state."""
        return Status(self._library.search_start(self._search, self._array(words), budget))

    def run(self, budget: int, states: int | None, depth: int | None, seconds: float) -> Status:
        """Searches on for about so many seconds, within ``budget`` bytes in all."""
        most = _NO_LIMIT if states is None else states
        deepest = _NO_LIMIT if depth is None else depth
        return Status(self._library.search_run(self._search, budget, most, deepest, seconds))

    def sweep_start(self) -> Status:
        """Prepares for finding out who can still move in which state."""
        return Status(self._library.search_sweep_start(self._search))

    def sweep(self, seconds: float) -> Status:
        """Goes on with it for about so many seconds."""
        return Status(self._library.search_sweep(self._search, seconds))

    def first_stuck(self) -> tuple[Sighting, tuple[tuple[str, int], ...]] | None:
        """After the sweeps: the first state in which some instances are stuck, and those."""
        words, depth = self._array(), c_uint64()
        mask = self._library.search_first_stuck(self._search, words, byref(depth))
        if not mask:
            return None
        stuck = tuple(who for k, who in enumerate(self._program.instances) if mask >> k & 1)
        return Sighting(tuple(words), depth.value, False), stuck

    def figures(self) -> Figures:
        values = (c_uint64 * len(Figures._fields))()
        self._library.search_figures(self._search, values)
        return Figures(*values)

    def found(self) -> dict[str, Sighting]:
        """The first sighting of every violation found."""
        depth, in_step, answers = c_uint64(), c_int(), {}
        for number, name in enumerate(self._program.violations, start=1):
            words = self._array()
            if self._library.search_found(self._search, number, words, byref(depth), byref(in_step)):
                answers[name] = Sighting(tuple(words), depth.value, bool(in_step.value))
        return answers

    def overflow(self) -> tuple[str, Sighting] | None:
        """The variable that was the first to outgrow its width, and where."""
        words, depth = self._array(), c_uint64()
        number = self._library.search_overflowed(self._search, words, byref(depth))
        if number < 0:
            return None
        return self._program.counts[number], Sighting(tuple(words), depth.value, True)

    def levels(self) -> tuple[int, ...]:
        """How many states lie at each distance; the last of them may not have been looked for to the end."""
        figures = self.figures()
        whole = self._library.search_levels(self._search)[: figures.depth + 1]
        beyond = figures.states - sum(whole)
        return tuple(whole) + ((beyond,) if beyond else ()) if figures.states else ()

    def states(self) -> "NDArray[np.uint64]":
        """All packed states of a search that is complete, a row each, layer by layer."""
        import numpy as np

        count = self.figures().states
        rows = np.zeros((count, self._words), dtype=np.uint64)
        depths = np.zeros(count, dtype=np.uint64)
        pointer = POINTER(c_uint64)
        self._library.search_states(
            self._search, rows.ctypes.data_as(pointer), depths.ctypes.data_as(pointer)
        )
        return rows[np.lexsort((*rows.T[::-1], depths))]

    def line_to(self, sighting: Sighting) -> list[Words]:
        """States on a shortest path to where that was, an initial state first."""
        return self.lines_to([sighting])[0]

    def lines_to(self, sightings: Sequence[Sighting]) -> list[list[Words]]:
        """The same for several at once: it is the going through the states that takes time.

        Of several predecessors, that with the smallest words is taken.
        """
        lines = [[sighting.words] for sighting in sightings]
        for depth in range(max((s.depth for s in sightings), default=0), 0, -1):
            here = [line for line, s in zip(lines, sightings, strict=True) if s.depth >= depth]
            heads = sorted({line[-1] for line in here})
            sources = dict(zip(heads, self._sources(depth, heads), strict=True))
            for line in here:
                line.append(sources[line[-1]])
        return [line[::-1] for line in lines]

    def _sources(self, depth: int, heads: Sequence[Words]) -> list[Words]:
        n = self._words
        given = (c_uint64 * (n * len(heads)))(*(word for head in heads for word in head))
        sources = (c_uint64 * (n * len(heads)))()
        if self._library.search_sources(self._search, depth, len(heads), given, sources) < len(heads):
            raise MemoryError("no memory to find the way back to an initial state")
        return [tuple(sources[k * n : (k + 1) * n]) for k in range(len(heads))]

    def fired(self) -> frozenset[int]:
        """The numbers of the edges that were taken."""
        return frozenset(number for number, flag in enumerate(self._seen()[0]) if flag)

    def covered(self) -> frozenset[str]:
        return frozenset(
            name for name, flag in zip(self._program.covers, self._seen()[1], strict=True) if flag
        )

    def largest(self) -> dict[str, int]:
        return dict(zip(self._program.counts, self._seen()[2], strict=True))

    def _seen(self) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
        program = self._program
        fired = (c_uint8 * program.edges)()
        covered = (c_uint8 * len(program.covers))()
        largest = (c_int64 * len(program.counts))()
        self._library.search_seen(self._search, fired, covered, largest)
        return list(fired), list(covered), list(largest)

    def _array(self, words: Words | None = None) -> "Array[c_uint64]":
        return (c_uint64 * self._words)(*(words or ()))


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    p, words, number = c_void_p, POINTER(c_uint64), POINTER(c_uint64)
    for name, result, arguments in (
        ("search_new", p, [c_uint]),
        ("search_free", None, [p]),
        ("search_want", None, [p, c_int]),
        ("search_start", c_int, [p, words, c_uint64]),
        ("search_run", c_int, [p, c_uint64, c_uint64, c_uint64, c_double]),
        ("search_sweep_start", c_int, [p]),
        ("search_sweep", c_int, [p, c_double]),
        ("search_first_stuck", c_uint64, [p, words, number]),
        ("search_figures", None, [p, number]),
        ("search_found", c_int, [p, c_int, words, number, POINTER(c_int)]),
        ("search_overflowed", c_int, [p, words, number]),
        ("search_levels", number, [p]),
        ("search_states", c_uint64, [p, words, number]),
        ("search_sources", c_uint64, [p, c_uint64, c_uint64, words, words]),
        ("search_seen", None, [p, POINTER(c_uint8), POINTER(c_uint8), POINTER(c_int64)]),
    ):
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library
