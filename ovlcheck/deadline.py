"""Ending what does not end by itself: code of others that runs in this process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StillRunning(Exception):
    """The block did not end in time."""


@contextmanager
def at_most(seconds: float, what: str) -> Iterator[None]:
    """Raises ``StillRunning`` in the block if it takes more than ``seconds``; ``what`` says what was going on.

    It raises again every second, in case that is caught there.  Nothing happens outside the main thread, nor where
    the program has a use of its own for SIGALRM; code that never returns to the interpreter is not ended.
    """
    free = signal.getsignal(signal.SIGALRM) is signal.SIG_DFL and not any(
        signal.getitimer(signal.ITIMER_REAL)
    )
    if not free or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_: int, __: FrameType | None) -> None:
        raise StillRunning(f"{what} after {seconds:g} seconds")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
