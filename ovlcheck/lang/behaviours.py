"""Compiling properties of whole behaviours: what ``@behaviour``, ``@eventually`` and ``@possible`` mark.

Operators (``always``, ``eventually``, ``until``, ``leads_to``, ``next_state``, ``possible``) stand outside, joined by
``and``, ``or`` and ``not``; whatever has none of them inside is a predicate on one state.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import NoReturn

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.context import Impure
from ovlcheck.lang.fold import negate
from ovlcheck.lang.kinds import BoolT, EnumT, IntT, RefT, system_type
from ovlcheck.lang.predicates import Predicate
from ovlcheck.lang.source import Function, Refused
from ovlcheck.lang.values import Ghosts, Model, Place, Val, Value
from ovlcheck.system import formula as ltl
from ovlcheck.system.expr import TRUE, Const, Expr
from ovlcheck.system.formula import Atom, Formula, Possibility, Requirement


@dataclass(frozen=True)
class Possible:
    """``possible(goal)`` inside a formula: it is no formula of linear time."""

    goal: Expr
    calls: bool
    without: tuple[str, ...]


@dataclass(frozen=True)
class Guarded:
    """``not premise or possible(goal)``."""

    premise: Expr
    possible: Possible


@dataclass(frozen=True)
class Demands:
    """Several demands at once: what stands under ``and``, or under ``always``, with possibilities among it."""

    parts: tuple[Formula | Possibility, ...]


Part = Formula | Possible | Guarded | Demands


def requirements_of(
    name: str,
    function: Function,
    mark: decl.Behaviour,
    fresh: Callable[[], Predicate],
    ghosts: Ghosts | None,
) -> tuple[Requirement, ...]:
    """What the property ``name`` demands, for each value of the function's parameters behind the model.

    Raises ``Refused``.
    """
    _check_names(function, (*mark.weak, *mark.strong, *mark.unfair, *mark.without), fresh())
    found: list[Requirement] = []
    names = [p.arg for p in function.parameters]
    receivers: list[Value] = [Model()] if ghosts is None else [ghosts, Model()]
    own = dict(zip(names, receivers, strict=False))
    domains = [_domain(parameter, function, fresh()) for parameter in names[len(receivers) :]]
    for chosen in product(*domains):
        context = fresh()
        context.open(function, dict(own))
        context.frame.locals.update(
            (parameter, value) for parameter, (_, value) in zip(names[len(own) :], chosen, strict=True)
        )
        try:
            demands = _Formulas(context, function).demands(mark)
        except Impure:
            message = f"{function.name} does something besides computing a value"
            raise Refused(function.diagnose(function.tree, message, "a predicate only reads")) from None
        binding = tuple(
            (parameter, word) for parameter, (word, _) in zip(names[len(own) :], chosen, strict=True)
        )
        found += [
            Requirement(name, demand, binding, mark.weak, mark.strong, mark.unfair) for demand in demands
        ]
    return tuple(found)


def _check_names(function: Function, names: tuple[str, ...], context: Predicate) -> None:
    """Refuses a name that no method of the model has: in this configuration it need not be called."""
    model = context.schema.cls
    for name in names:
        if not callable(getattr(model, name, None)):
            methods = [n for n in dir(model) if callable(getattr(model, n)) and not n.startswith("__")]
            message = f"{function.name}: no process, rule or function of this model is called {name}"
            remedy = f"it has: {', '.join(methods)}"
            raise Refused(function.diagnose(function.tree, message, remedy))


def _domain(parameter: str, function: Function, context: Predicate) -> list[tuple[str, Val]]:
    """The values of a parameter, each in words."""
    context.open(function, {})
    kind = context.annotated_kind(parameter, function)
    match kind:
        case IntT(lo, hi):
            values = range(lo, hi + 1)
        case RefT(population, size):
            kind, values = RefT(population, size, nullable=False), range(1, size + 1)
        case EnumT(cls):
            values = range(len(cls))
        case BoolT():
            values = range(2)
        case _:
            context.refuse(
                function.tree,
                f"parameter {parameter} has no finite type",
                f"annotate it: {parameter}: Inode, or Int[lo, hi], or an Enum",
            )
    return [(system_type(kind).format(value), Val(kind, Const(value))) for value in values]


class _Formulas:
    """Compiles the body of one function."""

    def __init__(self, context: Predicate, function: Function) -> None:
        self._context = context
        self._function = function
        self._named: dict[str, Part] = {}

    def demands(self, mark: decl.Behaviour) -> tuple[Formula | Possibility, ...]:
        if mark.kind == "behaviour":
            return self._formula_of_body()
        value = self._context.pure_body(self._function.body)
        if isinstance(value, Place):
            value = self._context.load(value, self._function.tree)
        if not isinstance(value, Val):
            message = f"{self._function.name} returns no value on some path"
            self._context.refuse(self._function.tree, message, "return a truth value on every path")
        condition = self._context.truth(value, self._function.tree)
        if mark.kind == "eventually":
            return (ltl.eventually(Atom(condition)),)
        return (Possibility(TRUE, condition, mark.calls, mark.without),)

    def _formula_of_body(self) -> tuple[Formula | Possibility, ...]:
        for statement in self._function.body:
            match statement:
                case ast.Pass() | ast.Expr(ast.Constant()):
                    continue
                case ast.Assign([ast.Name(name)], value):
                    if self._has_operator(value):
                        self._named[name] = self.part(value)
                    else:
                        self._named.pop(name, None)
                        self._context.frame.locals[name] = self._context.rvalue(value)
                case ast.Return(ast.expr() as value):
                    if not self._has_operator(value):
                        self._context.refuse(
                            value,
                            "a formula without an operator, which would speak of the initial states alone",
                            "write always(...) or eventually(...)",
                        )
                    return self._split(self.part(value), value)
                case _:
                    self._context.refuse(
                        statement,
                        f"{type(statement).__name__} in a formula",
                        "a function with @behaviour names parts of its formula and returns it",
                    )
        self._context.refuse(
            self._function.tree, f"{self._function.name} returns nothing", "return a formula"
        )

    def _split(self, part: Part, node: ast.expr) -> tuple[Formula | Possibility, ...]:
        """The demands that ``part`` is made of: what stands on either side of ``and`` holds by itself."""
        match part:
            case Demands(parts):
                return parts
            case Possible() | Guarded():
                self._refuse_possible(node)
            case ltl.Conjunction(left, right):
                return (*self._split(left, node), *self._split(right, node))
        return (part,)

    def part(self, node: ast.expr) -> Part:
        if not self._has_operator(node):
            return Atom(self._context.condition(node))
        match node:
            case ast.Name(name):
                return self._named[name]
            case ast.UnaryOp(ast.Not(), operand):
                return ltl.Negation(self.formula(operand))
            case ast.BoolOp(op, values):
                return self._connected(op, values, node)
            case ast.Call():
                return self._operator(node)
        self._context.refuse(
            node,
            f"an operator inside {ast.unparse(node)}",
            "operators are joined by and, or and not; for all objects of a kind, give the property a parameter",
        )

    def formula(self, node: ast.expr) -> Formula:
        part = self.part(node)
        if isinstance(part, Possible | Guarded | Demands):
            self._refuse_possible(node)
        return part

    def _connected(self, op: ast.boolop, values: list[ast.expr], node: ast.expr) -> Part:
        conjunction = isinstance(op, ast.And)
        parts = list(self._grouped(op, values))
        if not any(isinstance(p, Possible | Guarded | Demands) for p in parts):
            join = ltl.Conjunction if conjunction else ltl.Disjunction
            result = parts[-1]
            for left in reversed(parts[:-1]):
                result = join(left, result)  # type: ignore[arg-type]
            return result
        if conjunction and all(
            isinstance(p, Demands) or not isinstance(p, Possible | Guarded) for p in parts
        ):
            return Demands(tuple(d for p in parts for d in self._split(p, node)))
        match parts:
            case [Atom(unless), Possible() as possible] if not conjunction:
                return Guarded(negate(unless), possible)
        self._refuse_possible(node)

    def _grouped(self, op: ast.boolop, values: list[ast.expr]) -> Iterator[Part]:
        """The operands, neighbours without an operator as one predicate: Python's order decides what they read."""
        plain: list[ast.expr] = []
        for value in [*values, None]:
            if value is not None and not self._has_operator(value):
                plain.append(value)
                continue
            if plain:
                whole = plain[0] if len(plain) == 1 else ast.copy_location(ast.BoolOp(op, plain), plain[0])
                yield Atom(self._context.condition(whole))
                plain = []
            if value is not None:
                yield self.part(value)

    def _operator(self, node: ast.Call) -> Part:
        operator = self._called(node)
        if operator is decl.possible:
            return self._possible(node)
        wanted = 2 if operator in (decl.until, decl.leads_to) else 1
        if len(node.args) != wanted or node.keywords:
            word = "one formula" if wanted == 1 else "two formulas"
            self._context.refuse(node, f"{ast.unparse(node.func)} takes {word}", f"give it {word}")
        if operator is decl.always:
            return self._always(node.args[0])
        operands = [self.formula(argument) for argument in node.args]
        if operator is decl.eventually:
            return ltl.eventually(*operands)
        if operator is decl.next_state:
            return ltl.Next(*operands)
        return ltl.Until(*operands) if operator is decl.until else ltl.leads_to(*operands)

    def _always(self, node: ast.expr) -> Part:
        part = self.part(node)
        match part:
            case Possible(goal, calls, without):
                return Demands((Possibility(TRUE, goal, calls, without),))
            case Guarded(premise, Possible(goal, calls, without)):
                return Demands((Possibility(premise, goal, calls, without),))
            case Demands():
                self._refuse_possible(node)
        return ltl.always(part)

    def _possible(self, node: ast.Call) -> Possible:
        if len(node.args) != 1 or self._has_operator(node.args[0]):
            self._context.refuse(node, "possible takes one predicate", "write possible(goal)")
        options: dict[str, object] = {"calls": True, "without": ()}
        for keyword in node.keywords:
            try:
                options[keyword.arg or "**"] = ast.literal_eval(keyword.value)
            except ValueError:
                self._context.refuse(node, f"{keyword.arg} is no constant", "write the names down here")
        calls, given = options["calls"], options["without"]
        names = (given,) if isinstance(given, str) else given
        if len(options) != 2 or not isinstance(calls, bool) or not isinstance(names, tuple | list):
            remedy = 'write possible(goal, calls=False, without=("name", ...)), or leave these out'
            self._context.refuse(node, "this cannot be understood", remedy)
        without = tuple(map(str, names))
        _check_names(self._function, without, self._context)
        return Possible(self._context.condition(node.args[0]), calls, without)

    def _called(self, node: ast.Call) -> object:
        """The operator that ``node`` calls, None for anything else."""
        if not isinstance(node.func, ast.Name) or node.func.id in self._context.frame.locals:
            return None
        value = self._function.object.__globals__.get(node.func.id)
        return next((operator for operator in decl.OPERATORS if operator is value), None)

    def _has_operator(self, node: ast.expr) -> bool:
        return any(
            (isinstance(part, ast.Name) and part.id in self._named)
            or (isinstance(part, ast.Call) and self._called(part) is not None)
            for part in ast.walk(node)
        )

    def _refuse_possible(self, node: ast.expr) -> NoReturn:
        self._context.refuse(
            node,
            "possible stands in a place where it has no meaning",
            "write always(possible(goal)), or always(not premise or possible(goal)), joined by and",
        )
