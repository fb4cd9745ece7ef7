"""The file that ``reached/checker.py`` reads: a transition system spelled out, and every state that a run reached."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ovlcheck.errors import UsageError
from ovlcheck.system.action import State
from ovlcheck.system.expr import (
    And,
    Binary,
    Cond,
    Const,
    Deref,
    Expr,
    Load,
    Not,
    Or,
    Param,
    Temp,
    Unary,
)
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Edge,
    Let,
    Op,
    Parameter,
    TransitionSystem,
)
from ovlcheck.system.types import Count
from ovlcheck.trace.fingerprint import fingerprint
from ovlcheck.whole_files import whole

SCHEMA = "ovlcheck-reached/1"

Json = Any

WRITTEN_BY = "certificates are written by ovlcheck prove and by ovlcheck verify, with --certificate FILE"


def save_reached(system: TransitionSystem, states: Iterable[State], never: Iterable[str], file: Path) -> None:
    """Write ``states`` as those that ``system`` can reach, with the claim that ``never`` are not violated.

    The same states in the same order give the same bytes.  Raises ``OSError``.
    """
    head = json.dumps(spelled_out(system, never), separators=(",", ":"))
    with whole(file), file.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as packed:
        packed.write(f"{head}\n".encode("ascii"))
        for state in states:
            packed.write(f"{' '.join(map(str, state))}\n".encode("ascii"))


def spelled_out(system: TransitionSystem, never: Iterable[str]) -> dict[str, Json]:
    """``system`` as the checker reads it."""
    cells = [_bounds(v.type) for v in system.variables for _ in range(v.cells)]
    return {
        "schema": SCHEMA,
        "model": system.name,
        "model_hash": fingerprint(system),
        "constants": dict(system.constants),
        "properties": [p.name for p in system.properties],
        "never": sorted(never),
        "cells": cells,
        "variables": {v.name: [system.offset[v.name], list(v.shape)] for v in system.variables},
        "populations": {
            p.name: [p.size, None if p.alive is None else system.offset[p.alive]] for p in system.populations
        },
        "defaults": [v.default for v in system.variables for _ in range(v.cells)],
        "initial": [{"parameters": _parameters(i.parameters), "ops": _ops(i.ops)} for i in system.initial],
        "edges": [
            {
                "parameters": _parameters(e.parameters),
                "ops": _ops(e.ops),
                "position": _position(system, e),
            }
            for e in system.edges
        ],
        "invariants": [[i.name, _expr(i.condition)] for i in system.invariants],
    }


def read_head(file: Path) -> dict[str, Json]:
    """What ``file`` says before its states.  Raises ``UsageError`` if it is no such file, and ``OSError``."""
    try:
        with gzip.open(file, "rt", encoding="ascii") as lines:
            head = json.loads(next(lines))
    except (EOFError, StopIteration, ValueError, gzip.BadGzipFile, zlib.error) as error:
        raise UsageError(f"{file}: not a certificate: {error or 'empty'}", WRITTEN_BY) from error
    if not isinstance(head, dict) or head.get("schema") != SCHEMA:
        raise UsageError(f"{file}: not a certificate: its schema is not {SCHEMA!r}", WRITTEN_BY)
    return head


def same_system(head: dict[str, Json], system: TransitionSystem) -> bool:
    """Whether the states that come with ``head`` are said to be those of ``system``, whatever its counters' widths."""
    fresh = json.loads(json.dumps(spelled_out(system, head["never"])))
    return all(head.get(key) == fresh[key] for key in fresh if key != "model_hash")


def _bounds(type_: Json) -> list[int | None]:
    return [type_.lo, None if isinstance(type_, Count) else type_.hi]


def _parameters(parameters: tuple[Parameter, ...]) -> list[list[Json]]:
    return [[p.name, p.size] for p in parameters]


def _position(system: TransitionSystem, edge: Edge) -> list[int] | None:
    pc = None if edge.process is None else system.process[edge.process].pc
    return None if pc is None else [system.offset[pc], edge.origin, edge.target]


def _ops(ops: tuple[Op, ...]) -> list[Json]:
    """The operations that change something or may end the step."""
    spelled: list[Json] = []
    for op in ops:
        match op:
            case Let(temp, value):
                spelled.append(["let", temp, _expr(value)])
            case Assume(condition):
                spelled.append(["assume", _expr(condition)])
            case Assign(variable, index, value):
                spelled.append(["assign", variable, [_expr(i) for i in index], _expr(value)])
            case Check(condition, name, _, fatal):
                spelled.append(["check", _expr(condition), name, fatal])
            case Cover(_, condition):  # evaluating it may fault, and a fault ends the step
                spelled.append(["let", "", _expr(condition)])
    return spelled


def _expr(expr: Expr) -> Json:
    match expr:
        case Const(value):
            return value
        case Load(variable, index):
            return ["load", variable, *map(_expr, index)]
        case Param(name):
            return ["param", name]
        case Temp(name):
            return ["temp", name]
        case Unary("-", operand):
            return ["neg", _expr(operand)]
        case Unary(op, operand):
            return [op, _expr(operand)]
        case Not(operand):
            return ["not", _expr(operand)]
        case And(items):
            return ["and", *map(_expr, items)]
        case Or(items):
            return ["or", *map(_expr, items)]
        case Cond(test, then, orelse):
            return ["if", _expr(test), _expr(then), _expr(orelse)]
        case Deref(ref, population):
            return ["deref", _expr(ref), population]
        case Binary(op, left, right):
            return [op, _expr(left), _expr(right)]
    raise TypeError(f"not an expression: {expr!r}")
