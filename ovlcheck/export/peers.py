"""Running Spin and Rumur on exported text and reading their figures.

Both turn a model into C that has to be compiled; the options are those under which they explore every state, once,
without reductions, and as fast as they can on one thread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from ovlcheck.export.measured import Finished, TookTooLong
from ovlcheck.export.measured import run as run_measured

SPIN_OPTIONS = ("-o2",)
"""Else Spin leaves variables that nothing reads out of its states."""
SPIN_FLAGS = ("-O3", "-march=native", "-w", "-DNOREDUCE", "-DVECTORSZ=4096")
SPIN_STATES_ONLY = ("-DSAFETY", "-DNOFAIR")
_FAIR_PROCESSES = 4
"""Processes that Spin counts for fairness in one cell of a state, less two in all."""
RUMUR_FLAGS = ("-O3", "-march=native", "-w", "-mcx16")


class PeerFailed(Exception):
    """A checker did not accept a model, or did not finish: its own words."""


@dataclass(frozen=True)
class Figures:
    """What a checker counted, as it counts.

    ``violated``: it found what it was to look for, and stopped there.  ``seconds`` is its own word for the search
    alone, ``bytes_per_state`` what a state takes in its store, where it says so.  ``build_seconds`` are those until
    it could begin; ``search`` is the process that searched.
    """

    states: int
    transitions: int
    violated: bool
    seconds: float
    bytes_per_state: float | None
    build_seconds: float
    search: Finished


def run_spin(
    text: str,
    directory: Path,
    *,
    breadth_first: bool = False,
    megabytes: int = 4096,
    depth: int = 10_000_000,
    hash_bits: int | None = None,
    claim: bool = False,
    fair: bool = False,
    flags: Sequence[str] = (),
    seconds: float | None = None,
) -> Figures:
    """Let Spin explore ``text``, working in ``directory``.  ``depth`` is what its stack is made for.

    With ``claim`` it looks for behaviours that the text's claim accepts, all of them or those that are ``fair`` to
    each process; without, it passes over the claim.

    Raises ``PeerFailed`` also where the search was cut short, and ``FileNotFoundError`` if ``spin`` is not installed.
    """
    (directory / "model.pml").write_text(text, encoding="ascii")
    built = _run(["spin", *SPIN_OPTIONS, "-a", "model.pml"], directory, seconds).seconds
    order = ["-DBFS"] if breadth_first else []
    if not claim:
        order += [*SPIN_STATES_ONLY, "-DNOCLAIM"]
    elif fair:
        processes = text.count("active proctype ")
        order += [f"-DNFAIR={max(-(-(processes + 2) // _FAIR_PROCESSES), 2)}"]
    else:
        order += ["-DNOFAIR"]
    limits = [f"-DMEMLIM={megabytes}"]
    built += _run(
        ["cc", *SPIN_FLAGS, *order, *limits, *flags, "-o", "pan", "pan.c"], directory, seconds
    ).seconds
    table = [] if hash_bits is None else [f"-w{hash_bits}"]
    stack = [] if breadth_first else [f"-m{depth}"]
    wanted = ["-a"] * claim + ["-f"] * fair
    search = _run(["./pan", "-n", *wanted, *stack, *table], directory, seconds)
    output = search.output
    errors = int(_found(r"errors: (\d+)", output))
    if errors == 0 and re.search(r"Search not completed|max search depth too small|out of memory", output):
        raise PeerFailed(output)
    return Figures(
        states=count(_found(r"([\d.e+]+) states, stored", output)),
        transitions=count(_found(r"([\d.e+]+) transitions \(=", output)),
        violated=errors > 0,
        seconds=float(_found(r"elapsed time ([\d.e+-]+)", output)),
        bytes_per_state=float(_found(r"State-vector (\d+) byte", output)),
        build_seconds=built,
        search=search,
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
    built = _run(["rumur", *arguments, *options, "-o", "model.c", "model.m"], directory, seconds).seconds
    built += _run(
        ["cc", *RUMUR_FLAGS, *flags, "-o", "model", "model.c", "-lpthread"], directory, seconds
    ).seconds
    search = _run(["./model"], directory, seconds, accepted=(0, 1))
    summary = ElementTree.fromstring(search.output).find("summary")
    information = ElementTree.fromstring(search.output).find("information")
    if summary is None or information is None:
        raise PeerFailed(search.output)
    return Figures(
        states=int(summary.attrib["states"]),
        transitions=int(summary.attrib["rules_fired"]),
        violated=int(summary.attrib["errors"]) > 0,
        seconds=float(summary.attrib["duration_seconds"]),
        bytes_per_state=float(information.attrib["state_size_bytes"]),
        build_seconds=built,
        search=search,
    )


def _run(
    command: list[str], directory: Path, seconds: float | None, accepted: tuple[int, ...] = (0,)
) -> Finished:
    try:
        done = run_measured(command, directory, seconds=seconds)
    except TookTooLong as error:
        raise PeerFailed(str(error)) from error
    if done.code not in accepted:
        raise PeerFailed(f"{' '.join(command)}: exit code {done.code}\n{done.output}{done.errors}")
    return done


def count(text: str) -> int:
    """A count as Spin prints it: from 10^8 on with eight digits only, the others zeros here."""
    return round(float(text))


def _found(pattern: str, output: str) -> str:
    match = re.search(pattern, output)
    if match is None:
        raise PeerFailed(output)
    return match[1]
