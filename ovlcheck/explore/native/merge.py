"""Edges that leave one location, merged into a tree of their common beginnings.

The front end makes one edge for each path through an atomic block, so that edges come in bundles whose first
operations are equal.  In the tree these run once.  A parameter becomes a loop just before its first use: what
comes before it is done once for all its values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Union

from ovlcheck.system.expr import And, Binary, Const, Expr, Not, Param, walk
from ovlcheck.system.transition_system import Assign, Assume, Check, Cover, Event, Let, Op, Parameter

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True)
class Loop:
    """For every value of a parameter."""

    parameter: Parameter


@dataclass(frozen=True)
class Leaf:
    """The end of edge number ``edge``, which ``actions`` bindings of parameters that it does not use reach
    alike.
    """

    edge: int
    actions: int


@dataclass
class Node:
    """An operation, what follows it, and the edges that end right after it.  The root has no operation."""

    op: Union[Op, Loop, None]
    children: list["Node"] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)

    @cached_property
    def below(self) -> tuple[Leaf, ...]:
        """Every edge that runs through here, with the number of its actions that share this node."""
        mine = [*self.leaves]
        for child in self.children:
            times = child.op.parameter.size if isinstance(child.op, Loop) else 1
            mine += [Leaf(leaf.edge, leaf.actions * times) for leaf in child.below]
        return tuple(mine)

    @cached_property
    def can_block(self) -> bool:
        """Whether a path from here may turn out not to exist."""
        return any(isinstance(child.op, Assume) or child.can_block for child in self.children)


def merge(edges: Iterable[tuple[int, tuple[Op, ...], tuple[Parameter, ...]]]) -> Node:
    """The tree of numbered edges, each given by its operations and the parameters that loops bind."""
    root = Node(None)
    index: dict[tuple[int, Union[Op, Loop]], Node] = {}
    for number, ops, parameters in edges:
        node, free = root, {p.name: p for p in parameters}
        for item in _sequence(ops, free):
            key = id(node), item
            child = index.get(key)
            if child is None:
                child = index[key] = Node(item)
                node.children.append(child)
            node = child
        actions = 1
        for parameter in free.values():
            actions *= parameter.size
        node.leaves.append(Leaf(number, actions))
    return root


def _sequence(ops: tuple[Op, ...], free: dict[str, Parameter]) -> Iterator[Union[Op, Loop]]:
    """The operations with loops where parameters are first used; leaves in ``free`` those that are not."""
    for op in ops:
        for part in _split(op):
            for name in sorted(_used(part) & free.keys()):
                yield Loop(free.pop(name))
            yield part


def _split(op: Op) -> Iterator[Op]:
    """``op`` without what only readers of traces need; a conjunction as one condition after another."""
    match op:
        case Event():
            return
        case Assume(And(items)):
            for item in items:
                yield from _split(Assume(item))
        case Assume(Const(value)) if value:
            return
        case Assign() if op.source is not None:
            yield replace(op, source=None)
        case Check():
            if not (isinstance(op.condition, Const) and op.condition.value):
                yield replace(op, source=None, message="")
        case _:
            yield op


def expressions(op: Union[Op, Loop, None]) -> tuple[Expr, ...]:
    """The expressions that ``op`` evaluates, in their order."""
    match op:
        case Let(_, value):
            return (value,)
        case Assume(condition) | Check(condition) | Cover(_, condition):
            return (condition,)
        case Assign(_, index, value):
            return (value, *index)
    return ()


def _used(op: Op) -> set[str]:
    return {e.name for expr in expressions(op) for e in walk(expr) if isinstance(e, Param)}


def opposite(a: Expr, b: Expr) -> bool:
    """Whether ``b`` is visibly the negation of ``a``."""
    if (isinstance(b, Not) and b.operand == a) or (isinstance(a, Not) and a.operand == b):
        return True
    if isinstance(a, Binary) and isinstance(b, Binary) and (a.left, a.right) == (b.left, b.right):
        return _OPPOSITE.get(a.op) == b.op
    return False
