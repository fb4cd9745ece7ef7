"""The table for programs, and to be kept: JSON with ``"schema": "ovlcheck-compare/1"``.

It is read again to hold a later table against it.  Reading is strict: what something else wrote, or what was cut
short, gives one ``UsageError``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ovlcheck.errors import UsageError
from ovlcheck.report.table import Cell, Column, Row, Table
from ovlcheck.report.verdict import HOLDS, UNKNOWN, VIOLATED

SCHEMA = "ovlcheck-compare/1"

_REMEDY = "such a file is written by ovlcheck compare MODEL... --format json"


def to_json(table: Table) -> dict[str, Any]:
    """``table`` as an object of JSON; the texts of traces are not in it."""
    return {
        "schema": SCHEMA,
        "tool_version": table.tool_version,
        "configuration": {"name": table.configuration, "contains": table.contains},
        "settings": dict(table.settings),
        "limits": dict(table.limits),
        "jobs": table.jobs,
        "seconds": table.seconds,
        "interrupted": table.interrupted,
        "exit_code": int(table.exit_code),
        "properties": [asdict(column) for column in table.columns],
        "rows": [_row(row) for row in table.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "model": row.model,
        "path": row.path,
        "given": dict(row.given),
        "doc": row.doc,
        "error": row.error,
        "constants": dict(row.constants),
        "scope": dict(row.scope),
        "never_taken": list(row.never_taken),
        "failures": list(row.failures),
        "seconds": round(row.seconds, 2),
        "cells": {key: _cell(cell) for key, cell in row.cells.items()},
        "also": {name: _cell(cell) for name, cell in row.also.items()},
    }


def _cell(cell: Cell) -> dict[str, Any]:
    data = asdict(cell)
    del data["text"]
    return {"mark": cell.mark, **data}


def dumps(table: Table) -> str:
    """``table`` as a file's text."""
    return json.dumps(to_json(table), indent=1, ensure_ascii=False) + "\n"


def load(file: Path) -> Table:
    """The table kept in ``file``.  Raises ``UsageError`` when it cannot be read, or is none."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not a kept table: not UTF-8 text", _REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: not a kept table, or cut short: {error}", _REMEDY) from error
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise UsageError(f"{file}: not a kept table: its schema is {schema!r}, not {SCHEMA!r}", _REMEDY)
    try:
        return from_json(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{file}: not a kept table: {_where(error)}", _REMEDY) from error


def from_json(data: Mapping[str, Any]) -> Table:
    """The table that ``data`` describes.

    Raises ``KeyError`` for what is missing, and ``TypeError``, ``ValueError`` or ``AttributeError`` for what is wrong.
    """
    return Table(
        configuration=_text(data["configuration"]["name"]),
        contains=_text(data["configuration"]["contains"]),
        settings=_texts(data["settings"]),
        columns=tuple(Column(**column) for column in data["properties"]),
        rows=tuple(
            Row(
                model=_text(row["model"]),
                path=_text(row["path"]),
                given=_texts(row["given"]),
                doc=_text(row["doc"]),
                cells={key: _read_cell(cell) for key, cell in row["cells"].items()},
                also={name: _read_cell(cell) for name, cell in row["also"].items()},
                constants=_texts(row["constants"]),
                scope=_texts(row["scope"]),
                error=_text(row["error"]),
                never_taken=tuple(map(_text, row["never_taken"])),
                failures=tuple(map(_text, row["failures"])),
                seconds=float(row["seconds"]),
            )
            for row in data["rows"]
        ),
        limits=dict(data["limits"]),
        seconds=float(data["seconds"]),
        jobs=int(data["jobs"]),
        interrupted=bool(data["interrupted"]),
        tool_version=_text(data["tool_version"]),
    )


def _read_cell(data: Mapping[str, Any]) -> Cell:
    told = {name: value for name, value in data.items() if name != "mark"}
    cell = Cell(
        **{
            **told,
            "constants": _texts(told["constants"]),
            "fairness": tuple(told["fairness"]),
            "reductions": tuple(told["reductions"]),
        }
    )
    if cell.verdict not in (HOLDS, VIOLATED, UNKNOWN):
        raise ValueError(f"{cell.verdict!r} is no verdict")
    return cell


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no string")
    return value


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in values.items()}


def _where(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
