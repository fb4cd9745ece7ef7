"""A worker process of ``ovlcheck compare``: takes jobs from its input one after the other, and writes the answers.

It lives as long as its input is open.  What models print when they are imported goes to stderr.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import struct
import sys
import threading
from contextlib import AbstractContextManager
from typing import IO, Any

HEAD = struct.Struct(">Q")
"""The length of a message, in front of it."""


def send(stream: IO[bytes], message: object) -> None:
    """Writes ``message`` whole.  Raises ``OSError`` if nobody reads any more."""
    pickled = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(HEAD.pack(len(pickled)) + pickled)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """The next message.  Raises ``EOFError`` where there is none, or where it breaks off."""
    head = _exactly(stream, HEAD.size)
    return pickle.loads(_exactly(stream, HEAD.unpack(head)[0]))


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = stream.read(size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def main() -> None:
    """Works until its input ends, and then takes with it whatever it has started."""
    interrupt = _Interrupt()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    while True:
        send(answers, attempt(jobs.get(), interrupt))


def _listen(stream: IO[bytes], jobs: queue.SimpleQueue[Any]) -> None:
    """Passes jobs on.  Who sends them may end at any time: what is being searched is then of no use to anybody."""
    try:
        while True:
            jobs.put(receive(stream))
    except EOFError:
        os.killpg(0, signal.SIGKILL)


class Failed:
    """There is no answer.  ``error`` says what the user got wrong, ``problem`` what else went wrong."""

    def __init__(self, error: str = "", problem: str = "") -> None:
        self.error = error
        self.problem = problem


class _Interrupt:
    """What SIGINT does here: it ends the search under way, or the next before it begins, but not the process."""

    def __init__(self) -> None:
        self._came = self._searching = False
        signal.signal(signal.SIGINT, self._take)

    def _take(self, *_: object) -> None:
        self._came = True
        if self._searching:
            raise KeyboardInterrupt

    def __enter__(self) -> None:
        self._searching = True
        if self._came:
            raise KeyboardInterrupt

    def __exit__(self, *_: object) -> None:
        self._searching = False


def attempt(job: Any, interrupt: AbstractContextManager[None]) -> Any:
    """The answer to ``job``, or ``Failed``; searches are made within ``interrupt``."""
    from ovlcheck.comparison.job import work_on
    from ovlcheck.errors import UsageError
    from ovlcheck.lang.diagnostics import CompileError

    try:
        with interrupt:
            return work_on(job)
    except (UsageError, CompileError) as error:
        return Failed(error=str(error))
    except OSError as error:
        return Failed(error=f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        return Failed(problem=INTERRUPTED)
    except MemoryError:
        return Failed(problem="out of memory")
    except Exception as error:
        return Failed(problem=f"internal error: {type(error).__name__}: {error}")


INTERRUPTED = "interrupted"
"""Why a search that the user wanted no more has no answer."""
