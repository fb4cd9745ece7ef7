"""Compiled properties: what the front end hands to composition.

In these expressions ``Param(name)`` stands for the argument of that name of the event that a handler listens
to (a reference is 0 for None, i + 1 for object i), and ``Temp(name)`` with a name from ``pre`` for a value
taken before the step.
"""

from __future__ import annotations

from dataclasses import dataclass

from ovlcheck.system.expr import Expr
from ovlcheck.system.formula import Requirement
from ovlcheck.system.transition_system import Source, Variable


@dataclass(frozen=True)
class Update:
    """A ghost's new value, computed in the state at the event like all other updates of that event."""

    variable: str
    index: tuple[Expr, ...]
    value: Expr


@dataclass(frozen=True)
class Handler:
    """What a property does at the ``call`` or ``return`` (``phase``) of ``event``.

    ``parameters`` are the names of the event's arguments that it uses, in the order of its signature: an
    argument is matched by name, else by its position.  ``predicate`` must hold at the event; ``updates``
    change ghosts.
    """

    phase: str
    event: str
    parameters: tuple[str, ...]
    predicate: Expr | None = None
    updates: tuple[Update, ...] = ()
    pre: tuple[tuple[str, Expr], ...] = ()
    source: Source | None = None


@dataclass(frozen=True)
class Property:
    """A property of any kind: predicates on every state (``always``), handlers of events, the name of an
    unasked check (``unasked``), or what it demands of whole behaviours (``requirements``); ``ghosts`` are its
    own variables."""

    name: str
    doc: str
    always: tuple[Expr, ...] = ()
    handlers: tuple[Handler, ...] = ()
    unasked: str | None = None
    ghosts: tuple[Variable, ...] = ()
    source: Source | None = None
    requirements: tuple[Requirement, ...] = ()
