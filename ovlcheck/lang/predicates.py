"""Predicates on a state: code that only computes a value, compiled to a single expression."""

from __future__ import annotations

from ovlcheck.lang.context import frame_of
from ovlcheck.lang.kinds import Kind
from ovlcheck.lang.schema import Schema
from ovlcheck.lang.source import Function
from ovlcheck.lang.statements import Statements
from ovlcheck.lang.values import Value


class Predicate(Statements):
    """Compiles what a property says of one state; ``kinds`` are those of the ghosts that it may read."""

    def __init__(self, schema: Schema, known: dict[str, tuple[int, ...]], kinds: dict[str, Kind]) -> None:
        super().__init__(schema, frozenset(), known, "property")
        self.predicate = True
        self.pure = 1
        self.ghost_kinds = kinds

    def open(self, function: Function, values: dict[str, Value]) -> None:
        """Begin with the body of ``function``, whose parameters have ``values``."""
        frame = frame_of(function, function.name, None)
        frame.locals.update(values)
        self.frames.append(frame)
