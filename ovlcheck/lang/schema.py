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
    COUNT_LIMIT,
    MOST_ELEMENTS,
    MOST_INSTANCES,
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
from ovlcheck.lang.source import attribute_place
from ovlcheck.system import transition_system as ts
from ovlcheck.system import types as st

# Integers of the language stay far inside 64 bits.
_FAR = 1 << 48


Axes = tuple[str | None, ...]
"""For each axis of a variable the population that it is indexed by, if it is."""


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
        self.lock_axes: dict[str, Axes] = {}
        self._open: list[type] = []
        self._declare_populations()
        for info in list(self.populations.values()):
            fields = self.fields_of(info.cls, decl.Object, skip=())
            self.populations[info.name] = info = PopulationInfo(
                info.name, info.cls, info.size, info.dynamic, fields
            )
            for attribute, known in self.attribute_population.items():
                if known.name == info.name:
                    self.attribute_population[attribute] = info
            if info.dynamic:
                alive = ts.Variable(info.alive, system_type(BOOL), (info.size,), "alive", axes=(info.name,))
                self._add(alive, BOOL)
            for name, kind in fields:
                first = self._first_value(info.cls, name)
                self.declare(f"{info.name}.{name}", kind, (info.size,), (info.name,), first)
        declarations = ("expected_violations", "expected_vacuous", "configurations")
        self.fields = dict(self.fields_of(cls, decl.System, skip=declarations))
        for name, kind in self.fields.items():
            self.declare(name, kind, (), (), self._first_value(cls, name))
        if self.diagnostics:
            raise CompileError(self.diagnostics)

    def complain(self, cls: type, name: str, message: str, remedy: str) -> None:
        """Note that the attribute ``name`` of ``cls`` cannot be understood."""
        file, line, text = attribute_place(cls, name)
        column = len(text) - len(text.lstrip()) + 1
        diagnostic = Diagnostic(file, line, column, message, remedy, text)
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    def size(self, size: Any, cls: type, name: str) -> int:
        """An integer, or the constant that ``size`` names."""
        value = self.constants.get(size, size) if isinstance(size, str) else size
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, int):
            return value
        if value is None and isinstance(size, str):
            self.complain(
                cls, name, f"constant {size} is None where a size is needed", "give it an integer with --set"
            )
            return 0
        self.complain(cls, name, f"{size!r} is no size", "write an integer or the name of a Constant")
        return 0

    def _bounded(self, size: Any, cls: type, name: str, least: int) -> int:
        """A size that lies between ``least`` and what one machine word can number."""
        value = self.size(size, cls, name)
        if least <= value <= MOST_ELEMENTS:
            return value
        self.complain(cls, name, f"{name} has {value} elements", f"give it {least} to {MOST_ELEMENTS}")
        return least

    def instances(self, size: Any, cls: type, name: str) -> int:
        """How many copies of the process ``name`` of ``cls`` there are: none is a model without it."""
        value = self.size(size, cls, name)
        if 0 <= value <= MOST_INSTANCES:
            return value
        self.complain(cls, name, f"{name} has {value} instances", f"give it 0 to {MOST_INSTANCES}")
        return 0

    def population_of(self, cls: type) -> PopulationInfo | None:
        """The population whose objects are instances of ``cls``."""
        found = [p for p in self.populations.values() if issubclass(p.cls, cls)]
        return found[0] if len(found) == 1 else None

    def scalar_kinds(self) -> list[Kind]:
        """The kinds of all variables, and of the elements of sets."""
        kinds: list[Kind] = [k for k in self.kinds.values() if isinstance(k, SCALARS)]
        return kinds + [k.element for k in kinds if isinstance(k, SetT) and k.element is not None]

    def _declare_populations(self) -> None:
        for attribute in _attributes(self.cls):
            value = inspect.getattr_static(self.cls, attribute)
            if not isinstance(value, decl.Population):
                continue
            if not isinstance(value.cls, type) or not issubclass(value.cls, decl.Object):
                self.complain(
                    self.cls,
                    attribute,
                    f"a population of {value.cls!r}",
                    "give a class that derives from Object",
                )
                continue
            name = value.cls.__name__.lower()
            if name in self.populations:
                self.complain(
                    self.cls,
                    attribute,
                    f"a second population called {name}",
                    "declare one Population for a class",
                )
                continue
            size = self._bounded(value.size, self.cls, attribute, 0)
            info = PopulationInfo(name, value.cls, size, value.dynamic)
            self.populations[name] = self.attribute_population[attribute] = info

    def fields_of(self, cls: type, base: type, skip: tuple[str, ...]) -> tuple[tuple[str, Kind], ...]:
        fields: dict[str, Kind] = {}
        for owner in reversed(cls.__mro__):
            if owner in (base, object) or not issubclass(owner, base):
                continue
            for name, annotation in inspect.get_annotations(owner).items():
                if name in skip:
                    continue
                resolved = self._evaluate(annotation, owner, name)
                if resolved is None or typing.get_origin(resolved) is typing.ClassVar:
                    continue
                kind = self.kind(resolved, owner, name)
                if kind is not None:
                    fields[name] = kind
        return tuple(fields.items())

    def _evaluate(self, annotation: Any, owner: type, name: str) -> Any:
        if not isinstance(annotation, str):
            return annotation
        try:
            return eval(annotation, vars(sys.modules[owner.__module__]), dict(vars(owner)))
        except Exception as error:  # whatever the expression in the annotation may raise
            self.complain(
                owner, name, f"annotation {annotation!r}: {error}", "use the types of docs/language.md"
            )
            return None

    def kind(self, annotation: Any, owner: type, name: str) -> Kind | None:
        """The kind that an annotation means, or None after a complaint."""
        match annotation:
            case _ if annotation is bool:
                return BOOL
            case _ if annotation is decl.Refcount:
                return CountT()
            case decl.IntAnnotation(low, high):
                lo, hi = self.size(low, owner, name), self.size(high, owner, name)
                if not -_FAR <= lo <= hi <= _FAR:
                    self.complain(
                        owner,
                        name,
                        f"{name}: no integer lies in Int[{lo}, {hi}]",
                        "write Int[least, greatest]",
                    )
                    return IntT(0, 0)
                return IntT(lo, hi)
            case decl.SetAnnotation(element):
                return self._set(element, owner, name)
            case decl.ListAnnotation(element, capacity):
                inner = self.kind(element, owner, name)
                if isinstance(inner, SCALARS):
                    return ListT(inner, self._bounded(capacity, owner, name, 1))
                if inner is not None:
                    self.complain(owner, name, f"{name}: a List of {inner}", "lists hold scalars")
                return None
            case decl.ArrayAnnotation(element, size):
                inner = self.kind(element, owner, name)
                index = self._index(size, owner, name)
                return ArrayT(inner, index[1], index[0]) if inner is not None and index else None
            case types.UnionType() | decl.Optional():
                return self._optional(annotation, owner, name)
            case type() if annotation in decl.LOCKS:
                return LockT(annotation.__name__)
            case type() if issubclass(annotation, enum.Enum):
                return self._enum(annotation, owner, name)
            case type() if issubclass(annotation, decl.Record):
                return self._record(annotation, owner, name)
            case type() if issubclass(annotation, decl.Object):
                return self._reference(annotation, owner, name)
        self.complain(
            owner, name, f"{name}: {annotation!r} is no type of the language",
            "use bool, an Enum or Flag, Int[lo, hi], Refcount, an Object class, Set, List, Array, a Record or a lock",
        )  # fmt: skip
        return None

    def _set(self, element: Any, owner: type, name: str) -> Kind | None:
        inner = self.kind(element, owner, name)
        match inner:
            case RefT(population, size):
                return SetT(RefT(population, size, nullable=False))
            case EnumT():
                return SetT(inner)
            case _ if inner is not None:
                self.complain(
                    owner, name, f"{name}: a Set of {inner}", "sets hold objects or members of an Enum"
                )
        return None

    def _enum(self, cls: type[enum.Enum], owner: type, name: str) -> Kind | None:
        if 0 < len(cls) <= MOST_ELEMENTS:
            return FlagT(cls) if issubclass(cls, enum.Flag) else EnumT(cls)
        self.complain(
            owner, name, f"{name}: {cls.__name__} has {len(cls)} members", f"give it 1 to {MOST_ELEMENTS}"
        )
        return None

    def _record(self, cls: type[decl.Record], owner: type, name: str) -> Kind | None:
        if cls in self._open:
            self.complain(owner, name, f"{name}: a {cls.__name__} inside itself", "records are finite")
            return None
        self._open.append(cls)
        fields = self.fields_of(cls, decl.Record, skip=())
        self._open.pop()
        return RecordT(cls, fields)

    def _reference(self, cls: type[decl.Object], owner: type, name: str) -> Kind | None:
        info = self.population_of(cls)
        if info is not None:
            return RefT(info.name, info.size, nullable=False)
        remedy = f"declare one in the model: {cls.__name__.lower()}s = Population({cls.__name__}, size=1)"
        self.complain(owner, name, f"{name}: no population of {cls.__name__}", remedy)
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
        self.complain(
            owner,
            name,
            f"{name}: only a reference can be None",
            "write: Thing | None, with Thing an Object class",
        )
        return None

    def _index(self, size: Any, owner: type, name: str) -> tuple[Kind, int] | None:
        if isinstance(size, type) and issubclass(size, enum.Enum):
            return EnumT(size), len(size)
        if isinstance(size, str) and size in self.attribute_population:
            info = self.attribute_population[size]
            return RefT(info.name, info.size, False), info.size
        if isinstance(size, type) and issubclass(size, decl.Object):
            found = self.population_of(size)
            return (RefT(found.name, found.size, False), found.size) if found else None
        length = self._bounded(size, owner, name, 1)
        return IntT(0, length - 1), length

    def _first_value(self, cls: type, name: str) -> Any:
        return inspect.getattr_static(cls, name, None)

    def declare(self, name: str, kind: Kind, shape: tuple[int, ...], axes: Axes, first: Any) -> None:
        match kind:
            case RecordT(cls, fields):
                for field, inner in fields:
                    self.declare(f"{name}.{field}", inner, shape, axes, self._first_value(cls, field))
            case ArrayT(element, size, by):
                axis = by.population if isinstance(by, RefT) else None
                self.declare(name, element, (*shape, size), (*axes, axis), first)
            case ListT(element, capacity):
                number = IntT(0, capacity)
                self._add(ts.Variable(f"{name}.len", system_type(number), shape, axes=axes), number)
                cells = (*shape, capacity)
                items = ts.Variable(f"{name}.items", system_type(element), cells, axes=(*axes, None))
                self._add(items, element)
            case LockT():
                if name in self.kinds:
                    self.complain(
                        self.cls, name.split(".")[0], f"two variables are called {name}", "rename one"
                    )
                self.kinds[name] = kind
                self.lock_shapes[name] = shape
                self.lock_axes[name] = axes
            case _:
                default = self._encode(first, kind, name) if first is not None else default_value(kind)
                wide = isinstance(kind, CountT) and default > 1
                type_ = st.Count(default.bit_length()) if wide else system_type(kind)
                self._add(ts.Variable(name, type_, shape, default=default, axes=axes), kind)

    def _encode(self, value: Any, kind: Kind, name: str) -> int:
        match kind:
            case EnumT(cls) if isinstance(value, cls):
                return list(cls).index(value)
            case FlagT(cls) if isinstance(value, cls):
                return flag_mask(value)
            case SetT() if value in (set(), frozenset()):
                return 0
            case CountT() if isinstance(value, int) and 0 <= value < COUNT_LIMIT:
                return int(value)
            case _ if isinstance(value, (bool, int)) and system_type(kind).contains(int(value)):
                return int(value)
        self.complain(
            self.cls, name, f"{name} starts as {value!r}, which is no {kind}", "give it a value of its type"
        )
        return default_value(kind)

    def _add(self, variable: ts.Variable, kind: Kind) -> None:
        if variable.name in self.variables:
            self.complain(
                self.cls,
                variable.name.split(".")[0],
                f"two variables are called {variable.name}",
                "rename one",
            )
        self.variables[variable.name] = variable
        self.kinds[variable.name] = kind


def _attributes(cls: type) -> list[str]:
    """Names of class attributes, base classes first, each class in the order of its text."""
    seen: dict[str, None] = {}
    for owner in reversed(cls.__mro__):
        for name in owner.__dict__:
            seen.setdefault(name)
    return list(seen)
