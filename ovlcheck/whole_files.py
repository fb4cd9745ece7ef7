"""Files that are there whole or not at all: half a trace or half a proof would be taken for one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(file: Path) -> Iterator[None]:
    """What the block writes to ``file``, in directories that are made for it, is not kept where it does not fit.

    A file that cannot be opened stays as it was.  Raises ``OSError``, which names the file.
    """
    before = _stamp(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if file.is_file() and _stamp(file) != before:
            file.unlink()
        error.filename = error.filename or os.fspath(file)  # a full disk is told without it
        raise


def _stamp(file: Path) -> tuple[int, int] | None:
    """What opening the file for writing changes, None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def write_whole(file: Path, text: str) -> None:
    """``text`` in UTF-8 as all that is in ``file``.  Raises ``OSError``, which names the file."""
    with whole(file):
        file.write_text(text, "utf-8", "backslashreplace")
