"""Names of files that are the same on every machine."""

from __future__ import annotations

from pathlib import Path

_HOMES = tuple({Path(__file__).parent.parent.parent, Path(__file__).resolve().parent.parent.parent})
"""Where the package is, by the name it was imported by, and without links."""


def shown_file(file: str) -> str:
    """``file`` as readers see it: a file of ovlcheck's own from where it is installed, any other as it is."""
    path = Path(file)
    for home in _HOMES:
        if path.is_absolute() and path.is_relative_to(home / "ovlcheck"):
            return path.relative_to(home).as_posix()
    return file
