"""How the text of a function treats its names: which of them need a local of their own."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache

from ovlcheck.lang.source import Function

# What changes a set that a local holds, so that the local is assigned.
SET_CHANGES = frozenset({"add", "discard", "remove", "take", "clear"})


@dataclass
class NameUses:
    """``stored``: how often each name is assigned, once more in a loop; ``places``: at how many places.

    ``private`` names are targets of ``for`` loops that nothing else assigns and nothing outside the loop reads.
    """

    stored: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)


@cache
def name_uses(function: Function) -> NameUses:
    """The uses of names in the body of ``function``; a comprehension's own names are none of the function's."""
    found = NameUses()
    public: set[str] = set()

    def visit(node: ast.AST, weight: int, hidden: frozenset[str], targets: frozenset[str]) -> None:
        match node:
            case ast.Name(name):
                if name in hidden:
                    return
                if isinstance(node.ctx, ast.Store):
                    found.stored[name] = found.stored.get(name, 0) + weight
                    found.places[name] = found.places.get(name, 0) + 1
                    public.add(name)
                elif name not in targets:
                    public.add(name)
            case ast.Call(ast.Attribute(ast.Name(name), method)) if (
                method in SET_CHANGES and name not in hidden
            ):
                found.stored[name] = found.stored.get(name, 0) + weight
                found.places[name] = found.places.get(name, 0) + 1
                public.add(name)
                for child in ast.iter_child_nodes(node):
                    visit(child, weight, hidden, targets)
            case ast.For(ast.Name(name) as target, iterable, body, orelse) if name not in targets:
                found.stored[name] = found.stored.get(name, 0) + 2
                found.places[name] = found.places.get(name, 0) + 1
                found.private.add(name)
                visit(iterable, weight, hidden, targets)
                for statement in body + orelse:
                    visit(statement, 2, hidden, targets | {target.id})
            case ast.GeneratorExp() | ast.ListComp() | ast.SetComp() | ast.DictComp():
                own = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
                for child in ast.iter_child_nodes(node):
                    visit(child, weight, hidden | own, targets)
            case _:
                inner = 2 if isinstance(node, (ast.For, ast.While)) else weight
                for child in ast.iter_child_nodes(node):
                    visit(child, inner, hidden, targets)

    for statement in function.body:
        visit(statement, 1, frozenset(), frozenset())
    found.private -= public
    return found


@cache
def names_stored(node: ast.AST) -> frozenset[str]:
    """The names that the statement ``node`` assigns somewhere."""
    found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for inner in ast.walk(node):
        match inner:
            case ast.Call(ast.Attribute(ast.Name(name), method)) if method in SET_CHANGES:
                found.add(name)
    return frozenset(found)
