"""What a property does not need in a configuration: ghosts that nothing changes, and handlers that do nothing.

Such a ghost is a constant, and takes no part of a state; such a handler need not hear of its event.
"""

from __future__ import annotations

from dataclasses import replace

from ovlcheck.system.expr import Const, Expr, Load
from ovlcheck.system.logic import replace_loads
from ovlcheck.temporal.property import Handler, Property, Update


def without_constant_ghosts(item: Property) -> Property:
    """``item`` without updates that give a ghost the value it has, without ghosts that have no other updates, and
    without handlers that have neither a predicate nor any other update.

    The formulas of a property of whole behaviours are left alone, and so are its ghosts.
    """
    lean = [replace(h, updates=tuple(u for u in h.updates if _changes(u))) for h in item.handlers]
    pairs = zip(item.handlers, lean, strict=True)
    handlers = tuple(new for old, new in pairs if new == old or new.predicate is not None or new.updates)
    changed = {update.variable for handler in handlers for update in handler.updates}
    constant = {g.name: Const(g.default) for g in item.ghosts if g.name not in changed}
    if item.requirements or not constant:
        return replace(item, handlers=handlers)

    def known(expression: Expr) -> Expr:
        return replace_loads(expression, lambda load: constant.get(load.variable))

    def within(handler: Handler) -> Handler:
        return replace(
            handler,
            predicate=None if handler.predicate is None else known(handler.predicate),
            updates=tuple(
                replace(u, index=tuple(map(known, u.index)), value=known(u.value)) for u in handler.updates
            ),
            pre=tuple((name, known(value)) for name, value in handler.pre),
        )

    return replace(
        item,
        always=tuple(map(known, item.always)),
        handlers=tuple(map(within, handlers)),
        ghosts=tuple(g for g in item.ghosts if g.name in changed),
    )


def _changes(update: Update) -> bool:
    return update.value != Load(update.variable, update.index)
