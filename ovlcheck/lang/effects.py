"""What the body of a loop does for one element: which cells it reads and changes, and how it can end.

Two bodies commute where neither reads nor changes what the other changes, apart from changes that commute themselves,
as adding does.  A set and a flag word are taken bit by bit.  Whatever is not understood raises ``Unclear``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from ovlcheck.lang.flow import LOCAL, PENDING, Node
from ovlcheck.lang.fold import deref, is_boolean, is_hazard, substitute
from ovlcheck.lang.kinds import Kind, default_value, system_type
from ovlcheck.system.evaluation import (
    DIVISION_BY_ZERO,
    INDEX_OUT_OF_RANGE,
    NULL_DEREFERENCE,
    REFCOUNT_BELOW_ZERO,
    USE_AFTER_FREE,
    VALUE_OUT_OF_RANGE,
)
from ovlcheck.system.expr import TRUE, Binary, Cond, Const, Deref, Expr, Load, Param, children, walk
from ovlcheck.system.transition_system import Variable
from ovlcheck.system.types import Bits, Bool, Count, Type

ALL_BITS = -1
_LARGEST = 60
"""A local whose value is a larger expression is not followed: only what it was read from is."""
_COMMUTING = {"+": "+", "-": "+", "|": "|", "^": "^", "&~": "&~"}
"""Changes ``x = x op y`` that commute with one another, by what they are a kind of."""


class Unclear(Exception):
    """The body does something that this analysis does not follow."""


@dataclass(frozen=True)
class Cell:
    """Some ``bits`` of the cell of ``variable`` at ``index``, an axis being None where it is not known.

    A local is a variable under its name with the mark.
    """

    variable: str
    index: tuple[int | None, ...] = ()
    bits: int = ALL_BITS

    def overlaps(self, other: Cell) -> bool:
        return (
            self.variable == other.variable
            and self.bits & other.bits != 0
            and all(i is None or j is None or i == j for i, j in zip(self.index, other.index, strict=True))
        )


@dataclass(frozen=True)
class Change:
    """``how`` a cell changes: ``+ | ^ &~`` by what it reads elsewhere, ``=`` to the constant ``value``, or ``?``."""

    cell: Cell
    how: str
    value: Expr | None = None

    def commutes(self, other: Change) -> bool:
        """Whether both orders of the two changes of overlapping cells come to the same."""
        return self.how == other.how != "?" and self.value == other.value


@dataclass
class Effects:
    """``faults`` are the violations it may be.

    ``ends`` are the places outside that it leads to; for each, what the locals that matter there were set to.
    """

    reads: set[Cell] = field(default_factory=set)
    changes: set[Change] = field(default_factory=set)
    faults: set[str] = field(default_factory=set)
    ends: list[tuple[Node, dict[str, Expr | None]]] = field(default_factory=list)

    def commutes(self, other: Effects) -> bool:
        """Whether neither sees what the other changes, and their changes commute."""
        return not any(
            read.overlaps(change.cell)
            for one, two in ((self, other), (other, self))
            for read in one.reads
            for change in two.changes
        ) and all(a.commutes(b) or not a.cell.overlaps(b.cell) for a in self.changes for b in other.changes)


@dataclass(frozen=True)
class Known:
    """What the analysis of one graph needs to know about the model.

    ``static`` populations never free, the others' allocated slots are in the variables ``alive``; ``kinds`` are
    those of the locals.
    """

    variables: Mapping[str, Variable]
    kinds: Mapping[str, Kind]
    static: frozenset[str]
    alive: Mapping[str, str]
    listened: frozenset[str]

    def type_of(self, variable: str) -> Type | None:
        if variable.startswith(LOCAL):
            return system_type(self.kinds[variable.removeprefix(LOCAL)])
        found = self.variables.get(variable)
        return None if found is None else found.type


@dataclass(frozen=True)
class _Value:
    """What a local is worth: an expression, None if that depends on the way here; and all that it depends on."""

    expr: Expr | None
    reads: frozenset[Cell]


@dataclass
class _State:
    """Before a node: the values of the body's own locals, and the constants that others were set to."""

    values: dict[str, _Value] = field(default_factory=dict)
    outside: dict[str, Expr | None] = field(default_factory=dict)


class Body:
    """The effects of the nodes ``inside``, entered at ``entry`` for the object (population, slot) ``element``.

    ``live`` are the locals whose values matter in other rounds or behind the loop.
    """

    def __init__(
        self,
        entry: Node,
        inside: range,
        known: Known,
        live: frozenset[str],
        element: tuple[str, int] | None,
    ) -> None:
        self.known = known
        self.live = live
        self.element = element
        self.effects = Effects()
        self._state: dict[int, _State] = {entry.number: _State()}
        for node in _in_order(entry, inside):
            state = self._state[node.number]
            self._act(node, state)
            for successor in node.next:
                if successor.number in inside:
                    self._arrive(successor, state)
                else:
                    self.effects.ends.append((successor, dict(state.outside)))

    def _arrive(self, node: Node, state: _State) -> None:
        there = self._state.get(node.number)
        if there is None:
            self._state[node.number] = _State(dict(state.values), dict(state.outside))
            return
        for name in there.values.keys() | state.values.keys():
            here, other = (s.values.get(name) or self._current(name) for s in (there, state))
            same = here.expr is not None and here.expr == other.expr
            there.values[name] = here if same else _Value(None, here.reads | other.reads)
        for name in there.outside.keys() | state.outside.keys():
            both = name in there.outside and name in state.outside
            if not both or there.outside[name] != state.outside[name]:
                there.outside[name] = None

    def read(self, expr: Expr) -> None:
        """Note what ``expr``, evaluated ahead of the body, reads and how it can fault."""
        self._read(expr, _State())

    @staticmethod
    def _current(name: str) -> _Value:
        return _Value(Param(name), frozenset({Cell(name)}))

    def _act(self, node: Node, state: _State) -> None:
        match node.kind:
            case "nop" | "begin" | "end":
                pass
            case "enter":
                label = f"{LOCAL}{node.variable}."
                for name in self.known.kinds:
                    if (LOCAL + name).startswith(label):
                        default = Const(default_value(self.known.kinds[name]))
                        self._set(LOCAL + name, default, state)
            case "event":
                assert node.event is not None
                if node.event.name in self.known.listened:
                    raise Unclear
                for _, argument, _ in node.event.arguments:
                    self._evaluate(argument, state)
            case "branch" | "look":
                self._read(node.value, state)
            case "check":
                if self._read(node.value, state) != TRUE:
                    self.effects.faults.add(node.name)
            case "set":
                assert node.value is not None
                self._set(LOCAL + node.variable, self._evaluate(node.value, state), state)
            case "store":
                assert node.value is not None
                self._store(node, state)
            case _:
                raise Unclear

    def _read(self, expr: Expr | None, state: _State) -> Expr:
        assert expr is not None
        value = self._evaluate(expr, state)
        self.effects.reads |= self._reads(value, state)
        return value

    def _evaluate(self, expr: Expr, state: _State) -> Expr:
        """``expr`` with what is known of locals; its faults are noted, what it reads is not."""

        def replace(e: Expr) -> Expr | None:
            if isinstance(e, Param):
                if e.name[0] == PENDING:
                    raise Unclear
                found = state.values.get(e.name)
                return None if found is None else found.expr
            if isinstance(e, Deref):
                return deref(substitute(e.ref, replace), e.population, e.population not in self.known.static)
            return None

        value = substitute(expr, replace)
        for part in walk(value):
            if is_hazard(part) and not self._is_element(part):
                self.effects.faults.update(_faults(part))
        return value

    def _is_element(self, expr: Expr) -> bool:
        """Whether this dereferences the element itself, which is allocated as long as nothing is freed."""
        match expr, self.element:
            case Deref(Const(value), population), (of, slot):
                return population == of and value == slot + 1
        return False

    def _reads(self, expr: Expr, state: _State) -> set[Cell]:
        match expr:
            case Binary("&", Binary(">>", Load() | Param() as word, Const(bit)), Const(1)) if 0 <= bit < 64:
                return self._reads_bits(word, 1 << bit, state)
            case Binary("&", Load() | Param() as word, Const(mask)):
                return self._reads_bits(word, mask, state)
            case Load() | Param():
                return self._reads_bits(expr, ALL_BITS, state)
        found = {cell for child in children(expr) for cell in self._reads(child, state)}
        if isinstance(expr, Deref) and expr.population in self.known.alive:
            slot = expr.ref.value - 1 if isinstance(expr.ref, Const) else None
            found.add(Cell(self.known.alive[expr.population], (slot,)))
        return found

    def _reads_bits(self, word: Expr, bits: int, state: _State) -> set[Cell]:
        if isinstance(word, Load):
            inner = {cell for i in word.index for cell in self._reads(i, state)}
            return inner | {Cell(word.variable, tuple(map(_position, word.index)), bits)}
        assert isinstance(word, Param)
        if word.name in state.values:
            return set(state.values[word.name].reads)
        return {Cell(word.name, (), bits)} if word.name[0] == LOCAL else set()

    def _set(self, name: str, value: Expr, state: _State) -> None:
        if name in self.live:
            self._change(Param(name), Cell(name), value, state)
            state.values.pop(name, None)
            state.outside[name] = value if isinstance(value, Const) else None
            return
        parts = list(walk(value))
        follows = len(parts) <= _LARGEST and not any(
            isinstance(e, Param) and e.name in state.values for e in parts
        )
        reads = frozenset(self._reads(value, state))
        _forget(name, state)
        state.values[name] = _Value(value if follows else None, reads)

    def _store(self, node: Node, state: _State) -> None:
        assert node.value is not None
        index = tuple(self._evaluate(i, state) for i in node.index)
        value = self._evaluate(node.value, state)
        for i in index:
            self.effects.reads |= self._reads(i, state)
        self._change(
            Load(node.variable, index), Cell(node.variable, tuple(map(_position, index))), value, state
        )

    def _change(self, target: Load | Param, cell: Cell, value: Expr, state: _State) -> None:
        """Note the change of ``cell``, which ``target`` reads, and forget what was known of it."""
        type_ = self.known.type_of(cell.variable)
        if isinstance(target, Load) and not (type_ is not None and self._fits(target, value, type_)):
            below = isinstance(type_, Count)
            self.effects.faults.add(REFCOUNT_BELOW_ZERO if below else VALUE_OUT_OF_RANGE)
        change = Change(cell, "?")
        match value:
            case Const():
                change = Change(cell, "=", value)
            case Binary(op, left, by) if op in _COMMUTING and left == target:
                change = self._by(cell, op, by, state)
            case Binary("+" | "|" | "^" as op, by, right) if right == target:
                change = self._by(cell, op, by, state)
            case _:
                self.effects.reads |= self._reads(value, state)
        self.effects.changes.add(change)
        _forget(cell.variable, state)

    def _by(self, cell: Cell, op: str, by: Expr, state: _State) -> Change:
        self.effects.reads |= self._reads(by, state)
        if op in ("|", "&~", "^") and isinstance(by, Const):
            cell = Cell(cell.variable, cell.index, by.value)
        return Change(cell, _COMMUTING[op])

    def _fits(self, target: Load, value: Expr, type_: Type) -> bool:
        """Whether ``value`` is certainly within ``type_``, or a ``Count`` that a wider one would hold."""
        match value:
            case Const(number):
                return type_.contains(number) or (isinstance(type_, Count) and number >= 0)
            case Binary("+", left, Const(number)) if left == target and isinstance(type_, Count):
                return number >= 0
            case Binary("|" | "&~" | "^", left, Const(number)) if left == target and isinstance(type_, Bits):
                return 0 <= number <= type_.hi
            case Load(variable) | Param(variable):
                if variable[0] != LOCAL and isinstance(value, Param):
                    return False
                other = self.known.type_of(variable)
                if isinstance(other, Count) or isinstance(type_, Count):
                    return isinstance(type_, Count) and other is not None and other.lo >= 0
                return other is not None and type_.lo <= other.lo and other.hi <= type_.hi
            case Cond(_, then, orelse):
                return self._fits(target, then, type_) and self._fits(target, orelse, type_)
        return isinstance(type_, Bool) and is_boolean(value)


def _forget(variable: str, state: _State) -> None:
    """No value that was read from ``variable`` is its present one any more."""
    for name, known in list(state.values.items()):
        if known.expr is not None and any(read.variable == variable for read in known.reads):
            state.values[name] = _Value(None, known.reads)


def _in_order(entry: Node, inside: range) -> Iterable[Node]:
    """The nodes inside that ``entry`` leads to, each behind all that lead to it.  Raises ``Unclear`` for a loop."""
    before: dict[Node, set[Node]] = {entry: set()}
    waiting = [entry]
    while waiting:
        node = waiting.pop()
        for successor in node.next:
            if successor.number in inside:
                if successor not in before:
                    waiting.append(successor)
                before.setdefault(successor, set()).add(node)
    try:
        return tuple(TopologicalSorter(before).static_order())
    except CycleError:
        raise Unclear from None


def _position(index: Expr) -> int | None:
    match index:
        case Const(value):
            return value
        case Deref(Const(value)):
            return value - 1
    return None


def _faults(expr: Expr) -> Iterator[str]:
    match expr:
        case Deref():
            yield from (NULL_DEREFERENCE, USE_AFTER_FREE)
        case Binary("//" | "%"):
            yield DIVISION_BY_ZERO
        case _:
            yield INDEX_OUT_OF_RANGE
