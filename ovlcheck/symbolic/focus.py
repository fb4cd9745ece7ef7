"""A system with some of its properties only, and without the state that only the others need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ovlcheck.system.slicing import slice_system
from ovlcheck.system.transition_system import Check, Cover, Op, TransitionSystem


def checks_of(system: TransitionSystem) -> dict[str, str]:
    """For each property of ``system`` the name under which its violations are reported."""
    return {p.name: p.check or p.name for p in system.properties}


def with_properties(system: TransitionSystem, names: Iterable[str]) -> TransitionSystem:
    """``system`` with the properties called ``names`` alone; what every run checks unasked stays."""
    wanted = set(names)
    kept = {p.check or p.name for p in system.properties if p.name in wanted}
    gone = {p.check or p.name for p in system.properties} - kept
    covers = {c for p in system.properties if p.name in wanted for c in p.covers}

    def needed(op: Op) -> bool:
        if isinstance(op, Check):
            return op.fatal or op.name not in gone
        return not isinstance(op, Cover) or op.name in covers

    return replace(
        system,
        edges=tuple(replace(e, ops=tuple(filter(needed, e.ops))) for e in system.edges),
        initial=tuple(replace(i, ops=tuple(filter(needed, i.ops))) for i in system.initial),
        invariants=tuple(i for i in system.invariants if i.name not in gone),
        covers=tuple(c for c in system.covers if c.name in covers),
        properties=tuple(p for p in system.properties if p.name in wanted),
        requirements=(),
    )


def focused(system: TransitionSystem, names: Iterable[str]) -> TransitionSystem:
    """The same without the variables that nothing of this depends on."""
    return slice_system(with_properties(system, names))[0]


def groups(system: TransitionSystem, names: Iterable[str]) -> list[tuple[str, ...]]:
    """``names`` in groups whose properties need the same state, those that need the least first."""
    found: dict[frozenset[str], list[str]] = {}
    for name in names:
        needed = frozenset(v.name for v in focused(system, [name]).variables)
        found.setdefault(needed, []).append(name)
    return [tuple(group) for _, group in sorted(found.items(), key=lambda item: len(item[0]))]
