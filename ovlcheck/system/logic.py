"""Connectives that simplify as they build: composition and analyses make many conditions, most of them
trivial."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

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


def conjunction(items: Iterable[Expr], droppable: Callable[[Expr], bool] | None = None) -> Expr:
    """``And`` of ``items`` in their order, without constants and repetitions.

    Where one of them is false, the rest is left out; so is what stands before it, if that may be: without
    ``droppable`` everything is, as in conditions that have no faults.
    """
    return _connect(items, And, TRUE, FALSE, droppable)


def disjunction(items: Iterable[Expr], droppable: Callable[[Expr], bool] | None = None) -> Expr:
    """``Or`` of ``items`` in their order, without constants and repetitions; like ``conjunction``."""
    return _connect(items, Or, FALSE, TRUE, droppable)


def _connect(
    items: Iterable[Expr],
    connective: type[And] | type[Or],
    neutral: Const,
    decisive: Const,
    droppable: Callable[[Expr], bool] | None,
) -> Expr:
    may_drop = droppable or (lambda e: True)
    kept: list[Expr] = []
    for item in items:
        for part in item.items if isinstance(item, connective) else (item,):
            if certain(part) == decisive.value:
                if isinstance(part, Const) and all(map(may_drop, kept)):
                    return decisive
                return connective((*kept, part)) if kept else part
            if not isinstance(part, Const) and not (part in kept and may_drop(part)):
                kept.append(part)
    return neutral if not kept else kept[0] if len(kept) == 1 else connective(tuple(kept))


def conjuncts(condition: Expr) -> Iterator[Expr]:
    """The conditions of which ``condition`` is the conjunction."""
    if isinstance(condition, And):
        for item in condition.items:
            yield from conjuncts(item)
    else:
        yield condition


def certain(expr: Expr) -> int | None:
    """The truth that ``expr`` has whenever its evaluation does not fault, if that is known."""
    match expr:
        case Const(value):
            return int(bool(value))
        case Cond(_, then, orelse) if then == orelse:
            return certain(then)
        case And((*_, last)) if certain(last) == 0:
            return 0
        case Or((*_, last)) if certain(last) == 1:
            return 1
    return None


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
