"""The temporaries that a step's body cannot do without.

Most are read before anything that they were computed from changes: there the value itself can stand in their place.
"""

from __future__ import annotations

from ovlcheck.system.expr import Const, Expr, Load, Temp, walk
from ovlcheck.system.logic import substitute
from ovlcheck.system.transition_system import Assign, Let, expressions, map_expressions

Body = tuple[Let | Assign, ...]


def without_needless(body: Body) -> Body:
    """``body`` with the temporaries replaced whose value does not change between binding and last use."""
    replaced: dict[str, Expr] = {}
    kept: list[Let | Assign] = []
    for number, op in enumerate(body):
        current = map_expressions(op, lambda e: substitute(e, {}, replaced))
        assert isinstance(current, (Let, Assign))
        if isinstance(current, Let) and _stays(current, body[number + 1 :]):
            replaced[current.temp] = current.value
        else:
            kept.append(current)
    return tuple(kept)


def _stays(let: Let, rest: Body) -> bool:
    """Whether the value of ``let`` is the same wherever ``rest`` reads it, directly or in other temporaries."""
    loads = [e for e in walk(let.value) if isinstance(e, Load)]
    readers = {let.temp}
    changed = False
    for op in rest:
        if any(isinstance(e, Temp) and e.name in readers for x in expressions(op) for e in walk(x)):
            if changed:
                return False
            if isinstance(op, Let):
                # That one may be replaced in turn: then it is read wherever the other is.
                readers.add(op.temp)
        if isinstance(op, Assign):
            changed = changed or any(_overlap(op, load) for load in loads)
    return True


def _overlap(op: Assign, load: Load) -> bool:
    if op.variable != load.variable:
        return False
    return not any(
        isinstance(a, Const) and isinstance(b, Const) and a != b
        for a, b in zip(op.index, load.index, strict=True)
    )
