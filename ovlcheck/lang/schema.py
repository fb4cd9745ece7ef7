"""From the declarations of a model to its variables: annotations resolved at the constants of this run."""

from __future__ import annotations

import enum
import inspect
import sys
import types
import typing
from dataclasses import dataclass
from typing import Any

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.lang.kinds import (
    BOOL,
    SCALARS,
    ArrayT,
    CountT,
    EnumT,
    FlagT,
    IntT,
    Kind,
    ListT,
    LockT,
    RecordT,
    RefT,
    SetT,
    default_value,
    flag_mask,
    system_type,
)  # fmt: skip
from ovlcheck.lang.source import shown_path
from ovlcheck.system import transition_system as ts


@dataclass(frozen=True)
class PopulationInfo:
    """A population at the constants of this run; ``name`` is the object class's name in lower case."""

    name: str
    cls: type
    size: int
    dynamic: bool
    fields: tuple[tuple[str, Kind], ...] = ()

    @property
    def alive(self) -> str:
        return f"{self.name}.alive"


def class_place(cls: type) -> tuple[str, int]:
    try:
        return shown_path(inspect.getsourcefile(cls) or "?"), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return getattr(sys.modules.get(cls.__module__), "__file__", None) or cls.__module__, 1


class Schema:
    """Types, populations and variables of the model class ``cls`` under ``constants``.

    Raises CompileError with every declaration that cannot be understood.
    """

    def __init__(self, cls: type[decl.System], constants: dict[str, Any]) -> None:
        self.cls = cls
        self.constants = constants
        self.diagnostics: list[Diagnostic] = []
        self.populations: dict[str, PopulationInfo] = {}
        self.attribute_population: dict[str, PopulationInfo] = {}
        self.variables: dict[str, ts.Variable] = {}
        self.kinds: dict[str, Kind] = {}
        self.lock_shapes: dict[str, tuple[int, ...]] = {}
        self._declare_populations()
        for info in list(self.populations.values()):
            fields = self._fields(info.cls, decl.Object, skip=())
            self.populations[info.name] = info = PopulationInfo(info.name, info.cls, info.size, info.dynamic, fields)
            for attribute, known in self.attribute_population.items():
                if known.name == info.name:
                    self.attribute_population[attribute] = info
            if info.dynamic:
                self._add(ts.Variable(info.alive, system_type(BOOL), (info.size,), "alive"), BOOL)
            for name, kind in fields:
                self._declare(f"{info.name}.{name}", kind, (info.size,), self._first_value(info.cls, name))
        self.fields = dict(self._fields(cls, decl.System, skip=("expected_violations", "configurations")))
        for name, kind in self.fields.items():
            self._declare(name, kind, (), self._first_value(cls, name))
        if self.diagnostics:
            raise CompileError(self.diagnostics)

    def complain(self, cls: type, message: str, remedy: str) -> None:
        file, line = class_place(cls)
        self.diagnostics.append(Diagnostic(file, line, 1, message, remedy))

    def size(self, size: Any, cls: type) -> int:
        """An integer, or the constant that ``size`` names."""
        value = self.constants.get(size, size) if isinstance(size, str) else size
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, int):
            return value
        if value is None and isinstance(size, str):
            self.complain(cls, f"constant {size} is None where a size is needed", "give it an integer with --set")
            return 0
        self.complain(cls, f"{size!r} is no size", "write an integer or the name of a Constant")
        return 0

    def population_of(self, cls: type) -> PopulationInfo | None:
        """The population whose objects are instances of ``cls``."""
        found = [p for p in self.populations.values() if issubclass(p.cls, cls)]
        return found[0] if len(found) == 1 else None

    def _declare_populations(self) -> None:
        for attribute in _attributes(self.cls):
            value = inspect.getattr_static(self.cls, attribute)
            if not isinstance(value, decl.Population):
                continue
            name = value.cls.__name__.lower()
            if name in self.populations:
                self.complain(self.cls, f"two populations of {value.cls.__name__}", "declare one Population for a class")
                continue
            info = PopulationInfo(name, value.cls, max(self.size(value.size, self.cls), 0), value.dynamic)
            self.populations[name] = self.attribute_population[attribute] = info

    def _fields(self, cls: type, base: type, skip: tuple[str, ...]) -> tuple[tuple[str, Kind], ...]:
        fields: dict[str, Kind] = {}
        for owner in reversed(cls.__mro__):
            if owner in (base, object) or not issubclass(owner, base):
                continue
            for name, annotation in owner.__dict__.get("__annotations__", {}).items():
                if name in skip:
                    continue
                resolved = self._evaluate(annotation, owner)
                if resolved is None or typing.get_origin(resolved) is typing.ClassVar:
                    continue
                kind = self.kind(resolved, owner, name)
                if kind is not None:
                    fields[name] = kind
        return tuple(fields.items())

    def _evaluate(self, annotation: Any, owner: type) -> Any:
        if not isinstance(annotation, str):
            return annotation
        try:
            return eval(annotation, vars(sys.modules[owner.__module__]), dict(vars(owner)))
        except Exception as error:  # whatever the expression in the annotation may raise
            self.complain(owner, f"annotation {annotation!r}: {error}", "use the types of docs/language.md")
            return None

    def kind(self, annotation: Any, owner: type, name: str) -> Kind | None:
        """The kind that an annotation means, or None after a complaint."""
        match annotation:
            case _ if annotation is bool:
                return BOOL
            case _ if annotation is decl.Refcount:
                return CountT()
            case decl.IntAnnotation(low, high):
                return IntT(self.size(low, owner), self.size(high, owner))
            case decl.SetAnnotation(element):
                inner = self.kind(element, owner, name)
                if isinstance(inner, (RefT, EnumT)):
                    return SetT(RefT(inner.population, inner.size, False) if isinstance(inner, RefT) else inner)
                if inner is not None:
                    self.complain(owner, f"{name}: a Set of {inner}", "sets hold objects or members of an Enum")
                return None
            case decl.ListAnnotation(element, capacity):
                inner = self.kind(element, owner, name)
                if isinstance(inner, SCALARS):
                    return ListT(inner, self.size(capacity, owner))
                if inner is not None:
                    self.complain(owner, f"{name}: a List of {inner}", "lists hold scalars")
                return None
            case decl.ArrayAnnotation(element, size):
                inner = self.kind(element, owner, name)
                index = self._index(size, owner)
                return ArrayT(inner, index[1], index[0]) if inner is not None and index else None
            case types.UnionType() | decl.Optional():
                return self._optional(annotation, owner, name)
            case type() if annotation in decl.LOCKS:
                return LockT(annotation.__name__)
            case type() if issubclass(annotation, enum.Flag):
                return FlagT(annotation)
            case type() if issubclass(annotation, enum.Enum):
                return EnumT(annotation)
            case type() if issubclass(annotation, decl.Record):
                return RecordT(annotation, self._fields(annotation, decl.Record, skip=()))
            case type() if issubclass(annotation, decl.Object):
                info = self.population_of(annotation)
                if info is None:
                    self.complain(
                        owner, f"{name}: no population of {annotation.__name__}",
                        f"declare one in the model: {annotation.__name__.lower()}s = Population({annotation.__name__}, size=1)",
                    )  # fmt: skip
                    return None
                return RefT(info.name, info.size, nullable=False)
        self.complain(
            owner, f"{name}: {annotation!r} is no type of the language",
            "use bool, an Enum or Flag, Int[lo, hi], Refcount, an Object class, Set, List, Array, a Record or a lock",
        )  # fmt: skip
        return None

    def _optional(self, annotation: Any, owner: type, name: str) -> Kind | None:
        if isinstance(annotation, decl.Optional):
            inner: Any = annotation.inner
        else:
            others = [a for a in annotation.__args__ if a is not type(None)]
            inner = others[0] if len(others) == 1 else None
        kind = self.kind(inner, owner, name) if inner is not None else None
        if isinstance(kind, RefT):
            return RefT(kind.population, kind.size)
        self.complain(owner, f"{name}: only a reference can be None", "write: Thing | None, with Thing an Object class")
        return None

    def _index(self, size: Any, owner: type) -> tuple[Kind, int] | None:
        if isinstance(size, type) and issubclass(size, enum.Enum):
            return EnumT(size), len(size)
        if isinstance(size, str) and size in self.attribute_population:
            info = self.attribute_population[size]
            return RefT(info.name, info.size, False), info.size
        if isinstance(size, type) and issubclass(size, decl.Object):
            found = self.population_of(size)
            return (RefT(found.name, found.size, False), found.size) if found else None
        length = self.size(size, owner)
        return IntT(0, max(length - 1, 0)), length

    def _first_value(self, cls: type, name: str) -> Any:
        return inspect.getattr_static(cls, name, None)

    def _declare(self, name: str, kind: Kind, shape: tuple[int, ...], first: Any) -> None:
        match kind:
            case RecordT(cls, fields):
                for field, inner in fields:
                    self._declare(f"{name}.{field}", inner, shape, self._first_value(cls, field))
            case ArrayT(element, size, _):
                self._declare(name, element, (*shape, size), first)
            case ListT(element, capacity):
                self._add(ts.Variable(f"{name}.len", system_type(IntT(0, capacity)), shape), IntT(0, capacity))
                self._add(ts.Variable(f"{name}.items", system_type(element), (*shape, capacity)), element)
            case LockT():
                self.kinds[name] = kind
                self.lock_shapes[name] = shape
            case _:
                default = self._encode(first, kind, name) if first is not None else default_value(kind)
                self._add(ts.Variable(name, system_type(kind), shape, default=default), kind)

    def _encode(self, value: Any, kind: Kind, name: str) -> int:
        match kind:
            case EnumT(cls) if isinstance(value, cls):
                return list(cls).index(value)
            case FlagT(cls) if isinstance(value, cls):
                return flag_mask(value)
            case SetT() if value in (set(), frozenset()):
                return 0
            case _ if isinstance(value, (bool, int)) and system_type(kind).contains(int(value)):
                return int(value)
        self.complain(self.cls, f"{name} starts as {value!r}, which is no {kind}", "give it a value of its type")
        return default_value(kind)

    def _add(self, variable: ts.Variable, kind: Kind) -> None:
        self.variables[variable.name] = variable
        self.kinds[variable.name] = kind


def _attributes(cls: type) -> list[str]:
    """Names of class attributes, base classes first, each class in the order of its text."""
    seen: dict[str, None] = {}
    for owner in reversed(cls.__mro__):
        for name in owner.__dict__:
            seen.setdefault(name)
    return list(seen)
