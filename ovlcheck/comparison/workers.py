"""Processes that work on jobs side by side: one that dies takes one job with it, and none outlives this process."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from ovlcheck.comparison.worker import INTERRUPTED, Failed, receive, send

GRACE = 10.0
"""Seconds that searches have to tell what they have found, once they are interrupted."""

J = TypeVar("J")
A = TypeVar("A")


class _Worker:
    """A process that takes jobs, in a session of its own: what the keyboard sends, it gets from here."""

    def __init__(self) -> None:
        home = str(Path(__file__).resolve().parents[2])
        paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from ovlcheck.comparison.worker import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )

    def give(self, job: object) -> None:
        assert self.process.stdin is not None
        send(self.process.stdin, job)

    def answer(self) -> object:
        """Raises ``EOFError`` if the process died."""
        assert self.process.stdout is not None
        return receive(self.process.stdout)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Kills the process with all that it started; what it ended with."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        return self.process.wait()

    def died(self) -> str:
        """How a process ended that gave no answer, in words."""
        try:
            code = self.process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
        self.end()
        if code >= 0:
            return f"its process ended with exit code {code}"
        hint = ": the machine was perhaps out of memory" if code == -signal.SIGKILL else ""
        return f"its process was ended by {signal.Signals(-code).name}{hint}"


class Workers(Generic[J, A]):
    """Up to ``most`` processes.  ``watch`` is told, whenever that changes, which jobs are being worked on, and how many
    wait.
    """

    def __init__(self, most: int, watch: Callable[[list[J], int], None] | None = None) -> None:
        self._most = most
        self._watch = watch
        self._all: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._busy: dict[_Worker, J] = {}
        self._selector = selectors.DefaultSelector()

    def run(self, jobs: Iterable[J], take: Callable[[J, A | Failed], Iterable[J]]) -> bool:
        """Works on ``jobs``; ``take`` gets each answer and returns further jobs.

        False if the user interrupted it: then what is under way is asked for what it has, and nothing else begins.
        """
        waiting = deque(jobs)
        finished = True
        try:
            while waiting or self._busy:
                while waiting and len(self._busy) < self._most:
                    self._start(waiting.popleft())
                self._show(len(waiting))
                waiting.extend(further for job, answer in self._answers(None) for further in take(job, answer))
        except KeyboardInterrupt:
            finished = False
            self._wind_up(take)
            for job in waiting:
                take(job, Failed(problem=INTERRUPTED))
        finally:
            for worker in self._all:
                worker.end()
            self._selector.close()
        return finished

    def _start(self, job: J) -> None:
        if not self._idle:
            self._idle.append(_Worker())
            self._all.append(self._idle[-1])
        worker = self._idle.pop()
        self._busy[worker] = job
        self._selector.register(worker.process.stdout, selectors.EVENT_READ, worker)  # type: ignore[arg-type]
        try:
            worker.give(job)
        except OSError:
            return  # it is dead, as its output will tell

    def _answers(self, seconds: float | None) -> list[tuple[J, A | Failed]]:
        found: list[tuple[J, A | Failed]] = []
        for key, _ in self._selector.select(seconds):
            worker: _Worker = key.data
            self._selector.unregister(key.fileobj)
            job = self._busy.pop(worker)
            try:
                answer = worker.answer()
            except EOFError:
                found.append((job, Failed(problem=worker.died())))
            else:
                self._idle.append(worker)
                found.append((job, answer))  # type: ignore[arg-type]
        return found

    def _wind_up(self, take: Callable[[J, A | Failed], Iterable[J]]) -> None:
        """Takes what the searches under way have found; a second interrupt ends the waiting."""
        until = time.monotonic() + GRACE
        try:
            for worker in self._busy:
                worker.interrupt()
            while self._busy and time.monotonic() < until:
                for job, answer in self._answers(max(until - time.monotonic(), 0.0)):
                    for further in take(job, answer):
                        take(further, Failed(problem=INTERRUPTED))
        except KeyboardInterrupt:
            pass
        for job in self._busy.values():
            take(job, Failed(problem=INTERRUPTED))

    def _show(self, waiting: int) -> None:
        if self._watch is not None:
            self._watch(list(self._busy.values()), waiting)
