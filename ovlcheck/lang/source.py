"""From a function to its syntax tree and source lines."""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import os
import re
import sys
import types
from dataclasses import dataclass
from functools import cache
from typing import Any

from ovlcheck.lang.diagnostics import Diagnostic
from ovlcheck.system.transition_system import Source

MISSING = object()


@cache
def _functions(path: str) -> dict[tuple[int, str], ast.FunctionDef]:
    tree = ast.parse("".join(linecache.getlines(path)), path)
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            found[first, node.name] = node
    return found


def shown_path(path: str) -> str:
    """``path`` relative to the working directory if it lies below it, else as it is."""
    return _seen_from(os.getcwd(), path)


@cache
def _seen_from(directory: str, path: str) -> str:
    relative = os.path.relpath(path, directory)
    return path if relative.startswith("..") else relative


@cache
def _source(path: str, file: str, line: int, function: str) -> Source:
    return Source(file, line, function, linecache.getline(path, line).strip())


def class_place(cls: type) -> tuple[str, int]:
    """The file and line where a class begins."""
    try:
        return shown_path(inspect.getsourcefile(cls) or "?"), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return getattr(sys.modules.get(cls.__module__), "__file__", None) or cls.__module__, 1


def attribute_place(cls: type, name: str) -> tuple[str, int, str]:
    """The file, line and text where ``cls`` declares the attribute ``name``; else where the class begins."""
    file, line = class_place(cls)
    try:
        path = inspect.getsourcefile(cls) or ""
        lines, first = inspect.getsourcelines(cls)
    except (OSError, TypeError):
        return file, line, ""
    for number, text in enumerate(lines, first):
        if re.match(rf"\s+{re.escape(name)}\s*[:=]", text):
            return file, number, text.rstrip("\n")
    return file, line, linecache.getline(path, line).rstrip("\n")


@dataclass(frozen=True)
class Function:
    """A Python function together with its syntax tree."""

    object: types.FunctionType
    tree: ast.FunctionDef
    file: str

    @property
    def name(self) -> str:
        return self.object.__name__

    @property
    def parameters(self) -> tuple[ast.arg, ...]:
        return tuple(self.tree.args.posonlyargs + self.tree.args.args)

    @property
    def body(self) -> list[ast.stmt]:
        """The statements without the docstring."""
        body = self.tree.body
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            if isinstance(body[0].value.value, str):
                return body[1:]
        return body

    def lookup(self, name: str) -> Any:
        """The value of a name that is not local: of the closure, the module, or a builtin; MISSING if there is none."""
        code = self.object.__code__
        if name in code.co_freevars and self.object.__closure__:
            try:
                return self.object.__closure__[code.co_freevars.index(name)].cell_contents
            except ValueError:  # the enclosing function never assigned it
                return MISSING
        if name in self.object.__globals__:
            return self.object.__globals__[name]
        return getattr(builtins, name, MISSING)

    def source(self, node: ast.AST) -> Source:
        line = getattr(node, "lineno", self.tree.lineno)
        return _source(self.object.__code__.co_filename, self.file, line, self.name)

    def diagnose(self, node: ast.AST, message: str, remedy: str = "") -> Diagnostic:
        line = getattr(node, "lineno", self.tree.lineno)
        text = linecache.getline(self.object.__code__.co_filename, line).rstrip("\n")
        return Diagnostic(self.file, line, getattr(node, "col_offset", 0) + 1, message, remedy, text)


def function_of(obj: Any) -> Function | None:
    """The syntax tree of a plain Python function, or None where there is none (builtins, lambdas, C functions)."""
    if not isinstance(obj, types.FunctionType):
        return None
    path = obj.__code__.co_filename
    tree = _functions(path).get((obj.__code__.co_firstlineno, obj.__name__))
    return Function(obj, tree, shown_path(path)) if tree is not None else None


def forget(path: str) -> None:
    """Read ``path`` afresh the next time: its file may have changed."""
    linecache.checkcache(path)
    _functions.cache_clear()
    _source.cache_clear()


class Refused(Exception):
    """Raised while compiling one statement; collected, so that one run reports several errors."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(str(diagnostic))
