"""The use case behind ``ovlcheck simulate``: random runs of a model, and what they broke.  It prints nothing.

The answer is a ``ModelResult`` like that of a verification, so that every report shows it; but no property is ever
said to hold.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ovlcheck.explore.reference import DEADLOCK
from ovlcheck.explore.result import SearchResult, Violation
from ovlcheck.judge import judge, never_taken
from ovlcheck.prepare import Options, Prepared, prepare
from ovlcheck.report.verdict import UNKNOWN, ModelResult, PropertyVerdict
from ovlcheck.runs.chance import Chooser, EvenHanded, Priorities, Taken
from ovlcheck.runs.moves import GrowsWithoutEnd, Moves
from ovlcheck.runs.shorten import shortened
from ovlcheck.system.action import Action, State
from ovlcheck.system.step import Outcome
from ovlcheck.verify_model import about

ENGINE = "simulation"
NOT_EXHAUSTIVE = "simulated, not exhaustive"

_MOST_REMEMBERED = 1_000_000
"""Distinct states beyond which they are no longer told apart."""

_SHOWN = 6
"""Places that no run came to, by name; the others are counted."""


@dataclass(frozen=True)
class Budget:
    """How many runs there are to be, of how many steps at most each, drawn from which seed; and seconds for all."""

    runs: int = 100
    depth: int = 300
    seed: int = 0
    seconds: float | None = None


@dataclass
class _Record:
    """What the runs so far came to.

    ``depths`` counts the new states at each distance from the start of their run.
    """

    runs: int = 0
    steps: int = 0
    seen: set[State] = field(default_factory=set)
    depths: dict[int, int] = field(default_factory=dict)
    fired: set[int] = field(default_factory=set)
    covered: set[str] = field(default_factory=set)
    broken: dict[str, Violation] = field(default_factory=dict)

    def meet(self, state: State, depth: int) -> bool:
        """Whether ``state`` is new."""
        if state in self.seen or len(self.seen) >= _MOST_REMEMBERED:
            return False
        self.seen.add(state)
        self.depths[depth] = self.depths.get(depth, 0) + 1
        return True

    def violated(self, violation: Violation) -> None:
        """Keeps the shortest run that breaks each thing."""
        known = self.broken.get(violation.name)
        if known is None or len(violation.path) < len(known.path):
            self.broken[violation.name] = violation


def simulate_model(path: Path, options: Options, budget: Budget) -> ModelResult:
    """What random runs of the model in the file ``path`` break.  The same ``budget`` makes the same runs.

    Raises as ``verify_model`` does.
    """
    began = time.monotonic()
    prepared = prepare(path, options)
    moves = Moves(prepared.system)
    record, stopped = _Record(), None
    wanted = {p.check or p.name for p in prepared.system.properties}
    try:
        for _ in _runs(moves, budget, record):
            if budget.seconds is not None and time.monotonic() - began > budget.seconds:
                stopped = "time limit reached"
                break
            if wanted and wanted <= record.broken.keys():
                break
    except GrowsWithoutEnd as why:
        stopped = str(why)
    except KeyboardInterrupt:
        stopped = "interrupted"
    violations = [
        replace(v, path=shortened(moves, v.initial, v.path, v.name)) if stopped != "interrupted" else v
        for v in record.broken.values()
    ]
    seconds = time.monotonic() - began
    search = SearchResult(
        engine=ENGINE,
        complete=False,
        stopped=stopped or _extent(budget, record),
        states=len(record.seen),
        transitions=record.steps,
        levels=tuple(record.depths.get(i, 0) for i in range(max(record.depths, default=-1) + 1)),
        violations=tuple(violations),
        fired=frozenset(record.fired),
        covered=frozenset(record.covered),
        largest={},
        seconds=seconds,
        search_seconds=seconds,
        bytes_per_state=_bytes(record.seen),
    )
    search = replace(search, notes=tuple(_notes(moves, search, record, budget, prepared)))
    # A violation counts here whether the model is known for it or not: it is what a simulation is made for.
    known = replace(about(prepared, options), expected=())
    result = judge(moves.system, search, known)
    rows = tuple(_told(row, prepared, record) for row in result.properties)
    return replace(result, properties=rows, method="random runs")


def _runs(moves: Moves, budget: Budget, record: _Record) -> Iterator[None]:
    """Makes run after run.  Raises ``GrowsWithoutEnd``."""
    chance, taken = random.Random(budget.seed), Taken()
    starts = moves.initial()
    for start in starts:
        for failure in moves.broken_by(start):
            record.violated(Violation(failure.name, failure.message, start.state or start.partial or (), ()))
    begin = [start.state for start in starts if start.state is not None]
    for number in range(budget.runs if begin else 0):
        _run(
            moves, chance.choice(begin), budget.depth, _chooser(moves, number, chance, taken, budget), record
        )
        record.runs += 1
        yield


def _chooser(moves: Moves, number: int, chance: random.Random, taken: Taken, budget: Budget) -> Chooser:
    if number % 2 == 0:
        return EvenHanded(chance, moves.actor, taken)

    def at_rest(state: State, action: Action) -> bool:
        who = moves.semantics.instance(action)
        return who is None or moves.semantics.at_rest(state, *who)

    return Priorities(chance, moves.actor, taken, budget.depth, at_rest)


def _run(moves: Moves, initial: State, depth: int, chooser: Chooser, record: _Record) -> None:
    state, path = initial, list[Action]()
    record.meet(state, 0)
    record.covered |= moves.covered_in(state)
    while len(path) < depth:
        outcomes = moves.successors(state)
        if not outcomes:
            failure = moves.deadlock(state)
            if failure is not None:
                stuck = moves.stuck(state)
                record.violated(Violation(DEADLOCK, failure.message, initial, tuple(path), stuck))
            return
        outcome = chooser.choose(state, outcomes)
        path.append(outcome.action)
        _note(moves, outcome, initial, path, record)
        if outcome.state is None:
            return
        state = outcome.state


def _note(moves: Moves, outcome: Outcome, initial: State, path: list[Action], record: _Record) -> None:
    record.steps += 1
    record.fired.add(outcome.action.edge)
    record.covered.update(outcome.covered)
    for failure in moves.broken_by(outcome):
        record.violated(Violation(failure.name, failure.message, initial, tuple(path)))
    if outcome.state is not None and record.meet(outcome.state, len(path)):
        record.covered |= moves.covered_in(outcome.state)


def _extent(budget: Budget, record: _Record) -> str:
    runs = f"{record.runs:,} run{'s' * (record.runs != 1)}"
    return f"{NOT_EXHAUSTIVE}: {runs} of at most {budget.depth:,} steps, seed {budget.seed}"


def _bytes(seen: set[State]) -> float:
    return (sys.getsizeof(seen) / len(seen) + sys.getsizeof(next(iter(seen)))) if seen else 0.0


def _notes(
    moves: Moves, search: SearchResult, record: _Record, budget: Budget, prepared: Prepared
) -> Iterator[str]:
    """How far the runs came, and how to have the same ones again."""
    if search.stopped != _extent(budget, record):
        yield _extent(budget, record)
    met = (
        f"more than {_MOST_REMEMBERED:,}" if len(record.seen) >= _MOST_REMEMBERED else f"{len(record.seen):,}"
    )
    yield f"states are those that the runs met ({met}), transitions are steps taken, whether new or not"
    places = {(s.file, s.line) for s in moves.system.steps} - moves.system.optional_steps
    missed = list(never_taken(moves.system, search))
    reached = f"{len(places) - len(missed)} of {len(places)} places in the code were come to"
    shown = [place.partition(":")[0].rpartition("/")[2] + ":" + place.partition(":")[2] for place in missed]
    others = f", and {len(missed) - _SHOWN} more" if len(missed) > _SHOWN else ""
    yield reached + (f"; not to {'; '.join(shown[:_SHOWN])}{others}" if missed else "")
    expected = [name for name in prepared.model.expected_violations if name in record.broken]
    if expected:
        yield f"the model is known to break {', '.join(expected)}"
    if record.broken:
        yield "traces were shortened by leaving out steps; ovlcheck verify finds the shortest"


def _told(row: PropertyVerdict, prepared: Prepared, record: _Record) -> PropertyVerdict:
    """``row`` with what the runs say of a property that none of them broke."""
    if row.verdict != UNKNOWN:
        return row
    info = next((p for p in prepared.system.properties if p.name == row.name), None)
    if info is not None and info.covers and record.covered.isdisjoint(info.covers):
        return replace(row, message="no run came to what it demands")
    return replace(row, message="no run broke it")
