"""Where the models and properties that come with ovlcheck are: beside the package in a checkout,
inside it when it was installed from a wheel."""

from __future__ import annotations

from pathlib import Path


def shipped(kind: str) -> Path:
    """The directory of the shipped ``models`` or ``properties``."""
    package = Path(__file__).resolve().parent
    inside = package / kind
    return inside if inside.is_dir() else package.parent / kind
