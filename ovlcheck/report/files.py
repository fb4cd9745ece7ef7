"""The files that ``--out`` asks for: every trace in every form, beside each other, and a page with all of a model's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ovlcheck.report.verdict import ModelResult
from ovlcheck.trace.faces import FACES
from ovlcheck.trace.trace import Trace
from ovlcheck.whole_files import write_whole


def write_traces(result: ModelResult, directory: Path) -> list[Path]:
    """Write the traces of ``result`` as ``MODEL.PROPERTY.SUFFIX``, all of them as ``MODEL.html``; name the files.

    The saved form comes first: the others can be made from it.  Raises ``OSError`` when a file cannot be written whole,
    and leaves no part of it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []

    def write(name: str, text: str) -> None:
        file = directory / name
        write_whole(file, text)
        written.append(file)

    traces = list(_traces(result))
    for _, face in sorted(FACES.items(), key=lambda item: item[0] != "json"):
        if face.together and traces:
            write(f"{_file_name(result.name)}.{face.suffix}", face.render([trace for _, trace in traces]))
        elif not face.together:
            for name, trace in traces:
                write(f"{trace_stem(result.name, name)}.{face.suffix}", face.render([trace]))
    return written


def _traces(result: ModelResult) -> Iterable[tuple[str, Trace]]:
    for verdict in result.properties:
        if verdict.trace is not None:
            yield verdict.name, verdict.trace
            for number, other in enumerate(verdict.others, start=2):
                yield f"{verdict.name} {number}", other
    if result.scenario is not None and result.scenario.trace is not None:
        yield f"scenario {result.scenario.name}", result.scenario.trace


def trace_stem(model: str, name: str) -> str:
    """What the files begin with that hold the trace of ``model`` called ``name``."""
    return f"{_file_name(model)}.{_file_name(name)}"


def _file_name(name: str) -> str:
    """``name`` without what a shell or a file system would trip over."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_") or "unnamed"
