"""What a step looked at: the shared cells that its operations read, or wrote without changing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ovlcheck.system.action import Action, State
from ovlcheck.system.expr import Expr, Load
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Assign, Assume, Check, Let
from ovlcheck.trace.reads import Reads
from ovlcheck.trace.trace import Access
from ovlcheck.trace.words import Words

_SHOWN = ("shared", "held")


def accesses(semantics: Semantics, state: State, action: Action) -> tuple[Access, ...]:
    """The accesses of ``action`` in ``state``, in their order, each cell once a kind.

    What properties read is left out: they only watch.
    """
    teller = _Teller(semantics)
    found: dict[tuple[str, str], Access] = {}
    for op, there, scope in semantics.walk(state, action):
        match op:
            case Let(_, value) | Assume(value) | Check(value, fatal=True):
                told: list[Access] = list(teller.read(value, there, scope))
            case Assign(variable, index, value):
                told = [a for part in (value, *index) for a in teller.read(part, there, scope)]
                told += teller.written(Load(variable, index), value, there, scope)
            case _:
                continue
        for access in told:
            found.setdefault((access.kind, access.name), access)
    return tuple(found.values())


class _Teller:
    def __init__(self, semantics: Semantics) -> None:
        self._system = semantics.system
        self._reads = Reads(semantics)
        self._words = Words(semantics.system)

    def read(self, expr: Expr, state: State, scope: Mapping[str, int]) -> Iterator[Access]:
        """The cells that evaluating ``expr`` reads."""
        for part in self._reads.of(expr, state, scope):
            if isinstance(part, Load):
                value = self._reads.number(part, state, scope)
                yield from self._access("read", part, value, state, scope)

    def written(self, cell: Load, value: Expr, state: State, scope: Mapping[str, int]) -> Iterator[Access]:
        """The write of ``value`` to ``cell``, if it is there already."""
        new, old = self._reads.number(value, state, scope), self._reads.number(cell, state, scope)
        if new == old:
            yield from self._access("write", cell, new, state, scope)

    def _access(
        self, kind: str, cell: Load, value: int | None, state: State, scope: Mapping[str, int]
    ) -> Iterator[Access]:
        variable = self._system.variable[cell.variable]
        index = self._reads.index(cell, state, scope)
        if value is None or variable.kind not in _SHOWN or index is None:
            return
        if variable.kind == "held" and not value:
            return  # that nobody holds a lock is the usual case
        yield Access(kind, self._words.cell(variable, index), self._words.value(variable, value))
