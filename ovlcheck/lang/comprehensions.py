"""Comprehensions, and the builtins that take them: one expression where they are one step's work, else loops."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial, reduce

from ovlcheck.lang.context import Impure, boolean
from ovlcheck.lang.flow import Exits
from ovlcheck.lang.fold import binary, cond, conjunction, disjunction, negate
from ovlcheck.lang.iteration import Iteration
from ovlcheck.lang.kinds import MOST_ELEMENTS, EnumT, IntT, ListT, RefT, SetT, join, set_size
from ovlcheck.lang.source import Refused
from ovlcheck.lang.values import Many, Objects, Place, Val, Value
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr


class Comprehensions(Iteration):
    """``any``, ``all`` and ``sum`` of a comprehension, and set comprehensions."""

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

        expr = self._generated(made.generators, node, leaf, Const(0), _joined_by("+"), cond)
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
            own = self._set_of(value, node)
            joined = join(kind, own)
            kind = joined if isinstance(joined, SetT) else kind
            return self.element_bit(value, own, node)

        expr = self._generated(node.generators, node, leaf, Const(0), _joined_by("|"), cond)
        return Val(kind, expr)

    def _stepwise_set(self, node: ast.SetComp) -> Value:
        name = self.temporary()
        self.assign_local(name, Val(SetT(None), Const(0)), node)

        def leaf(_: int) -> None:
            value = self.settle(self.rvalue(node.elt), node)
            own = self._set_of(value, node)
            bit = self.element_bit(value, own, node)
            self.assign_local(name, Val(own, binary("|", self.rebound(name).expr, bit)), node)

        self._nested(node.generators, node, leaf)
        return self.rebound(name)

    def _set_of(self, value: Val, node: ast.SetComp) -> SetT:
        """What ``value`` is an element of."""
        if not isinstance(value.kind, (RefT, EnumT)):
            self.refuse(node, f"a set of {value.kind}", "sets hold objects or members of an Enum")
        return SetT(value.kind)


def _joined_by(op: str) -> Callable[[list[Expr]], Expr]:
    """All of some expressions joined by ``op``, from 0 on."""
    nothing: Expr = Const(0)
    return lambda parts: reduce(partial(binary, op), parts, nothing)
