"""Expressions that are asked of a state from outside a model: typed at a prompt, or given on the command line.

They are the expressions of properties, with names for more: the fields and populations of the model without ``fs.``,
and every object by the name that traces give it, as in ``inode0 in suspects and upper0.is_dirty``.
"""

from __future__ import annotations

import ast
import linecache
import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ovlcheck.errors import UsageError, did_you_mean
from ovlcheck.lang.build import resolve_constants, understand
from ovlcheck.lang.context import Impure
from ovlcheck.lang.kinds import Kind, RefT, system_type
from ovlcheck.lang.loading import LoadedModel
from ovlcheck.lang.predicates import Predicate
from ovlcheck.lang.schema import Schema
from ovlcheck.lang.source import MISSING, Function, Refused
from ovlcheck.lang.values import Model, Objects, Place, Val, Value, constant
from ovlcheck.system.expr import Const, Expr, Load, walk
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.system.types import Count, Type

_FILE = "<expression>"


@dataclass(frozen=True)
class Question:
    """``expr`` has a value of ``type`` in every state of the system, unless it faults there."""

    text: str
    expr: Expr
    type: Type

    def show(self, value: int) -> str:
        """``value`` of this expression in words."""
        known = self.type.contains(value) and not isinstance(self.type, Count)
        return self.type.format(value) if known else str(value)


class Questions:
    """Compiles expressions about the states of ``system``, which was built from ``model`` at ``constants``."""

    def __init__(self, model: LoadedModel, constants: dict[str, Any], system: TransitionSystem) -> None:
        self._model = model
        self._constants = constants
        self._kept = {v.name for v in system.variables}

    def compile(self, text: str) -> Question:
        """``text`` as a question.  Raises ``UsageError`` for what is no expression, or none of this model."""
        text = text.strip()
        if not text:
            raise UsageError("no expression is given", "as in len(suspects) > 0")
        function = self._function(text)
        context = Predicate(self._schema, self._known, {})
        context.open(function, self._names())
        node = function.body[0]
        assert isinstance(node, ast.Expr)
        try:
            value = context.rvalue(node.value)
            expr, type_ = value.expr, self._type(value, text)
        except Refused as refused:
            raise UsageError(self._complaint(text, refused), refused.diagnostic.remedy) from None
        except (Impure, RecursionError):
            raise UsageError(f"{text}: does something besides computing a value", "only read") from None
        for part in walk(expr):
            if isinstance(part, Load) and part.variable not in self._kept:
                raise UsageError(
                    f"{text}: {part.variable} is not kept in this configuration", "nothing in it reads it"
                )
        return Question(text, expr, type_)

    @cached_property
    def _understood(self) -> tuple[Schema, dict[str, tuple[int, ...]]]:
        schema, _, known = understand(self._model, resolve_constants(self._model, self._constants))
        return schema, known

    @property
    def _schema(self) -> Schema:
        return self._understood[0]

    @property
    def _known(self) -> dict[str, tuple[int, ...]]:
        return self._understood[1]

    def _names(self) -> dict[str, Value]:
        """What an expression may name besides the globals of the modules that the model is made of."""
        schema = self._schema
        names: dict[str, Value] = {"fs": Model()}
        names.update((name, Place(kind, name)) for name, kind in schema.fields.items())
        names.update((name, Objects(info)) for name, info in schema.attribute_population.items())
        names.update((name, constant(value)) for name, value in schema.constants.items())
        for info in schema.populations.values():
            for slot in range(info.size):
                reference = RefT(info.name, info.size, nullable=False)
                names[f"{info.name}{slot}"] = Val(reference, Const(slot + 1))
        return names

    def _function(self, text: str) -> Function:
        """``text`` as the body of a function in the modules of the model.  Raises ``UsageError``."""
        try:
            tree = ast.parse(f"({text}\n)", _FILE, "eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            why = error.msg if isinstance(error, SyntaxError) else str(error)
            raise UsageError(f"{text}: {why}", "write an expression, as in len(suspects) > 0") from None
        linecache.cache[_FILE] = (len(text) + 1, None, [f"({text}\n"], _FILE)
        tree = ast.fix_missing_locations(_OfTheModel(self._model.cls, self._names()).visit(tree))
        body = ast.copy_location(ast.Expr(tree.body), tree.body)
        arguments = ast.arguments([], [], None, [], [], None, [])
        definition = ast.FunctionDef("expression", arguments, [body], [], lineno=1, col_offset=0)
        module = compile("def expression(): pass", _FILE, "exec")
        code = next(c for c in module.co_consts if isinstance(c, types.CodeType))
        return Function(types.FunctionType(code, self._globals), definition, _FILE)

    @cached_property
    def _globals(self) -> dict[str, Any]:
        classes = [*reversed(self._model.cls.__mro__), *(p.cls for p in self._schema.populations.values())]
        names: dict[str, Any] = {}
        for module in dict.fromkeys(owner.__module__ for owner in classes if owner is not object):
            names.update(vars(sys.modules[module]) if module in sys.modules else {})
        return names

    def _type(self, value: Val, text: str) -> Type:
        kind: Kind = value.kind
        if isinstance(kind, RefT) and not kind.population:
            raise UsageError(f"{text}: is None whatever the state")
        return system_type(kind)

    def _complaint(self, text: str, refused: Refused) -> str:
        message = refused.diagnostic.message
        name, _, rest = message.partition(" is not defined")
        if rest == "" and name != message and name.isidentifier():
            known = [*self._names(), *(n for n in self._globals if self._globals[n] is not MISSING)]
            return f"{text}: there is no {name} here{did_you_mean(name, known)}"
        return f"{text}: {message}"


class _OfTheModel(ast.NodeTransformer):
    """Puts ``fs.`` before the names of methods and computed fields of the model that are not ``known`` names."""

    def __init__(self, cls: type, known: Iterable[str]) -> None:
        self._cls = cls
        self._hidden = set(known)

    def visit_Expression(self, node: ast.Expression) -> ast.AST:
        self._hidden |= {
            n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        found = getattr(self._cls, node.id, None)
        if node.id in self._hidden or not isinstance(found, (property, types.FunctionType)):
            return node
        return ast.copy_location(ast.Attribute(ast.Name("fs", ast.Load()), node.id, ast.Load()), node)
