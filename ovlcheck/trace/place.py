"""Names of files that are the same on every machine."""

from __future__ import annotations

from pathlib import Path

_HOME = Path(__file__).resolve().parent.parent.parent


def shown_file(file: str) -> str:
    """``file`` as readers see it: a file of ovlcheck's own from where it is installed, any other as it is."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(_HOME / "ovlcheck"):
        return path.relative_to(_HOME).as_posix()
    return file
