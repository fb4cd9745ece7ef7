"""Connectives that simplify as they build: composition and analyses make many conditions, most of them
trivial."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ovlcheck.system.expr import (
    FALSE,
    TRUE,
    And,
    Cond,
    Const,
    Expr,
    Load,
    Not,
    Or,
    Param,
    Temp,
    rebuild,
    walk,
)


def conjunction(items: Iterable[Expr]) -> Expr:
    """``And`` of ``items`` in their order, without constants; false, evaluating nothing, if one of them
    is."""
    kept: list[Expr] = []
    for item in items:
        if isinstance(item, Const):
            if not item.value:
                return FALSE
        else:
            kept.extend(item.items if isinstance(item, And) else (item,))
    return TRUE if not kept else kept[0] if len(kept) == 1 else And(tuple(kept))


def disjunction(items: Iterable[Expr]) -> Expr:
    """``Or`` of ``items`` in their order, without constants; true, evaluating nothing, if one of them is."""
    kept: list[Expr] = []
    for item in items:
        if isinstance(item, Const):
            if item.value:
                return TRUE
        else:
            kept.extend(item.items if isinstance(item, Or) else (item,))
    return FALSE if not kept else kept[0] if len(kept) == 1 else Or(tuple(kept))


def negation(item: Expr) -> Expr:
    match item:
        case Const(value):
            return FALSE if value else TRUE
        case Not(operand):
            return operand
    return Not(item)


def conditional(test: Expr, then: Expr, orelse: Expr) -> Expr:
    """``then if test else orelse``; ``test`` goes when both branches are the same constant."""
    if isinstance(test, Const):
        return then if test.value else orelse
    if then == orelse and isinstance(then, Const):
        return then
    return Cond(test, then, orelse)


def is_constant(item: Expr) -> bool:
    """Whether nothing in ``item`` depends on the state, the parameters or the step."""
    return not any(isinstance(e, (Load, Param, Temp)) for e in walk(item))


def substitute(item: Expr, parameters: Mapping[str, Expr], temps: Mapping[str, Expr]) -> Expr:
    """``item`` with the parameters and temporaries that are keys replaced, all at once; others stay."""

    def visit(e: Expr) -> Expr:
        match e:
            case Param(name) if name in parameters:
                return parameters[name]
            case Temp(name) if name in temps:
                return temps[name]
        return rebuild(e, visit)

    return visit(item)


def replace_loads(item: Expr, replacement: Callable[[Load], Expr | None]) -> Expr:
    """``item`` with loads replaced, innermost first, where ``replacement`` gives an expression."""

    def visit(e: Expr) -> Expr:
        built = rebuild(e, visit)
        if isinstance(built, Load):
            new = replacement(built)
            return built if new is None else new
        return built

    return visit(item)
