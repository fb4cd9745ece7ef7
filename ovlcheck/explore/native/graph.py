"""The graph of a native search and the products made of it: the C functions of ``runtime/graph.c`` and its neighbours.

A call may take long: it runs in a thread of its own, while this one looks at the clock and the keyboard.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterable, Sequence
from ctypes import POINTER, byref, c_int, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from ovlcheck.explore.native.generate import Program
from ovlcheck.explore.native.library import Run, Words

LOOK_EVERY = 0.05
"""Seconds between two looks at the clock."""

BYTES_PER_ARC = 6
BYTES_PER_STATE = 24
"""What a state takes in a graph beside its labels and its arcs: its number and place, its first arc, a label."""

_OUTSIDE = (1 << 32) - 1

WAY = np.dtype([("fulfils", np.uint64), ("target", np.uint32)], align=True)


class Built(IntEnum):
    """``enum built`` of the runtime."""

    BUILT = 0
    STOPPED = 1
    NO_ROOM = 2
    LOST = 3


class GraphStopped(Exception):
    """The graph, or what was being done with it, was given up; the argument says why."""


class GraphError(Exception):
    """The graph is not that of the search: a defect of the checker, never of the model."""


@dataclass(frozen=True)
class Tables:
    """An automaton as ``struct automaton`` of ``runtime/product.h`` has it, with what fairness says of each class."""

    labels: int
    ways_from: NDArray[np.uint32]
    ways: NDArray[np.void]
    stays: NDArray[np.uint8]
    core: NDArray[np.uint32]
    seat: NDArray[np.uint32]
    seats: NDArray[np.uint32]
    accepting: NDArray[np.uint8]
    universal: NDArray[np.uint8]
    took: NDArray[np.uint64]
    fair: NDArray[np.uint64]
    strong: NDArray[np.uint64]
    groups: int
    required: int


class _Automaton(ctypes.Structure):
    _fields_ = (
        ("places", c_uint32), ("labels", c_uint32), ("cores", c_uint32), ("ways_from", c_void_p),
        ("ways", c_void_p), ("stays", c_void_p), ("core", c_void_p), ("seat", c_void_p), ("seats", c_void_p),
        ("accepting", c_void_p), ("universal", c_void_p), ("took", c_void_p), ("fair", c_void_p), ("strong", c_void_p),
        ("groups", c_uint64), ("required", c_uint64),
    )  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A path through a graph: the packed states and the class of the step to each but the first.

    From the state number ``stem`` on it is gone round again and again.
    """

    states: tuple[Words, ...]
    classes: tuple[int, ...]
    stem: int


class GraphRun(Run):
    """A search by a program for behaviours, and then the graph of what it found."""

    def __init__(self, path: Path, program: Program, threads: int) -> None:
        super().__init__(path, program, threads)
        _declare(self._library)
        self._graph: int | None = None
        self._classes = np.zeros(1, dtype=np.uint16)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._graph is not None:
            self._library.graph_free(self._graph)
        super().__exit__(kind, value, trace)

    def begin(self, classes: Sequence[int], initial: Iterable[Words]) -> tuple[int, ...]:
        """Begins the graph, with ``classes`` by the number of a step, of what can be reached from ``initial``: the
        numbers of those of them that were expanded.

        Raises ``GraphStopped`` where there is no memory.
        """
        self._classes = np.array(classes or [0], dtype=np.uint16)
        self._graph = self._library.graph_new(self._search, self._classes.ctypes.data)
        if self._graph is None:
            raise GraphStopped("out of memory: there is none for the graph of these states")
        numbers = (int(self._library.graph_start(self._graph, self._array(words))) for words in initial)
        return tuple(number for number in numbers if number != _OUTSIDE)

    def build(self, arc_bytes: int, look: Callable[[], object]) -> int:
        """Writes all steps down; how many there are.

        Raises ``GraphStopped`` where they take more than ``arc_bytes``, and what ``look`` raises, which is called
        every so often.
        """
        self._attended(lambda: int(self._library.graph_build(self._graph, arc_bytes)), look)
        return int(self._library.graph_arcs(self._graph))

    def leave(self, spare: int) -> None:
        """Says how many bytes may be taken by what is done with the graph."""
        self._library.graph_leave(self._graph, max(spare, 0))

    def product(self, tables: Tables, bits: Sequence[int]) -> "Product":
        """The product with an automaton whose atoms are these bits of the labels."""
        self._library.graph_select(self._graph, len(bits), (c_uint32 * len(bits))(*bits))
        return Product(self, tables)

    def _attended(self, call: Callable[[], int], look: Callable[[], object]) -> None:
        """Runs ``call``, which ends soon once the graph is told to stop.  Raises as ``build`` does."""
        answers: list[int] = []
        thread = threading.Thread(target=lambda: answers.append(call()), daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(LOOK_EVERY)
                look()
        except BaseException:
            self._library.graph_stop(self._graph)
            thread.join()
            raise
        match Built(answers[0]):
            case Built.NO_ROOM:
                raise GraphStopped("out of memory: the graph of these states takes more than there is")
            case Built.LOST:
                raise GraphError("the graph has a step to a state that the search did not find")


class Product:
    """The graph of a ``GraphRun`` seen through an automaton; a context manager.  Raises ``MemoryError``."""

    def __init__(self, run: GraphRun, tables: Tables) -> None:
        self._run = run
        self._library = run._library
        self._tables = tables  # the library keeps pointers into its arrays
        arrays = (
            tables.ways_from, tables.ways, tables.stays, tables.core, tables.seat, tables.seats,
            tables.accepting, tables.universal, tables.took, tables.fair, tables.strong,
        )  # fmt: skip
        self._automaton = _Automaton(
            len(tables.core),
            tables.labels,
            len(tables.seats),
            *(array.ctypes.data for array in arrays),
            tables.groups,
            tables.required,
        )
        self._product = self._library.product_new(run._graph, byref(self._automaton))
        if not self._product:
            raise GraphStopped("out of memory: there is none for a product of the graph")

    def __enter__(self) -> "Product":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._library.product_free(self._product)
        self._product = None

    def judge(self, initial: Sequence[int], first_will_do: bool, look: Callable[[], object]) -> bool:
        """Looks for fair behaviours that are accepted; whether there are any.  Raises as ``GraphRun.build`` does."""
        given = (c_uint32 * len(initial))(*initial)
        self._run._attended(
            lambda: int(self._library.product_judge(self._product, given, len(initial), first_will_do)), look
        )
        return self._any()

    def without_a_way(self, usable: Sequence[bool], look: Callable[[], object]) -> bool:
        """Looks for states with the first atom from which no way, of classes that are ``usable``, leads to one with
        the second; whether there are any."""
        given = (c_uint8 * len(usable))(*usable)
        self._run._attended(lambda: int(self._library.product_without_a_way(self._product, given)), look)
        return self._any()

    def mark(self, atoms: int) -> bool:
        """Looks for states with any of the atoms, a bit each; whether there are any."""
        self._library.product_mark(self._product, atoms)
        return self._any()

    def lasso(self, initial: Sequence[int], path_only: bool, look: Callable[[], object]) -> Line:
        """A shortest path to what was found, with a fair loop unless ``path_only``."""
        given = (c_uint32 * len(initial))(*initial)
        status, found = c_int(), []

        def call() -> int:
            found.append(
                self._library.product_lasso(self._product, given, len(initial), path_only, byref(status))
            )
            return status.value

        self._run._attended(call, look)
        if not found[0]:
            raise GraphError("what was found in the graph cannot be reached")
        states, classes, stem = POINTER(c_uint32)(), POINTER(c_uint16)(), c_uint64()
        length = self._library.product_line(self._product, byref(states), byref(classes), byref(stem))
        return Line(
            tuple(self._state(states[k]) for k in range(length)),
            tuple(classes[k] for k in range(1, length)),
            stem.value,
        )

    def _state(self, number: int) -> Words:
        words = self._run._array()
        if not self._library.graph_state(self._run._graph, number, words):
            raise GraphStopped("out of memory: there is none to tell what was found")
        return tuple(words)

    def _any(self) -> bool:
        return bool(self._library.product_any_good(self._product))


def _declare(library: ctypes.CDLL) -> None:
    p, words, number = c_void_p, POINTER(c_uint64), POINTER(c_uint32)
    for name, result, arguments in (
        ("graph_new", p, [p, p]),
        ("graph_free", None, [p]),
        ("graph_build", c_int, [p, c_uint64]),
        ("graph_stop", None, [p]),
        ("graph_leave", None, [p, c_uint64]),
        ("graph_arcs", c_uint64, [p]),
        ("graph_start", c_uint32, [p, words]),
        ("graph_state", c_int, [p, c_uint32, words]),
        ("graph_select", None, [p, ctypes.c_uint, number]),
        ("product_new", p, [p, p]),
        ("product_free", None, [p]),
        ("product_judge", c_int, [p, number, c_uint64, c_int]),
        ("product_any_good", c_int, [p]),
        ("product_without_a_way", c_int, [p, POINTER(c_uint8)]),
        ("product_mark", None, [p, ctypes.c_uint]),
        ("product_lasso", c_int, [p, number, c_uint64, c_int, POINTER(c_int)]),
        ("product_line", c_uint64, [p, POINTER(number), POINTER(POINTER(c_uint16)), POINTER(c_uint64)]),
    ):
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
