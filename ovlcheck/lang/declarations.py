"""The words of the modelling language: what a model imports from ``ovlcheck``.

Model code is compiled, never run, so most of these only carry what the author wrote to the compiler;
calling one of the statements (``wait``, ``choose``, …) outside a model raises ``TypeError``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Annotation:
    """A type of the language, as it stands in an annotation."""

    def __or__(self, other: object) -> "Annotation":
        if other is None or other is type(None):
            return Optional(self)
        return NotImplemented


@dataclass(frozen=True)
class Optional(Annotation):
    inner: Any


@dataclass(frozen=True)
class IntAnnotation(Annotation):
    low: int | str
    high: int | str


@dataclass(frozen=True)
class SetAnnotation(Annotation):
    element: Any


@dataclass(frozen=True)
class ListAnnotation(Annotation):
    element: Any
    capacity: int | str


@dataclass(frozen=True)
class ArrayAnnotation(Annotation):
    element: Any
    size: Any


class Int:
    """``Int[lo, hi]``: the integers from ``lo`` to ``hi``, both included; a bound may name a constant."""

    def __class_getitem__(cls, bounds: tuple[int | str, int | str]) -> Any:
        return IntAnnotation(*bounds)


class Set:
    """``Set[T]``: a set of objects of a population, or of members of an ``Enum``.  It has no order."""

    def __class_getitem__(cls, element: Any) -> Any:
        return SetAnnotation(element)


class List:
    """``List[T, capacity]``: an ordered list of at most ``capacity`` elements."""

    def __class_getitem__(cls, of: tuple[Any, int | str]) -> Any:
        return ListAnnotation(*of)


class Array:
    """``Array[T, size]``: one ``T`` for each index; ``size`` is an integer, an ``Enum``, an ``Object`` class, or the
    name of a constant or population."""

    def __class_getitem__(cls, of: tuple[Any, Any]) -> Any:
        return ArrayAnnotation(*of)


class Refcount:
    """A natural number whose bound the author does not write.  Going below zero is a violation."""


class SpinLock:
    """A lock under which its holder may not sleep."""


class Mutex:
    """A sleeping lock."""


class RwSemaphore:
    """A sleeping lock with many readers or one writer."""


LOCKS = (SpinLock, Mutex, RwSemaphore)


class Object:
    """Base of the classes of objects: annotated attributes are fields, class attributes their first values."""


class Record:
    """Base of the classes of records: a field of such a type holds these fields inside it."""


class System:
    """Base of models: annotated attributes are global state; processes, rules and helpers are methods.

    ``left_out`` names what the model abstracts from, for the scope line of every report.  ``expected_violations`` are
    the properties that it is known to break, ``expected_vacuous`` those that are known to say nothing about it.
    """

    left_out = ()

    expected_violations: tuple[str, ...] = ()
    expected_vacuous: tuple[str, ...] = ()
    configurations: dict[str, dict[str, Any]] = {}


@dataclass(frozen=True)
class Population:
    """All objects of one class: ``size`` slots (an integer or the name of a constant).

    ``dynamic`` slots start free and come into being with ``new``; the others are allocated from the start.
    """

    cls: type[Object]
    size: int | str
    dynamic: bool = False


@dataclass(frozen=True)
class Constant:
    """A parameter of a model, with its default; ``--set NAME=VALUE`` changes it.

    ``choices`` restricts an integer or ``None``; a bool or an ``Enum`` restricts itself.
    """

    default: Any
    doc: str = ""
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class ProcessMark:
    """What ``@process`` and ``@daemon`` leave on a method."""

    instances: int | str | None
    daemon: bool


@dataclass(frozen=True)
class RuleMark:
    """What ``@rule`` leaves on a method."""

    fair: str
    when: str | None


@dataclass(frozen=True)
class Listener:
    """What ``@always``, ``@before`` and ``@after`` leave on a property: the kind and the name of its event."""

    kind: str
    event: str = ""


MARK = "__ovlcheck__"


def _marking(mark: object) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        setattr(function, MARK, mark)
        return function

    return decorate


def process(function: F | None = None, *, instances: int | str | None = None) -> Any:
    """Mark a method as a user task of ``instances`` interchangeable copies (1 unless told).

    Instead of ``instances`` the method may have one parameter of a finite type: one copy for each of its values.
    """
    decorate = _marking(ProcessMark(instances, daemon=False))
    return decorate if function is None else decorate(function)


def daemon(function: F | None = None, *, instances: int | str | None = None) -> Any:
    """Like ``process``, for work that the kernel does by itself: its next pass is weakly fair."""
    decorate = _marking(ProcessMark(instances, daemon=True))
    return decorate if function is None else decorate(function)


def rule(function: F | None = None, *, fair: str = "weak", when: str | None = None) -> Any:
    """Mark a method as a guarded atomic action that may happen at any time, for any value of its parameters.

    ``fair`` is ``weak``, ``strong`` or ``none``; ``when`` names a constant without whose truth there is no such rule.
    """
    decorate = _marking(RuleMark(fair, when))
    return decorate if function is None else decorate(function)


def always(function: F) -> F:
    """The predicate must hold in every reachable state."""
    return _marking(Listener("always"))(function)


def before(event: str) -> Callable[[F], F]:
    """The predicate (or the update of ghosts) belongs to the call of ``event``."""
    return _marking(Listener("call", event))


def after(event: str) -> Callable[[F], F]:
    """The predicate (or the update of ghosts) belongs to the return of ``event``."""
    return _marking(Listener("return", event))


@dataclass(frozen=True)
class Behaviour:
    """What ``@behaviour``, ``@eventually`` and ``@possible`` leave on a property.

    ``kind`` is the decorator.  ``weak``, ``strong`` and ``unfair`` name processes, rules and functions; ``calls`` and
    ``without`` are those of ``possible``.
    """

    kind: str
    weak: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    unfair: tuple[str, ...] = ()
    calls: bool = True
    without: tuple[str, ...] = ()
    on_request: bool = False


Names = str | tuple[str, ...] | list[str]


def _names(given: Names) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def behaviour(
    function: F | None = None,
    *,
    weak: Names = (),
    strong: Names = (),
    unfair: Names = (),
    on_request: bool = False,
) -> Any:
    """The formula that the function returns must hold of every fair behaviour.

    ``weak``, ``strong`` and ``unfair`` name processes, rules or functions whose steps are to be that fair here, instead
    of as they are by default.  ``on_request``: only a run that names the property checks it.
    """
    decorate = _marking(
        Behaviour("behaviour", _names(weak), _names(strong), _names(unfair), on_request=on_request)
    )
    return decorate if function is None else decorate(function)


def eventually(formula: Any) -> Any:
    """As an operator: ``formula`` holds now or later.  As a decorator: the predicate does, in every fair behaviour."""
    if callable(formula):
        return _marking(Behaviour("eventually"))(formula)
    _statement("eventually")


def possible(goal: Any = None, *, calls: bool = True, without: Names = (), on_request: bool = False) -> Any:
    """As an operator: there is a way from here to a state with ``goal``.

    As a decorator: from every reachable state there is a way to one in which the predicate holds.
    ``calls=False``: without any further call of a user; ``without`` names processes, rules or functions that have no
    step on the way.
    """
    decorate = _marking(Behaviour("possible", calls=calls, without=_names(without), on_request=on_request))
    if goal is None:
        return decorate
    if callable(goal):
        return decorate(goal)
    _statement("possible")


def until(before_it: Any, goal: Any) -> Any:
    """``goal`` holds now or later, and ``before_it`` all the time until then."""
    _statement("until")


def leads_to(premise: Any, goal: Any) -> Any:
    """Whenever ``premise`` holds, ``goal`` holds then or later."""
    _statement("leads_to")


def next_state(formula: Any) -> Any:
    """``formula`` holds after the next step, or now for ever if there is none."""
    _statement("next_state")


OPERATORS = (always, eventually, until, leads_to, next_state, possible)
"""What may stand in a formula."""


class Observer:
    """Base of properties with ghost state: annotated attributes are ghosts, decorated methods their handlers."""


@dataclass(frozen=True)
class Unasked:
    """A property that names a check of every run; see ``unasked``."""

    check: str
    doc: str
    on_request: bool = False


def unasked(check: str, doc: str, *, on_request: bool = False) -> Any:
    """A property that holds when the unasked check of that name never fails.

    ``on_request``: it costs so much that only a run that names it checks it.
    """
    return Unasked(check, doc, on_request)


def _statement(name: str) -> NoReturn:
    raise TypeError(f"{name} is compiled, not run: it means something only inside a model")


class _Atomic:
    """``with atomic:`` makes its block one step."""

    def __enter__(self) -> None:
        _statement("atomic")

    def __exit__(self, *exc: object) -> None:
        _statement("atomic")


atomic = _Atomic()


def wait(condition: object) -> None:
    """Block until ``condition`` holds; test and pass in one step."""
    _statement("wait")


def choose(*options: Any) -> Any:
    """Any of ``options``; any element of a single iterable; either truth value without arguments."""
    _statement("choose")


def new(cls: type[Any]) -> Any:
    """A free slot of the population of ``cls``, allocated, with all fields at their first values."""
    _statement("new")


def free(item: object) -> None:
    """Give the slot back and reset its fields.  Whoever still refers to it dangles."""
    _statement("free")


def idle() -> None:
    """The position before the next step is one of rest."""
    _statement("idle")


def may_not_happen(why: str) -> None:
    """The steps of this block need not be taken in every configuration."""
    _statement("may_not_happen")


def event(name: str, *arguments: Any) -> None:
    """Announce an event that is no call of a function; properties listen to it with ``before`` or ``after``."""
    _statement("event")


def pre(expression: Any) -> Any:
    """In a handler of an event: the value of ``expression`` before the event's step."""
    _statement("pre")


def source_marks(function: Any) -> Any:
    """The mark that a decorator of this module left on ``function``, or None."""
    return getattr(function, MARK, None)
