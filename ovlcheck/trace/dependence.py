"""Which steps of a run a violation depends on, and which of their changes: a dynamic slice of the run.

A step matters if it gave one of the values that the verdict was read from, or if it decided that a step which
matters was taken; so does whatever such a step computed its value from, or needed to be enabled (H. Agrawal and
J. R. Horgan, "Dynamic program slicing", PLDI 1990).  What is left out are steps that a process only passes, and
locks: that they were free is no reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import prod

from ovlcheck.system.action import Action, State
from ovlcheck.system.expr import Deref, Expr, Load, Temp
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Assign, Assume, Check, Event, Let, Op, expressions
from ovlcheck.trace.reads import Reads

Cells = frozenset[int]
Actor = tuple[str, int] | None


@dataclass(frozen=True)
class Stale:
    """Step ``read`` saw a value of ``cell`` that step ``changed``, of another process, changed before step ``used``,
    which its process came to because of what it had seen.
    """

    cell: int
    read: int
    changed: int
    used: int


@dataclass(frozen=True)
class Slice:
    """``changes`` are for each step that matters the cells whose values it gave, ``looked_at`` those that it read."""

    changes: Mapping[int, Cells]
    looked_at: Mapping[int, Cells]
    stale: tuple[Stale, ...] = ()


@dataclass
class _Record:
    """One step: ``guards`` decide that it is taken; ``sources`` has for each cell that it wrote, changed or not,
    the cells that the value came from.  ``end`` are the cells behind what ends the run half way through the step, a
    failed check or a fault, and ``given`` those of them that the step had written by then; None where nothing does.
    """

    actor: Actor
    origin: int
    guards: set[int] = field(default_factory=set)
    sources: dict[int, Cells] = field(default_factory=dict)
    end: Cells = frozenset()
    given: Cells | None = None


def slice_run(
    semantics: Semantics,
    states: list[State],
    path: tuple[Action, ...],
    name: str,
    wanted: Iterable[int],
    locks: bool = False,
) -> Slice:
    """The slice of the run along ``path`` for the values in ``wanted`` at its end, and for its last step.

    ``name`` is the violation that the last step, or its state, shows.  ``locks``: who holds which lock matters too.
    """
    seeds = frozenset(wanted)
    recorder = _Recorder(semantics, locks)
    records = [recorder.record(state, action) for state, action in zip(states, path[:-1], strict=False)]
    if path:
        records.append(recorder.record(states[len(path) - 1], path[-1], name, seeds))
    return _Slicer(semantics, states, records).run(set(seeds))


class _Recorder:
    def __init__(self, semantics: Semantics, locks: bool) -> None:
        self._semantics = semantics
        self._system = semantics.system
        self._reads = Reads(semantics)
        self._locks = locks

    def record(self, state: State, action: Action, name: str = "", wanted: Cells = frozenset()) -> _Record:
        """What the step reads and writes, in terms of the cells before it.

        If the check ``name`` fails in it, that is because of the cells ``wanted``, or what it reads if there are none.
        """
        edge = self._system.edges[action.edge]
        record = _Record(self._semantics.instance(action), edge.origin)
        temps: dict[str, Cells] = {}
        last: tuple[Op, State, dict[str, int]] | None = None
        for op, there, scope in self._semantics.walk(state, action):
            last = op, there, scope
            match op:
                case Let(temp, value):
                    temps[temp] = self._cells(value, there, scope, record, temps)
                case Assume(condition):
                    record.guards |= self._cells(condition, there, scope, record, temps)
                case Assign(variable, index, value):
                    cells = self._cells(value, there, scope, record, temps)
                    for part in index:
                        cells |= self._cells(part, there, scope, record, temps)
                    place = self._reads.index(Load(variable, index), there, scope)
                    if place is not None:
                        record.sources[self._cell(variable, place)] = cells
                case Check(condition, name=failed) if failed == name and record.given is None:
                    if not self._reads.number(condition, there, scope):
                        record.given = wanted & record.sources.keys()
                        seen = [record.sources.get(cell, frozenset((cell,))) for cell in wanted]
                        record.end = frozenset().union(*seen) or self._cells(
                            condition, there, scope, record, temps
                        )
        for cell in self._begin_to_matter(action):
            record.sources.setdefault(cell, frozenset())
        outcome = self._semantics.fire(state, action)
        if last is not None and outcome is not None and outcome.state is None and record.given is None:
            record.given = frozenset()
            op, there, scope = last
            for part in () if isinstance(op, Event) else expressions(op):
                record.end |= self._cells(part, there, scope, record, temps)
        return record

    def _begin_to_matter(self, action: Action) -> Iterator[int]:
        """The locals that have a meaning after the step and had none before.

        Where such a local is to have the value that it has anyway, no operation of the step says so: which way the
        step went decided it.
        """
        edge, who = self._system.edges[action.edge], self._semantics.instance(action)
        locations = self._system.process[who[0]].locations if who is not None else ()
        if who is None or not locations:
            return
        for name in locations[edge.target].live:
            if name not in locations[edge.origin].live:
                variable = self._system.variable[name]
                each = variable.cells // variable.shape[0]
                first = self._system.offset[name] + who[1] * each
                yield from range(first, first + each)

    def _cells(
        self,
        expr: Expr,
        state: State,
        scope: Mapping[str, int],
        record: _Record,
        temps: Mapping[str, Cells],
    ) -> Cells:
        """The cells before the step that the value of ``expr`` comes from."""
        found: set[int] = set()
        for part in self._reads.of(expr, state, scope):
            match part:
                case Temp(name):
                    found |= temps.get(name, frozenset())
                    continue
                case Load(variable):
                    index = self._reads.index(part, state, scope)
                case Deref(_, population):
                    alive = self._system.population[population].alive
                    slot = self._reads.number(part.ref, state, scope)
                    if alive is None or not slot:
                        continue
                    variable, index = alive, (slot - 1,)
            if index is None or (self._system.variable[variable].kind == "held" and not self._locks):
                continue
            cell = self._cell(variable, index)
            found |= record.sources.get(cell, frozenset((cell,)))
        return frozenset(found)

    def _cell(self, variable: str, index: tuple[int, ...]) -> int:
        shape = self._system.variable[variable].shape
        return self._system.offset[variable] + sum(
            i * prod(shape[axis + 1 :]) for axis, i in enumerate(index)
        )


class _Slicer:
    """Goes through the run from its end to its beginning."""

    def __init__(self, semantics: Semantics, states: list[State], records: list[_Record]) -> None:
        self._states = states
        self._records = records
        self._ways = _Ways(semantics)
        self._local = [v.kind == "local" for v in semantics.system.variables for _ in range(v.cells)]
        self._shared = [v.kind == "shared" for v in semantics.system.variables for _ in range(v.cells)]

    def run(self, wanted: set[int]) -> Slice:
        if not self._records:
            return Slice({}, {})
        last = len(self._records) - 1
        changes: dict[int, Cells] = {}
        looked_at: dict[int, Cells] = {}
        users: dict[int, set[int]] = {last: {last}}
        """For each step that matters the later steps of its process that came about through what it saw."""
        wanting: dict[int, set[int]] = {}
        """For each local that is wanted, who wants it."""
        for number in range(last, -1, -1):
            record = self._records[number]
            given = frozenset(wanted & record.sources.keys())
            if number == last and record.given is not None:
                given, wanted = record.given, set()
            if not given and number not in users:
                continue
            used = users.setdefault(number, {number})
            for cell in given:
                used |= wanting.pop(cell, set())
            wanted -= given
            seen = frozenset().union(record.guards, record.end, *(record.sources[cell] for cell in given))
            wanted |= seen
            changes[number], looked_at[number] = given, seen
            for cell in seen:
                if self._local[cell]:
                    wanting.setdefault(cell, set()).update(used)
            decision = self._decision(number)
            if decision is not None:
                users.setdefault(decision, {decision}).update(used)
        return Slice(changes, looked_at, tuple(self._stale(changes, looked_at, users)))

    def _decision(self, number: int) -> int | None:
        """The step in which its process last could still have gone another way."""
        record = self._records[number]
        if record.actor is None or self._ways.rests(record.actor[0], record.origin):
            return None
        missing = self._ways.missing(record.actor[0], record.origin)
        for earlier in range(number - 1, -1, -1):
            other = self._records[earlier]
            if other.actor == record.actor and other.origin in missing:
                return earlier
        return None

    def _stale(
        self, changes: Mapping[int, Cells], looked_at: Mapping[int, Cells], users: Mapping[int, set[int]]
    ) -> Iterable[Stale]:
        """Of several reads of one process that one change made stale, the last."""
        found: dict[tuple[Actor, int, int], Stale] = {}
        for read in sorted(looked_at):
            actor = self._records[read].actor
            if actor is None:
                continue
            for cell in sorted(looked_at[read]):
                for changed in sorted(changes):
                    later = [step for step in users[read] if step > changed]
                    if (
                        read < changed
                        and later
                        and self._shared[cell]
                        and cell in changes[changed]
                        and self._records[changed].actor != actor
                        and self._states[read][cell] != self._states[min(later)][cell]
                    ):
                        found[actor, cell, changed] = Stale(cell, read, changed, min(later))
        return sorted(found.values(), key=lambda stale: (stale.changed, stale.read, stale.cell))


class _Ways:
    """The graphs of positions of all processes: from where can one come to rest without passing some position?"""

    def __init__(self, semantics: Semantics) -> None:
        self._locations = {p.name: p.locations for p in semantics.system.processes}
        self._sources: dict[str, dict[int, set[int]]] = {p.name: {} for p in semantics.system.processes}
        for edge in semantics.system.edges:
            if edge.process is not None:
                self._sources[edge.process].setdefault(edge.target, set()).add(edge.origin)
        self.missing = cache(self._missing)

    def rests(self, process: str, location: int) -> bool:
        locations = self._locations[process]
        return not locations or locations[location].rest

    def _missing(self, process: str, avoided: int) -> frozenset[int]:
        """The positions from which the process can come to rest without passing ``avoided``."""
        found = {i for i, place in enumerate(self._locations[process]) if place.rest and i != avoided}
        waiting = sorted(found)
        while waiting:
            for source in self._sources[process].get(waiting.pop(), ()):
                if source not in found and source != avoided:
                    found.add(source)
                    waiting.append(source)
        return frozenset(found)
