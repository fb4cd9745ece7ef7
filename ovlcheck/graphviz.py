"""Graphviz, as pygraphviz brings it along: no ``dot`` program is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ovlcheck.errors import UsageError


def to_svg(dot: str) -> str:
    """The picture of a graph in the DOT language, as an SVG document.

    Raises ``UsageError`` when pygraphviz is not installed.
    """
    try:
        from pygraphviz import AGraph
    except ImportError as error:
        raise UsageError(f"SVG needs pygraphviz: {error}", "pip install 'pygraphviz>=2.0'") from error
    with _nothing_on_stderr():
        drawn: bytes = AGraph(string=dot).draw(format="svg", prog="dot")
    return drawn.decode()


class TooLong(Exception):
    """Graphviz did not come to an end in the time it was given."""


def to_svg_within(dot: str, seconds: float) -> str:
    """``to_svg`` in a process of its own, since nothing else can stop Graphviz.

    Raises ``TooLong`` after so many seconds, and ``UsageError`` as ``to_svg``.
    """
    home = str(Path(__file__).resolve().parent.parent)
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ovlcheck.graphviz"],
            input=dot,
            capture_output=True,
            encoding="utf-8",
            timeout=seconds,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TooLong from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason is given"])[-1]
        raise UsageError(f"Graphviz fails: {reason}", "write the graph as dot instead")
    return done.stdout


@contextmanager
def _nothing_on_stderr() -> Iterator[None]:
    """Graphviz writes warnings about the machine's fonts past Python; they say nothing about the picture."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(to_svg(sys.stdin.read()))
