"""Connectives that simplify as they build: most of what a step tests is known once its parameters are.

A condition is a Python ``bool`` where it is known, else a formula of Z3.  Formulas that are never built cost nothing,
and the ones that are left are small enough for a solver to generalise from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Union

import z3

from ovlcheck.symbolic.connectives import conjunction, disjunction, negation

Condition = Union[bool, z3.BoolRef]


def conj(*items: Condition) -> Condition:
    """All of ``items``."""
    return _joined(items, z3.Z3_OP_AND)


def disj(*items: Condition) -> Condition:
    """Any of ``items``."""
    return _joined(items, z3.Z3_OP_OR)


def _joined(items: Iterable[Condition], kind: int) -> Condition:
    """All of ``items``, or any of them, by ``kind``; each is said once, and what contradicts itself is known."""
    neutral = kind == z3.Z3_OP_AND
    each: dict[int, z3.BoolRef] = {}
    denied: set[int] = set()
    for item in items:
        if isinstance(item, bool):
            if item is not neutral:
                return item
            continue
        parts = _parts(item, kind)
        each.update(parts.each)
        denied |= parts.denied
    if not denied.isdisjoint(each):
        return not neutral
    if not each:
        return neutral
    if len(each) == 1:
        return next(iter(each.values()))
    whole = (conjunction if neutral else disjunction)(list(each.values()))
    _remember(kind, _Parts(whole, each, denied))
    return whole


class _Parts(NamedTuple):
    """What ``whole`` joins, by the number that Z3 gives each part; ``denied`` are the numbers of what a part negates.

    Z3 gives no other formula the number of ``whole`` while somebody holds it.
    """

    whole: z3.BoolRef
    each: dict[int, z3.BoolRef]
    denied: set[int]


_KNOWN: dict[tuple[int, int], _Parts] = {}
"""The formulas that were met last, by kind and number: a step is built by joining one thing after the other to what
there is, and to ask Z3 for all the parts each time took most of the time of a translation.
"""

_MOST_KNOWN = 4096


def _parts(item: z3.BoolRef, kind: int) -> _Parts:
    known = _KNOWN.get((kind, item.get_id()))
    if known is not None:
        return known
    parts = item.children() if z3.is_app_of(item, kind) else [item]
    each = {part.get_id(): part for part in parts}
    found = _Parts(item, each, {part.arg(0).get_id() for part in each.values() if z3.is_not(part)})
    _remember(kind, found)
    return found


def _remember(kind: int, parts: _Parts) -> None:
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[kind, parts.whole.get_id()] = parts


def neg(item: Condition) -> Condition:
    if isinstance(item, bool):
        return not item
    if z3.is_not(item):
        return item.arg(0)
    return negation(item)


def choice(test: Condition, then: Condition, orelse: Condition) -> Condition:
    """``then`` where ``test`` holds, else ``orelse``."""
    if isinstance(test, bool):
        return then if test else orelse
    if same(then, orelse):
        return then
    if isinstance(then, bool):
        return disj(test, orelse) if then else conj(neg(test), orelse)
    if isinstance(orelse, bool):
        return disj(neg(test), then) if orelse else conj(test, then)
    return z3.If(test, then, orelse)


def same(a: Condition, b: Condition) -> bool:
    """Whether these are the same formula, as built."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    return bool(a.eq(b))


def equal(a: Condition, b: Condition) -> Condition:
    """Both hold or neither does."""
    if isinstance(a, bool):
        return b if a else neg(b)
    if isinstance(b, bool):
        return a if b else neg(a)
    return True if a.eq(b) else a == b


def formula(item: Condition) -> z3.BoolRef:
    """``item`` for Z3."""
    return z3.BoolVal(item) if isinstance(item, bool) else item


def any_of(items: Iterable[Condition]) -> z3.BoolRef:
    return formula(disj(*items))


def all_of(items: Iterable[Condition]) -> z3.BoolRef:
    return formula(conj(*items))
