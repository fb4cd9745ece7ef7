"""Several runs that break one property and differ in what users call: ``--all N``.

A run is told from those found before by what users call in it, one after the other: it is another one unless it makes
all the calls of one of these in their order, and some more.  How many of them it has made is part of the state, for
each run known, and where it has made all of one the property is not asked: the shortest run that breaks it then is
another.
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

_KNOWN = "variety.made"
_NO_OTHER = "every other run that breaks it makes the calls of one that is shown, and more"

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
    """Up to ``number`` more violations of that name, each the shortest in which users do not just call what they do in
    one before it, and more; and why there are fewer, if there are.

    Raises ``ReplayError`` if one is no run of ``system``.
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
            why = (
                "every other run that breaks it makes the calls of one that is shown, and more"
                if answer.complete
                else answer.stopped
            )
            return tuple(found), f"{violation.name}: {why}"
        another = replace(another, initial=another.initial[: system.cells])
        replay(system, another, semantics)
        known.append(call_sequence(system, another.path))
        found.append(another)
    return tuple(found), ""


def _after(known: Calls, position: int, calls: Calls) -> int:
    """How many of the ``known`` calls have been made, in their order, after ``calls``; ``position`` had been before."""
    for call in calls:
        if position < len(known) and known[position] == call:
            position += 1
    return position


def _unlike(system: TransitionSystem, name: str, known: Sequence[Calls]) -> TransitionSystem:
    """``system``, in which the check ``name`` does not mind runs that make all calls of a known one."""
    spender = Spender(system)
    made = tuple(
        Variable(f"{_KNOWN}{number}", Int(0, len(calls)), kind="ghost") for number, calls in enumerate(known)
    )
    told = Or(
        tuple(
            Binary("==", Load(count.name), Const(len(calls)))
            for count, calls in zip(made, known, strict=True)
        )
    )

    def follow(edge: Edge) -> tuple[Op, ...]:
        called = tuple((edge.process or "", function) for function in spender.calls(edge))
        ops: list[Op] = []
        for count, calls in zip(made, known, strict=True):
            value: Expr = Load(count.name)
            for at in range(len(calls)):
                to = _after(calls, at, called)
                if to != at:
                    value = Cond(Binary("==", Load(count.name), Const(at)), Const(to), value)
            if value != Load(count.name):
                ops.append(Assign(count.name, (), value))
        return tuple(ops)

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
        variables=(*system.variables, *made),
        edges=edges,
        invariants=tuple(
            replace(i, condition=Or((i.condition, told))) if i.name == name else i for i in system.invariants
        ),
    )
