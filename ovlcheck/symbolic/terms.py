"""Connectives that simplify as they build: most of what a step tests is known once its parameters are.

A condition is a Python ``bool`` where it is known, else a formula of Z3.  Formulas that are never built cost nothing,
and the ones that are left are small enough for a solver to generalise from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Union

import z3

Condition = Union[bool, z3.BoolRef]


def conj(*items: Condition) -> Condition:
    """All of ``items``."""
    kept: dict[int, z3.BoolRef] = {}
    for item in items:
        if isinstance(item, bool):
            if not item:
                return False
            continue
        for part in item.children() if z3.is_and(item) else (item,):
            kept[part.get_id()] = part
    for part in kept.values():
        if z3.is_not(part) and part.arg(0).get_id() in kept:
            return False
    if not kept:
        return True
    parts = list(kept.values())
    return parts[0] if len(parts) == 1 else z3.And(parts)


def disj(*items: Condition) -> Condition:
    """Any of ``items``."""
    kept: dict[int, z3.BoolRef] = {}
    for item in items:
        if isinstance(item, bool):
            if item:
                return True
            continue
        for part in item.children() if z3.is_or(item) else (item,):
            kept[part.get_id()] = part
    for part in kept.values():
        if z3.is_not(part) and part.arg(0).get_id() in kept:
            return True
    if not kept:
        return False
    parts = list(kept.values())
    return parts[0] if len(parts) == 1 else z3.Or(parts)


def neg(item: Condition) -> Condition:
    if isinstance(item, bool):
        return not item
    if z3.is_not(item):
        return item.arg(0)
    return z3.Not(item)


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
