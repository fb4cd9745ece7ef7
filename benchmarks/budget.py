"""The time that a run of the benchmarks may take, and what becomes of a measurement that fails."""

from __future__ import annotations

import time

from benchmarks.machine import MachineFailed
from benchmarks.tool import ToolFailed
from ovlcheck.export.measured import TookTooLong
from ovlcheck.export.peers import PeerFailed

FAILURES = (PeerFailed, ToolFailed, MachineFailed, TookTooLong, FileNotFoundError)
"""What one measurement can end in without harm to the others."""


class Budget:
    """Seconds that are left of the whole run's."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, at_most: float) -> float:
        """The seconds that a program may take, no more than ``at_most``.

        Raises ``TookTooLong`` if none are left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TookTooLong("not begun: the time for the whole run is up")
        return min(left, at_most)


def reason(error: Exception) -> str:
    """What went wrong, short enough for a table."""
    if isinstance(error, FileNotFoundError):
        return f"{error.filename} is not installed"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:2] + lines[-1:] if len(lines) > 3 else lines)[:300]
