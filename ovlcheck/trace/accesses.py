"""What a step looked at: the shared cells that its operations read, or wrote without changing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ovlcheck.system.action import Action, State
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.expr import And, Cond, Expr, Load, Or, children
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Assign, Assume, Check, Let
from ovlcheck.trace.trace import Access
from ovlcheck.trace.words import Words

_SHOWN = ("shared", "held")


def accesses(semantics: Semantics, state: State, action: Action) -> tuple[Access, ...]:
    """The accesses of ``action`` in ``state``, in their order, each cell once a kind.

    What properties read is left out: they only watch.
    """
    reader = _Reader(semantics)
    found: dict[tuple[str, str], Access] = {}
    for op, there, scope in semantics.walk(state, action):
        match op:
            case Let(_, value) | Assume(value) | Check(value, fatal=True):
                read: list[Access] = list(reader.reads(value, there, scope))
            case Assign(variable, index, value):
                read = [a for part in (value, *index) for a in reader.reads(part, there, scope)]
                read += reader.written(Load(variable, index), value, there, scope)
            case _:
                continue
        for access in read:
            found.setdefault((access.kind, access.name), access)
    return tuple(found.values())


class _Reader:
    def __init__(self, semantics: Semantics) -> None:
        self._semantics = semantics
        self._words = Words(semantics.system)

    def reads(self, expr: Expr, state: State, scope: Mapping[str, int]) -> Iterator[Access]:
        """The cells that evaluating ``expr`` reads; evaluation stops where its value is known."""
        match expr:
            case And(items) | Or(items):
                for item in items:
                    yield from self.reads(item, state, scope)
                    value = self._number(item, state, scope)
                    if value is None or bool(value) == isinstance(expr, Or):
                        return
                return
            case Cond(test, then, orelse):
                yield from self.reads(test, state, scope)
                value = self._number(test, state, scope)
                if value is not None:
                    yield from self.reads(then if value else orelse, state, scope)
                return
        for child in children(expr):
            yield from self.reads(child, state, scope)
        if isinstance(expr, Load):
            yield from self._access("read", expr, self._number(expr, state, scope), state, scope)

    def written(self, cell: Load, value: Expr, state: State, scope: Mapping[str, int]) -> Iterator[Access]:
        """The write of ``value`` to ``cell``, if it is there already."""
        new, old = self._number(value, state, scope), self._number(cell, state, scope)
        if new == old:
            yield from self._access("write", cell, new, state, scope)

    def _access(
        self, kind: str, cell: Load, value: int | None, state: State, scope: Mapping[str, int]
    ) -> Iterator[Access]:
        variable = self._semantics.system.variable[cell.variable]
        index = [self._number(i, state, scope) for i in cell.index]
        if value is None or variable.kind not in _SHOWN or None in index:
            return
        if variable.kind == "held" and not value:
            return  # that nobody holds a lock is the usual case
        name = self._words.cell(variable, tuple(i for i in index if i is not None))
        yield Access(kind, name, self._words.value(variable, value))

    def _number(self, expr: Expr, state: State, scope: Mapping[str, int]) -> int | None:
        try:
            return self._semantics.evaluate(expr, state, scope)
        except Fault:
            return None
