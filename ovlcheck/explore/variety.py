"""Several runs that break one property and differ in what users call: ``--all N``.

A run is told from those found before by the sequence of its user calls.  How far it follows one of these is part of
the state, as a position in the tree of known sequences, and where it has followed one to the end the property is not
asked: the shortest run that breaks it then is another one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from ovlcheck.explore.budgets import Spender
from ovlcheck.explore.replay import replay
from ovlcheck.explore.result import Engine, Limits, Violation, WidthOverflow
from ovlcheck.system.action import Action
from ovlcheck.system.expr import Binary, Cond, Const, Expr, Load, Not, Or
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Assign, Assume, Check, Edge, Op, TransitionSystem, Variable
from ovlcheck.system.types import Int

_KNOWN = "variety.known"

Calls = tuple[tuple[str, str], ...]
"""The user calls of a run: process and function."""


def call_sequence(system: TransitionSystem, path: Sequence[Action]) -> Calls:
    """What users call along ``path``, in order; instances of a process are not told apart."""
    spender = Spender(system)
    edges = [system.edges[action.edge] for action in path]
    return tuple((edge.process or "", name) for edge in edges for name in spender.calls(edge))


def others(
    system: TransitionSystem, violation: Violation, engine: Engine, number: int, limits: Limits = Limits()
) -> tuple[tuple[Violation, ...], str]:
    """Up to ``number`` more violations of that name, each the shortest whose calls differ from all before it; and why
    there are fewer, if there are.  Raises ``ReplayError`` if one is no run of ``system``.
    """
    asked = [
        c for edge in system.edges for c in edge.ops if isinstance(c, Check) and c.name == violation.name
    ]
    if not asked and all(i.name != violation.name for i in system.invariants):
        return (
            (),
            f"{violation.name}: other runs are looked for where a predicate is broken, not for this check",
        )
    until = None if limits.seconds is None else time.monotonic() + limits.seconds
    semantics = Semantics(system)
    known = [call_sequence(system, violation.path)]
    found: list[Violation] = []
    while len(found) < number:
        left = None if until is None else max(until - time.monotonic(), 0.0)
        try:
            answer = engine.search(
                _unlike(system, violation.name, known),
                limits=replace(limits, seconds=left),
                stop_early=frozenset((violation.name,)),
            )
        except WidthOverflow as overflow:
            return tuple(
                found
            ), f"{violation.name}: {overflow.variable} outgrew its width in the search for others"
        another = next((v for v in answer.violations if v.name == violation.name), None)
        if another is None:
            why = "no run with other calls breaks it" if answer.complete else answer.stopped
            return tuple(found), f"{violation.name}: {why}"
        another = replace(another, initial=another.initial[: system.cells])
        replay(system, another, semantics)
        known.append(call_sequence(system, another.path))
        found.append(another)
    return tuple(found), ""


class _Tree:
    """The known sequences; position 0 is before the first call, ``off`` is where a run follows none of them."""

    def __init__(self, known: Sequence[Calls]) -> None:
        self.next: list[dict[tuple[str, str], int]] = [{}]
        self.ends: set[int] = set()
        for calls in known:
            at = 0
            for call in calls:
                if call not in self.next[at]:
                    self.next.append({})
                    self.next[at][call] = len(self.next) - 1
                at = self.next[at][call]
            self.ends.add(at)
        self.off = len(self.next)

    def after(self, position: int, calls: Calls) -> int:
        for call in calls:
            position = self.off if position == self.off else self.next[position].get(call, self.off)
        return position


def _unlike(system: TransitionSystem, name: str, known: Sequence[Calls]) -> TransitionSystem:
    """``system``, in which the check ``name`` does not mind runs whose calls are known."""
    tree = _Tree(known)
    spender = Spender(system)
    position = Load(_KNOWN)
    told = Or(tuple(Binary("==", position, Const(end)) for end in sorted(tree.ends)))

    def follow(edge: Edge) -> tuple[Op, ...]:
        calls = tuple((edge.process or "", called) for called in spender.calls(edge))
        if not calls:
            return ()
        value: Expr = Const(tree.off)
        for at in range(tree.off):
            to = tree.after(at, calls)
            if to != tree.off:
                value = Cond(Binary("==", position, Const(at)), Const(to), value)
        return (Assign(_KNOWN, (), value),)

    def excused(op: Op) -> tuple[Op, ...]:
        if not isinstance(op, Check) or op.name != name:
            return (op,)
        if op.fatal:
            return (Assume(Or((op.condition, Not(told)))), op)
        return (replace(op, condition=Or((op.condition, told))),)

    edges = tuple(
        replace(edge, ops=(*follow(edge), *(new for op in edge.ops for new in excused(op))))
        for edge in system.edges
    )
    return replace(
        system,
        variables=(*system.variables, Variable(_KNOWN, Int(0, tree.off), kind="ghost")),
        edges=edges,
        invariants=tuple(
            replace(i, condition=Or((i.condition, told))) if i.name == name else i for i in system.invariants
        ),
    )
