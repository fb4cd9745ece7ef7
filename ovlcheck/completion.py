"""What the shell offers behind an option: names that are found without running a model.

The files are read, never imported: pressing the tab key must not run anybody's code, and must answer at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from ovlcheck.lang.loading import shipped

CONFIGURATIONS = ("small", "default", "large")


def models(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Shipped models by name, and files."""
    names = _stems("models") if "/" not in begun else []
    known = [CompletionItem(name) for name in names if name.startswith(begun)]
    return [*known, CompletionItem(begun, type="file")]


def properties(context: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Properties by name, with the first line of what they say: the shipped ones and those of this directory."""
    places = [Path(place) for place in context.params.get("property_paths") or ()]
    if not places:
        # Which model is meant click does not tell while an option waits for its value.
        places = [place for place in (shipped("properties"), Path("properties")) if place is not None]
    files = [file for place in places for file in (sorted(place.glob("*.py")) if place.is_dir() else [place])]
    found = {name: doc for file in files for name, doc in _declared(file)}
    return [CompletionItem(name, help=doc) for name, doc in sorted(found.items()) if name.startswith(begun)]


def configurations(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The configurations that shipped models have."""
    return [CompletionItem(name) for name in CONFIGURATIONS if name.startswith(begun)]


def _stems(what: str) -> list[str]:
    place = shipped(what)
    return [] if place is None else sorted(file.stem for file in place.glob("*.py"))


def _declared(file: Path) -> Iterator[tuple[str, str]]:
    """The decorated functions, classes and calls of ``unasked`` at the top of ``file``; nothing if it is no Python."""
    try:
        body = ast.parse(file.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return
    for node in body:
        match node:
            case ast.FunctionDef(name=name, decorator_list=[_, *_]) | ast.ClassDef(name=name):
                if not name.startswith("_"):
                    yield name, (ast.get_docstring(node) or "").partition("\n")[0]
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="unasked"), args=[*_, doc])
            ):
                yield name, str(getattr(doc, "value", "")).partition("\n")[0]
