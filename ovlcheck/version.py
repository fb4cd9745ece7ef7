"""The version of the installed package."""

from __future__ import annotations


def tool_version() -> str:
    """As in ``1.2.0``; ``unknown`` when run from files that are not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ovlcheck")
    except PackageNotFoundError:
        return "unknown"
