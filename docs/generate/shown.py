"""How the pages show a counterexample: the one place that says so."""

from __future__ import annotations

from ovlcheck.trace.cpu_table import cpu_table
from ovlcheck.trace.trace import Trace


def shown(trace: Trace) -> tuple[str, ...]:
    """``trace`` as lines of a page, each process in a column of its own."""
    return tuple(cpu_table(trace).rstrip("\n").splitlines())
