"""``make billion``: one shipped model with two writers, every one of its states, on two threads in 20 GiB.

Takes the better part of an hour.  What was run, what it held in memory on the way, and what it found stand in
``billion.log``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from benchmarks import machine
from benchmarks.systems import ROOT, System
from benchmarks.tool import OVLCHECK

AT_LEAST = 10**9
MEMORY = 20 << 30
LOG = Path(__file__).with_name("billion.log")
_BETWEEN_LOOKS = 30.0
_THEMES = ("durability", "eviction", "refcounts")

_PROPOSED = System(
    group="billion",
    model="models/proposed.py",
    states=1_180_000_000,
    enough=AT_LEAST,
    constants={
        "writers": "2",
        "readers": "3",
        "drop_caches_tasks": "1",
        "umounts": "0",
        "tail": "ALL",
        "flag_window": "true",
        "truncates": "true",
    },
    properties=tuple(f"properties/{name}.py" for name in _THEMES),
)
BILLION = (
    replace(
        _PROPOSED,
        states=1_030_000_000,
        constants={**_PROPOSED.constants, "foreign": "false", "direct_reclaim": "true"},
    ),
    _PROPOSED,
)
"""To be tried in turn until one succeeds; ``states`` are extrapolated from two writers with two readers, 67 million
states, and from what each further task or constant multiplies smaller systems by: right to a few per cent."""


def run(system: System, log: Callable[[str], None], between_looks: float = _BETWEEN_LOOKS) -> bool:
    """Explores ``system`` and tells ``log`` about it; whether that was all of it, and as many states as it should."""
    arguments = ["verify", *system.arguments, "--reductions", "none", "--threads", "2", "--memory", "20G"]
    it = machine.description()
    memory = f"{it['memory_bytes'] / 2**30:.0f} GiB"
    log(f"{it['processor']}, {it['cores']} cores, {memory}, {it['compiler']}, load {it['load']}")
    log(f"ovlcheck {' '.join(arguments)}")
    log(f"expected: about {system.states:,} states")
    began = time.monotonic()
    with TemporaryFile() as output, TemporaryFile() as errors:
        process = subprocess.Popen(
            [*OVLCHECK, *arguments, "--format", "json"], cwd=ROOT, stdout=output, stderr=errors
        )
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(process.pid, began, between_looks, over, log))
        watch.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            over.set()
            watch.join()
        seconds = time.monotonic() - began
        code = process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        peak = usage.ru_maxrss * 1024
        log(f"exit code {code} after {seconds:,.0f} s, at most {peak / 2**30:.2f} GiB")
        for line in errors.read().decode(errors="replace").splitlines():
            log(line)
        try:
            (result,) = json.loads(output.read())["results"]
        except (ValueError, KeyError):
            log("no result")
            return False
    _tell(result, peak, log)
    return bool(result["complete"] and result["states"] >= system.enough and peak <= MEMORY)


def _watch(
    pid: int, began: float, between_looks: float, over: threading.Event, log: Callable[[str], None]
) -> None:
    while not over.wait(between_looks):
        held = resident(pid)
        if held is not None:
            log(f"{time.monotonic() - began:7,.0f} s {held / 2**30:6.2f} GiB")


def resident(pid: int) -> int | None:
    """Bytes that the process holds at this moment, None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^VmRSS:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _tell(result: dict[str, Any], peak: int, log: Callable[[str], None]) -> None:
    states, seconds = result["states"], result["search_seconds"]
    whole = "every state explored" if result["complete"] else f"not complete: {result['stopped']}"
    log(f"{states:,} states, {result['transitions']:,} transitions, depth {result['depth']}: {whole}")
    each = peak / max(states, 1)
    log(f"{result['bits_per_state']} bits a state, {each:.2f} bytes a state with everything in the process")
    log(f"search {seconds:,.1f} s: {states / max(seconds, 1e-3) / 1e6:.2f} million states/s")
    for verdict in result["properties"]:
        log(f"{verdict['name']}: {verdict['verdict']}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 if the whole of it was explored within its memory."""
    if arguments if arguments is not None else sys.argv[1:]:
        print(__doc__)
        return 2
    with LOG.open("w", encoding="utf-8") as file:

        def log(line: str) -> None:
            stamped = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}"
            print(stamped, file=file, flush=True)
            print(stamped, flush=True)

        return 0 if any(run(system, log) for system in BILLION) else 1


if __name__ == "__main__":
    sys.exit(main())
