"""A trace is read back as it was written, and anything else is refused with one message."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from ovlcheck.errors import UsageError
from ovlcheck.trace.saved import SCHEMA, from_json, load, save, to_json
from ovlcheck.trace.trace import Trace
from tests.trace.samples import sample_trace
from tests.trace.strategies import traces


@given(traces())
def test_what_is_saved_is_read_back(trace: Trace) -> None:
    assert from_json(json.loads(json.dumps(to_json(trace)))) == trace


def test_a_file_holds_the_parts_that_the_form_promises(tmp_path: Path) -> None:
    save(sample_trace(), tmp_path / "trace.json")
    data = json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))
    assert data["schema"] == SCHEMA
    assert {"model_hash", "constants", "initial", "steps", "loop_start", "property", "message"} <= set(data)
    assert {"process", "choice", "function", "file", "line", "source", "changes"} <= set(data["steps"][0])
    assert load(tmp_path / "trace.json") == sample_trace()


def _delete(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda data: data.pop(key)


def _put(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda data: data.update({key: value})


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_put("schema", "other/1"), "schema"),
        (_delete("schema"), "schema"),
        (_delete("steps"), "steps is missing"),
        (_put("steps", {}), "steps is no list"),
        (_put("steps", [1]), "steps holds something that is no object"),
        (_put("constants", {"inodes": 1}), "constants holds something that is no string"),
        (_put("loop_start", 7), "loop_start 7"),
        (_put("loop_start", True), "loop_start is no integer"),
        (_put("model", None), "model is no string"),
        (lambda data: data["steps"][1].pop("line"), r"steps\[1\].line is missing"),
        (lambda data: data["steps"][0]["choice"].update(arguments=["x"]), r"steps\[0\].choice.arguments"),
        (lambda data: data["steps"][0]["calls"][0].update(phase="begin"), r"calls\[0\].phase"),
    ],
)
def test_a_spoilt_trace_is_refused_with_the_place(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], None], says: str
) -> None:
    data = to_json(sample_trace())
    spoil(data)
    file = tmp_path / "trace.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(UsageError, match=says) as refused:
        load(file)
    assert str(file) in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[1, 2]", b'{"schema": "ovlche', b"[" * 100_000])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "trace.json"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="not a saved trace"):
        load(file)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.json: cannot be read"):
        load(tmp_path / "missing.json")
