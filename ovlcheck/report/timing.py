"""What ``--no-timing`` leaves out, so that the same input gives the same bytes."""

from __future__ import annotations

import re

_SECONDS = re.compile(r",? \d+(?:\.\d+)? s\b")


def without_time(note: str) -> str:
    """``note`` without the seconds that something took."""
    return _SECONDS.sub("", note)
