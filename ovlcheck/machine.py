"""What a search may use of this machine, as people write it: ``--threads 4``, ``--memory 20G``."""

from __future__ import annotations

import os
import re

from ovlcheck.errors import UsageError

MOST_THREADS = 1024
LEAST_MEMORY = 16 << 20
"""Bytes without which no search can begin."""

_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[KMGT]?)(?:i?B)?", re.IGNORECASE | re.ASCII)
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def parse_memory(text: str) -> int:
    """``20G`` or ``512M`` as bytes: powers of 1024, and a plain number is bytes.

    Raises ``UsageError`` for what is no size, and for one that no search can begin with or that this machine
    does not have.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text!r} is no size of memory", "write 20G or 512M")
    size = int(float(match["number"]) * (1 << _UNITS[match["unit"].upper()]))
    if size < LEAST_MEMORY:
        raise UsageError(
            f"{text!r} is less memory than any search needs", f"give at least {shown(LEAST_MEMORY)}"
        )
    if size > machine_memory():
        raise UsageError(
            f"{text!r} is more memory than the {shown(machine_memory())} of this machine",
            "leave it out to use what is free",
        )
    return size


def check_threads(number: int) -> int:
    """``number`` if so many threads can be had.  Raises ``UsageError``."""
    if not 1 <= number <= MOST_THREADS:
        raise UsageError(f"{number} is no number of threads", f"there can be 1 to {MOST_THREADS}")
    return number


def machine_memory() -> int:
    """Bytes of memory that the machine has, whoever uses them."""
    return int(os.sysconf("SC_PAGE_SIZE")) * int(os.sysconf("SC_PHYS_PAGES"))


def shown(size: int) -> str:
    """``size`` bytes in the largest unit that they fill: ``23.4G``."""
    for unit in "TGMK":
        if size >= 1 << _UNITS[unit]:
            return f"{size / (1 << _UNITS[unit]):.3g}{unit}"
    return f"{size}B"


def processors() -> int:
    """How many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
