"""Graphviz, as pygraphviz brings it along: no ``dot`` program is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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
