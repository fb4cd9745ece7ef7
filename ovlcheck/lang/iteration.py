"""Loops over collections: tuples and ranges are unrolled, sets and lists give their elements round by round."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from ovlcheck.lang.context import Loop
from ovlcheck.lang.flow import ITERATION, Exits, Node, Round, SetLoop
from ovlcheck.lang.fold import binary, conjunction
from ovlcheck.lang.kinds import SCALARS, EnumT, IntT, ListT, RefT, SetT, set_size
from ovlcheck.lang.schema import PopulationInfo
from ovlcheck.lang.values import Many, Objects, Place, Val, Value
from ovlcheck.lang.words import Words
from ovlcheck.system.expr import TRUE, Const, Expr, Load

Body = Callable[[Value], None]


@dataclass(frozen=True)
class _Visit:
    """A loop over the set ``box``: the local ``name``, worth ``visited``, remembers the members whose turn has been."""

    box: Val
    name: str
    visited: Val
    iterable: ast.expr
    node: ast.AST
    loop: Loop
    body: Body

    @property
    def left(self) -> Expr:
        return binary("&~", self.box.expr, self.visited.expr)


class Iteration(Words):
    """``iterate`` runs a body for each element; ``elements`` lists, in pure code, all that there may be."""

    def iterate(self, iterable: ast.expr, node: ast.AST, body: Body) -> None:
        """Compile the loop; ``self.frame.loops`` has a new entry while ``body`` runs."""
        source = self.expr(iterable)
        if isinstance(source, Place):
            source = self.same_place(source, node)
        loop = Loop(len(self.frame.cleanups))
        self.frame.loops.append(loop)
        try:
            match source:
                case Many(items):
                    self._unrolled(items, loop, body)
                case Place(ListT()):
                    with self.back_edge(node):
                        self._over_list(source, node, loop, body)
                case Objects(info):
                    box = self.members(source)
                    self._over(box, iterable, node, loop, body, info if info.dynamic else None)
                case Place(SetT()):
                    self._over(self.load(source, node), iterable, node, loop, body)
                case Val(SetT()):
                    self._over(self.hold(source, node), iterable, node, loop, body)
                case _:
                    self.refuse(
                        iterable, f"iteration over {ast.unparse(iterable)}",
                        "iterate over a set, a list, a population or a range",
                    )  # fmt: skip
        finally:
            self.frame.loops.pop()
        self.exits = self.exits + loop.breaks

    def _over(
        self, box: Val, iterable: ast.expr, node: ast.AST, loop: Loop, body: Body,
        allocated: PopulationInfo | None = None,
    ) -> None:  # fmt: skip
        if set_size(box.kind):
            with self.back_edge(node):
                self._over_set(box, iterable, node, loop, body, allocated)

    def _next_round(self, loop: Loop) -> None:
        self.exits = self.exits + loop.continues
        loop.continues = []

    def _unrolled(self, items: tuple[Value, ...], loop: Loop, body: Body) -> None:
        before = dict(self.frame.locals)
        for item in items:
            if not self.exits:
                break
            body(item)
            self._next_round(loop)
            self.frame.locals = self.merged(before, self.frame.locals)

    def _over_set(
        self, box: Val, iterable: ast.expr, node: ast.AST, loop: Loop, body: Body,
        allocated: PopulationInfo | None,
    ) -> None:  # fmt: skip
        """Any member not yet visited, until none is left; the set is read again in every round.

        ``box`` may be what is ``allocated`` of a population.
        """
        if set_size(box.kind) == 1:
            self._over_one(box, iterable, loop, body)
            return
        name = self.temporary("$visited")
        visit = _Visit(
            box, name, self.assign_local(name, Val(box.kind, Const(0)), node), iterable, node, loop, body
        )
        head = self.emit("nop", node)
        fork = self.emit("fork", node)
        self.exits = [(fork, 0)]
        last = self._assume(visit, binary("==", visit.left, Const(0)), ITERATION)
        done = self.exits
        if self.atomic:
            assert self.graph is not None
            rounds = tuple(
                self._round_of(i, visit, head, (fork, 1 + i), allocated) for i in range(set_size(box.kind))
            )
            of = None if allocated is None else allocated.name
            self.graph.set_loops.append(SetLoop(head, fork, last, rounds, self.frame.storage[name], of))
            self.exits = done
        else:
            self.exits = [(fork, 1)]
            self._round_of_any(visit, head)
            self.exits = [*done, *self.exits]

    def _over_one(self, box: Val, iterable: ast.expr, loop: Loop, body: Body) -> None:
        """A set that has one possible member."""
        assert isinstance(box.kind, SetT)
        test = binary("&", box.expr, Const(1))
        passed: Exits = []
        if isinstance(test, Const):
            if not test.value:
                return
        else:
            fork = self.emit("branch", iterable, value=test, access=self.reads(box.expr) > 0)
            self.exits, passed = [(fork, 0)], [(fork, 1)]
        body(self._element(box.kind, Const(0)))
        self._next_round(loop)
        self.exits = [*self.exits, *passed]

    def _assume(self, visit: _Visit, test: Expr, name: str = "") -> Node:
        access = self.reads(visit.box.expr) > 0
        return self.emit("assume", visit.iterable, name=name, value=test, access=access)

    def _mark(self, visit: _Visit, bit: Expr) -> None:
        marked = binary("|", visit.visited.expr, bit)
        self.assign_local(visit.name, Val(visit.box.kind, marked), visit.node)

    def _round_of(
        self, i: int, visit: _Visit, head: Node, begin: tuple[Node, int], allocated: PopulationInfo | None
    ) -> Round:
        """Inside one step the members are tried as constants, so that the number of rounds is known; ``one_order``
        looks later whether their order matters.
        """
        assert self.graph is not None and isinstance(visit.box.kind, SetT)
        self.exits = [begin]
        chosen = self._assume(visit, _has(visit.left, i), ITERATION)
        self._mark(visit, Const(1 << i))
        first = self.graph.nodes[-1]
        visit.body(self._element(visit.box.kind, Const(i)))
        self._next_round(visit.loop)
        last = self.graph.nodes[-1].number
        self.connect(self.exits, head)
        member = _has(visit.box.expr, i) if allocated is None else Load(allocated.alive, (Const(i),))
        return Round(member, chosen, first, last)

    def _round_of_any(self, visit: _Visit, head: Node) -> None:
        """A member that is chosen when its turn comes; the last possible one ends the loop."""
        kind = visit.box.kind
        assert isinstance(kind, SetT)
        self.emit("begin", visit.iterable)
        slot = self.pick("element", set_size(kind), kind, visit.iterable)
        self._assume(visit, binary("&", binary(">>", visit.left, slot), Const(1)))
        self._mark(visit, binary("<<", Const(1), slot))
        element = self.keep(self._element(kind, slot), visit.iterable)
        self.emit("end", visit.iterable)
        visit.body(element)
        self._next_round(visit.loop)
        full = Const((1 << set_size(kind)) - 1)
        all_seen = self.emit("branch", visit.node, value=binary("==", visit.visited.expr, full))
        self.connect([(all_seen, 1)], head)
        self.exits = [(all_seen, 0)]

    def _element(self, kind: SetT, slot: Expr) -> Val:
        match kind.element:
            case RefT(population, size):
                return Val(RefT(population, size, nullable=False), binary("+", slot, Const(1)))
            case EnumT() as element:
                return Val(element, slot)
        raise TypeError(kind)

    def _over_list(self, place: Place, node: ast.AST, loop: Loop, body: Body) -> None:
        """Element after element, each read in a round of its own."""
        assert isinstance(place.kind, ListT)
        capacity = place.kind.capacity
        name = self.temporary("$position")
        position = self.assign_local(name, Val(IntT(0, capacity), Const(0)), node)
        head = self.emit("nop", node)
        length = Load(f"{place.variable}.len", place.index)
        if not self.atomic:
            self.emit("begin", node)
        inside = conjunction(binary("<", position.expr, Const(capacity)), binary("<", position.expr, length))
        more = self.emit("branch", node, value=inside, access=True)
        self.exits = [(more, 0)]
        cell = (
            binary("%", position.expr, Const(capacity))
            if not isinstance(position.expr, Const)
            else position.expr
        )
        item = self.keep(self.load(self.list_item(place, cell), node), node)
        if not self.atomic:
            self.emit("end", node)
        self.assign_local(name, Val(IntT(0, capacity), binary("+", position.expr, Const(1))), node)
        body(item)
        self._next_round(loop)
        self.connect(self.exits, head)
        self.exits = [(more, 1)]
        if not self.atomic:
            self.emit("end", node)

    def bind_target(self, target: ast.expr, value: Value) -> None:
        if not isinstance(target, ast.Name):
            self.refuse(target, "this target of an iteration", "iterate with a single name")
        if isinstance(value, Place) and isinstance(value.kind, SCALARS):
            value = self.load(value, target)
        self.frame.locals[target.id] = value

    def elements(self, iterable: ast.expr, node: ast.AST) -> list[tuple[Expr, Value]]:
        """In pure code: each possible element with the condition that it is one."""
        source = self.expr(iterable)
        match source:
            case Many(items):
                return [(TRUE, item) for item in items]
            case Place(ListT(_, capacity)):
                length = self.load(self.list_length(source), node).expr
                return [
                    (binary("<", Const(i), length), self.load(self.list_item(source, Const(i)), node))
                    for i in range(capacity)
                ]
        box = self.scalar(source, iterable)
        if not isinstance(box.kind, SetT):
            self.refuse(
                iterable,
                f"iteration over a {box.kind}",
                "iterate over a set, a list, a population or a range",
            )
        if box.kind.element is None:
            return []
        return [(_has(box.expr, i), self._element(box.kind, Const(i))) for i in range(set_size(box.kind))]


def _has(word: Expr, number: int) -> Expr:
    """Whether ``word``, a set, has the element with this number."""
    return binary("&", binary(">>", word, Const(number)), Const(1))
