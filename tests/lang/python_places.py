"""Cells of shared state for ``python_standins``: using one is an access, which is counted."""

from __future__ import annotations

import enum
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Violation(Exception):
    """What the language calls a violation, under the name it has there."""


@dataclass
class Run:
    """One execution: the choices to make, those made, and what was counted."""

    script: list[int]
    made: list[tuple[int, int]] = field(default_factory=list)
    counting: bool = False
    atomic: int = 0
    touched: bool = False
    steps: int = 0

    def access(self, free: bool = False) -> None:
        """An access to shared state; ``free``: to state that nothing writes."""
        if not self.counting or free:
            return
        if self.atomic:
            self.touched = True
        else:
            self.steps += 1

    def choose(self, options: int) -> int:
        position = len(self.made)
        choice = self.script[position] if position < len(self.script) else 0
        self.made.append((choice, options))
        return choice


class Kind(NamedTuple):
    """A type of the language: its form, its parameters, and the type of its elements."""

    form: str
    low: int = 0
    high: int = 0
    of: Any = None


def kind_of(annotation: Any) -> Kind:
    if isinstance(annotation, types.UnionType):
        annotation = annotation.__args__[0]
    if annotation is bool:
        return Kind("bool", 0, 1)
    if isinstance(annotation, Kind):
        return annotation
    if issubclass(annotation, enum.Flag):
        return Kind("flag", of=annotation)
    if issubclass(annotation, enum.Enum):
        return Kind("enum", of=annotation)
    if getattr(annotation, "is_record", False):
        return Kind("record", of=annotation)
    return Kind("ref", of=annotation)


def number_of(kind: Kind, value: Any) -> int:
    """``value`` as a cell of the transition system holds it."""
    match kind.form:
        case "enum":
            return list(kind.of).index(value)
        case "flag":
            return sum(1 << i for i, member in enumerate(kind.of) if member in value)
        case "ref":
            return 0 if value is None else value.slot + 1
        case "set":
            return sum(1 << position_of(element) for element in value)
    return int(value)


def position_of(element: Any) -> int:
    if element is None:
        raise Violation("null dereference")
    if isinstance(element, enum.Enum):
        return list(type(element)).index(element)
    return int(element.slot)


def checked(kind: Kind, value: Any) -> Any:
    if kind.form == "int" and not kind.low <= value <= kind.high:
        raise Violation("value out of range")
    if kind.form == "count" and value < 0:
        raise Violation("refcount below zero")
    return value


def universe(kind: Kind) -> int:
    return len(kind.of.of) if kind.of.form == "enum" else kind.of.of.population


@dataclass
class Place:
    """One cell, or the cells of one list or array: reading or writing it is an access."""

    run: Run
    kind: Kind
    cells: Any
    name: Any
    free: bool

    def read(self) -> Any:
        self.run.access(self.free)
        return self.cells[self.name]

    def write(self, value: Any) -> None:
        if isinstance(value, (SetPlace, FlagsPlace)):
            value = value.read()
        if isinstance(value, (set, frozenset)):
            value = frozenset(value)
        self.cells[self.name] = checked(self.kind, value)
        self.run.access()


class ArrayPlace:
    def __init__(self, place: Place) -> None:
        self.place = place

    def _at(self, index: Any) -> Place:
        position = index if isinstance(index, int) else position_of(index)
        cells = self.place.cells[self.place.name]
        if not 0 <= position < len(cells):
            raise Violation("index out of range")
        return Place(self.place.run, self.place.kind.of, cells, position, self.place.free)

    def __getitem__(self, index: Any) -> Any:
        return self._at(index).read()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._at(index).write(value)


class ListPlace:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.items: list[Any] = place.cells[place.name]

    def _at(self, index: int) -> int:
        position = index + len(self.items) if index < 0 else index
        if not 0 <= position < len(self.items):
            raise Violation("index out of range")
        return position

    def __getitem__(self, index: int) -> Any:
        item = self.items[self._at(index)]
        self.place.run.access(self.place.free)
        return item

    def __setitem__(self, index: int, value: Any) -> None:
        self.items[self._at(index)] = checked(self.place.kind.of, value)
        self.place.run.access()

    def __len__(self) -> int:
        self.place.run.access(self.place.free)
        return len(self.items)

    def __contains__(self, value: Any) -> bool:
        self.place.run.access(self.place.free)
        return value in self.items

    def __iter__(self) -> Iterator[Any]:
        position = 0
        while True:
            self.place.run.access(self.place.free)
            if position >= len(self.items):
                return
            position += 1
            yield self.items[position - 1]

    def append(self, value: Any) -> None:
        if len(self.items) == self.place.kind.high:
            raise Violation("index out of range")
        self.items.append(checked(self.place.kind.of, value))
        self.place.run.access()

    def pop(self, index: int = -1) -> Any:
        item = self.items.pop(self._at(index))
        self.place.run.access()
        return item

    def remove(self, value: Any) -> None:
        if value not in self.items:
            raise Violation("remove of a non-member")
        self.place.run.access()
        self.items.remove(value)

    def clear(self) -> None:
        self.place.run.access()
        self.items.clear()


class CountPlace:
    def __init__(self, place: Place) -> None:
        self.place = place

    def _add(self, amount: int) -> int:
        cells, name = self.place.cells, self.place.name
        cells[name] = checked(self.place.kind, cells[name] + amount)
        self.place.run.access()
        return int(cells[name])

    def get(self) -> int:
        return int(self.place.read())

    def __gt__(self, other: int) -> bool:
        return self.get() > other

    def __bool__(self) -> bool:
        return self.get() != 0

    def __iadd__(self, amount: int) -> CountPlace:
        self.place.write(self.get() + amount)
        return self

    def inc(self) -> None:
        self._add(1)

    def dec(self) -> None:
        self._add(-1)

    def dec_and_test(self) -> bool:
        return self._add(-1) == 0

    def inc_not_zero(self) -> bool:
        some = self.place.cells[self.place.name] != 0
        self._add(int(some))
        return some


class FlagsPlace:
    """A flag word as a place: used as a value it is read."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def read(self) -> Any:
        return self.place.read()

    def __and__(self, other: Any) -> Any:
        return self.read() & other

    def __or__(self, other: Any) -> Any:
        return self.read() | other

    def __xor__(self, other: Any) -> Any:
        return self.read() ^ other

    def __invert__(self) -> Any:
        return ~self.read()

    def __eq__(self, other: object) -> bool:
        return bool(self.read() == other)

    def __contains__(self, other: Any) -> bool:
        return other in self.read()

    def __bool__(self) -> bool:
        return bool(self.read())

    def _change(self, change: Callable[[Any], Any]) -> Any:
        self.place.run.access()
        before = self.place.cells[self.place.name]
        self.place.cells[self.place.name] = change(before)
        return before

    def set(self, mask: Any) -> None:
        self._change(lambda word: word | mask)

    def clear(self, mask: Any) -> None:
        self._change(lambda word: word & ~mask)

    def test_and_set(self, mask: Any) -> bool:
        return bool(self._change(lambda word: word | mask) & mask)

    def test_and_clear(self, mask: Any) -> bool:
        return bool(self._change(lambda word: word & ~mask) & mask)


class SetPlace:
    """A set as a place: used as a value it is read."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def read(self) -> frozenset[Any]:
        return frozenset(self.place.read())

    def __contains__(self, element: Any) -> bool:
        return element in self.read()

    def __len__(self) -> int:
        return len(self.read())

    def __bool__(self) -> bool:
        return bool(self.read())

    def __and__(self, other: Any) -> Any:
        return self.read() & _value(other)

    def __or__(self, other: Any) -> Any:
        return self.read() | _value(other)

    def __xor__(self, other: Any) -> Any:
        return self.read() ^ _value(other)

    def __sub__(self, other: Any) -> Any:
        return self.read() - _value(other)

    def __eq__(self, other: object) -> bool:
        return self.read() == _value(other)

    def __le__(self, other: Any) -> bool:
        return self.read() <= _value(other)

    def __lt__(self, other: Any) -> bool:
        return self.read() < _value(other)

    def __iter__(self) -> Iterator[Any]:
        run = self.place.run
        visited: set[Any] = set()
        while True:
            left = sorted(self.read() - visited, key=position_of)
            if not left:
                return
            element = left[run.choose(len(left))]
            visited.add(element)
            yield element
            if len(visited) == universe(self.place.kind):
                return

    def _change(self, change: Callable[[frozenset[Any]], Iterable[Any]]) -> None:
        self.place.run.access()
        self.place.cells[self.place.name] = frozenset(change(frozenset(self.place.cells[self.place.name])))

    def add(self, element: Any) -> None:
        position_of(element)
        self._change(lambda members: members | {element})

    def discard(self, element: Any) -> None:
        position_of(element)
        self._change(lambda members: members - {element})

    def remove(self, element: Any) -> None:
        if element not in self.place.cells[self.place.name]:
            raise Violation("remove of a non-member")
        self.discard(element)

    def clear(self) -> None:
        self._change(lambda _: ())


def _value(operand: Any) -> Any:
    return operand.read() if isinstance(operand, SetPlace) else operand


class Chosen(frozenset):  # type: ignore[type-arg]
    """A set that is a value: its iteration is a choice, but no access."""

    run: Run

    def __iter__(self) -> Iterator[Any]:
        left = sorted(super().__iter__(), key=position_of)
        while left:
            yield left.pop(self.run.choose(len(left)))
