"""Running Spin and Rumur on exported text and reading their figures.

Both turn a model into C that has to be compiled; the options are those under which they explore every state, once,
without reductions, and as fast as they can on one thread.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

SPIN_OPTIONS = ("-o2",)
"""Else Spin leaves variables that nothing reads out of its states."""
SPIN_FLAGS = ("-O3", "-march=native", "-w", "-DSAFETY", "-DNOREDUCE", "-DNOFAIR", "-DVECTORSZ=4096")
RUMUR_FLAGS = ("-O3", "-march=native", "-w", "-mcx16")


class PeerFailed(Exception):
    """A checker did not accept a model, or did not finish: its own words."""


@dataclass(frozen=True)
class Figures:
    """What a checker counted, as it counts.

    ``violated``: it found what it was to look for, and stopped there.  ``seconds`` is its own word for the search
    alone, ``bytes_per_state`` what a state takes in its store, where it says so.
    """

    states: int
    transitions: int
    violated: bool
    seconds: float
    bytes_per_state: float | None = None


def run_spin(
    text: str,
    directory: Path,
    *,
    breadth_first: bool = False,
    megabytes: int = 4096,
    depth: int = 10_000_000,
    hash_bits: int | None = None,
    flags: Sequence[str] = (),
    seconds: float | None = None,
) -> Figures:
    """Let Spin explore ``text``, working in ``directory``.  ``depth`` is what its stack is made for.

    Raises ``PeerFailed`` also where the search was cut short, and ``FileNotFoundError`` if ``spin`` is not installed.
    """
    (directory / "model.pml").write_text(text, encoding="ascii")
    _run(["spin", *SPIN_OPTIONS, "-a", "model.pml"], directory, seconds)
    search = ["-DBFS"] if breadth_first else []
    limits = [f"-DMEMLIM={megabytes}"]
    _run(["cc", *SPIN_FLAGS, *search, *limits, *flags, "-o", "pan", "pan.c"], directory, seconds)
    table = [] if hash_bits is None else [f"-w{hash_bits}"]
    stack = [] if breadth_first else [f"-m{depth}"]
    output = _run(["./pan", "-n", *stack, *table], directory, seconds)
    errors = int(_found(r"errors: (\d+)", output))
    if errors == 0 and re.search(r"Search not completed|max search depth too small|out of memory", output):
        raise PeerFailed(output)
    return Figures(
        states=int(_found(r"(\d+) states, stored", output)),
        transitions=int(_found(r"(\d+) transitions \(=", output)),
        violated=errors > 0,
        seconds=float(_found(r"elapsed time ([\d.e+-]+)", output)),
        bytes_per_state=float(_found(r"State-vector (\d+) byte", output)),
    )


def run_rumur(
    text: str,
    directory: Path,
    *,
    deadlock: bool = False,
    threads: int = 1,
    options: Sequence[str] = (),
    flags: Sequence[str] = (),
    seconds: float | None = None,
) -> Figures:
    """Let Rumur explore ``text``, working in ``directory``.

    Raises ``PeerFailed``, and ``FileNotFoundError`` if ``rumur`` is not installed.
    """
    (directory / "model.m").write_text(text, encoding="ascii")
    arguments = [
        *("--deadlock-detection", "stuck" if deadlock else "off"),
        *("--symmetry-reduction", "off", "--threads", str(threads), "--value-type", "int32_t"),
        *("--counterexample-trace", "off", "--output-format", "machine-readable"),
    ]
    _run(["rumur", *arguments, *options, "-o", "model.c", "model.m"], directory, seconds)
    _run(["cc", *RUMUR_FLAGS, *flags, "-o", "model", "model.c", "-lpthread"], directory, seconds)
    output = _run(["./model"], directory, seconds, accepted=(0, 1))
    summary = ElementTree.fromstring(output).find("summary")
    information = ElementTree.fromstring(output).find("information")
    if summary is None or information is None:
        raise PeerFailed(output)
    return Figures(
        states=int(summary.attrib["states"]),
        transitions=int(summary.attrib["rules_fired"]),
        violated=int(summary.attrib["errors"]) > 0,
        seconds=float(summary.attrib["duration_seconds"]),
        bytes_per_state=float(information.attrib["state_size_bytes"]),
    )


def _run(command: list[str], directory: Path, seconds: float | None, accepted: tuple[int, ...] = (0,)) -> str:
    try:
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, errors="replace", timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise PeerFailed(f"{command[0]}: not done after {seconds} s") from error
    if done.returncode not in accepted:
        raise PeerFailed(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def _found(pattern: str, output: str) -> str:
    match = re.search(pattern, output)
    if match is None:
        raise PeerFailed(output)
    return match[1]
