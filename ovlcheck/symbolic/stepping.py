"""What one instance can do beside a bag of others: every step, by the step semantics, with what it takes and gives.

The acting instance is put into the one row that the rewritten system has for its process, counters get the numbers of
the others, and the step runs.  What it did depends on no more than it reads, and is remembered by that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from ovlcheck.symbolic.at_least import Ambiguous, AtLeast, unbounded
from ovlcheck.symbolic.boxes import Numbers, Weights, at_least, least, plus, rows
from ovlcheck.symbolic.counter_abstraction import Counted, Row
from ovlcheck.symbolic.interned import Interned
from ovlcheck.symbolic.reading import cells_of, picking, variables_read
from ovlcheck.symbolic.transfers import NOBODY, NONE, Transfers
from ovlcheck.system.evaluation import compile_expression
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.step import Failure, Outcome, Step, compile_operations
from ovlcheck.system.transition_system import Assign, Edge, expressions
from ovlcheck.system.types import Count

MOST = 12
"""Values of a counter, or of the part of it that is in the control state, beyond which it is taken to grow for ever."""

_MOST_SPLITS = 64
"""Cases of one step beyond which its outcome is taken to depend on too much."""

Shared = tuple[int, ...]
Changes = tuple[tuple[int, int], ...]
"""Cells with their new values."""


class GaveUp(Exception):
    """The search cannot go on; the message says why."""


class NotLinked(Exception):
    """A counter is no sum of weights of rows: the search starts again without that belief."""

    def __init__(self, quantity: int) -> None:
        super().__init__(quantity)
        self.quantity = quantity


@dataclass(frozen=True)
class Quantity:
    """A number to which counted instances contribute: a cell of ``variable``.

    ``linked``: a counter of the model, of which they are only a part; else a counter of other instances.
    """

    variable: str
    index: tuple[int, ...]
    cell: int
    linked: bool


@dataclass(slots=True)
class Move:
    """One way that the step of ``edge`` can go, beside others with certain numbers.

    ``changes`` is the number of what it does to shared values, ``targets`` has each transfer that it may be with the
    numbers to which it leads: none if a violation ends it.  ``noted``: the search has seen that it can be taken.
    """

    edge: int
    changes: int
    passage: int
    targets: tuple[tuple[int, int], ...]
    failures: tuple[Failure, ...]
    covered: tuple[str, ...]
    noted: bool = False


@dataclass(frozen=True, slots=True)
class _Effect:
    """One way that a step can go, wherever it reads the same.

    ``numbers``: what the others' numbers that it reads have to be; ``changes``: cells with their new values.
    ``goes_on`` is False where a violation ends it.
    """

    numbers: tuple[tuple[int, int], ...]
    to_row: int
    changes: Changes
    failures: tuple[Failure, ...]
    covered: tuple[str, ...]
    goes_on: bool


class _Step:
    """A step, and what it did so far: that depends on no more than ``cells``, ``quantities`` and the row."""

    __slots__ = ("cells", "known", "numbers", "quantities", "reads", "step")

    def __init__(self, step: Step, cells: tuple[int, ...], quantities: tuple[int, ...]) -> None:
        self.step = step
        self.reads = cells
        self.cells = picking(cells)
        self.quantities = quantities
        self.numbers = picking(quantities)
        self.known: dict[tuple[int, object, object], tuple[_Effect, ...]] = {}


class Place:
    """The steps that start at one position, for an instance at ``row`` or for who is not counted (``NOBODY``).

    ``known`` are their moves by what any of them reads, which ``cells`` picks, and by the number of all the numbers.
    """

    __slots__ = ("cells", "known", "row", "steps")

    def __init__(self, steps: list[_Step], row: int = NOBODY) -> None:
        self.steps = steps
        self.row = row
        self.cells = picking(tuple(sorted({cell for one in steps for cell in one.reads})))
        self.known: dict[object, dict[int, tuple[Move, ...]]] = {}


class Stepping:
    """The steps of ``counted``, with numbers up to ``precision`` told apart.

    Counters in ``plain`` are no sums over rows.
    """

    def __init__(self, counted: Counted, precision: int, plain: frozenset[str]) -> None:
        self.counted = counted
        self.system = system = unbounded(counted.system)
        self.number = {name: i for i, name in enumerate(counted.processes)}
        self.own_cells: list[tuple[int, ...]] = []
        self.places: list[dict[tuple[str, tuple[int, ...]], int]] = []
        for name in counted.processes:
            cells: list[int] = []
            places: dict[tuple[str, tuple[int, ...]], int] = {}
            for variable in counted.own(name):
                for at, index in enumerate(product(*map(range, variable.shape[1:]))):
                    places[variable.name, index] = len(cells)
                    cells.append(system.offset[variable.name] + at)
            self.own_cells.append(tuple(cells))
            self.places.append(places)
        self.quantities = tuple(self._quantities(plain))
        self.linked = tuple(i for i, q in enumerate(self.quantities) if q.linked)
        self.numbers_at = tuple(system.offset[name] for name in counted.numbers.values())
        self.blank = {c for cells in self.own_cells for c in cells}
        self.blank |= {q.cell for q in self.quantities if not q.linked} | set(self.numbers_at)
        self.defaults = tuple(v.default for v in system.variables for _ in range(v.cells))
        linked_cells = {q.cell for q in self.quantities if q.linked}
        self.plain_counts = tuple(
            (v.name, system.offset[v.name] + i)
            for v in system.variables
            if isinstance(v.type, Count)
            for i in range(v.cells)
            if system.offset[v.name] + i not in linked_cells and system.offset[v.name] + i not in self.blank
        )
        self.precision = precision
        self.weights = Weights(tuple(self._precision(q) for q in self.quantities))
        self.tests = [self._test(q) for q in self.quantities]
        self.row_of: dict[Row, int] = {}
        self.row_values: list[Row] = []
        self.row_places: list[Place] = []
        self.transfers = Transfers(self.weights)
        self.changes: Interned[Changes] = Interned()
        self._compile()

    def _quantities(self, plain: frozenset[str]) -> Iterator[Quantity]:
        system = self.system
        for others in self.counted.others:
            first = system.offset[others.name]
            for at, index in enumerate(product(*map(range, others.shape))):
                yield Quantity(others.name, index, first + at, False)
        changed = {
            op.variable
            for edge in system.edges
            if edge.process in self.number
            for op in edge.ops
            if isinstance(op, Assign)
        }
        for variable in system.variables:
            if variable.name in changed and isinstance(variable.type, Count) and variable.process is None:
                first = system.offset[variable.name]
                for at, index in enumerate(product(*map(range, variable.shape))):
                    if variable.name not in plain:
                        yield Quantity(variable.name, index, first + at, True)

    def _precision(self, quantity: Quantity) -> int:
        """Of a lock it matters whether there is a holder besides the one that gives it back."""
        if quantity.linked:
            return self.precision
        others = next(o for o in self.counted.others if o.name == quantity.variable)
        held = any(self.system.variable[t.variable].kind == "held" for t in others.tests)
        return max(self.precision, 1) if held else self.precision

    def _test(self, quantity: Quantity) -> Callable[[Row], int]:
        """Whether an instance at a row is one of those that a counter of others counts."""
        if quantity.linked:
            return lambda row: 0
        others = next(o for o in self.counted.others if o.name == quantity.variable)
        codes = [
            (
                self.number[t.process],
                self.places[self.number[t.process]][t.variable, quantity.index],
                compile_expression(self.system, t.condition, {}),
            )
            for t in others.tests
        ]

        def count(row: Row) -> int:
            process, values = row
            return int(any(p == process and code((), {"?": values[at]}) for p, at, code in codes))

        return count

    def _compile(self) -> None:
        """Every step, by who takes it and where it starts."""
        system = self.system
        rules: list[_Step] = []
        at: list[dict[int, list[_Step]]] = [{} for _ in self.counted.processes]
        single: dict[int, dict[int, list[_Step]]] = {}
        for action in Semantics(system).actions:
            edge = system.edges[action.edge]
            names = [p.name for p in edge.parameters]
            bindings = dict(zip(names, action.arguments, strict=True))
            operations = compile_operations(system, edge.ops, bindings, edge.source)
            process = None if edge.process is None else system.process[edge.process]
            if process is None or process.pc is None:
                rules.append(self._step(Step(action, operations), edge))
                continue
            cell = system.offset[process.pc] + bindings.get("self", 0)
            step = self._step(Step(action, operations, cell, edge.origin, edge.target), edge)
            if process.name in self.number:
                at[self.number[process.name]].setdefault(edge.origin, []).append(step)
            else:
                single.setdefault(cell, {}).setdefault(edge.origin, []).append(step)
        self._at = at
        self._rules = Place(rules)
        self._single = {
            cell: {origin: Place(steps) for origin, steps in places.items()} for cell, places in single.items()
        }

    def _step(self, step: Step, edge: Edge) -> _Step:
        """``step`` with all that it may read or write, but for the acting instance's own row."""
        system = self.system
        names = {op.variable for op in edge.ops if isinstance(op, Assign)}
        names |= variables_read(system, (e for op in edge.ops for e in expressions(op)))
        cells = cells_of(system, names)
        if step.cell is not None:
            cells.add(step.cell)
        quantities = tuple(at for at, q in enumerate(self.quantities) if q.cell in cells)
        return _Step(step, tuple(sorted(cells - self.blank)), quantities)

    def _state(self, shared: Shared, row: int, numbers: Numbers) -> list[int]:
        """A state for the step semantics: ``numbers`` are those of everybody but the instance at ``row``."""
        state = list(shared)
        mine = (0,) * len(self.quantities)
        if row >= 0:
            process, values = self.row_values[row]
            mine = self.weights.of[row]
            for cell, value in zip(self.own_cells[process], values, strict=True):
                state[cell] = value
        for at, quantity in enumerate(self.quantities):
            code = numbers[at]
            base = state[quantity.cell] + mine[at] if quantity.linked else 0
            state[quantity.cell] = base + code if code >= 0 else AtLeast(base - 1 - code, at)  # type: ignore[assignment]
        beyond = len(self.quantities)
        for at, cell in enumerate(self.numbers_at, start=beyond):
            code = numbers[at] if len(numbers) > beyond else at_least(0)
            state[cell] = code if code >= 0 else AtLeast(-1 - code, at)  # type: ignore[assignment]
        return state

    def _places(self, shared: Shared, may: int) -> Iterator[Place]:
        """Where somebody may stand: instances at rows of ``may``, and all who are not counted."""
        yield self._rules
        for cell, places in self._single.items():
            found = places.get(shared[cell])
            if found is not None:
                yield found
        for row in rows(may):
            yield self.row_places[row]

    def _moves(self, place: Place, shared: Shared, numbers: int) -> tuple[Move, ...]:
        """All that can be done at ``place``.  ``numbers`` are those to which all instances together come."""
        row, transfers = place.row, self.transfers
        others = numbers if row == NOBODY else transfers.others(numbers, row)
        if others == NONE:
            return ()
        codes = transfers.numbers[others]
        return tuple(
            [
                self._move(one.step.action.edge, effect, row, codes)
                for one in place.steps
                for effect in self._known(one, shared, row, codes)
            ]
        )

    def _move(self, edge: int, effect: _Effect, row: int, others: Numbers) -> Move:
        transfers = self.transfers
        if effect.numbers:
            narrowed = list(others)
            for quantity, code in effect.numbers:
                narrowed[quantity] = code
            others = tuple(narrowed)
        passage = transfers.passage(row, transfers.numbers.number(others), effect.to_row)
        targets: tuple[tuple[int, int], ...] = ()
        if effect.goes_on:
            total = others
            if effect.to_row != NOBODY:
                total = tuple(map(plus, others, self.weights.of[effect.to_row]))
            cases = [transfers.numbers.number(case) for case in self.weights.cases(total)]
            targets = tuple([(transfers.transfer(passage, case), case) for case in cases])
        changes = self.changes.number(effect.changes)
        return Move(edge, changes, passage, targets, effect.failures, effect.covered)

    def _known(self, one: _Step, shared: Shared, row: int, numbers: Numbers) -> tuple[_Effect, ...]:
        key = (row, one.cells(shared), one.numbers(numbers))
        effects = one.known.get(key)
        if effects is None:
            effects = one.known[key] = tuple(self._effects(one, shared, row, numbers))
        return effects

    def _effects(self, one: _Step, shared: Shared, row: int, numbers: Numbers) -> Iterator[_Effect]:
        """What a step does, by cases where that depends on numbers that are not known."""
        cases = [numbers + (at_least(0),) * len(self.numbers_at)]
        looked = 0
        while cases:
            case = cases.pop()
            state = self._state(shared, row, case)
            try:
                outcome = one.step.run(state)  # type: ignore[arg-type]
            except Ambiguous as doubt:
                looked += 1
                if looked > _MOST_SPLITS:
                    place = self.system.edges[one.step.action.edge].source
                    raise GaveUp(f"{place}: the step depends on a number that nothing bounds") from None
                low = least(case[doubt.origin])
                for code in (low, at_least(low + 1)):
                    cases.append((*case[: doubt.origin], code, *case[doubt.origin + 1 :]))
                continue
            if outcome is not None:
                narrowed = tuple((q, case[q]) for q in one.quantities if case[q] != numbers[q])
                yield self._effect(shared, row, narrowed, state, outcome)

    def _effect(
        self,
        shared: Shared,
        row: int,
        narrowed: tuple[tuple[int, int], ...],
        before: list[int],
        outcome: Outcome,
    ) -> _Effect:
        if outcome.state is None:
            return _Effect(narrowed, NOBODY, (), outcome.faults, outcome.covered, False)
        after = list(outcome.state)
        changes = self._contributions(before, after)
        to_row = NOBODY
        if row != NOBODY:
            process, _ = self.row_values[row]
            values = tuple(after[c] for c in self.own_cells[process])
            to_row = self._row_after(row, (process, values), changes)
            for at in self.linked:
                if changes[at] != self.weights.of[to_row][at] - self.weights.of[row][at]:
                    raise NotLinked(at)
                changes[at] = 0
        for at in self.linked:
            cell = self.quantities[at].cell
            after[cell] = shared[cell] + changes[at]
            if abs(after[cell]) > MOST:
                raise NotLinked(at)
        new = self._shared(after)
        for name, cell in self.plain_counts:
            if isinstance(new[cell], AtLeast):
                raise NotLinked(new[cell].origin)  # type: ignore[attr-defined]
            if new[cell] > MOST:
                raise GaveUp(f"{name} grows beyond {MOST}, and no process position accounts for it")
        changed = tuple((cell, value) for cell, value in enumerate(new) if value != shared[cell])
        return _Effect(narrowed, to_row, changed, outcome.faults, outcome.covered, True)

    def _contributions(self, before: list[int], after: list[int]) -> list[int]:
        """By how much each linked counter has changed."""
        changes = [0] * len(self.quantities)
        for at in self.linked:
            old, new = before[self.quantities[at].cell], after[self.quantities[at].cell]
            if old is new:
                continue
            if isinstance(old, AtLeast):
                if not isinstance(new, AtLeast) or new.origin != at or not new.exact:
                    raise NotLinked(at)
                changes[at] = new.least - old.least
            elif isinstance(new, AtLeast):
                raise NotLinked(new.origin)
            else:
                changes[at] = new - old
        return changes

    def _row_after(self, row: int, values: Row, changes: list[int]) -> int:
        known = self.row_of.get(values)
        if known is not None:
            return known
        weights = [test(values) for test in self.tests]
        for at in self.linked:
            weights[at] = self.weights.of[row][at] + changes[at]
            if weights[at] < 0:
                raise NotLinked(at)
        return self._row(values, tuple(weights))

    def _row(self, values: Row, weights: tuple[int, ...]) -> int:
        number = self.row_of[values] = self.weights.add(weights)
        self.row_values.append(values)
        process, (position, *_) = values
        self.row_places.append(Place(self._at[process].get(position, []), number))
        return number

    def _shared(self, state: list[int]) -> Shared:
        for cell in self.blank:
            state[cell] = self.defaults[cell]
        return tuple(state)
