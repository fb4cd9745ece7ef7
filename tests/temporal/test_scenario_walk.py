"""The runs that follow a scenario, against an oracle that shares nothing with the product that finds them.

The oracle makes every run of up to ``DEEPEST`` steps and matches its events with the lines by backtracking.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.scenario import Run, run_scenario
from ovlcheck.system.action import Action, State
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Event, TransitionSystem
from ovlcheck.temporal.scenario_file import Gap, Scenario, parse_scenario
from tests.examples import examples
from tests.temporal.files import PROPERTIES, files

DEEPEST = 4


@cache
def short_runs() -> tuple[tuple[State, tuple[Action, ...], tuple[frozenset[str], ...], bool], ...]:
    """Runs with what each has broken after its i-th step, and whether the last step failed."""
    semantics = Semantics(files())
    found = []

    def wrong(state: State) -> frozenset[str]:
        return frozenset(
            i.name for i in semantics.system.invariants if not semantics.evaluate(i.condition, state)
        )

    def extend(
        initial: State, state: State, path: tuple[Action, ...], broken: tuple[frozenset[str], ...]
    ) -> None:
        found.append((initial, path, broken, False))
        if len(path) == DEEPEST:
            return
        for outcome in semantics.successors(state):
            names = {f.name for f in outcome.faults}
            longer = (*path, outcome.action)
            if outcome.state is None:
                found.append((initial, longer, (*broken, broken[-1] | names), True))
            else:
                extend(initial, outcome.state, longer, (*broken, broken[-1] | names | wrong(outcome.state)))

    for initial in semantics.initial_states():
        extend(initial, initial, (), (wrong(initial),))
    return tuple(found)


def happenings(system: TransitionSystem, action: Action) -> list[set[str]]:
    """What a step contains, in order: the step itself, then its events, each as all the lines that mean
    it."""
    edge = system.edges[action.edge]
    if edge.process is None:
        actors = ["*", edge.name]
    else:
        actors = ["*", edge.process, f"{edge.process}{action.arguments[0]}"]
    result = [{a for a in actors if a != "*"}]
    for op in edge.ops:
        if isinstance(op, Event):
            suffix = " returns" if op.phase == "return" else ""
            result.append({f"{a}: {op.name}{suffix}" for a in actors})
    return result


def first_end(
    system: TransitionSystem, path: tuple[Action, ...], scenario: Scenario
) -> list[tuple[int, int]]:
    """All (step, happening) at which the scenario can end in the run."""
    line: list[tuple[int, int, set[str]]] = [
        (i, j, names) for i, action in enumerate(path) for j, names in enumerate(happenings(system, action))
    ]
    ends = []

    def allowed(gap: Gap | None, start: int, stop: int) -> bool:
        # The step that matches does not itself lie in the gap.
        passed = [x for x in line[start:stop] if x[:2] != (line[stop][0], 0)]
        if gap is not None:
            return not any(str(p) in names for p in gap.without for _, _, names in passed)
        before = line[start - 1][0]
        return stop < len(line) and line[stop][0] <= before + 1

    def match(item: int, at: int) -> None:
        if item == len(scenario.items):
            ends.append(at - 1)
            return
        for place in range(at, len(line)):
            hit = str(scenario.items[item].pattern) in line[place][2]
            if hit and allowed(scenario.items[item].gap, at, place):
                match(item + 1, place + 1)

    match(0, 0)
    result = []
    for end in ends:
        step, inside = line[end][:2]
        rest = line[end + 1 :]
        tail = scenario.tail
        if tail is None:
            rest = [x for x in rest if x[0] > step]
            if rest:
                continue
        elif any(str(p) in names for p in tail.without for _, _, names in rest):
            continue
        result.append((step, inside))
    return result


def failing_behind(
    system: TransitionSystem, path: tuple[Action, ...], end: tuple[int, int], state: State
) -> bool:
    """Whether the last step, which fails, fails behind the happening ``end`` of its own."""
    step, inside = end
    if step < len(path) - 1:
        return True
    semantics = Semantics(system)
    for action in path[:-1]:
        outcome = semantics.fire(state, action)
        assert outcome is not None and outcome.state is not None
        state = outcome.state
    events = sum(isinstance(op, Event) for op, _, _ in semantics.walk(state, path[-1]))
    return events >= inside


def oracle(scenario: Scenario) -> tuple[int | None, dict[str, int | None]]:
    """The lengths of the shortest run that follows, and of the shortest that follows and breaks each
    property."""
    system = files()
    shortest: int | None = None
    breaking: dict[str, int | None] = {p.name: None for p in PROPERTIES}
    for initial, path, broken, failed in short_runs():
        ends = first_end(system, path, scenario)
        if failed:
            ends = [e for e in ends if failing_behind(system, path, e, initial)]
        if not ends:
            continue
        shortest = len(path) if shortest is None else min(shortest, len(path))
        for item in PROPERTIES:
            if (item.unasked or item.name) in broken[len(path)]:
                known = breaking[item.name]
                breaking[item.name] = len(path) if known is None else min(known, len(path))
    return shortest, breaking


PATTERNS = st.sampled_from(
    [
        "task: open", "task: open returns", "task0: open", "task1: open returns", "task: write",
        "task1: write", "task0: release", "task: flush", "*: release returns", "flusher: writeback", "evict",
        "*: evict_inode", "*: evict_inode returns", "evict: evict_inode returns", "revive", "task", "task1",
    ]
)  # fmt: skip


@st.composite
def scenarios(draw: st.DrawFn) -> str:
    def gap() -> Iterator[str]:
        kind = draw(st.integers(0, 3))
        if kind == 1:
            yield "..."
        elif kind == 2:
            yield "... without " + ", ".join(draw(st.lists(PATTERNS, min_size=1, max_size=2)))

    lines = [*gap(), draw(PATTERNS)]
    for _ in range(draw(st.integers(0, 2))):
        lines += [*gap(), draw(PATTERNS)]
    return "\n".join([*lines, *gap()])


@settings(max_examples=examples(60, 300), deadline=None)
@given(scenarios())
def test_the_product_finds_what_a_walk_over_all_short_runs_finds(text: str) -> None:
    scenario = parse_scenario(text)
    outcome = run_scenario(files(), scenario, Reference())
    shortest, breaking = oracle(scenario)

    def length(run: Run | None) -> int | None:
        return None if run is None or len(run.path) > DEEPEST else len(run.path)

    assert length(outcome.run) == shortest
    assert {name: length(run) for name, run in outcome.breaking.items()} == breaking
