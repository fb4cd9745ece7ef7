"""``make race``: the native engine's threads under ThreadSanitizer, which this program loads into a Python of its own.

Ends with 0 where it finds no race.  Entries of the table are read while they may still be written, on purpose: what is
read so counts only if it is read again after the label says that the entry is whole.  So races with those reads, and
no others, are left out.  That races are found at all is seen by one made on purpose.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ovlcheck.explore.native import Native
from ovlcheck.explore.result import Limits
from tests.explore.native_testing import SMALL, change_text, make_tables_small
from tests.explore.test_native import SYSTEMS

INSIDE = "OVLCHECK_RACE"
LEFT_OUT = "race_top:word_at\n"
UNGUARDED = ("_Atomic uint64_t count, left;", "uint64_t count; _Atomic uint64_t left;")


def search_all(cache: Path, unguarded: bool) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        make_tables_small(monkeypatch, cache, SMALL.replace("-O0", "-O1 -g -fsanitize=thread"))
        if unguarded:
            change_text(monkeypatch, UNGUARDED)
        for name in ["queue lock"] if unguarded else SYSTEMS.keys() - {"overflow"}:
            Native().search(SYSTEMS[name](), limits=Limits(threads=4), deadlock_free=True)


def races(folder: Path, unguarded: bool) -> bool:
    """Whether ThreadSanitizer, in a process of its own, reports any."""
    left_out = folder / "left_out"
    left_out.write_text(LEFT_OUT, encoding="utf-8")
    found = subprocess.run(
        ["cc", "-print-file-name=libtsan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    environment = {
        **os.environ,
        INSIDE: str(folder / "cache"),
        "LD_PRELOAD": found,
        "TSAN_OPTIONS": f"suppressions={left_out} exitcode=66 die_after_fork=0",
    }
    where_things_lie = [shutil.which("setarch") or "setarch", "-R"]
    command = [*where_things_lie, sys.executable, "-m", "tests.explore.race", *["unguarded"] * unguarded]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 66):
        raise SystemExit(f"the engine cannot be run under ThreadSanitizer:\n{done.stderr}")
    if done.returncode and not unguarded:
        print(done.stderr)
    return done.returncode == 66


def main() -> int:
    if INSIDE in os.environ:
        search_all(Path(os.environ[INSIDE]), "unguarded" in sys.argv)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        if not races(Path(folder), unguarded=True):
            print("the race that was made on purpose is not found: nothing is known of others")
            return 2
        if races(Path(folder), unguarded=False):
            return 1
    print("no race but that which is meant to be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
