"""How much memory a search may still take: what the machine, its container and the user's limits leave."""

from __future__ import annotations

import os
import resource
from pathlib import Path

_RESERVE = 1 / 16
"""The part of what is free that is left to everyone else."""


def available() -> int:
    """Bytes that can be taken now without driving anyone out of memory."""
    limits = [_machine(), _container(), _process()]
    least = min(limit for limit in limits if limit is not None)
    return max(0, int(least * (1 - _RESERVE)))


def _machine() -> int:
    for line in _read(Path("/proc/meminfo")).splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return int(os.sysconf("SC_PAGE_SIZE")) * int(os.sysconf("SC_PHYS_PAGES")) // 2


def _container() -> int | None:
    """What the control group of this process leaves, in either version of the interface."""
    for line in _read(Path("/proc/self/cgroup")).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, limit, usage = Path("/sys/fs/cgroup"), "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            root, limit, usage = (
                Path("/sys/fs/cgroup/memory"),
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
            )
        else:
            continue
        for folder in (root / path.lstrip("/"), root):
            most, used = _read(folder / limit).strip(), _read(folder / usage).strip()
            if most.isdigit() and used.isdigit():
                return max(0, int(most) - int(used))
    return None


def _process() -> int | None:
    """What the limit on the address space of this process leaves."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:
        return None
    pages = _read(Path("/proc/self/statm")).split()
    used = int(pages[0]) * int(os.sysconf("SC_PAGE_SIZE")) if pages else 0
    return max(0, soft - used)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
