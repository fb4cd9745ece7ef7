"""What a program took, and that it does not outlive its time."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from ovlcheck.export.measured import TookTooLong, run


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_errors_and_code_are_told_apart(tmp_path: Path) -> None:
    done = run(python("import os, sys; print(os.getcwd()); sys.stderr.write('no'); sys.exit(3)"), tmp_path)
    assert (done.output.strip(), done.errors, done.code) == (str(tmp_path.resolve()), "no", 3)


def test_the_peak_is_what_was_resident_and_not_what_is_left() -> None:
    megabytes = 600  # more than the tests themselves take, which Linux counts until the program begins
    done = run(python(f"x = bytearray({megabytes} << 20); x[::4096] = b'1' * len(x[::4096]); del x"))
    assert megabytes << 20 < done.peak_bytes < 2 * megabytes << 20


def test_processor_time_is_not_that_of_the_clock() -> None:
    done = run(python("import time; time.sleep(0.3)"))
    assert done.seconds >= 0.3 > done.processor_seconds


def test_a_program_and_its_children_end_when_their_time_is_up(tmp_path: Path) -> None:
    child = "import os, sys, time; print(os.getpid(), file=open('pid', 'w'), flush=True); time.sleep(60)"
    with pytest.raises(TookTooLong, match="not done after 2 s"):
        run(
            python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"),
            tmp_path,
            seconds=2,
        )
    number = tmp_path / "pid"
    if number.exists() and number.read_text():
        end = time.monotonic() + 10
        while time.monotonic() < end and _runs(int(number.read_text())):
            time.sleep(0.01)
        assert not _runs(int(number.read_text()))


def test_an_address_space_is_limited() -> None:
    done = run(python("x = bytearray(1 << 30)"), memory=1 << 29)
    assert done.code == 1 and "MemoryError" in done.errors


def test_a_program_that_does_not_exist_is_said_to_be_missing() -> None:
    with pytest.raises(FileNotFoundError):
        run(["no-such-program"])


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
