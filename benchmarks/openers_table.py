"""What any number of openers costs beside given numbers, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.markdown import NOTHING, table

_HEAD = ("model", "writers", "readers", "states, or control states", "processor s", "")


def openers(cases: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The section of the page."""
    yield "## Any number of openers"
    yield ""
    yield from table(_HEAD, (_row(case["model"], row) for case in cases for row in case["rows"]))
    for names in dict.fromkeys(tuple(case["properties"]) for case in cases):
        models = ", ".join(case["model"] for case in cases if tuple(case["properties"]) == names)
        yield f"{models}: {', '.join(f'`{name}`' for name in names)}."
        yield ""
    yield from _METHOD
    commits = sorted({case["commit"] for case in cases if "commit" in case})
    if commits:
        yield f"Measured apart from the rest, of commit {', '.join(commits)}."
        yield ""


_METHOD = (
    "With given numbers every reachable state is visited, by the engine and with the reductions of `ovlcheck verify`.",
    "*any*: the control states of `--engine symbolic`, whose answer is for every number of both. All decide the same",
    "properties. Time is that of the processor, from the model's file to the answer; of the C compiler only where no",
    "earlier run had kept what it makes.",
    "",
)


def _row(model: str, row: dict[str, Any]) -> tuple[str, ...]:
    writers = row["writers"]
    readers = writers if writers == "any" else "1"
    if row["error"]:
        return (model, writers, readers, NOTHING, NOTHING, row["error"])
    said = f"cut short: {row['cut_short']}" if row["cut_short"] else ""
    return (model, writers, readers, f"{row['states']:,}", f"{row['seconds']:.1f}", said)
