"""The machine: what it is, whether it is idle, and how many random updates of memory it makes in a second."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ovlcheck.export.measured import run

_SOURCE = Path(__file__).with_name("random_updates.c")
_FLAGS = ("-O3", "-march=native", "-Wall", "-Wextra")
IDLE = 0.25
"""Load, processes that want to run on average over the last minute, up to which a machine counts as idle."""


class MachineFailed(Exception):
    """The machine's limit could not be measured."""


@dataclass(frozen=True)
class Updates:
    """Random read-modify-writes of 8 bytes, made in a table of ``bytes`` by ``threads`` together."""

    bytes: int
    threads: int
    per_second: float
    huge_bytes: int


class RandomUpdates:
    """The compiled measurement; a context manager, as it lives in a directory of its own."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._directory = TemporaryDirectory(prefix="ovlcheck-bench-")
        program = Path(self._directory.name) / "random_updates"
        built = run(["cc", *_FLAGS, "-o", str(program), str(_SOURCE), "-lpthread"])
        if built.code:
            self._directory.cleanup()
            raise MachineFailed(built.errors)
        self._program = str(program)

    def __enter__(self) -> RandomUpdates:
        return self

    def __exit__(self, *_: object) -> None:
        self._directory.cleanup()

    def measure(self, size: int, threads: int) -> Updates:
        """Raises ``MachineFailed``, as where there is not so much memory."""
        there = available_memory()
        if size > there:
            raise MachineFailed(f"{size / 1e9:.1f} GB for a table: the machine has {there / 1e9:.1f}")
        done = run([self._program, str(size), str(threads), f"{self._seconds:g}"])
        if done.code:
            raise MachineFailed(f"random_updates: exit code {done.code}\n{done.errors}")
        updates, seconds, huge = done.output.split()
        return Updates(size, threads, int(updates) / float(seconds), int(huge))


def available_memory() -> int:
    """Bytes that the machine could give to a new process."""
    found = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    return int(found[1]) * 1024 if found else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def description() -> dict[str, Any]:
    """What the figures depend on: hardware, system, compilers, versions, and the load at this moment."""
    processors = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    model = re.search(r"^model name\s*: (.*)", processors, re.MULTILINE)
    cache = re.search(r"^cache size\s*: (.*)", processors, re.MULTILINE)
    load = os.getloadavg()[0]
    return {
        "processor": model[1].strip() if model else platform.processor() or platform.machine(),
        "cache": cache[1] if cache else "unknown",
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "available_bytes": available_memory(),
        "huge_pages": _chosen(Path("/sys/kernel/mm/transparent_hugepage/enabled")),
        "system": f"{platform.system()} {platform.release()}",
        "compiler": _first_line(["cc", "--version"]),
        "spin": _first_line(["spin", "-V"]),
        "rumur": _first_line(["rumur", "--version"]),
        "python": platform.python_version(),
        "commit": _first_line(["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]),
        "load": round(load, 2),
        "idle": load <= IDLE,
    }


def as_data(updates: Updates) -> dict[str, Any]:
    """For JSON."""
    return asdict(updates)


def _first_line(command: list[str]) -> str:
    try:
        done = run(command)
    except FileNotFoundError:
        return "not installed"
    return next(iter((done.output or done.errors).splitlines()), "unknown").strip()


def _chosen(file: Path) -> str:
    """The word in brackets, as Linux marks the one of several that is in force."""
    try:
        found = re.search(r"\[(\w+)\]", file.read_text(encoding="ascii"))
    except OSError:
        return "unknown"
    return found[1] if found else "unknown"
