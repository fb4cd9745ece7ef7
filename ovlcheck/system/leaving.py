"""Whether a process can always go on from a location, and whether it does so without failing: read off the edges."""

from __future__ import annotations

from collections.abc import Sequence

from ovlcheck.system.bounds import Bounds
from ovlcheck.system.definedness import op_defined
from ovlcheck.system.expr import TRUE, And, Binary, Const, Expr, Load, Not
from ovlcheck.system.locks import SELF, EdgeLocks, bare
from ovlcheck.system.transition_system import Assign, Assume, Check, Cover, Edge, Event, Op, TransitionSystem

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def always_leaves(edges: Sequence[Edge]) -> bool:
    """Whether some of ``edges`` is enabled in every state in which their process stands at their origin.

    It is where one has no condition, or where the conditions of edges without choices are a complete decision tree:
    a test and its opposite, and behind each of them the same again.  A step that fails is enabled.
    """
    if any(not any(isinstance(op, Assume) for op in e.ops) for e in edges):
        return True
    return _complete([_decisions(e) for e in edges if all(p.name == "self" for p in e.parameters)])


def never_fails(system: TransitionSystem, edge: Edge, locks: EdgeLocks) -> bool:
    """Whether the step ends in no state by a fault or by a fatal check, as far as types and held locks show."""
    bounds = Bounds(system, edge.parameters)
    stored: set[str] = set()
    for op in edge.ops:
        if op_defined(system, bounds, op) != TRUE:
            return False
        if isinstance(op, Check) and op.fatal and not _held(op.condition, locks, stored):
            return False
        if isinstance(op, Assign):
            stored.add(op.variable)
        bounds.pass_over(op)
    return True


def _held(condition: Expr, locks: EdgeLocks, stored: set[str]) -> bool:
    """Whether ``condition`` says only that the instance holds locks that it does hold."""
    match condition:
        case Const(value):
            return bool(value)
        case And(items):
            return all(_held(item, locks, stored) for item in items)
        case Load(variable, (holder, *index)) if holder == SELF and variable not in stored:
            known = [bare(i) for i in index]
            return any(lock.variable == variable and list(lock.index) == known for lock in locks.before)
    return False


def _decisions(edge: Edge) -> tuple[Op, ...]:
    return tuple(op for op in edge.ops if not isinstance(op, (Event, Cover)))


def _complete(paths: list[tuple[Op, ...]]) -> bool:
    while all(paths) and paths and not isinstance(paths[0][0], Assume):
        if any(p[0] != paths[0][0] for p in paths):
            break
        paths = [p[1:] for p in paths]
    if any(not any(isinstance(op, Assume) for op in p) for p in paths):
        return True
    for first in dict.fromkeys(p[0] for p in paths if isinstance(p[0], Assume)):
        yes = [p[1:] for p in paths if p[0] == first]
        no = [p[1:] for p in paths if _opposed(p[0], first)]
        if no and _complete(yes) and _complete(no):
            return True
    return False


def _opposed(a: Op, b: Op) -> bool:
    """Whether exactly one of the two tests holds in every state."""
    if not (isinstance(a, Assume) and isinstance(b, Assume)):
        return False
    match a.condition, b.condition:
        case (Not(x), y) | (y, Not(x)) if x == y:
            return True
        case Binary(op, left, right), Binary(other, left2, right2):
            return _OPPOSITE.get(op) == other and (left, right) == (left2, right2)
    return False
