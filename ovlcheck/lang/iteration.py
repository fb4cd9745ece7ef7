"""Loops over collections, and the comprehensions made of them."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ovlcheck.lang.context import Impure, Loop, boolean
from ovlcheck.lang.flow import ITERATION, Exits, Round, SetLoop
from ovlcheck.lang.fold import binary, cond, conjunction, disjunction, negate
from ovlcheck.lang.kinds import MOST_ELEMENTS, SCALARS, EnumT, IntT, ListT, RefT, SetT, join, set_size
from ovlcheck.lang.schema import PopulationInfo
from ovlcheck.lang.source import Refused
from ovlcheck.lang.values import Many, Objects, Place, Val, Value
from ovlcheck.lang.words import Words
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load

Body = Callable[[Value], None]


class Iteration(Words):
    """``iterate`` runs a body for each element; ``fold_elements`` gathers an expression over all of them."""

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

        Inside one step the members are tried as constants, so that the number of rounds is known; ``one_order`` looks
        later whether their order matters.  ``box`` may be what is ``allocated`` of a population.
        """
        assert isinstance(box.kind, SetT) and box.kind.element is not None
        size = set_size(box.kind)
        access = self.reads(box.expr) > 0
        if size == 1:
            test = binary("&", box.expr, Const(1))
            if isinstance(test, Const):
                if not test.value:
                    return
                body(self._element(box.kind, Const(0)))
                self._next_round(loop)
                return
            fork = self.emit("branch", iterable, value=test, access=access)
            self.exits = [(fork, 0)]
            body(self._element(box.kind, Const(0)))
            self._next_round(loop)
            self.exits = [*self.exits, (fork, 1)]
            return
        name = self.temporary("$visited")
        visited = self.assign_local(name, Val(box.kind, Const(0)), node)
        head = self.emit("nop", node)
        fork = self.emit("fork", node)
        left = binary("&~", box.expr, visited.expr)
        full = Const((1 << size) - 1)
        self.exits = [(fork, 0)]
        none_left = binary("==", left, Const(0))
        last = self.emit("assume", iterable, name=ITERATION, value=none_left, access=access)
        done = self.exits
        if self.atomic:
            assert self.graph is not None
            rounds, ends = list[Round](), Exits()
            for i in range(size):
                self.exits = [(fork, 1 + i)]
                chosen = self.emit("assume", iterable, name=ITERATION, value=_has(left, i), access=access)
                self.assign_local(name, Val(box.kind, binary("|", visited.expr, Const(1 << i))), node)
                visit = self.graph.nodes[-1]
                body(self._element(box.kind, Const(i)))
                self._next_round(loop)
                ends += self.exits
                member = _has(box.expr, i) if allocated is None else Load(allocated.alive, (Const(i),))
                rounds.append(Round(member, chosen, visit, self.graph.nodes[-1].number))
            self.connect(ends, head)
            of = None if allocated is None else allocated.name
            visited_name = self.frame.storage[name]
            self.graph.set_loops.append(SetLoop(head, fork, last, tuple(rounds), visited_name, of))
            self.exits = done
            return
        self.exits = [(fork, 1)]
        self.emit("begin", iterable)
        slot = self.pick("element", size, box.kind, iterable)
        self.emit("assume", iterable, value=binary("&", binary(">>", left, slot), Const(1)), access=access)
        self.assign_local(name, Val(box.kind, binary("|", visited.expr, binary("<<", Const(1), slot))), node)
        element = self.keep(self._element(box.kind, slot), iterable)
        self.emit("end", iterable)
        body(element)
        self._next_round(loop)
        all_seen = self.emit("branch", node, value=binary("==", visited.expr, full))
        self.connect([(all_seen, 1)], head)
        self.exits = [*done, (all_seen, 0)]

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

    def _generated(
        self, generators: list[ast.comprehension], node: ast.AST, leaf: Callable[[Expr], Expr], absent: Expr,
        combine: Callable[[list[Expr]], Expr], guard: Callable[[Expr, Expr, Expr], Expr],
    ) -> Expr:  # fmt: skip
        """Pure: ``combine`` over all elements of ``guard(present, leaf, absent)``."""
        first, rest = generators[0], generators[1:]
        parts = []
        for present, element in self.elements(first.iter, node):
            saved = dict(self.frame.locals)
            self.bind_target(first.target, element)
            tests = [present] + [self.condition(t) for t in first.ifs]
            inner = self._generated(rest, node, leaf, absent, combine, guard) if rest else leaf(TRUE)
            self.frame.locals = saved
            here = conjunction(*tests)
            if here != FALSE:
                parts.append(guard(here, inner, absent))
        return combine(parts)

    def bind_target(self, target: ast.expr, value: Value) -> None:
        if not isinstance(target, ast.Name):
            self.refuse(target, "this target of an iteration", "iterate with a single name")
        if isinstance(value, Place) and isinstance(value.kind, SCALARS):
            value = self.load(value, target)
        self.frame.locals[target.id] = value

    def _comprehension_of(self, node: ast.Call) -> ast.GeneratorExp | ast.ListComp | ast.SetComp | None:
        argument = self.one_argument(node)
        return argument if isinstance(argument, (ast.GeneratorExp, ast.ListComp, ast.SetComp)) else None

    def _truths(self, node: ast.Call, all_of: bool) -> Value:
        made = self._comprehension_of(node)
        if made is None:
            items = self.expr(self.one_argument(node))
            if not isinstance(items, Many):
                self.refuse(node, "any and all take a comprehension", "write any(... for x in ...)")
            if not all(isinstance(i, Val) for i in items.items):
                self.refuse(node, "any and all of things that are no values", "give truth values")
            parts = [self.truth(i, node) for i in items.items if isinstance(i, Val)]
            return boolean(conjunction(*parts) if all_of else disjunction(*parts))
        if self.pure:

            def leaf(_: Expr) -> Expr:
                return self.condition(made.elt)

            def guard(present: Expr, inner: Expr, _: Expr) -> Expr:
                return disjunction(negate(present), inner) if all_of else conjunction(present, inner)

            combine = (lambda parts: conjunction(*parts)) if all_of else (lambda parts: disjunction(*parts))
            return boolean(self._generated(made.generators, node, leaf, FALSE, combine, guard))
        return self._stepwise_truths(made, node, all_of)

    def _stepwise_truths(
        self, made: ast.GeneratorExp | ast.ListComp | ast.SetComp, node: ast.Call, all_of: bool
    ) -> Value:
        pure = self.try_pure(node)
        if pure is not None:
            return pure
        name = self.temporary()
        self.assign_local(name, boolean(Const(int(all_of))), node)
        decided: Exits = []

        def leaf(_: int) -> None:
            true, false = self.branch(made.elt)
            stop, go = (false, true) if all_of else (true, false)
            if stop:
                self.exits = stop
                self.assign_local(name, boolean(Const(int(not all_of))), node)
                decided.extend(self.exits)
            self.exits = go

        self._nested(made.generators, node, leaf)
        self.exits = self.exits + decided
        return self.rebound(name)

    def _nested(
        self, generators: list[ast.comprehension], node: ast.AST, leaf: Callable[[int], None], rounds: int = 1
    ) -> None:
        """The loops of a comprehension; ``leaf`` is told how often it may run at most."""
        first, rest = generators[0], generators[1:]

        def body(element: Value) -> None:
            saved = dict(self.frame.locals)
            self.bind_target(first.target, element)
            skipped: Exits = []
            for test in first.ifs:
                if not self.exits:
                    break
                self.exits, false = self.branch(test)
                skipped += false
            if self.exits:
                most = rounds * self._most_rounds(first.iter)
                if rest:
                    self._nested(rest, node, leaf, most)
                else:
                    leaf(most)
            self.exits = self.exits + skipped
            self.frame.locals = {n: self.refreshed(n, v) for n, v in saved.items()}

        self.iterate(first.iter, node, body)

    def _most_rounds(self, iterable: ast.expr) -> int:
        """How many elements ``iterable`` can have."""
        self.pure += 1
        try:
            match self.expr(iterable):
                case Many(items):
                    return len(items)
                case Objects(population):
                    return population.size
                case Place(ListT(_, capacity)):
                    return capacity
                case Place(kind) | Val(kind):
                    return set_size(kind)
        except Impure:
            pass
        finally:
            self.pure -= 1
        return MOST_ELEMENTS

    def word_any(self, node: ast.Call) -> Value:
        return self._truths(node, all_of=False)

    def word_all(self, node: ast.Call) -> Value:
        return self._truths(node, all_of=True)

    def word_sum(self, node: ast.Call) -> Value:
        made = self._comprehension_of(node)
        if made is None:
            self.refuse(node, "sum takes a comprehension", "write sum(... for x in ...)")
        if not self.pure:
            pure = self.try_pure(node)
            return pure if pure is not None else self._stepwise_sum(made, node)
        total = Val(IntT(0, 0), Const(0))

        def leaf(_: Expr) -> Expr:
            nonlocal total
            value = self.rvalue(made.elt)
            lo, hi = self.number(value, made.elt)
            assert isinstance(total.kind, IntT)
            total = Val(IntT(total.kind.lo + min(lo, 0), total.kind.hi + max(hi, 0)), total.expr)
            return value.expr

        def combine(parts: list[Expr]) -> Expr:
            result: Expr = Const(0)
            for part in parts:
                result = binary("+", result, part)
            return result

        expr = self._generated(made.generators, node, leaf, Const(0), combine, cond)
        return Val(total.kind, expr)

    def _stepwise_sum(self, made: ast.GeneratorExp | ast.ListComp | ast.SetComp, node: ast.Call) -> Value:
        name, known = self.temporary(), self.loop_kinds
        number = known.count
        known.count += 1
        kind = known.assumed.get((number, name), IntT(0, 0))
        self.assign_local(name, Val(kind, Const(0)), node)

        def leaf(rounds: int) -> None:
            value = self.settle(self.rvalue(made.elt), made.elt)
            lo, hi = self.number(value, made.elt)
            total = IntT(min(lo, 0) * rounds, max(hi, 0) * rounds)
            if join(kind, total) != kind:
                known.assumed[number, name] = total
                known.grown = Refused(
                    self.frame.function.diagnose(node, "this sum has no bound", "narrow its terms")
                )
            so_far = self.rebound(name)
            self.arithmetic("+", so_far, value, node)
            self.assign_local(name, Val(kind, binary("+", so_far.expr, value.expr)), node)

        self._nested(made.generators, node, leaf)
        return self.rebound(name)

    def _generatorexp(self, node: ast.GeneratorExp) -> Value:
        self.refuse(
            node, "a generator by itself", "use it in any, all, sum or set, or write a set comprehension"
        )

    def _setcomp(self, node: ast.SetComp) -> Value:
        if not self.pure:
            pure = self.try_pure(node)
            return pure if pure is not None else self._stepwise_set(node)
        kind = SetT(None)

        def leaf(_: Expr) -> Expr:
            nonlocal kind
            value = self.rvalue(node.elt)
            if not isinstance(value.kind, (RefT, EnumT)):
                self.refuse(node, f"a set of {value.kind}", "sets hold objects or members of an Enum")
            joined = join(kind, SetT(value.kind))
            kind = joined if isinstance(joined, SetT) else kind
            return self.element_bit(value, SetT(value.kind), node)

        def combine(parts: list[Expr]) -> Expr:
            result: Expr = Const(0)
            for part in parts:
                result = binary("|", result, part)
            return result

        expr = self._generated(node.generators, node, leaf, Const(0), combine, cond)
        return Val(kind, expr)

    def _stepwise_set(self, node: ast.SetComp) -> Value:
        name = self.temporary()
        self.assign_local(name, Val(SetT(None), Const(0)), node)

        def leaf(_: int) -> None:
            value = self.settle(self.rvalue(node.elt), node)
            if not isinstance(value.kind, (RefT, EnumT)):
                self.refuse(node, f"a set of {value.kind}", "sets hold objects or members of an Enum")
            bit = self.element_bit(value, SetT(value.kind), node)
            self.assign_local(name, Val(SetT(value.kind), binary("|", self.rebound(name).expr, bit)), node)

        self._nested(node.generators, node, leaf)
        return self.rebound(name)


def _has(word: Expr, number: int) -> Expr:
    """Whether ``word``, a set, has the element with this number."""
    return binary("&", binary(">>", word, Const(number)), Const(1))
