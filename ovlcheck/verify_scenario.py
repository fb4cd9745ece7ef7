"""The use case behind ``ovlcheck verify --scenario``: is there a run that follows it, and what can
it break?
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from ovlcheck.engines import Counting, make_engine
from ovlcheck.errors import UsageError, did_you_mean
from ovlcheck.explore.scenario import Run, ScenarioOutcome, run_scenario
from ovlcheck.judge import About, scope
from ovlcheck.prepare import Options, prepare
from ovlcheck.report.verdict import (
    HOLDS,
    UNKNOWN,
    VIOLATED,
    ModelResult,
    PropertyVerdict,
    ScenarioVerdict,
)
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.temporal.follow import GOAL
from ovlcheck.temporal.scenario_file import Scenario, load_scenario
from ovlcheck.trace.build import TraceBuilder
from ovlcheck.trace.trace import Trace
from ovlcheck.verify_model import about


def read_scenario(file: Path) -> Scenario:
    """The scenario in ``file``.

    Raises ``UsageError`` if it cannot be read, ``CompileError`` if it is none.
    """
    try:
        return load_scenario(file)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from error


def scenario_model(scenario: Scenario) -> Path:
    """The model that the scenario is about: a file beside it, or a shipped one.

    Raises ``UsageError`` when the scenario names none.
    """
    if scenario.model is None:
        raise UsageError(
            f"{scenario.file}: the scenario names no model", "give a MODEL, or add a line 'model: NAME'"
        )
    beside = Path(scenario.file).parent / f"{scenario.model}.py"
    return beside if beside.is_file() else Path(scenario.model)


def verify_scenario(path: Path, scenario: Scenario, options: Options) -> ModelResult:
    """What runs of the model in ``path`` that follow ``scenario`` come to.

    The scenario's own constants are used where ``options`` has none.  Looked for are the properties that
    ``options`` name, else those that the scenario says it violates; whatever else the shortest run
    breaks is told as well.  Raises as ``verify`` does.
    """
    began = time.monotonic()
    constants = {**dict(scenario.settings), **options.constants}
    events = scenario.events
    wanted = options.properties or scenario.violates
    prepared = prepare(
        path, replace(options, constants=constants, properties=(), on_request=wanted, events=events)
    )
    system = prepared.system
    known = {p.name for p in system.properties}
    for name in wanted:
        if name not in known:
            raise UsageError(f"{scenario.file}: no property is called {name!r}{did_you_mean(name, known)}")
    engine = Counting(make_engine(options.engine))
    outcome = run_scenario(system, scenario, engine, properties=wanted, limits=options.limits)
    seen = about(prepared, options)
    rows = _Rows(system, outcome, seen)
    harmless = system.name in scenario.harmless_in
    listed = () if harmless else scenario.violates
    # What the run breaks on the way to what the scenario is about is no news where the model declares it.
    known_for = tuple(name for name in seen.expected if name not in wanted)
    followed = None if GOAL in outcome.unknown else outcome.run is not None
    searches = engine.results
    return ModelResult(
        path=seen.path,
        name=system.name,
        doc=seen.doc,
        configuration=seen.configuration,
        engine=searches[-1].engine if searches else engine.name,
        method="breadth-first search of the runs that follow the scenario",
        complete=outcome.complete,
        stopped=next(iter(outcome.unknown.values()), None),
        states=sum(r.states for r in searches),
        transitions=sum(r.transitions for r in searches),
        depth=max((r.depth for r in searches), default=0),
        seconds=time.monotonic() - began,
        bits_per_state=system.bits,
        bytes_per_state=max((r.bytes_per_state for r in searches), default=0.0),
        scope=replace(
            scope(system, seen.path),
            left_out=(*scope(system, seen.path).left_out, "every run that does not follow the scenario"),
        ),
        properties=rows.of(wanted, (*listed, *known_for)),
        largest={},
        notes=(*system.notes, *_together(len(searches))),
        limits=options.limits,
        scenario=ScenarioVerdict(
            scenario.name,
            followed,
            trace=rows.trace(outcome.run, f"scenario {scenario.name}"),
            breaks=outcome.run.breaks if outcome.run is not None else (),
            must_happen=not harmless,
        ),
    )


def _together(searches: int) -> tuple[str, ...]:
    return (f"states and transitions are those of {searches} searches together",) if searches > 1 else ()


class _Rows:
    """The verdicts on properties, each with the shortest run that follows the scenario and breaks it."""

    def __init__(self, system: TransitionSystem, outcome: ScenarioOutcome, seen: About) -> None:
        self._docs = {p.name: p.doc for p in system.properties}
        self._checks = {p.name: p.check or p.name for p in system.properties}
        self._outcome = outcome
        self._path = seen.path

    def of(self, wanted: tuple[str, ...], listed: tuple[str, ...]) -> tuple[PropertyVerdict, ...]:
        run = self._outcome.run
        others = tuple(n for n in run.breaks if n not in wanted) if run is not None else ()
        return tuple(self._row(name, name in listed) for name in (*wanted, *others))

    def _row(self, name: str, listed: bool) -> PropertyVerdict:
        outcome = self._outcome
        run = outcome.breaking.get(name, outcome.run)
        verdict, message = HOLDS, "no run that follows the scenario breaks it"
        if name in outcome.unknown:
            verdict, message = UNKNOWN, outcome.unknown[name]
        elif run is not None:
            verdict, message = VIOLATED, ""
        return PropertyVerdict(
            name,
            self._docs.get(name, ""),
            verdict,
            listed=listed,
            selected=name in self._docs,
            message=message,
            trace=self.trace(run, name) if verdict == VIOLATED else None,
        )

    def trace(self, run: Run | None, name: str) -> Trace | None:
        if run is None:
            return None
        breaks = ", ".join(run.breaks) or "no property"
        return TraceBuilder(run.system, self._path).build_run(
            run.initial,
            run.path,
            name=name,
            breaks=self._checks.get(name, name),
            doc=self._docs.get(name, ""),
            message=f"the run follows the scenario {self._outcome.scenario.name} and breaks {breaks}",
        )
