"""Which files are models, told from their text: nothing is imported to find out."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

from ovlcheck.lang.declarations import System
from ovlcheck.lang.loading import shipped


def is_model(file: Path, _asked: frozenset[Path] = frozenset()) -> bool:
    """Whether a class of ``file`` derives from ``System``, as far as its imports tell.

    False for what cannot be read or is no Python.  ``load_model`` has the last word.
    """
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return False
    asked = _asked | {file.resolve()}
    known = _systems(tree, file, asked)
    found = False
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) in known for base in node.bases):
            known.add(node.name)
            found = True
    return found


def _systems(tree: ast.Module, file: Path, asked: frozenset[Path]) -> set[str]:
    """What ``file`` can call a class that derives from ``System``, by its imports."""
    known: set[str] = set()
    for node in tree.body:
        match node:
            case ast.ImportFrom(module=str(module), names=names, level=0):
                for alias in names:
                    known |= _imported(module, alias.name, alias.asname or alias.name, file, asked)
            case ast.Import(names=names):
                for alias in names:
                    if alias.name == "ovlcheck":
                        known.add(f"{alias.asname or 'ovlcheck'}.System")
    return known


def _imported(module: str, name: str, called: str, file: Path, asked: frozenset[Path]) -> set[str]:
    if module == "ovlcheck":
        return {"System": {called}, "*": {"System"}}.get(name, set())
    if module == "ovlcheck.vfs" or module.startswith("ovlcheck.vfs."):
        vfs = import_module("ovlcheck.vfs")
        names = vars(vfs) if name == "*" else {name: getattr(vfs, name, None)}
        systems = {n for n, value in names.items() if isinstance(value, type) and issubclass(value, System)}
        return systems if name == "*" else {called} if systems else set()
    for directory in (file.parent, shipped("models")):
        other = None if directory is None else directory / f"{module}.py"
        if other is not None and other.is_file():
            if other.resolve() in asked or not is_model(other, asked):
                return set()
            return {called}
    return set()
