"""Stand-ins for what a model imports, with which CPython counts accesses to shared state; see ``python_oracle``."""

from __future__ import annotations

import enum
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

from tests.lang.python_places import (
    ArrayPlace,
    Chosen,
    CountPlace,
    FlagsPlace,
    Kind,
    ListPlace,
    Place,
    Run,
    SetPlace,
    kind_of,
    number_of,
)

Values = dict[tuple[str, tuple[int, ...]], int]
Cells = tuple[tuple[tuple[str, tuple[int, ...]], int], ...]


class _Holder:
    """Something with fields: annotated attributes of the class, read and written through the cells of a run."""

    run: Run
    written: frozenset[str]

    def __getattribute__(self, name: str) -> Any:
        kinds = type(self).__dict__.get("_kinds") or kinds_of(type(self))
        if name not in kinds:
            return object.__getattribute__(self, name)
        cells = object.__getattribute__(self, "cells")
        place = Place(
            object.__getattribute__(self, "run"), kinds[name], cells, name, name not in type(self).written
        )
        match kinds[name].form:
            case "bool" | "int" | "enum" | "ref":
                return place.read()
            case "record":
                return cells[name]
            case "array":
                return ArrayPlace(place)
            case "list":
                return ListPlace(place)
            case "set":
                return SetPlace(place)
            case "count":
                return CountPlace(place)
        return FlagsPlace(place)

    def __setattr__(self, name: str, value: Any) -> None:
        kinds = kinds_of(type(self))
        if name not in kinds:
            object.__setattr__(self, name, value)
        elif not isinstance(value, CountPlace):  # ``x.count += 1`` comes here too, when all is done
            Place(self.run, kinds[name], self.cells, name, False).write(value)


def kinds_of(cls: type) -> dict[str, Kind]:
    if "_kinds" not in cls.__dict__:
        found = {}
        for owner in reversed(cls.__mro__):
            for name, annotation in inspect.get_annotations(owner).items():
                if name not in ("run", "written"):
                    scope = sys.modules[owner.__module__].__dict__
                    found[name] = kind_of(
                        eval(annotation, scope) if isinstance(annotation, str) else annotation
                    )
        cls._kinds = found  # type: ignore[attr-defined]
    return cls.__dict__["_kinds"]  # type: ignore[no-any-return]


class ObjectStandIn(_Holder):
    population = 0


class RecordStandIn(_Holder):
    is_record = True


class SystemStandIn(_Holder):
    pass


class PopulationStandIn(list[ObjectStandIn]):
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
        def __init__(self, make: Callable[[Any], Kind]) -> None:
            self.make = make

        def __getitem__(self, of: Any) -> Kind:
            return self.make(of)

    class Values(Chosen):
        pass

    Values.run = run

    def values(of: Any = frozenset()) -> Any:
        return Values(of.read() if isinstance(of, SetPlace) else of)

    def choose(*options: Any) -> Any:
        everything = list(options) if len(options) > 1 else list(options[0]) if options else [True, False]
        return everything[run.choose(len(everything))]

    def population(cls: type[ObjectStandIn], size: int) -> list[ObjectStandIn]:
        cls.population = size
        made = PopulationStandIn(run)
        for slot in range(size):
            item = cls()
            object.__setattr__(item, "slot", slot)
            object.__setattr__(item, "cells", first_cells(cls))
            made.append(item)
        return made

    return {
        "System": SystemStandIn, "Object": ObjectStandIn, "Record": RecordStandIn, "Population": population,
        "atomic": Atomic(),
        "process": lambda f: f, "rule": lambda f: None, "wait": lambda condition: None, "choose": choose,
        "set": values, "Refcount": Kind("count"), "Constant": lambda default, doc="": default,
        "Int": Form(lambda of: Kind("int", *of)),
        "Set": Form(lambda of: Kind("set", of=kind_of(of))),
        "List": Form(lambda of: Kind("list", high=of[1], of=kind_of(of[0]))),
        "Array": Form(lambda of: Kind("array", high=_length(of[1]), of=kind_of(of[0]))),
    }  # fmt: skip


def _length(size: Any) -> int:
    if isinstance(size, int):
        return size
    return len(size) if issubclass(size, enum.Enum) else int(size.population)


def first_cells(cls: type) -> dict[str, Any]:
    return {name: _first(kind, cls.__dict__.get(name)) for name, kind in kinds_of(cls).items()}


def _first(kind: Kind, given: Any) -> Any:
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


def cells_of(prefix: str, index: tuple[int, ...], kinds: dict[str, Kind], values: dict[str, Any]) -> Values:
    found: Values = {}
    for name, kind in kinds.items():
        full, value = f"{prefix}{name}", values[name]
        match kind.form:
            case "record":
                found |= cells_of(
                    f"{full}.", index, kinds_of(kind.of), object.__getattribute__(value, "cells")
                )
            case "array":
                found |= {(full, (*index, i)): number_of(kind.of, v) for i, v in enumerate(value)}
            case "list":
                padded = [number_of(kind.of, v) for v in value] + [0] * (kind.high - len(value))
                found[f"{full}.len", index] = len(value)
                found |= {(f"{full}.items", (*index, i)): v for i, v in enumerate(padded)}
            case _:
                found[full, index] = number_of(kind, value)
    return found
