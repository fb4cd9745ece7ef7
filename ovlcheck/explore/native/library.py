"""A compiled program loaded into this process: its C functions as Python methods."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_double, c_int, c_int64, c_uint8, c_uint64, c_void_p
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ovlcheck.explore.native.generate import Program
from ovlcheck.explore.native.problems import CompilerFailed, NotSupported

_NO_LIMIT = (1 << 64) - 1
_NONE = (1 << 64) - 1


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
    """``enum figure`` of the runtime."""

    states: int
    expanded: int
    transitions: int
    depth: int
    bytes: int
    overflowed_variable: int
    overflowed_at: int


class Run:
    """One search by a compiled program; a context manager that gives its memory back.

    Raises ``CompilerFailed`` if the library cannot be loaded, ``NotSupported`` if there is no memory to begin
    with.
    """

    def __init__(self, path: Path, program: Program, deadlock_free: bool) -> None:
        self._program = program
        self._words = program.layout.words
        try:
            self._library = _declared(ctypes.CDLL(str(path)))
        except OSError as problem:
            raise CompilerFailed(f"the compiled model cannot be loaded: {problem}; delete {path}") from None
        self._search = self._library.search_new(int(deadlock_free))
        if not self._search:
            raise NotSupported("there is no memory for a search to begin with")

    def __enter__(self) -> "Run":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._library.search_free(self._search)
        self._search = None

    def want(self, name: str) -> None:
        """Ends the search once all violations wanted have been found."""
        self._library.search_want(self._search, self._program.violations.index(name) + 1)

    def start(self, words: tuple[int, ...], budget: int) -> Status:
        """Adds an initial state."""
        return Status(self._library.search_start(self._search, (c_uint64 * self._words)(*words), budget))

    def run(self, budget: int, states: int | None, depth: int | None, seconds: float) -> Status:
        """Searches on for about so many seconds, within ``budget`` bytes in all."""
        most = _NO_LIMIT if states is None else states
        deepest = _NO_LIMIT if depth is None else depth
        return Status(self._library.search_run(self._search, budget, most, deepest, seconds))

    def sweep(self, seconds: float) -> Status:
        """Goes on for about so many seconds with finding out who can still move in which state."""
        return Status(self._library.search_sweep(self._search, seconds))

    def first_stuck(self) -> tuple[int, tuple[tuple[str, int], ...]] | None:
        """After the sweeps: the first state in which some instances are stuck, and those."""
        mask = c_uint64()
        at = self._library.search_first_stuck(self._search, byref(mask))
        if at == _NONE:
            return None
        return at, tuple(who for k, who in enumerate(self._program.instances) if mask.value >> k & 1)

    def figures(self) -> Figures:
        values = (c_uint64 * len(Figures._fields))()
        self._library.search_figures(self._search, values)
        return Figures(*values)

    def found(self) -> list[tuple[str, int, bool]]:
        """Name, state, and whether it showed in a step from that state, of every violation found."""
        at, in_step, answers = c_uint64(), c_int(), []
        for number, name in enumerate(self._program.violations, start=1):
            if self._library.search_found(self._search, number, byref(at), byref(in_step)):
                answers.append((name, at.value, bool(in_step.value)))
        return answers

    def levels(self) -> tuple[int, ...]:
        """How many states lie at each distance; the last of them may not have been looked for to the end."""
        figures = self.figures()
        whole = self._library.search_levels(self._search)[: figures.depth + 1]
        beyond = figures.states - sum(whole)
        return tuple(whole) + ((beyond,) if beyond else ()) if figures.states else ()

    def words(self, index: int) -> tuple[int, ...]:
        """The packed state number ``index``."""
        base = self._library.search_states(self._search)
        return tuple(base[index * self._words : (index + 1) * self._words])

    def all_words(self) -> NDArray[np.uint64]:
        """All packed states, a row each: a copy."""
        count = self.figures().states
        if not count:
            return np.zeros((0, self._words), dtype=np.uint64)
        base = self._library.search_states(self._search)
        return np.ctypeslib.as_array(base, shape=(count, self._words)).copy()

    def line_to(self, index: int) -> list[int]:
        """The states on the path by which ``index`` was first reached, an initial state first."""
        line = [index]
        while True:
            parent = self._library.search_parent(self._search, line[-1])
            if parent == line[-1]:
                return line[::-1]
            line.append(parent)

    def fired(self, edges: int) -> frozenset[int]:
        flags = self._library.search_fired(self._search)
        return frozenset(k for k in range(edges) if flags[k])

    def covered(self) -> frozenset[str]:
        flags = self._library.search_covered(self._search)
        return frozenset(name for k, name in enumerate(self._program.covers) if flags[k])

    def largest(self) -> dict[str, int]:
        values = self._library.search_largest(self._search)
        return {name: values[k] for k, name in enumerate(self._program.counts)}


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    p = c_void_p
    for name, result, arguments in (
        ("search_new", p, [c_int]),
        ("search_free", None, [p]),
        ("search_want", None, [p, c_int]),
        ("search_start", c_int, [p, POINTER(c_uint64), c_uint64]),
        ("search_run", c_int, [p, c_uint64, c_uint64, c_uint64, c_double]),
        ("search_sweep", c_int, [p, c_double]),
        ("search_first_stuck", c_uint64, [p, POINTER(c_uint64)]),
        ("search_figures", None, [p, POINTER(c_uint64)]),
        ("search_found", c_int, [p, c_int, POINTER(c_uint64), POINTER(c_int)]),
        ("search_levels", POINTER(c_uint64), [p]),
        ("search_states", POINTER(c_uint64), [p]),
        ("search_parent", c_uint64, [p, c_uint64]),
        ("search_fired", POINTER(c_uint8), [p]),
        ("search_covered", POINTER(c_uint8), [p]),
        ("search_largest", POINTER(c_int64), [p]),
    ):
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library
