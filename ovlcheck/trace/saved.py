"""The saved form of a trace: JSON with ``"schema": "ovlcheck-trace/2"``.

Version 2 adds what is known of why a run ends as it does: ``event``, ``analysed``, ``races``, and each step's
``moments`` and ``role``.  Files of version 1 are read as traces that were not analysed.

Reading is strict: a file that something else wrote, or that was cut short, gives one ``UsageError``
that names the place, and never a trace with holes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ovlcheck.errors import UsageError
from ovlcheck.trace.escape import whole
from ovlcheck.trace.trace import Access, Call, Change, Choice, Race, Role, Step, Stuck, Trace

SCHEMA = "ovlcheck-trace/2"
OLDER = "ovlcheck-trace/1"

T = TypeVar("T")


def to_json(trace: Trace) -> dict[str, Any]:
    """``trace`` as an object of JSON."""
    return {
        "schema": SCHEMA,
        "model": trace.model,
        "path": trace.path,
        "model_hash": trace.model_hash,
        "constants": dict(trace.constants),
        "property": trace.property_name,
        "doc": trace.doc,
        "message": trace.message,
        "failed": trace.failed,
        "relevant": dict(trace.relevant),
        "initial": {"cells": list(trace.cells), "values": dict(trace.initial)},
        "steps": [_step_to_json(step) for step in trace.steps],
        "loop_start": trace.loop_start,
        "stuck": [vars(stuck) for stuck in trace.stuck],
        "event": None if trace.event is None else _call_to_json(trace.event),
        "analysed": trace.analysed,
        "races": [vars(race) for race in trace.races],
    }


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "process": step.process,
        "instance": step.instance,
        "choice": {
            "edge": step.choice.edge,
            "arguments": list(step.choice.arguments),
            "parameters": dict(step.choice.parameters),
        },
        "function": step.function,
        "file": step.file,
        "line": step.line,
        "source": step.source,
        "stack": list(step.stack),
        "calls": [_call_to_json(call) for call in step.calls],
        "changes": [vars(c) for c in step.changes],
        "accesses": [vars(access) for access in step.accesses],
        "partial": step.partial,
        "moments": dict(step.moments),
        "role": None if step.role is None else {"gave": list(step.role.gave), "read": list(step.role.read)},
    }


def _call_to_json(call: Call) -> dict[str, Any]:
    return {"phase": call.phase, "name": call.name, "arguments": dict(call.arguments)}


def dumps(trace: Trace) -> str:
    """The text of the file that holds ``trace``."""
    return whole(json.dumps(to_json(trace), indent=1, ensure_ascii=False)) + "\n"


def save(trace: Trace, file: Path) -> None:
    file.write_text(dumps(trace), encoding="utf-8")


def load(file: Path) -> Trace:
    """The trace in ``file``.  Raises ``UsageError`` when it cannot be read or is not a trace."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not a saved trace: not UTF-8 text", _REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: not a saved trace, or cut short: {error}", _REMEDY) from error
    try:
        return from_json(data)
    except UsageError as error:
        raise UsageError(f"{file}: {error.message}", _REMEDY) from error


_REMEDY = "traces are written by ovlcheck verify MODEL --out DIR, as *.json"


def from_json(data: object) -> Trace:
    """The trace that ``data`` describes.

    Raises ``UsageError`` that names the part which is missing or wrong.
    """
    if not isinstance(data, dict):
        raise UsageError("not a saved trace: the top is no JSON object")
    schema = data.get("schema")
    if schema == OLDER:
        data = _as_version_2(data)
    elif schema != SCHEMA:
        raise UsageError(f"not a saved trace: its schema is {schema!r}, not {SCHEMA!r}")
    top = _Reader(data, "trace")
    initial = _Reader(top.get("initial", dict), "initial")
    steps = top.items("steps", _step)
    loop_start = top.get("loop_start", int, None)
    if loop_start is not None and not 0 <= loop_start <= len(steps):
        raise UsageError(f"not a saved trace: loop_start {loop_start} is no step of it")
    trace = Trace(
        model=top.get("model", str),
        path=top.get("path", str),
        model_hash=top.get("model_hash", str),
        constants=top.words("constants"),
        property_name=top.get("property", str),
        doc=top.get("doc", str),
        message=top.get("message", str),
        initial=initial.words("values"),
        cells=initial.list("cells", int),
        steps=steps,
        relevant=top.words("relevant"),
        failed=top.get("failed", str),
        stuck=top.items("stuck", _stuck),
        loop_start=loop_start,
        event=top.perhaps("event", _call),
        analysed=top.get("analysed", bool),
        races=top.items("races", _race),
    )
    for race in trace.races:
        if not 0 <= race.read < race.changed < race.used < len(steps):
            raise UsageError(f"not a saved trace: a race of {race.name} is not among its steps")
    return trace


def _as_version_2(data: dict[str, Any]) -> dict[str, Any]:
    steps = data.get("steps")
    if isinstance(steps, list):
        steps = [{**s, "moments": {}, "role": None} if isinstance(s, dict) else s for s in steps]
    return {**data, "steps": steps, "event": None, "analysed": False, "races": []}


def _step(data: "_Reader") -> Step:
    choice = _Reader(data.get("choice", dict), f"{data.place}.choice")
    return Step(
        process=data.get("process", str),
        instance=data.get("instance", int, None),
        choice=Choice(choice.get("edge", int), choice.list("arguments", int), choice.words("parameters")),
        function=data.get("function", str),
        file=data.get("file", str),
        line=data.get("line", int),
        source=data.get("source", str),
        changes=data.items("changes", _change),
        stack=data.list("stack", str),
        calls=data.items("calls", _call),
        partial=data.get("partial", bool),
        accesses=data.items("accesses", _access),
        moments=data.numbers("moments"),
        role=data.perhaps("role", _role),
    )


def _role(data: _Reader) -> Role:
    return Role(data.list("gave", str), data.list("read", str))


def _race(data: _Reader) -> Race:
    return Race(
        data.get("name", str),
        data.get("value", str),
        data.get("read", int),
        data.get("changed", int),
        data.get("used", int),
    )


def _change(data: "_Reader") -> Change:
    return Change(
        data.get("name", str), data.get("old", str, None), data.get("new", str, None), data.get("quiet", bool)
    )


def _access(data: _Reader) -> Access:
    return Access(_one_of(data, "kind", "read", "write"), data.get("name", str), data.get("value", str))


def _one_of(data: _Reader, key: str, *words: str) -> str:
    value: str = data.get(key, str)
    if value not in words:
        raise UsageError(f"not a saved trace: {data.place}.{key} is {value!r}")
    return value


def _call(data: "_Reader") -> Call:
    return Call(_one_of(data, "phase", "call", "return"), data.get("name", str), data.words("arguments"))


def _stuck(data: "_Reader") -> Stuck:
    return Stuck(
        data.get("process", str),
        data.get("instance", int),
        data.get("function", str),
        data.get("file", str),
        data.get("line", int),
        data.get("source", str),
    )


class _Reader:
    """An object of JSON that is asked for its keys by type; ``place`` says in messages where it
    stands.
    """

    def __init__(self, data: Mapping[str, Any], place: str) -> None:
        self.data = data
        self.place = place

    def get(self, key: str, kind: type[Any], *instead: None) -> Any:
        """The value of ``key``, of type ``kind``; with a third argument ``None``, null is allowed."""
        if key not in self.data:
            raise UsageError(f"not a saved trace: {self.place}.{key} is missing")
        value = self.data[key]
        if (value is None and instead) or _is(value, kind):
            return value
        raise UsageError(f"not a saved trace: {self.place}.{key} is no {_KINDS[kind]}")

    def list(self, key: str, kind: type[T]) -> tuple[T, ...]:
        values = self.get(key, list)
        if not all(_is(value, kind) for value in values):
            raise UsageError(
                f"not a saved trace: {self.place}.{key} holds something that is no {_KINDS[kind]}"
            )
        return tuple(values)

    def words(self, key: str) -> dict[str, str]:
        values = self.get(key, dict)
        if not all(isinstance(value, str) for value in values.values()):
            raise UsageError(f"not a saved trace: {self.place}.{key} holds something that is no string")
        return dict(values)

    def perhaps(self, key: str, read: Callable[["_Reader"], T]) -> T | None:
        """What ``read`` makes of the object that ``key`` has; None for null."""
        value = self.get(key, dict, None)
        return None if value is None else read(_Reader(value, f"{self.place}.{key}"))

    def numbers(self, key: str) -> dict[str, int]:
        values = self.get(key, dict)
        if not all(_is(value, int) for value in values.values()):
            raise UsageError(f"not a saved trace: {self.place}.{key} holds something that is no integer")
        return dict(values)

    def items(self, key: str, read: Callable[["_Reader"], T]) -> tuple[T, ...]:
        return tuple(read(_Reader(value, f"{key}[{i}]")) for i, value in enumerate(self.list(key, dict)))


_KINDS: dict[type[Any], str] = {
    str: "string", int: "integer", bool: "boolean", dict: "object", list: "list",
}  # fmt: skip


def _is(value: object, kind: type[Any]) -> bool:
    """Whether ``value`` is of ``kind``, where True and False are no integers."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
