"""The words of the language and the builtins of Python that model code may call."""

from __future__ import annotations

import ast
import enum
from itertools import product

from ovlcheck.lang.calls import Calls
from ovlcheck.lang.context import boolean
from ovlcheck.lang.flow import NO_SPINLOCK, Node
from ovlcheck.lang.fold import binary, cond, unary
from ovlcheck.lang.kinds import NONE, IntT, ListT, RefT, SetT, is_number, set_size, system_type
from ovlcheck.lang.values import Many, Place, Py, Val, Value, constant
from ovlcheck.system.expr import FALSE, TRUE, Const, Expr, Load
from ovlcheck.system.transition_system import Event

# What is done for each number of a range is compiled for each of them.
LONGEST_RANGE = 1 << 12


class Words(Calls):
    """``word_NAME`` compiles a call of that word; the calls find it by its name."""

    def one_argument(self, node: ast.Call) -> ast.expr:
        if len(node.args) != 1 or node.keywords:
            self.refuse(node, f"{ast.unparse(node.func)} takes one argument", "give it exactly one")
        return node.args[0]

    def word_bool(self, node: ast.Call) -> Value:
        return boolean(self.condition(self.one_argument(node)))

    def word_int(self, node: ast.Call) -> Value:
        value = self.rvalue(self.one_argument(node))
        lo, hi = self.number(value, node)
        return Val(IntT(lo, hi), value.expr)

    def word_abs(self, node: ast.Call) -> Value:
        value = self.hold(self.rvalue(self.one_argument(node)), node)
        lo, hi = self.number(value, node)
        negative = binary("<", value.expr, Const(0))
        return Val(
            IntT(0, max(abs(lo), abs(hi))), cond(negative, binary("-", Const(0), value.expr), value.expr)
        )

    def word_len(self, node: ast.Call) -> Value:
        argument = self.one_argument(node)
        container = self.expr(argument)
        if isinstance(container, Many):
            return constant(len(container.items))
        if isinstance(container, Place) and isinstance(container.kind, ListT):
            return self.load(self.list_length(container), node)
        value = self.scalar(container, argument)
        if not isinstance(value.kind, SetT):
            self.refuse(node, f"len of a {value.kind}", "len is for sets and lists")
        return Val(IntT(0, set_size(value.kind)), unary("popcount", value.expr))

    def _extreme(self, node: ast.Call, op: str) -> Value:
        if len(node.args) < 2:
            self.refuse(node, "min and max take two or more values", "name them")
        values = [self.hold(v, node) for v in self.operands(*node.args)]
        best = values[0]
        for value in values[1:]:
            (alo, ahi), (blo, bhi) = self.number(best, node), self.number(value, node)
            pick = min if op == "<=" else max
            kind = IntT(pick(alo, blo), pick(ahi, bhi))
            best = Val(kind, cond(binary(op, best.expr, value.expr), best.expr, value.expr))
        return best

    def word_min(self, node: ast.Call) -> Value:
        return self._extreme(node, "<=")

    def word_max(self, node: ast.Call) -> Value:
        return self._extreme(node, ">=")

    def word_range(self, node: ast.Call) -> Value:
        values = [self.rvalue(a) for a in node.args]
        bounds = [v.expr.value for v in values if isinstance(v.expr, Const) and is_number(v.kind)]
        if len(bounds) < len(values):
            self.refuse(
                node, "range with bounds that are not constant", "use constants; leave the loop with break"
            )
        if not 1 <= len(bounds) <= 3 or bounds[2:] == [0]:
            self.refuse(node, f"{ast.unparse(node)} is no range", "write range(stop) or range(start, stop)")
        found = range(*bounds)
        if found[LONGEST_RANGE:]:
            self.refuse(node, f"a range of more than {LONGEST_RANGE} numbers", "use narrower bounds")
        return constant(found)

    def word_set(self, node: ast.Call) -> Value:
        if not node.args:
            return Val(SetT(None), Const(0))
        value = self.rvalue(self.one_argument(node))
        if not isinstance(value.kind, SetT):
            self.refuse(node, f"set of a {value.kind}", "give a set")
        return value

    def word_tuple(self, node: ast.Call) -> Value:
        return self.expr(self.one_argument(node))

    def word_sorted(self, node: ast.Call) -> Value:
        self.refuse(node, "sorted", "objects have no order; iterate over the set, or keep a List")

    def word_pre(self, node: ast.Call) -> Value:
        self.refuse(node, "pre outside a handler of an event", "use pre in @before or @after handlers")

    def word_choose(self, node: ast.Call) -> Value:
        if not node.args:
            return self._fork_values(node, [boolean(TRUE), boolean(FALSE)])
        if len(node.args) > 1:
            return self._fork_values(node, self._arguments(node)[0])
        options = self.expr(node.args[0])
        if (
            isinstance(options, Py)
            and isinstance(options.value, type)
            and issubclass(options.value, enum.Enum)
        ):
            options = constant(list(options.value))
        if isinstance(options, Many):
            return self._fork_values(node, list(options.items))
        box = self.scalar(options, node.args[0])
        if not isinstance(box.kind, SetT) or box.kind.element is None:
            self.refuse(
                node,
                f"choose from a {box.kind}",
                "choose from values, an Enum, a range, a set or a population",
            )
        return self.choose_member(box, node, "choice")

    def choose_member(self, box: Val, node: ast.AST, name: str) -> Val:
        """Any member of the set ``box``; none, and the step is not enabled."""
        assert isinstance(box.kind, SetT) and box.kind.element is not None
        size = set_size(box.kind)
        element = box.kind.element
        self.emit("begin", node)
        slot = self.pick(name, size, box.kind, node)
        member = binary("+", slot, Const(1)) if isinstance(element, RefT) else slot
        kind = RefT(element.population, element.size, False) if isinstance(element, RefT) else element
        inside = binary("&", binary(">>", box.expr, slot), Const(1))
        if inside != TRUE and not (isinstance(box.expr, Const) and box.expr.value == (1 << size) - 1):
            self.emit("assume", node, value=inside, access=self.reads(box.expr) > 0)
        result = self.keep(Val(kind, member), node)
        self.emit("end", node)
        return result

    def _fork_values(self, node: ast.Call, options: list[Value]) -> Value:
        if not options:
            self.refuse(node, "a choice among nothing", "give at least one value")
        fork = self.emit("fork", node)
        name, ends = self.temporary(), list[tuple[Node, int]]()
        for i, option in enumerate(options):
            if not isinstance(option, Val):
                self.refuse(node, "choose among things that are no values", "choose scalars")
            self.exits = [(fork, i)]
            self.assign_local(name, option, node)
            ends += self.exits
        self.exits = ends
        return self.rebound(name)

    def word_wait(self, node: ast.Call) -> Value:
        argument = self.one_argument(node)
        value = boolean(self.condition(argument)) if self.atomic else self.try_pure(argument, condition=True)
        if value is None:
            self.refuse(
                node, "wait for more than one access to shared state",
                "read the state under a lock, or write: with atomic: wait(...)",
            )  # fmt: skip
        self.may_sleep(node)
        self.emit("assume", node, value=value.expr, access=True)
        return Val(NONE, Const(0))

    def may_sleep(self, node: ast.AST) -> None:
        """Sleeping while holding a spinlock is a violation."""
        self.emit(
            "check", node, value=NO_SPINLOCK, name="lock misuse", message="may sleep while holding a spinlock"
        )

    def word_idle(self, node: ast.Call) -> Value:
        if node.args:
            self.refuse(node, "idle takes no argument", "write idle()")
        self.emit("idle", node)
        return Val(NONE, Const(0))

    def word_may_not_happen(self, node: ast.Call) -> Value:
        if not isinstance(self.expr(self.one_argument(node)), Py):
            self.refuse(node, "may_not_happen without a reason", 'write may_not_happen("why")')
        return Val(NONE, Const(0))

    def word_event(self, node: ast.Call) -> Value:
        name = node.args[0] if node.args else None
        if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
            self.refuse(node, "an event without a name", 'write event("name", argument, ...)')
        values = [self.keep(self.rvalue(a), a) for a in node.args[1:]]
        shown = tuple((f"argument{i}", v.expr, system_type(v.kind)) for i, v in enumerate(values))
        for phase in ("call", "return"):
            self.emit("event", node, event=Event(phase, name.value, shown, self.source(node)))
        return Val(NONE, Const(0))

    def word_new(self, node: ast.Call) -> Value:
        cls = self.expr(self.one_argument(node))
        info = (
            self.schema.population_of(cls.value)
            if isinstance(cls, Py) and isinstance(cls.value, type)
            else None
        )
        if info is None or not info.dynamic:
            self.refuse(
                node, "new of a class without a dynamic population", "declare Population(..., dynamic=True)"
            )
        with self.one_step(node):
            slot: Expr = Const(0)
            for i in reversed(range(info.size)):
                slot = cond(Load(f"?available:{info.name}", (Const(i),)), Const(i + 1), slot)
            result = self.keep(Val(RefT(info.name, info.size, False), slot), node)
            some = binary("!=", result.expr, Const(0))
            self.emit(
                "check",
                node,
                value=some,
                name="population exhausted",
                message=f"no free {info.name} is left",
                access=True,
            )
            self.emit(
                "store",
                node,
                variable=info.alive,
                index=(binary("-", result.expr, Const(1)),),
                value=TRUE,
                access=True,
            )
        return result

    def word_free(self, node: ast.Call) -> Value:
        value = self.hold(self.rvalue(self.one_argument(node)), node)
        if not isinstance(value.kind, RefT) or not value.kind.population:
            self.refuse(node, f"free of a {value.kind}", "free takes an object")
        info = self.schema.populations[value.kind.population]
        if not info.dynamic:
            self.refuse(
                node,
                f"free of a {info.name}, whose population is not dynamic",
                "declare it with dynamic=True",
            )
        with self.one_step(node):
            slot = self.keep(Val(IntT(0, max(info.size - 1, 0)), self.slot(value, node)), node).expr
            self.emit("store", node, variable=info.alive, index=(slot,), value=FALSE, access=True)
            for variable in self.schema.variables.values():
                if variable.name.startswith(f"{info.name}.") and variable.name != info.alive:
                    for rest in _indices(variable.shape[1:]):
                        index = (slot, *map(Const, rest))
                        self.emit(
                            "store",
                            node,
                            variable=variable.name,
                            index=index,
                            value=Const(variable.default),
                            access=True,
                        )
        return Val(NONE, Const(0))


def _indices(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(product(*(range(n) for n in shape)))
