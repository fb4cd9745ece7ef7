"""Compiling small models written down as text."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import SearchResult, WidthOverflow
from ovlcheck.lang.build import build
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.lang.loading import load_model, load_properties
from ovlcheck.system.transition_system import TransitionSystem

HEAD = """import enum

from ovlcheck import *


class Colour(enum.Enum):
    RED = 0
    GREEN = 1
    BLUE = 2


class Mode(enum.Flag):
    R = 1
    W = 2


"""


def compiled(text: str, properties: str = "", **constants: Any) -> TransitionSystem:
    """The system of the model in ``text`` (without imports), with the properties that ``properties`` declares."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "model.py"
        path.write_text(f"{HEAD}{text}\n\n{properties}\n")
        return build(load_model(path), constants, load_properties([path]))


def explored(text: str, properties: str = "", **constants: Any) -> SearchResult:
    """What the reference engine finds in it."""
    system = compiled(text, properties, **constants)
    while True:
        try:
            return Reference().search(system)
        except WidthOverflow as overflow:
            wider = system.variable[overflow.variable].type.bits + 1
            assert wider < 8, overflow.variable
            system = system.with_widths({overflow.variable: wider})


def violated(text: str, properties: str = "", **constants: Any) -> set[str]:
    """The names of what is violated in it."""
    return {v.name for v in explored(text, properties, **constants).violations}


def refusals(directory: Path, text: str, constants: dict[str, Any] | None = None) -> tuple[Diagnostic, ...]:
    """The errors of the model that ``text`` is."""
    path = directory / "model.py"
    path.write_text(text)
    try:
        build(load_model(path), constants or {})
    except CompileError as error:
        return error.diagnostics
    return ()
