"""Asks an engine for the runs that follow a scenario: is there one, and what does it break?

``temporal.scenario_file`` reads scenarios, ``temporal.follow`` makes the products that are searched here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ovlcheck.explore.result import Engine, Limits, SearchResult, Violation
from ovlcheck.explore.search import explore
from ovlcheck.system.action import Action, State
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.slicing import slice_system
from ovlcheck.system.transition_system import Check, PropertyInfo, TransitionSystem
from ovlcheck.system.types import Count
from ovlcheck.temporal.follow import (
    GOAL,
    Product,
    following,
    following_and_breaking,
    following_into_deadlock,
)
from ovlcheck.temporal.scenario_file import Scenario

DEADLOCKS = frozenset({"deadlock", "no_deadlock"})


@dataclass(frozen=True)
class Run:
    """A run of the system that a scenario was followed in: a replay of ``path`` from ``initial``.

    ``breaks`` are the properties it violates up to its last step, in the order in which it does, then the
    unasked checks that no property names.  ``system`` is the one to replay it in: its counters are wide
    enough.
    """

    initial: State
    path: tuple[Action, ...]
    breaks: tuple[str, ...]
    system: TransitionSystem = field(repr=False, compare=False)


@dataclass(frozen=True)
class ScenarioOutcome:
    """What following ``scenario`` came to.

    ``run`` is the shortest run that follows it, None if there is none.  ``breaking`` has for each property
    the shortest run that follows the scenario and violates the property by its last step, None if there is
    none. ``unknown`` says, by property or ``scenario`` itself, why a search was cut short: its None means
    nothing then.
    """

    scenario: Scenario
    run: Run | None
    breaking: Mapping[str, Run | None]
    unknown: Mapping[str, str]

    @property
    def complete(self) -> bool:
        return not self.unknown

    @property
    def broken(self) -> tuple[str, ...]:
        """The properties that some run that follows the scenario breaks."""
        return tuple(name for name, run in self.breaking.items() if run is not None)


def run_scenario(
    system: TransitionSystem,
    scenario: Scenario,
    engine: Engine,
    *,
    properties: tuple[str, ...] | None = None,
    limits: Limits = Limits(),
) -> ScenarioOutcome:
    """Follows ``scenario`` in ``system``, which has its properties composed in already.

    ``properties`` are those to look for, by default all of the system.  ``limits`` are those of each search:
    there is one for the scenario and one for each property that the shortest run does not break.
    Raises ``CompileError`` for names in the scenario that the system does not have, ``ValueError`` for
    properties that it does not have.
    """
    wanted = _wanted(system, properties)
    search = _Search(system, engine, limits)
    run = search.shortest(following(system, scenario), None, frozenset({GOAL}), GOAL)
    breaking: dict[str, Run | None] = {}
    for item in wanted:
        if run is None:
            breaking[item.name] = None
            if GOAL in search.unknown:
                search.unknown[item.name] = search.unknown[GOAL]
        elif item.name in run.breaks:
            breaking[item.name] = run
        else:
            breaking[item.name] = _run_that_breaks(search, system, scenario, item)
    return ScenarioOutcome(scenario, run, breaking, search.unknown)


def _run_that_breaks(
    search: _Search, system: TransitionSystem, scenario: Scenario, item: PropertyInfo
) -> Run | None:
    names = _reported_as(item)
    if names & DEADLOCKS:
        end = frozenset({"deadlock"})
        run = search.shortest(following_into_deadlock(system, scenario), end, end, item.name)
    else:
        shown = {o.name for e in system.edges for o in e.ops if isinstance(o, Check)}
        shown |= {i.name for i in system.invariants}
        product = following_and_breaking(system, scenario, names)
        # A check or an invariant shows as the goal; a fault keeps its name.
        until = frozenset({GOAL}) if names & shown else names
        run = search.shortest(product, names | {GOAL}, until, item.name)
    if run is not None and item.name not in run.breaks:
        raise AssertionError(f"the run found does not break {item.name}")
    return run


def _wanted(system: TransitionSystem, names: tuple[str, ...] | None) -> list[PropertyInfo]:
    if names is None:
        return list(system.properties)
    known = {p.name: p for p in system.properties}
    missing = [n for n in names if n not in known]
    if missing:
        raise ValueError(f"the system has no property {', '.join(missing)}")
    return [known[n] for n in names]


def _reported_as(item: PropertyInfo) -> frozenset[str]:
    return frozenset({item.name} if item.check is None else {item.check})


class _Search:
    def __init__(self, system: TransitionSystem, engine: Engine, limits: Limits) -> None:
        self._system = system
        self._engine = engine
        self._limits = limits
        self.unknown: dict[str, str] = {}

    def shortest(
        self, product: Product, names: frozenset[str] | None, until: frozenset[str], asked: str
    ) -> Run | None:
        """The shortest run of ``product`` to a violation of one of ``names`` (None: of anything).

        A violation of all of ``until`` ends the search early.
        """
        sliced, _ = slice_system(product.system)
        wide, result = explore(sliced, self._engine, limits=self._limits, stop_early=until)
        found = self._reached(result, names)
        if found is None:
            if not result.complete:
                self.unknown[asked] = result.stopped or "the search was cut short"
            return None
        path = tuple(Action(product.origins[a.edge], a.arguments) for a in found.path)
        return self._replay(wide, found.initial, path)

    @staticmethod
    def _reached(result: SearchResult, names: frozenset[str] | None) -> Violation | None:
        goals = [
            v
            for v in result.violations
            if (v.name in names if names is not None else v.name not in DEADLOCKS)
        ]
        return min(goals, key=lambda v: (len(v.path), v.name != GOAL, v.name), default=None)

    def _replay(self, product: TransitionSystem, initial: State, path: tuple[Action, ...]) -> Run:
        """The run in the system itself; its states have cells that those of the product need not have."""
        system = self._system.with_widths(
            {v.name: v.type.width for v in product.variables if isinstance(v.type, Count)}
        )
        kept = [v.name for v in system.variables if v.name in product.variable]
        while True:
            semantics = Semantics(system)
            try:
                for start in semantics.initial_states():
                    if all(_cells(system, start, v) == _cells(product, initial, v) for v in kept):
                        breaks = _breaks(semantics, start, path)
                        if breaks is not None:
                            return Run(start, path, breaks, system)
            except CountOverflow as overflow:
                # A counter that only grows, and that the product left out.
                domain = system.variable[overflow.variable].type
                assert isinstance(domain, Count)
                system = system.with_widths({overflow.variable: domain.width + 1})
                continue
            raise AssertionError("a run of the product is a run of the system")


def _cells(system: TransitionSystem, state: State, variable: str) -> State:
    first = system.offset[variable]
    return state[first : first + system.variable[variable].cells]


def _breaks(semantics: Semantics, initial: State, path: tuple[Action, ...]) -> tuple[str, ...] | None:
    """What the run violates, by the names of properties; None if there is no such run."""
    found: dict[str, None] = {}
    state: State | None = initial
    found.update(dict.fromkeys(_wrong(semantics, initial)))
    for action in path:
        outcome = None if state is None else semantics.fire(state, action)
        if outcome is None:
            return None
        found.update(dict.fromkeys(f.name for f in outcome.faults))
        state = outcome.state
        if state is not None:
            found.update(dict.fromkeys(_wrong(semantics, state)))
    if state is not None and _deadlocked(semantics, state):
        found.update(dict.fromkeys(sorted(DEADLOCKS)))
    properties = semantics.system.properties
    named = [p.name for n in found for p in properties if n in _reported_as(p)]
    claimed = {n for p in properties for n in _reported_as(p)} | DEADLOCKS
    return tuple(dict.fromkeys([*named, *(n for n in found if n not in claimed)]))


def _wrong(semantics: Semantics, state: State) -> Iterator[str]:
    for invariant in semantics.system.invariants:
        try:
            holds = semantics.evaluate(invariant.condition, state)
        except Fault:
            holds = 0
        if not holds:
            yield invariant.name


def _deadlocked(semantics: Semantics, state: State) -> bool:
    if next(semantics.enabled(state), None) is not None:
        return False
    return not all(semantics.at_rest(state, *who) for who in semantics.instances)
