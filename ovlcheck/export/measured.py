"""Running a program to its end, with what it took: time, and memory at its peak."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in what ``ru_maxrss`` counts."""


class TookTooLong(Exception):
    """The program had not ended in time and was killed."""


@dataclass(frozen=True)
class Finished:
    """How a program ended.

    ``code`` is its exit code, negative for a signal.  ``seconds`` are by the clock, ``processor_seconds`` those that
    it and its children spent in user and kernel mode.  ``peak_bytes`` is its largest resident set, that of its largest
    child if that was larger; it is never less than what the caller's own was when the program was started.
    """

    code: int
    output: str
    errors: str
    seconds: float
    processor_seconds: float
    peak_bytes: int


def run(
    command: Sequence[str],
    directory: Path | None = None,
    *,
    seconds: float | None = None,
    memory: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Runs ``command`` in ``directory``; it may take ``seconds`` and an address space of ``memory`` bytes.

    Raises ``FileNotFoundError`` if there is no such program, and ``TookTooLong``.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
            preexec_fn=None if memory is None else partial(_limit, memory),
        )
        over = threading.Event()

        def end() -> None:
            over.set()
            _kill(process.pid)

        clock = threading.Timer(threading.TIMEOUT_MAX if seconds is None else max(seconds, 0.0), end)
        clock.daemon = True
        clock.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            _kill(process.pid)
            process.wait()
            raise
        finally:
            clock.cancel()
        took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if over.is_set():
            raise TookTooLong(f"{command[0]}: not done after {seconds:g} s")
        return Finished(
            code=process.returncode,
            output=_text(output),
            errors=_text(errors),
            seconds=took,
            processor_seconds=usage.ru_utime + usage.ru_stime,
            peak_bytes=usage.ru_maxrss * _PEAK_UNIT,
        )


def _limit(memory: int) -> None:
    """In the child, before the program begins: it may ask for memory at once.  Takes no lock that a thread may hold."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
