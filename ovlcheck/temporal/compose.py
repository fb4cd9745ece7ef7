"""Weaves properties into a transition system, so that every engine sees one system and none knows properties.

Predicates on every state become invariants.  What a property does at an event becomes operations right
behind the ``Event``, in the event's own step: its predicates are checked, then its ghosts change.  Nothing
of a property stands in a guard, so it makes no step possible or impossible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.system.expr import Const, Deref, Expr, Load, Param, Temp, show, walk
from ovlcheck.system.logic import substitute
from ovlcheck.system.transition_system import (
    Assign,
    Check,
    Cover,
    Event,
    Invariant,
    Let,
    Op,
    PropertyInfo,
    TransitionSystem,
)
from ovlcheck.temporal.before_step import PreState
from ovlcheck.temporal.constant_ghosts import without_constant_ghosts
from ovlcheck.temporal.property import Handler, Property
from ovlcheck.temporal.vacuity import exercised


def compose(system: TransitionSystem, properties: tuple[Property, ...]) -> TransitionSystem:
    """``system`` with ``properties`` in it; ghosts of other properties, and those that are constants, do not exist.

    At an event every predicate of every property is checked first, then all ghosts take their new values
    at once: predicates and new values are those of the state in which the event happens.  A handler of an
    event that the model does not have makes a line in ``system.notes``; a property is vacuous (none of its
    covers is ever met) when no such event happens, or when its predicate never reaches its last obligation.

    Raises ``CompileError`` when an argument that a handler uses does not exist in the event, and when two
    properties or a ghost and a variable have the same name.
    """
    _refuse_duplicates(system, properties)
    properties = tuple(map(without_constant_ghosts, properties))
    weaver = _Weaver(system, properties)
    edges = tuple(replace(e, ops=weaver.weave(e.ops)) for e in system.edges)
    initial = tuple(replace(i, ops=weaver.weave(i.ops)) for i in system.initial)
    if weaver.errors:
        raise CompileError(list(weaver.errors.values()))
    ghosts = tuple(replace(g, kind="ghost") for p in properties for g in p.ghosts)
    return replace(
        system,
        variables=system.variables + ghosts,
        edges=edges,
        initial=initial,
        invariants=system.invariants
        + tuple(Invariant(p.name, a, _message(p, a)) for p in properties for a in p.always),
        covers=system.covers
        + tuple(Cover(p.name, exercised(a, weaver.fixed)) for p in properties for a in p.always),
        properties=system.properties + tuple(_describe(p) for p in properties),
        notes=system.notes + tuple(weaver.unheard(properties)),
        requirements=system.requirements + tuple(r for p in properties for r in p.requirements),
    )


def _describe(item: Property) -> PropertyInfo:
    if item.unasked is not None:
        return PropertyInfo(item.name, "unasked", item.doc, item.source, check=item.unasked)
    if item.requirements:
        return PropertyInfo(item.name, "behaviour", item.doc, item.source)
    kind = "observer" if item.ghosts else "event" if item.handlers else "always"
    return PropertyInfo(item.name, kind, item.doc, item.source, covers=(item.name,))


def _message(item: Property, predicate: Expr) -> str:
    """The first sentence of the property's description, which says what is wrong in the reader's words."""
    text = " ".join(item.doc.split())
    sentence, _, _ = text.partition(". ")
    return sentence.removesuffix(".") if sentence else f"not ({show(predicate)})"


def _refuse_duplicates(system: TransitionSystem, properties: tuple[Property, ...]) -> None:
    taken = {v.name for v in system.variables}
    names = {p.name for p in system.properties}
    errors = []
    for item in properties:
        if item.name in names:
            errors.append(
                _diagnostic(item, f"there are two properties named {item.name}", "rename one of them")
            )
        names.add(item.name)
        for ghost in item.ghosts:
            if ghost.name in taken:
                message = f"the ghost {ghost.name} of {item.name} has the name of another variable"
                errors.append(_diagnostic(item, message, "rename it"))
            taken.add(ghost.name)
    if errors:
        raise CompileError(errors)


def _diagnostic(item: Property | Handler, message: str, remedy: str) -> Diagnostic:
    source = item.source
    if source is None:
        return Diagnostic("<property>", 1, 1, message, remedy)
    column = len(source.text) - len(source.text.lstrip()) + 1
    return Diagnostic(source.file, source.line, column, message, remedy, source.text)


@dataclass(frozen=True)
class _Listener:
    """A handler with the name and text that its violations carry."""

    item: Property
    handler: Handler


class _Weaver:
    """Puts handlers into sequences of operations, and remembers which events there were."""

    def __init__(self, system: TransitionSystem, properties: Iterable[Property]) -> None:
        self._system = system
        self._listeners: dict[tuple[str, str], list[_Listener]] = {}
        self._heard: set[tuple[str, str]] = set()
        self.errors: dict[tuple[str, str, str, str], Diagnostic] = {}
        properties = tuple(properties)
        for item in properties:
            for handler in item.handlers:
                self._listeners.setdefault((handler.phase, handler.event), []).append(
                    _Listener(item, handler)
                )
        events = {(o.phase, o.name) for e in _sequences(system) for o in e if isinstance(o, Event)}
        updated = {
            u.variable
            for p in properties
            for h in p.handlers
            if (h.phase, h.event) in events
            for u in h.updates
        }
        self.fixed = tuple((g.name, g.default) for p in properties for g in p.ghosts if g.name not in updated)

    def weave(self, ops: tuple[Op, ...]) -> tuple[Op, ...]:
        """``ops`` with the operations of the handlers of its events behind these."""
        if not any(isinstance(o, Event) and (o.phase, o.name) in self._listeners for o in ops):
            return ops
        fresh = _Names(ops)
        before = PreState(self._system, fresh.name)
        woven: list[Op] = []
        for op in ops:
            woven.append(op)
            before.pass_over(op)
            if isinstance(op, Event):
                added = self._at(op, before, fresh)
                woven += added
        return before.snapshot(woven)

    def _at(self, event: Event, before: PreState, fresh: _Names) -> list[Op]:
        key = (event.phase, event.name)
        listeners = self._listeners.get(key, [])
        if listeners:
            self._heard.add(key)
        lets: list[Op] = []
        checks: list[Op] = []
        values: list[Op] = []
        assigns: list[Op] = []
        for listener in listeners:
            item, handler = listener.item, listener.handler
            arguments = self._bind(listener, event)
            if arguments is None:
                continue
            used = _used_parameters(handler)
            for name in [n for n in arguments if n in used]:
                if _worth_naming(arguments[name]):
                    temp = fresh.name(f"{item.name}_{name}")
                    lets.append(Let(temp, arguments[name]))
                    arguments[name] = Temp(temp)
            earlier: dict[str, Expr] = {}
            for name, value in handler.pre:
                earlier[name] = substitute(before.value(value), arguments, earlier)
            if handler.predicate is not None:
                condition = substitute(handler.predicate, arguments, earlier)
                checks.append(
                    Check(condition, item.name, _message(item, condition), fatal=False, source=handler.source)
                )
                checks.append(Cover(item.name, exercised(condition, self.fixed)))
            for update in handler.updates:
                index = []
                for axis in update.index:
                    temp = fresh.name(f"{update.variable}_at")
                    values.append(Let(temp, substitute(axis, arguments, earlier)))
                    index.append(Temp(temp))
                temp = fresh.name(f"{update.variable}_new")
                values.append(Let(temp, substitute(update.value, arguments, earlier)))
                assigns.append(Assign(update.variable, tuple(index), Temp(temp), handler.source))
        return lets + checks + values + assigns

    def _bind(self, listener: _Listener, event: Event) -> dict[str, Expr] | None:
        """The event's argument for each parameter of the handler: that of its name, else that at its
        position."""
        handler = listener.handler
        named = {name: value for name, value, _ in event.arguments}
        by_name = {p for p in handler.parameters if p in named}
        bound: dict[str, Expr] = {}
        for position, parameter in enumerate(handler.parameters):
            if parameter in named:
                bound[parameter] = named[parameter]
                continue
            if position < len(event.arguments):
                name, value, _ = event.arguments[position]
                if name != "result" and name not in by_name:
                    bound[parameter] = value
                    continue
            self._refuse(listener, event, parameter)
            return None
        return bound

    def _refuse(self, listener: _Listener, event: Event, parameter: str) -> None:
        key = (listener.item.name, event.phase, event.name, parameter)
        has = ", ".join(name for name, _, _ in event.arguments)
        place = f" ({event.source})" if event.source else ""
        self.errors[key] = _diagnostic(
            listener.handler if listener.handler.source else listener.item,
            f"{listener.item.name}: the {event.phase} of {event.name}{place} has no argument {parameter}",
            f"its arguments are: {has}" if has else "it has no arguments: take only the model",
        )

    def unheard(self, properties: Iterable[Property]) -> Iterator[str]:
        for item in properties:
            listened = dict.fromkeys((h.phase, h.event) for h in item.handlers)
            missing = [
                f"{phase} of {event}" for phase, event in listened if (phase, event) not in self._heard
            ]
            if missing:
                yield f"{item.name}: this model has no {', '.join(missing)}"


class _Names:
    """Temporaries that no operation of one step has yet."""

    def __init__(self, ops: Iterable[Op]) -> None:
        self._taken = {o.temp for o in ops if isinstance(o, Let)}

    def name(self, wish: str) -> str:
        wish = "".join(c if c.isalnum() else "_" for c in wish)
        number = 0
        while f"{wish}_{number}" in self._taken:
            number += 1
        self._taken.add(f"{wish}_{number}")
        return f"{wish}_{number}"


def _sequences(system: TransitionSystem) -> Iterator[tuple[Op, ...]]:
    yield from (e.ops for e in system.edges)
    yield from (i.ops for i in system.initial)


def _used_parameters(handler: Handler) -> set[str]:
    expressions = [v for _, v in handler.pre]
    expressions += [] if handler.predicate is None else [handler.predicate]
    expressions += [e for u in handler.updates for e in (*u.index, u.value)]
    return {e.name for x in expressions for e in walk(x) if isinstance(e, Param)}


def _worth_naming(argument: Expr) -> bool:
    """Whether to evaluate it once into a temporary: it is no leaf, and evaluating it cannot fault by
    itself."""
    if isinstance(argument, (Const, Param, Temp)):
        return False
    for e in walk(argument):
        if isinstance(e, Deref) or getattr(e, "op", None) in ("//", "%"):
            return False
        if isinstance(e, Load) and not all(isinstance(i, (Const, Param, Temp)) for i in e.index):
            return False
    return True
