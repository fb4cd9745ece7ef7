"""Which steps of a transition system match which lines of a scenario.

One step may contain several events, so it may match several lines at once, or none, or, if it contains what
a gap rules out, may not be taken at all.  ``Matches`` lists the ways, edge by edge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.system.transition_system import Edge, Event, TransitionSystem
from ovlcheck.temporal.scenario_file import Gap, Pattern, Scenario

HEAD = -1
"""Where a step as a whole happens: ahead of all of its operations."""


@dataclass(frozen=True)
class Instance:
    """The acting instance is ``number``, or, unless ``equal``, is not."""

    number: int
    equal: bool = True


Conditions = frozenset[Instance]


@dataclass(frozen=True)
class Way:
    """From ``start`` lines matched to ``end``, for instances that fulfil ``conditions``.

    ``last`` is the position among the edge's operations of the event that matched last (``HEAD``: the step
    itself).
    """

    start: int
    end: int
    conditions: Conditions
    last: int


@dataclass(frozen=True)
class _Matcher:
    """A pattern whose names were found in the system."""

    process: str | None
    rule: str | None
    instance: int | None
    event: tuple[str, str] | None

    def places(self, edge: Edge) -> list[int]:
        """Positions in ``edge`` at which the pattern happens, whoever the instance is."""
        if self.process is not None and edge.process != self.process:
            return []
        if self.rule is not None and (edge.process is not None or self.rule not in rule_names(edge)):
            return []
        if self.instance and not _has_instances(edge):
            return []
        if self.event is None:
            return [HEAD]
        return [i for i, o in enumerate(edge.ops) if isinstance(o, Event) and (o.phase, o.name) == self.event]

    def condition(self, edge: Edge) -> Instance | None:
        """What must hold of the acting instance besides."""
        if self.instance is None or not _has_instances(edge):
            return None
        return Instance(self.instance)


class Matches:
    """The lines of ``scenario`` with their names found in ``system``.

    Raises ``CompileError`` for names of processes, rules and events that the system does not have.
    """

    def __init__(self, system: TransitionSystem, scenario: Scenario) -> None:
        self._errors: list[Diagnostic] = []
        self._system = system
        self._items = [self._resolve(item.pattern) for item in scenario.items]
        gaps: list[Gap | None] = [*(item.gap for item in scenario.items), scenario.tail]
        self._gaps = [None if gap is None else [self._resolve(p) for p in gap.without] for gap in gaps]
        self.length = len(self._items)
        if self._errors:
            raise CompileError(self._errors)

    def advances(self, edge: Edge) -> list[Way]:
        """The ways in which a step of ``edge`` matches one line or more."""
        found: dict[tuple[int, int, Conditions], Way] = {}
        for start in range(self.length):
            for way in self._from(edge, start, start, HEAD - 1, frozenset()):
                key = (way.start, way.end, way.conditions)
                if key not in found or found[key].last > way.last:
                    found[key] = way
        return list(found.values())

    def skips(self, edge: Edge) -> dict[Conditions, list[int]]:
        """The numbers of lines matched at which a step of ``edge`` may pass in a gap, by their conditions."""
        passes: dict[Conditions, list[int]] = {}
        for start in range(self.length + 1):
            conditions = self._gap_conditions(edge, start, HEAD - 1, len(edge.ops))
            if self._gaps[start] is not None and conditions is not None:
                passes.setdefault(conditions, []).append(start)
        return passes

    def _from(
        self, edge: Edge, start: int, matched: int, after: int, conditions: Conditions
    ) -> Iterator[Way]:
        if matched > start:
            rest = self._gap_conditions(edge, matched, after, len(edge.ops))
            if rest is not None and _consistent(conditions | rest):
                yield Way(start, matched, conditions | rest, after)
        if matched == self.length:
            return
        item = self._items[matched]
        own = item.condition(edge)
        for place in item.places(edge):
            if place <= after:
                continue
            # The step that matches is not in between itself, but what it contains ahead of the match is.
            between = self._gap_conditions(edge, matched, max(after, HEAD), place)
            if between is None:
                continue
            together = conditions | between | (frozenset() if own is None else {own})
            if _consistent(together):
                yield from self._from(edge, start, matched + 1, place, together)

    def _gap_conditions(self, edge: Edge, gap: int, after: int, before: int) -> Conditions | None:
        """What lets the part of a step between two positions pass in a gap; None if nothing does."""
        conditions = set()
        for forbidden in self._gaps[gap] or ():
            if any(after < place < before for place in forbidden.places(edge)):
                own = forbidden.condition(edge)
                if own is None:
                    return None
                conditions.add(Instance(own.number, equal=False))
        return frozenset(conditions)

    def _resolve(self, pattern: Pattern) -> _Matcher:
        process, rule, instance = self._actor(pattern)
        matcher = _Matcher(process, rule, instance, None)
        if pattern.event is None:
            return matcher
        everywhere = _events(self._system.edges)
        event = (pattern.phase, pattern.event)
        if event not in everywhere:
            other = "return" if pattern.phase == "call" else "call"
            if (other, pattern.event) in everywhere:
                message = f"the {pattern.phase} of {pattern.event} is no event of this model"
                remedy = f"its {other} is: write '{pattern.event}{' returns' if other == 'return' else ''}'"
                self._errors.append(pattern.place.error(pattern.event, message, remedy))
            else:
                names = sorted({name for _, name in everywhere})
                self._unknown(pattern, pattern.event, "event", names)
        elif event not in _events(e for e in self._system.edges if matcher.places(e)):
            actors = sorted({_actor_name(e) for e in self._system.edges if event in _events([e])})
            self._errors.append(
                pattern.place.error(
                    pattern.event,
                    f"{pattern.actor} has no step with {pattern.event}",
                    f"it happens in {', '.join(actors)}",
                )
            )
        return _Matcher(process, rule, instance, event)

    def _actor(self, pattern: Pattern) -> tuple[str | None, str | None, int | None]:
        actor = pattern.actor
        if actor is None:
            return None, None, None
        if actor in self._system.process:
            return actor, None, None
        rules = {n for e in self._system.edges if e.process is None for n in rule_names(e)}
        if actor in rules:
            return None, actor, None
        numbered = re.fullmatch(r"(.*?)(\d+)", actor)
        if numbered and numbered[1] in self._system.process:
            name, number = numbered[1], int(numbered[2])
            count = self._system.process[name].instances
            if number >= count:
                last = f"{name}0" if count == 1 else f"{name}0 to {name}{count - 1}"
                message = f"there is no instance {actor}"
                self._errors.append(pattern.place.error(actor, message, f"write {name}, or {last}"))
            return name, None, number
        self._unknown(pattern, actor, "process or rule", sorted({*self._system.process, *rules}))
        return None, None, None

    def _unknown(self, pattern: Pattern, name: str, what: str, known: list[str]) -> None:
        close = get_close_matches(name, known, 1)
        remedy = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known) or 'none'}"
        self._errors.append(pattern.place.error(name, f"this model has no {what} {name}", remedy))


def rule_names(edge: Edge) -> set[str]:
    """The names under which a scenario may mean the rule of ``edge``."""
    return {edge.name, *edge.calls[:1]}


def _actor_name(edge: Edge) -> str:
    return edge.process or (edge.calls[0] if edge.calls else edge.name)


def _has_instances(edge: Edge) -> bool:
    return any(p.name == "self" for p in edge.parameters)


def _events(edges: Iterator[Edge] | tuple[Edge, ...] | list[Edge]) -> set[tuple[str, str]]:
    return {(o.phase, o.name) for e in edges for o in e.ops if isinstance(o, Event)}


def _consistent(conditions: Conditions) -> bool:
    wanted = {c.number for c in conditions if c.equal}
    refused = {c.number for c in conditions if not c.equal}
    return len(wanted) <= 1 and not wanted & refused
