"""Stand-ins for what a model imports, with which CPython counts accesses to shared state; see ``python_oracle``."""

from __future__ import annotations

import enum
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Values = dict[tuple[str, tuple[int, ...]], int]
Cells = tuple[tuple[tuple[str, tuple[int, ...]], int], ...]


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


class _Kind(NamedTuple):
    """A type of the language: its form, its parameters, and the type of its elements."""

    form: str
    low: int = 0
    high: int = 0
    of: Any = None


def _kind(annotation: Any) -> _Kind:
    if isinstance(annotation, types.UnionType):
        annotation = annotation.__args__[0]
    if annotation is bool:
        return _Kind("bool", 0, 1)
    if isinstance(annotation, _Kind):
        return annotation
    if issubclass(annotation, enum.Flag):
        return _Kind("flag", of=annotation)
    if issubclass(annotation, enum.Enum):
        return _Kind("enum", of=annotation)
    if issubclass(annotation, _Record):
        return _Kind("record", of=annotation)
    return _Kind("ref", of=annotation)


def _number(kind: _Kind, value: Any) -> int:
    """``value`` as a cell of the transition system holds it."""
    match kind.form:
        case "enum":
            return list(kind.of).index(value)
        case "flag":
            return sum(1 << i for i, member in enumerate(kind.of) if member in value)
        case "ref":
            return 0 if value is None else value.slot + 1
        case "set":
            return sum(1 << _position(element) for element in value)
    return int(value)


def _position(element: Any) -> int:
    if element is None:
        raise Violation("null dereference")
    if isinstance(element, enum.Enum):
        return list(type(element)).index(element)
    return int(element.slot)


def _checked(kind: _Kind, value: Any) -> Any:
    if kind.form == "int" and not kind.low <= value <= kind.high:
        raise Violation("value out of range")
    if kind.form == "count" and value < 0:
        raise Violation("refcount below zero")
    return value


def _universe(kind: _Kind) -> int:
    return len(kind.of.of) if kind.of.form == "enum" else kind.of.of.population


class _Holder:
    """Something with fields: annotated attributes of the class, read and written through the cells of a run."""

    run: Run
    written: frozenset[str]

    def __getattribute__(self, name: str) -> Any:
        kinds = type(self).__dict__.get("_kinds") or kinds_of(type(self))
        if name not in kinds:
            return object.__getattribute__(self, name)
        cells = object.__getattribute__(self, "cells")
        place = _Place(
            object.__getattribute__(self, "run"), kinds[name], cells, name, name not in type(self).written
        )
        match kinds[name].form:
            case "bool" | "int" | "enum" | "ref":
                return place.read()
            case "record":
                return cells[name]
            case "array":
                return _Array(place)
            case "list":
                return _List(place)
            case "set":
                return _Set(place)
            case "count":
                return _Count(place)
        return _Flags(place)

    def __setattr__(self, name: str, value: Any) -> None:
        kinds = kinds_of(type(self))
        if name not in kinds:
            object.__setattr__(self, name, value)
        elif not isinstance(value, _Count):  # ``x.count += 1`` comes here too, when all is done
            _Place(self.run, kinds[name], self.cells, name, False).write(value)


def kinds_of(cls: type) -> dict[str, _Kind]:
    if "_kinds" not in cls.__dict__:
        found = {}
        for owner in reversed(cls.__mro__):
            for name, annotation in owner.__dict__.get("__annotations__", {}).items():
                if name not in ("run", "written"):
                    scope = sys.modules[owner.__module__].__dict__
                    found[name] = _kind(
                        eval(annotation, scope) if isinstance(annotation, str) else annotation
                    )
        cls._kinds = found  # type: ignore[attr-defined]
    return cls.__dict__["_kinds"]  # type: ignore[no-any-return]


class _Object(_Holder):
    population = 0


class _Record(_Holder):
    pass


class _System(_Holder):
    pass


@dataclass
class _Place:
    """One cell, or the cells of one list or array: reading or writing it is an access."""

    run: Run
    kind: _Kind
    cells: Any
    name: Any
    free: bool

    def read(self) -> Any:
        self.run.access(self.free)
        return self.cells[self.name]

    def write(self, value: Any) -> None:
        if isinstance(value, (_Set, _Flags)):
            value = value.read()
        if isinstance(value, (set, frozenset)):
            value = frozenset(value)
        self.cells[self.name] = _checked(self.kind, value)
        self.run.access()


class _Array:
    def __init__(self, place: _Place) -> None:
        self.place = place

    def _at(self, index: Any) -> _Place:
        position = index if isinstance(index, int) else _position(index)
        cells = self.place.cells[self.place.name]
        if not 0 <= position < len(cells):
            raise Violation("index out of range")
        return _Place(self.place.run, self.place.kind.of, cells, position, self.place.free)

    def __getitem__(self, index: Any) -> Any:
        return self._at(index).read()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._at(index).write(value)


class _List:
    def __init__(self, place: _Place) -> None:
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
        self.items[self._at(index)] = _checked(self.place.kind.of, value)
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
        self.items.append(_checked(self.place.kind.of, value))
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


class _Count:
    def __init__(self, place: _Place) -> None:
        self.place = place

    def _add(self, amount: int) -> int:
        cells, name = self.place.cells, self.place.name
        cells[name] = _checked(self.place.kind, cells[name] + amount)
        self.place.run.access()
        return int(cells[name])

    def get(self) -> int:
        return int(self.place.read())

    def __gt__(self, other: int) -> bool:
        return self.get() > other

    def __bool__(self) -> bool:
        return self.get() != 0

    def __iadd__(self, amount: int) -> _Count:
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


class _Flags:
    """A flag word as a place: used as a value it is read."""

    def __init__(self, place: _Place) -> None:
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


class _Set:
    """A set as a place: used as a value it is read."""

    def __init__(self, place: _Place) -> None:
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
            left = sorted(self.read() - visited, key=_position)
            if not left:
                return
            element = left[run.choose(len(left))]
            visited.add(element)
            yield element
            if len(visited) == _universe(self.place.kind):
                return

    def _change(self, change: Callable[[frozenset[Any]], Iterable[Any]]) -> None:
        self.place.run.access()
        self.place.cells[self.place.name] = frozenset(change(frozenset(self.place.cells[self.place.name])))

    def add(self, element: Any) -> None:
        _position(element)
        self._change(lambda members: members | {element})

    def discard(self, element: Any) -> None:
        _position(element)
        self._change(lambda members: members - {element})

    def remove(self, element: Any) -> None:
        if element not in self.place.cells[self.place.name]:
            raise Violation("remove of a non-member")
        self.discard(element)

    def clear(self) -> None:
        self._change(lambda _: ())


def _value(operand: Any) -> Any:
    return operand.read() if isinstance(operand, _Set) else operand


class _Chosen(frozenset):  # type: ignore[type-arg]
    """A set that is a value: its iteration is a choice, but no access."""

    run: Run

    def __iter__(self) -> Iterator[Any]:
        left = sorted(super().__iter__(), key=_position)
        while left:
            yield left.pop(self.run.choose(len(left)))


class PopulationStandIn(list[_Object]):
    """All objects of a class, iterated in any order."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def __iter__(self) -> Iterator[Any]:
        left = list(super().__iter__())
        while left:
            yield left.pop(self.run.choose(len(left)))


def declarations(run: Run) -> dict[str, Any]:
    """Stand-ins for what a model imports from ``ovlcheck``."""

    class Atomic:
        def __enter__(self) -> None:
            if not run.atomic:
                run.touched = False
            run.atomic += 1

        def __exit__(self, *error: object) -> None:
            run.atomic -= 1
            if not run.atomic and run.touched and error[0] is None:
                run.steps += 1

    class Form:
        def __init__(self, make: Callable[[Any], _Kind]) -> None:
            self.make = make

        def __getitem__(self, of: Any) -> _Kind:
            return self.make(of)

    class Values(_Chosen):
        pass

    Values.run = run

    def values(of: Any = frozenset()) -> Any:
        return Values(of.read() if isinstance(of, _Set) else of)

    def choose(*options: Any) -> Any:
        everything = list(options) if len(options) > 1 else list(options[0]) if options else [True, False]
        return everything[run.choose(len(everything))]

    def population(cls: type[_Object], size: int) -> list[_Object]:
        cls.population = size
        made = PopulationStandIn(run)
        for slot in range(size):
            item = cls()
            object.__setattr__(item, "slot", slot)
            object.__setattr__(item, "cells", first_cells(cls))
            made.append(item)
        return made

    return {
        "System": _System, "Object": _Object, "Record": _Record, "Population": population, "atomic": Atomic(),
        "process": lambda f: f, "rule": lambda f: None, "wait": lambda condition: None, "choose": choose,
        "set": values, "Refcount": _Kind("count"), "Constant": lambda default, doc="": default,
        "Int": Form(lambda of: _Kind("int", *of)),
        "Set": Form(lambda of: _Kind("set", of=_kind(of))),
        "List": Form(lambda of: _Kind("list", high=of[1], of=_kind(of[0]))),
        "Array": Form(lambda of: _Kind("array", high=_length(of[1]), of=_kind(of[0]))),
    }  # fmt: skip


def _length(size: Any) -> int:
    if isinstance(size, int):
        return size
    return len(size) if issubclass(size, enum.Enum) else int(size.population)


def first_cells(cls: type) -> dict[str, Any]:
    return {name: _first(kind, cls.__dict__.get(name)) for name, kind in kinds_of(cls).items()}


def _first(kind: _Kind, given: Any) -> Any:
    if given is not None:
        return given
    match kind.form:
        case "int" | "count":
            return 0 if kind.low <= 0 else kind.low
        case "bool":
            return False
        case "enum":
            return next(iter(kind.of))
        case "flag":
            return kind.of(0)
        case "set":
            return frozenset()
        case "list":
            return []
        case "array":
            return [_first(kind.of, None) for _ in range(kind.high)]
        case "record":
            made = kind.of()
            object.__setattr__(made, "cells", first_cells(kind.of))
            return made
    return None


def cells_of(prefix: str, index: tuple[int, ...], kinds: dict[str, _Kind], values: dict[str, Any]) -> Values:
    found: Values = {}
    for name, kind in kinds.items():
        full, value = f"{prefix}{name}", values[name]
        match kind.form:
            case "record":
                found |= cells_of(
                    f"{full}.", index, kinds_of(kind.of), object.__getattribute__(value, "cells")
                )
            case "array":
                found |= {(full, (*index, i)): _number(kind.of, v) for i, v in enumerate(value)}
            case "list":
                padded = [_number(kind.of, v) for v in value] + [0] * (kind.high - len(value))
                found[f"{full}.len", index] = len(value)
                found |= {(f"{full}.items", (*index, i)): v for i, v in enumerate(padded)}
            case _:
                found[full, index] = _number(kind, value)
    return found
