"""Writes random statements and expressions of model code; see ``random_programs``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn


@dataclass
class Signature:
    """A function that code may call: ``call`` makes the text of the call from the texts of the arguments."""

    name: str
    parameters: tuple[str, ...]
    result: str
    call: Callable[[Sequence[str]], str]


@dataclass
class Writer:
    """Writes the body of one function; ``locals`` are those that certainly have a value, with their types."""

    draw: DrawFn
    functions: list[Signature] = field(default_factory=list)
    locals: dict[str, str] = field(default_factory=dict)
    result: str = ""
    on_model: bool = True
    lines: list[str] = field(default_factory=list)
    indent: int = 2
    loops: int = 0
    atomic: int = 0
    budget: int = 14
    made: int = 0

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def one(self, *options: str) -> str:
        return options[self.number(0, len(options) - 1)]

    def write(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)

    def known(self, kind: str) -> list[str]:
        return [name for name, known in self.locals.items() if known == kind]

    def members(self) -> list[str]:
        """Locals that are never None."""
        return [name for name in self.known("node") if name in ("item", "other")]

    def fresh(self, kind: str) -> str:
        self.made += 1
        return f"{kind}{self.made}"

    # Expressions

    def int_(self, depth: int) -> str:
        simple = [str(self.number(0, 4)), *self.known("int")]
        if self.on_model:
            simple += [
                "self.a",
                "self.a",
                "self.b",
                "self.fixed",
                "self.limit",
                "self.r.x",
                "self.count.get()",
            ]
        else:
            simple += ["self.v", "self.fixed", "self.pair.x"]
        if depth == 0 or self.number(0, 3) == 0:
            return self.one(*simple)
        sub = depth - 1
        choices: list[Callable[[], str]] = [
            lambda: f"({self.int_(sub)} {self.one('+', '-', '*')} {self.int_(sub)})",
            lambda: f"({self.int_(sub)} // ({self.int_(sub)} % 3 + 1))",
            lambda: f"({self.int_(sub)} % {self.one('2', '3', '-3', '5')})",
            lambda: f"({self.int_(sub)} % 4 {self.one('&', '|', '^', '<<', '>>')} {self.int_(sub)} % 3)",
            lambda: f"({self.int_(sub)} if {self.condition(sub)} else {self.int_(sub)})",
            lambda: f"(-{self.int_(sub)})",
            lambda: f"{self.one('min', 'max')}({self.int_(sub)}, {self.int_(sub)})",
            lambda: f"abs({self.int_(sub)})",
            lambda: f"int({self.bool_(sub)})",
            lambda: f"len({self.nodes(sub)})",
            lambda: f"{self.node(sub)}.{self.one('v', 'fixed', 'pair.x')}",
            lambda: self.call("int", sub),
        ]
        if self.on_model:
            choices += [
                lambda: f"self.arr[{self.int_(sub)} % 3]",
                lambda: f"self.own[{self.node(sub)}]",
                lambda: "len(self.l)",
                lambda: self.one("self.l[0]", "self.l[-1]", "self.l.pop()", "self.l.pop(0)"),
                lambda: f"sum({self.int_(sub)} for {self.iteration('each')})",
                lambda: f"choose({self.int_(sub)}, {self.int_(sub)})",
            ]
        return choices[self.number(0, len(choices) - 1)]()

    def bool_(self, depth: int) -> str:
        simple = ["True", "False", *self.known("bool")]
        simple += ["self.p", "self.q", "self.r.y"] if self.on_model else ["self.on", "self.pair.y"]
        if depth == 0 or self.number(0, 4) == 0:
            return self.one(*simple)
        sub = depth - 1
        choices: list[Callable[[], str]] = [
            lambda: f"({self.int_(sub)} {self.one('==', '!=', '<', '<=', '>', '>=')} {self.int_(sub)})",
            lambda: f"({self.int_(sub)} < {self.int_(sub)} <= {self.int_(sub)})",
            lambda: f"({self.bool_(sub)} {self.one('and', 'or')} {self.bool_(sub)})",
            lambda: f"(not {self.condition(sub)})",
            lambda: f"bool({self.condition(sub)})",
            lambda: f"({self.node(sub)} {self.one('is', 'is not', '==')} {self.one('None', self.node(sub))})",
            lambda: f"({self.colour(sub)} {self.one('is', 'is not', '==', '!=')} {self.colour(sub)})",
            lambda: f"({self.node(sub)} {self.one('in', 'not in')} {self.nodes(sub)})",
            lambda: f"({self.colour(sub)} in ({self.colour(sub)}, {self.colour(sub)}))",
            lambda: f"({self.nodes(sub)} {self.one('==', '<=', '<')} {self.nodes(sub)})",
            lambda: f"({self.mode(sub)} == {self.mode(sub)})",
            lambda: f"({self.bool_(sub)} if {self.condition(sub)} else {self.bool_(sub)})",
            lambda: f"({self.bool_(sub)} {self.one('&', '|', '^')} {self.bool_(sub)})",
            lambda: f"{self.node(sub)}.{self.one('on', 'pair.y', 'bright')}",
            lambda: self.call("bool", sub),
        ]
        if self.on_model:
            choices += [
                lambda: f"self.by[{self.colour(sub)}]",
                lambda: f"{self.one('any', 'all')}({self.condition(sub)} for {self.iteration('each')})",
                lambda: f"{self.one('any', 'all')}(({self.bool_(sub)}, {self.bool_(sub)}))",
                lambda: (
                    f"self.w.{self.one('test_and_set', 'test_and_clear')}({self.one('Mode.R', 'Mode.W')})"
                ),
                lambda: f"self.count.{self.one('inc_not_zero', 'dec_and_test')}()",
            ]
            if self.atomic:
                choices.append(lambda: f"({self.int_(sub)} in self.l)")
        return choices[self.number(0, len(choices) - 1)]()

    def condition(self, depth: int) -> str:
        """Something whose truth is asked for."""
        choice = self.number(0, 9)
        if choice == 0:
            return self.int_(depth)
        if choice == 1:
            return self.node(depth)
        if choice == 2:
            return f"({self.nodes(depth)})"
        if choice == 3:
            return f"({self.mode(depth)} & Mode.W)"
        if choice == 5 and self.number(0, 3) == 0 and self.on_model:
            return "choose()"
        if choice == 4 and depth:
            return f"({self.condition(depth - 1)} {self.one('and', 'or')} {self.condition(depth - 1)})"
        return self.bool_(depth)

    def node(self, depth: int) -> str:
        simple = [*self.known("node")] * 3
        simple += ["self.n", "self.m"] if self.on_model else ["self", "self.next"]
        if depth == 0 or self.number(0, 2) == 0:
            return self.one(*simple)
        sub = depth - 1
        choices = [
            lambda: f"{self.node(sub)}.next",
            lambda: f"({self.node(sub)} if {self.condition(sub)} else {self.node(sub)})",
        ]
        if self.on_model:
            choices.append(lambda: self.one("self.k[0]", "self.k.pop(0)"))
            choices.append(lambda: self.call("node", sub))
        return choices[self.number(0, len(choices) - 1)]()

    def colour(self, depth: int) -> str:
        simple = ["Colour.RED", "Colour.BLUE", *self.known("colour")]
        simple += ["self.c"] if self.on_model else ["self.tag"]
        if depth == 0 or self.number(0, 2) == 0:
            return self.one(*simple)
        sub = depth - 1
        if self.number(0, 1):
            return f"{self.node(sub)}.tag"
        return f"({self.colour(sub)} if {self.condition(sub)} else {self.colour(sub)})"

    def mode(self, depth: int) -> str:
        """A flag word: always a value, never the bare field."""
        simple = ["Mode.R", "(Mode.R | Mode.X)", "~Mode.W", "Mode(0)", *self.known("mode")]
        simple += ["(self.w | Mode(0))", "(self.w & ~Mode.X)"] if self.on_model else ["(self.mode | Mode.R)"]
        if depth == 0 or self.number(0, 1) == 0:
            return self.one(*simple)
        sub = depth - 1
        return f"({self.mode(sub)} {self.one('&', '|', '^')} {self.mode(sub)})"

    def nodes(self, depth: int) -> str:
        """A set of nodes: always a value, never the bare field."""
        simple = ["set()", *self.known("nodes")]
        if self.on_model:
            simple += ["set(self.s)", "(self.s | set())"]
        if depth == 0 or self.number(0, 1) == 0:
            return self.one(*simple)
        sub = depth - 1
        choices = [lambda: f"({self.nodes(sub)} {self.one('&', '|', '^', '-')} {self.nodes(sub)})"]
        if self.on_model:
            choices.append(lambda: f"{{each for {self.iteration('each')}}}")
        return choices[self.number(0, len(choices) - 1)]()

    def iteration(self, name: str) -> str:
        """``name in ...`` over nodes, with a filter at times; ``name`` is a local of what is written next."""
        where = self.one("self.s", "self.nodes", "set(self.s)", "self.k")
        touches = where in ("self.s", "self.k")
        filtered = not touches or self.number(0, 2) == 0
        return f"{name} in {where}" + (f" if {name}.{self.one('on', 'v')}" if filtered else "")

    def call(self, result: str, depth: int) -> str:
        fitting = [
            f for f in self.functions if f.result == result and (self.on_model or f.name.startswith("pure"))
        ]
        if not fitting:
            return self.value(result, 0)
        signature = fitting[self.number(0, len(fitting) - 1)]
        return signature.call([self.value(kind, min(depth, 1)) for kind in signature.parameters])

    def value(self, kind: str, depth: int) -> str:
        made: dict[str, Callable[[int], str]] = {
            "int": self.int_, "bool": self.bool_, "node": self.node, "colour": self.colour, "mode": self.mode,
            "nodes": self.nodes,
        }  # fmt: skip
        return made[kind](depth)

    # Statements

    def block(self) -> None:
        """At least one statement; what it gives a value first has one only inside."""
        before = dict(self.locals)
        self.indent += 1
        for _ in range(self.number(1, 3)):
            if self.statement():
                break
        self.indent -= 1
        self.locals = before

    def statement(self) -> bool:
        """One statement; whether it leaves the block."""
        self.budget -= 1
        simple = [
            self.assign,
            self.assign,
            self.assign,
            self.assign_again,
            self.store,
            self.store,
            self.operate,
        ]
        compound = [
            self.branch,
            self.branch,
            self.over_set,
            self.over_range,
            self.rounds,
            self.block_in_one_step,
        ]
        if self.budget > 0 and self.indent < 5 and self.number(0, 2) == 0:
            compound[self.number(0, len(compound) - 1)]()
            return False
        choice = self.number(0, 13)
        if choice == 0 and self.loops:
            self.write(self.one("break", "continue"))
            return True
        if choice == 1 and self.result:
            self.write(f"return {self.value(self.result, 1)}")
            return True
        simple[self.number(0, len(simple) - 1)]()
        return False

    def assign(self) -> None:
        kind = self.one("int", "int", "bool", "node", "colour", "mode", "nodes")
        text = self.value(kind, 2)
        if self.loops and kind == "int":
            text = f"({text}) % 5"
        name = self.fresh(kind)
        self.write(f"{name} = {text}")
        self.locals[name] = kind

    def assign_again(self) -> None:
        names = list(self.locals)
        if not names:
            self.assign()
            return
        name = self.one(*names)
        if name.startswith(("fuel", "item", "other")):
            return self.assign()
        text = self.value(self.locals[name], 2)
        self.write(f"{name} = {f'({text}) % 5' if self.locals[name] == 'int' else text}")

    def store(self) -> None:
        on_node = self.node(1) if self.on_model else self.one("self", "self.next")
        options = [
            lambda: f"{on_node}.v = {self.int_(2)} % 4",
            lambda: f"{on_node}.on = {self.bool_(2)}",
            lambda: f"{on_node}.next = {self.node(1)}",
            lambda: f"{on_node}.pair.x += 1",
            lambda: f"{on_node}.mode {self.one('', '|', '&', '^')}= {self.mode(1)}",
            lambda: f"{on_node}.tag = {self.colour(1)}",
        ]
        if self.on_model:
            options += [
                lambda: f"self.a = {self.int_(2)} % 4",
                lambda: f"self.b {self.one('+', '-', '*')}= {self.int_(1)} % 2",
                lambda: f"self.a = {self.int_(1)}",
                lambda: f"self.{self.one('p', 'q', 'r.y')} = {self.bool_(2)}",
                lambda: f"self.c = {self.colour(2)}",
                lambda: f"self.{self.one('n', 'm')} = {self.node(2)}",
                lambda: f"self.s = {self.nodes(2)}",
                lambda: f"self.s {self.one('|', '-', '&')}= {self.nodes(1)}",
                lambda: f"self.w {self.one('|', '&')}= {self.mode(1)}",
                lambda: f"self.arr[{self.int_(1)} % 3] = {self.int_(1)} % 4",
                lambda: f"self.arr[{self.int_(1)} % 3] += {self.int_(1)} % 2",
                lambda: f"self.by[{self.colour(1)}] = {self.bool_(1)}",
                lambda: f"self.own[{self.node(1)}] = {self.int_(1)} % 4",
                lambda: f"self.l[0] = {self.int_(1)} % 4",
                lambda: f"self.r.x = {self.int_(1)} % 4",
                lambda: "self.count += 2",
            ]
        self.write(options[self.number(0, len(options) - 1)]())

    def operate(self) -> None:
        if not self.on_model:
            return self.store()
        options = [
            lambda: f"self.s.{self.one('add', 'discard', 'remove')}({self.node(1)})",
            lambda: f"self.t.{self.one('add', 'discard')}({self.colour(1)})",
            lambda: f"self.l.append({self.int_(1)} % 4)",
            lambda: "self.l.clear()",
            lambda: f"self.k.append({self.node(0)})",
            lambda: f"self.w.{self.one('set', 'clear')}({self.one('Mode.R', 'Mode.X')})",
            lambda: f"self.count.{self.one('inc', 'inc', 'dec')}()",
            lambda: self.call("int", 1),
            lambda: (
                f"{self.one(*self.members())}.bump({self.int_(1)})" if self.members() else "self.count.inc()"
            ),
            lambda: f"assert {self.condition(1)} or {self.one('True', 'True', 'self.q')}",
        ]
        text = options[self.number(0, len(options) - 1)]()
        self.write(
            text
            if text.startswith("assert") or (text.endswith(")") and "(" in text)
            else f"self.a = ({text}) % 4"
        )

    def branch(self) -> None:
        self.write(f"if {self.condition(2)}:")
        self.block()
        if self.number(0, 2) == 0:
            self.write(f"elif {self.condition(1)}:")
            self.block()
        if self.number(0, 1):
            self.write("else:")
            self.block()

    def over_set(self) -> None:
        if not self.on_model:
            return self.branch()
        where, kind = (
            ("self.s", "node"),
            ("self.nodes", "node"),
            ("set(self.s)", "node"),
            ("self.k", "node"),
            ("self.t", "colour"),
            ("self.l", "int"),
            (f"({self.int_(1)}, {self.int_(1)})", "int"),
        )[self.number(0, 6)]
        name = self.one("item", "other") if kind == "node" else f"each_{kind}"
        self.write(f"for {name} in {where}:")
        if where in ("self.nodes", "set(self.s)"):  # a round without any access is a step of its own
            self.write("    self.done = False")
        self.loop_body(name, kind)

    def over_range(self) -> None:
        self.write(f"for i in range({self.number(1, 3)}):")
        self.loop_body("i", "int")

    def loop_body(self, name: str, kind: str) -> None:
        before = dict(self.locals)
        self.locals[name] = kind
        self.loops += 1
        self.block()
        self.loops -= 1
        self.locals = before

    def rounds(self) -> None:
        """A loop that ends: every round burns fuel, and looks at shared state."""
        fuel = self.fresh("fuel")
        self.write(f"{fuel}: Int[0, 3] = {self.number(1, 3)}")
        self.write(f"while {fuel} > 0 and {self.condition(1)}:")
        self.indent += 1
        self.write(f"{fuel} -= 1")
        self.write("self.done = False" if self.on_model else "self.on = True")
        self.indent -= 1
        self.loops += 1
        self.block()
        self.loops -= 1

    def block_in_one_step(self) -> None:
        self.write("with atomic:")
        self.atomic += 1
        self.block()
        self.atomic -= 1
