"""The files that ``--out`` asks for: every trace in every form, beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ovlcheck.report.verdict import ModelResult
from ovlcheck.trace.dot import render_dot, render_svg
from ovlcheck.trace.saved import save
from ovlcheck.trace.text import render_text
from ovlcheck.trace.trace import Trace


def write_traces(result: ModelResult, directory: Path) -> list[Path]:
    """Write the traces of ``result`` as ``MODEL.PROPERTY.{txt,json,dot,svg}`` and name the files.

    Raises ``OSError`` when a file cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, trace in _traces(result):
        stem = directory / trace_stem(result.name, name)
        for suffix, text in (("txt", render_text), ("dot", render_dot), ("svg", render_svg)):
            file = stem.with_name(f"{stem.name}.{suffix}")
            file.write_text(text(trace), encoding="utf-8")
            written.append(file)
        file = stem.with_name(f"{stem.name}.json")
        save(trace, file)
        written.append(file)
    return written


def _traces(result: ModelResult) -> Iterable[tuple[str, Trace]]:
    for verdict in result.properties:
        if verdict.trace is not None:
            yield verdict.name, verdict.trace
    if result.scenario is not None and result.scenario.trace is not None:
        yield f"scenario {result.scenario.name}", result.scenario.trace


def trace_stem(model: str, name: str) -> str:
    """What the files begin with that hold the trace of ``model`` called ``name``."""
    return f"{_file_name(model)}.{_file_name(name)}"


def _file_name(name: str) -> str:
    """``name`` without what a shell or a file system would trip over."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_") or "unnamed"
