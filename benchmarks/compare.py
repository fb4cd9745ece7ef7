"""One system, explored by every checker: the same states and transitions, side by side.

Reductions are off everywhere, everybody stores every state whole, and each checker runs in a process of its own,
whose largest resident set counts as its memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import tool
from benchmarks.budget import FAILURES, Budget, reason
from benchmarks.machine import RandomUpdates, as_data
from benchmarks.systems import System
from ovlcheck.export.peers import Figures, run_rumur, run_spin

OVLCHECK, SPIN, RUMUR = "ovlcheck", "Spin", "Rumur"
_ORDERS = ("depth-first", "breadth-first")
_FORMS = {"processes": "promela", "flat": "promela-flat"}
_MEGABYTES = 16_000
_LIMIT = 600.0
"""Seconds that one run of a checker may take."""
_RUMUR_LEAST = 1 << 20
"""Bytes of Rumur's table, which may not survive growing if it is smaller than this."""
_PILOT_STATES = 1 << 22
_REPEATED = 3
_LONG = 20.0
"""A search of so many seconds is not repeated."""


@dataclass(frozen=True)
class Row:
    """What one checker did, or why not.

    ``search_seconds`` are its own word where it gives them in fractions, else those of the process that
    searched; ``build_seconds`` are those before.  ``peak_bytes`` is the largest resident set of that process,
    ``store_bytes`` what it says that its states take.
    """

    checker: str
    variant: str
    states: int = 0
    transitions: int = 0
    build_seconds: float = 0.0
    search_seconds: float = 0.0
    processor_seconds: float = 0.0
    peak_bytes: int = 0
    bits_per_state: int = 0
    store_bytes: float = 0.0
    error: str | None = None


@dataclass(frozen=True)
class How:
    """``repeated``: ovlcheck's runs, of which the fastest counts.  ``flags``: for the C compiler of the peers.

    ``forms`` and ``orders``: which exports Spin is given, and how it searches them.
    """

    budget: Budget
    repeated: int = _REPEATED
    forms: tuple[str, ...] = tuple(_FORMS)
    orders: tuple[str, ...] = _ORDERS
    flags: tuple[str, ...] = ()


def compare(system: System, how: How, updates: RandomUpdates, tell: Callable[[str], None]) -> dict[str, Any]:
    """The figures of ``system`` under every checker, and the machine's limit where the table is ovlcheck's."""
    rows: list[Row] = []
    forms = how.forms
    tried: dict[str, Any] = {}
    if system.pilot is not None:
        tried = _tried(system, how, tell)
        forms = (min(tried, key=lambda form: tried[form].get("search_seconds", math.inf)),)
    for checker, variant, measure in _runs(system, how, forms):
        tell(f"{system.title}: {checker}, {variant}")
        try:
            row = measure()
        except FAILURES as error:
            row = Row(checker, variant, error=reason(error))
        if rows and not row.error and not rows[0].error and counts(row) != counts(rows[0]):
            row = replace(row, error=f"counts differ: {row.states:,} states, {row.transitions:,} transitions")
        rows.append(row)
    return {
        "title": system.title,
        "group": system.group,
        "enough": system.enough,
        "alone": system.alone,
        "tried": tried,
        "rows": [asdict(row) for row in rows],
        "updates": _limit(int(rows[0].store_bytes), updates, how.budget),
    }


def counts(row: Row) -> tuple[str, str]:
    """What all checkers must agree on: to eight digits, which are all that Spin prints."""
    return f"{row.states:.7e}", f"{row.transitions:.7e}"


def _tried(system: System, how: How, tell: Callable[[str], None]) -> dict[str, Any]:
    """What Spin takes for each form of the export of the pilot system, or why that is not known."""
    pilot = replace(system, config=system.pilot, constants={}, states=min(system.states, _PILOT_STATES))
    tried: dict[str, Any] = {}
    for form in how.forms:
        tell(f"{pilot.title}: {SPIN}, {form}, to choose the form for {system.title}")
        try:
            tried[form] = {"search_seconds": _spin(pilot, how, form, _ORDERS[0]).search_seconds}
        except FAILURES as error:
            tried[form] = {"error": reason(error)}
    return tried


def _runs(system: System, how: How, forms: Sequence[str]) -> Iterator[tuple[str, str, Callable[[], Row]]]:
    for threads in (1, 2) if tool.has_threads() else (1,):
        variant = "1 thread" if threads == 1 else f"{threads} threads"
        yield OVLCHECK, variant, partial(_ovlcheck, system, how, variant, threads)
    if system.alone:
        return
    for form, order in product(forms, how.orders):
        yield SPIN, f"{form}, {order}", partial(_spin, system, how, form, order)
    if system.hand is not None:
        for order in _ORDERS:
            yield SPIN, f"by hand, {order}", partial(_spin, system, how, "by hand", order)
    yield RUMUR, "1 thread", partial(_rumur, system, how)


def _ovlcheck(system: System, how: How, variant: str, threads: int) -> Row:
    best: Row | None = None
    for _ in range(how.repeated):
        found = tool.verify(
            system.arguments,
            threads=threads if tool.has_threads() else None,
            seconds=how.budget.left(_LIMIT),
        )
        result = found.result
        row = Row(
            OVLCHECK,
            variant,
            states=result["states"],
            transitions=result["transitions"],
            build_seconds=max(found.process.seconds - found.search_seconds, 0.0),
            search_seconds=found.search_seconds,
            processor_seconds=found.process.processor_seconds,
            peak_bytes=found.process.peak_bytes,
            bits_per_state=result["bits_per_state"],
            store_bytes=result["bytes_per_state"] * result["states"],
            error=None if result["complete"] else f"not complete: {result['stopped']}",
        )
        if best is None or row.search_seconds < best.search_seconds:
            best = row
        if row.error or row.search_seconds > _LONG:
            break
    assert best is not None
    return best


def _spin(system: System, how: How, form: str, order: str) -> Row:
    text = _by_hand(system) if form == "by hand" else tool.exported(system, _FORMS[form])
    with TemporaryDirectory(prefix="ovlcheck-bench-") as directory:
        figures = run_spin(
            text,
            Path(directory),
            breadth_first=order == "breadth-first",
            megabytes=_MEGABYTES,
            depth=system.states,
            hash_bits=max(system.states.bit_length(), 16),
            flags=how.flags,
            seconds=how.budget.left(_LIMIT),
        )
    # The way into the initial state, of which each system here has one, is a transition to Spin.
    figures = replace(figures, transitions=figures.transitions - 1)
    return _row(SPIN, f"{form}, {order}", figures, figures.seconds)


def _by_hand(system: System) -> str:
    assert system.hand is not None
    defines = [f"#define {name} {value}\n" for name, value in system.hand_constants.items()]
    return "".join(defines) + system.hand.read_text(encoding="ascii")


def _rumur(system: System, how: How) -> Row:
    text = tool.exported(system, "murphi")
    with TemporaryDirectory(prefix="ovlcheck-bench-") as directory:
        figures = run_rumur(
            text,
            Path(directory),
            options=("--set-capacity", str(max(16 * system.states, _RUMUR_LEAST))),
            flags=how.flags,
            seconds=how.budget.left(_LIMIT),
        )
    # Its own word is in whole seconds.
    return _row(RUMUR, "1 thread", figures, figures.search.seconds)


def _row(checker: str, variant: str, figures: Figures, seconds: float) -> Row:
    return Row(
        checker,
        variant,
        states=figures.states,
        transitions=figures.transitions,
        build_seconds=figures.build_seconds,
        search_seconds=seconds,
        processor_seconds=figures.search.processor_seconds,
        peak_bytes=figures.search.peak_bytes,
        store_bytes=(figures.bytes_per_state or 0.0) * figures.states,
    )


def _limit(size: int, updates: RandomUpdates, budget: Budget) -> dict[str, Any]:
    """What the machine can do in a table as large as ovlcheck's, or why that is not known."""
    if not size:
        return {"error": "no run of ovlcheck to take the size from"}
    try:
        budget.left(1)
        return {str(threads): as_data(updates.measure(size, threads)) for threads in (1, 2)}
    except FAILURES as error:
        return {"error": reason(error)}
