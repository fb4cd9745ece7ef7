"""Breadth-first search for any number of processes: what is shared is explicit, how many stand where is symbolic.

A *control state* is everything but the counted instances: shared variables, processes that are not counted, and how
many instances there are of each kind that some step asks about (holding a lock, holding a reference), as a number up to
a precision or "more".  For each control state the search keeps one box of bags (``boxes``), which only grows; a box
inside the one that is there already is not looked at again.  There are finitely many control states and boxes, so the
search ends; where a counter that no process position accounts for grows beyond ``MOST``, it gives up.

A ``Count`` that counted instances change is split in two: what they contribute, which is a weight of each row, and the
rest, which is kept in the control state.  The weights are those that follow from the steps: a step that takes a
reference adds one to the weight of the row.  Where that is not consistent the counter is not split but kept as it is.
That counter = rest + sum of weights then holds in every reachable state, since every step is seen to keep it.

The set of bags of a control state is over-approximated: the boxes of all ways to it are joined, and numbers beyond the
precision are not told apart.  So a violation that is not found does not exist, for any number of instances; one that is
found may have no run, and only a run of the original shows that it has.  (Control-partitioned intervals: P. Cousot,
R. Cousot, Abstract interpretation, 1977; counters that only matter up to a bound: A. Pnueli, J. Xu, L. Zuck, 2002.)
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from operator import itemgetter, neg

from ovlcheck.symbolic.at_least import Ambiguous, AtLeast, unbounded
from ovlcheck.symbolic.boxes import Box, Numbers, Weights, at_least, least, plus, rows
from ovlcheck.symbolic.conditions import Conditions, Verdict
from ovlcheck.symbolic.counter_abstraction import Counted
from ovlcheck.system.evaluation import compile_expression
from ovlcheck.system.expr import Deref, Load, walk
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.step import Failure, Outcome, Step, compile_operations
from ovlcheck.system.transition_system import Assign, Edge, Source, expressions
from ovlcheck.system.types import Count

MOST = 12
"""Values of a counter, or of the part of it that is in the control state, beyond which it is taken to grow for ever."""

_MOST_SPLITS = 64
"""Cases of one step beyond which its outcome is taken to depend on too much."""

Shared = tuple[int, ...]
Row = tuple[int, tuple[int, ...]]
"""The number of a counted process, and the values of its variables."""


class GaveUp(Exception):
    """The search cannot go on; the message says why."""


class _NotLinked(Exception):
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


@dataclass(frozen=True)
class Suspicion:
    """A violation in the abstraction: it may have no run.  ``run`` are the steps to it, as edges."""

    name: str
    message: str
    run: tuple[Edge, ...]
    source: Source | None = None


@dataclass(frozen=True)
class SymbolicResult:
    """What a search found.  ``complete``: nothing was left out; ``stopped`` says why it was, otherwise None.

    ``controls`` and ``rows`` count states of the control and rows of instances, ``transitions`` the steps between
    control states.  ``fired`` and ``covered`` may contain what no run takes or meets.
    """

    complete: bool
    stopped: str | None
    controls: int
    rows: int
    transitions: int
    suspicions: dict[str, Suspicion]
    fired: frozenset[int]
    covered: frozenset[str]
    precision: int
    seconds: float
    equalities: tuple[tuple[Quantity, tuple[tuple[Row, int], ...], frozenset[int]], ...] = field(default=())


@dataclass(slots=True)
class _Move:
    """One way that one step can go: of an instance at ``row`` (-1: of somebody else) beside others with ``numbers``."""

    row: int
    numbers: Numbers
    edge: int
    to_row: int = -1
    targets: tuple[tuple[Shared, Numbers], ...] = ()
    failures: tuple[Failure, ...] = ()
    covered: tuple[str, ...] = ()
    seen: bool = False


@dataclass(frozen=True)
class _Effect:
    """One way that a step can go, wherever it reads the same.

    ``numbers``: what the others' numbers that it reads have to be; ``changes``: cells with their new values.
    ``goes_on`` is False where a violation ends it.
    """

    numbers: tuple[tuple[int, int], ...]
    to_row: int
    changes: tuple[tuple[int, int], ...]
    failures: tuple[Failure, ...]
    covered: tuple[str, ...]
    goes_on: bool


class _Step:
    """A step, and what it did so far: that depends on no more than ``cells``, ``quantities`` and the row."""

    __slots__ = ("cells", "known", "numbers", "quantities", "step")

    def __init__(self, step: Step, cells: tuple[int, ...], quantities: tuple[int, ...]) -> None:
        self.step = step
        self.cells = _picking(cells)
        self.quantities = quantities
        self.numbers = _picking(quantities)
        self.known: dict[tuple[int, object, object], tuple[_Effect, ...]] = {}


def _picking(places: tuple[int, ...]) -> Callable[[tuple[int, ...]], object]:
    """What stands at ``places``."""
    return itemgetter(*places) if places else len


class _Control:
    __slots__ = ("box", "done", "doubtful", "moves", "numbers", "parent", "shared", "waiting")

    def __init__(self, shared: Shared, numbers: Numbers, box: Box, parent: tuple[int, int] | None) -> None:
        self.shared = shared
        self.numbers = numbers
        self.box = box
        self.parent = parent
        self.moves: list[_Move] | None = None
        self.done = 0
        self.waiting = False
        self.doubtful: list[int] = []


def search(
    counted: Counted,
    *,
    precision: int = 1,
    most_controls: int | None = None,
    seconds: float | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> SymbolicResult:
    """Explores ``counted`` for any number of instances, numbers up to ``precision`` told apart.

    With 0, the numbers of holders of a lock are told apart up to 1.

    ``watch`` is told now and then of the control states found and of those that wait.
    """
    began = time.monotonic()
    plain: frozenset[str] = frozenset()
    while True:
        left = None if seconds is None else seconds - (time.monotonic() - began)
        one = _Search(counted, precision, plain, most_controls, left, watch)
        try:
            return one.run(began)
        except _NotLinked as error:
            plain |= {one.quantities[error.quantity].variable}


class _Search:
    def __init__(
        self,
        counted: Counted,
        precision: int,
        plain: frozenset[str],
        most_controls: int | None,
        seconds: float | None,
        watch: Callable[[int, int], None] | None,
    ) -> None:
        self.counted = counted
        self.system = system = unbounded(counted.system)
        self.most_controls = most_controls
        self.ends = None if seconds is None else time.monotonic() + seconds
        self.watch = watch
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
        self._compile()
        self.conditions = Conditions(system, counted, self.quantities, self.weights, self.row_values)
        self.controls: list[_Control] = []
        self.control_of: dict[tuple[Shared, Numbers], int] = {}
        self.queue: deque[int] = deque()
        self.suspicions: dict[str, Suspicion] = {}
        self.fired: set[int] = set()
        self.covered: set[str] = set()
        self.transitions = 0
        self.known_others: dict[tuple[Numbers, int], Numbers | None] = {}
        self.passed: dict[tuple[Box, int, Numbers, int], Box | None] = {}
        self.joined: dict[tuple[Box, Box], Box] = {}

    # What there is.

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
        self.rules: list[_Step] = []
        self.at: list[dict[int, list[_Step]]] = [{} for _ in self.counted.processes]
        self.single: dict[int, dict[int, list[_Step]]] = {}
        for action in Semantics(system).actions:
            edge = system.edges[action.edge]
            names = [p.name for p in edge.parameters]
            bindings = dict(zip(names, action.arguments, strict=True))
            operations = compile_operations(system, edge.ops, bindings, edge.source)
            process = None if edge.process is None else system.process[edge.process]
            if process is None or process.pc is None:
                self.rules.append(self._step(Step(action, operations), edge))
                continue
            cell = system.offset[process.pc] + bindings.get("self", 0)
            step = self._step(Step(action, operations, cell, edge.origin, edge.target), edge)
            if process.name in self.number:
                self.at[self.number[process.name]].setdefault(edge.origin, []).append(step)
            else:
                self.single.setdefault(cell, {}).setdefault(edge.origin, []).append(step)

    def _step(self, step: Step, edge: Edge) -> _Step:
        """``step`` with all that it may read or write, but for the acting instance's own row."""
        system = self.system
        names = {op.variable for op in edge.ops if isinstance(op, Assign)}
        for op in edge.ops:
            for part in (p for e in expressions(op) for p in walk(e)):
                if isinstance(part, Load):
                    names.add(part.variable)
                elif isinstance(part, Deref):
                    alive = system.population[part.population].alive
                    names |= set() if alive is None else {alive}
        cells = {system.offset[n] + i for n in names for i in range(system.variable[n].cells)}
        if step.cell is not None:
            cells.add(step.cell)
        quantities = tuple(at for at, q in enumerate(self.quantities) if q.cell in cells)
        return _Step(step, tuple(sorted(cells - self.blank)), quantities)

    # The search.

    def run(self, began: float) -> SymbolicResult:
        stopped: str | None = None
        try:
            self._start()
            self._explore()
            self._settle()
        except GaveUp as reason:
            stopped = str(reason)
        return SymbolicResult(
            complete=stopped is None,
            stopped=stopped,
            controls=len(self.controls),
            rows=len(self.row_values),
            transitions=self.transitions,
            suspicions=self.suspicions,
            fired=frozenset(self.fired),
            covered=frozenset(self.covered),
            precision=self.precision,
            seconds=time.monotonic() - began,
            equalities=tuple(self._equalities()),
        )

    def _start(self) -> None:
        starting = 0
        first: list[int] = []
        for process, cells in enumerate(self.own_cells):
            row = (process, tuple(self.defaults[c] for c in cells))
            first.append(self._row(row, tuple(test(row) for test in self.tests)))
        for number in first:
            starting |= 1 << number
        box = Box(starting, starting)
        zero = tuple(0 if not any(self.weights.of[r][q] for r in first) else at_least(0)
                     for q in range(len(self.quantities)))
        for outcome in Semantics(self.system).initial_outcomes():
            self.covered.update(outcome.covered)
            for failure in outcome.faults:
                self._suspect(failure.name, failure.message, None, None, failure.source)
            if outcome.state is not None:
                shared = self._shared(list(outcome.state))
                for case in self.weights.cases(zero):
                    narrowed = self.weights.narrowed(case, box)
                    if narrowed is not None:
                        self._reach(shared, case, narrowed, None)

    def _explore(self) -> None:
        while self.queue:
            number = self.queue.popleft()
            control = self.controls[number]
            control.waiting = False
            if number % 64 == 0:
                self._look()
            if control.moves is None:
                control.moves = list(self._moves(control, -1))
            for row in rows(control.box.may & ~control.done):
                control.moves += self._moves(control, row)
            control.done |= control.box.may
            self._spread(number, control)

    def _look(self) -> None:
        if self.ends is not None and time.monotonic() > self.ends:
            raise GaveUp("time limit reached")
        if self.most_controls is not None and len(self.controls) > self.most_controls:
            raise GaveUp(f"limit of {self.most_controls} control states reached")
        if self.watch is not None:
            self.watch(len(self.controls), len(self.queue))

    def _spread(self, number: int, control: _Control) -> None:
        """Everything that a step leads to from the bags of ``control``."""
        weights, passed = self.weights, self.passed
        for move in control.moves or ():
            if move.row >= 0 and not control.box.may >> move.row & 1:
                continue
            key = (control.box, move.row, move.numbers, move.to_row)
            if key in passed:
                after = passed[key]
            else:
                after = passed[key] = self._pass(*key)
            if after is None:
                continue
            if not move.seen:
                move.seen = True
                self.transitions += 1
                self.fired.add(move.edge)
                self.covered.update(move.covered)
                for failure in move.failures:
                    self._suspect(failure.name, failure.message, number, move.edge, failure.source)
            for shared, numbers in move.targets:
                reached = weights.narrowed(numbers, after)
                if reached is not None:
                    self._reach(shared, numbers, reached, (number, move.edge))

    def _pass(self, box: Box, row: int, numbers: Numbers, to_row: int) -> Box | None:
        """What ``box`` becomes where an instance goes from ``row`` to ``to_row`` and the others have ``numbers``."""
        narrowed = self.weights.narrowed(numbers, box if row < 0 else box.without(row))
        return narrowed if narrowed is None or to_row < 0 else narrowed.with_one(to_row)

    def _reach(self, shared: Shared, numbers: Numbers, box: Box, parent: tuple[int, int] | None) -> None:
        key = (shared, numbers)
        found = self.control_of.get(key)
        if found is None:
            found = self.control_of[key] = len(self.controls)
            control = _Control(shared, numbers, box, parent)
            self.controls.append(control)
            self._judge(found, control)
        else:
            control = self.controls[found]
            if box == control.box:
                return
            both = (control.box, box)
            joined = self.joined.get(both)
            if joined is None:
                joined = self.joined[both] = control.box.joined(box)
            if joined == control.box:
                return
            control.box = joined
        if not control.waiting:
            control.waiting = True
            self.queue.append(found)

    def _judge(self, number: int, control: _Control) -> None:
        """What must hold in every state; what depends on the final box waits until there is one."""
        state = self._state(control.shared, -1, control.numbers)
        for at, invariant in enumerate(self.system.invariants):
            verdict = self.conditions.judge(invariant.condition, control.shared, state, None)
            if verdict is Verdict.UNKNOWN:
                control.doubtful.append(at)
            elif verdict is Verdict.FALSE:
                self._suspect(invariant.name, invariant.message, number, None, None)
        for cover in self.system.covers:
            if cover.name in self.covered:
                continue
            if self.conditions.judge(cover.condition, control.shared, state, None) is not Verdict.FALSE:
                self.covered.add(cover.name)

    def _settle(self) -> None:
        for number, control in enumerate(self.controls):
            for at in control.doubtful:
                invariant = self.system.invariants[at]
                if invariant.name in self.suspicions:
                    continue
                state = self._state(control.shared, -1, control.numbers)
                verdict = self.conditions.judge(invariant.condition, control.shared, state, control.box)
                if verdict is not Verdict.TRUE:
                    self._suspect(invariant.name, invariant.message, number, None, None)

    def _suspect(
        self, name: str, message: str, control: int | None, edge: int | None, source: Source | None
    ) -> None:
        if name not in self.suspicions:
            run = [] if edge is None else [edge]
            while control is not None:
                parent = self.controls[control].parent
                control = None if parent is None else parent[0]
                if parent is not None:
                    run.append(parent[1])
            edges = tuple(self.counted.system.edges[e] for e in reversed(run))
            self.suspicions[name] = Suspicion(name, message, edges, source)

    # Steps.

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

    def _moves(self, control: _Control, row: int) -> Iterator[_Move]:
        """All that an instance at ``row`` can do in ``control``, or everybody who is not counted."""
        shared, numbers = control.shared, control.numbers
        if row < 0:
            steps = list(self.rules)
            for cell, places in self.single.items():
                steps += places.get(shared[cell], ())
        else:
            process, values = self.row_values[row]
            steps = self.at[process].get(values[0], [])
            others = self._others(numbers, row)
            if others is None:
                return
            numbers = others
        for one in steps:
            key = (row, one.cells(shared), one.numbers(numbers))
            effects = one.known.get(key)
            if effects is None:
                effects = one.known[key] = tuple(self._effects(one, shared, row, numbers))
            for effect in effects:
                yield self._move(shared, row, numbers, one.step.action.edge, effect)

    def _others(self, numbers: Numbers, row: int) -> Numbers | None:
        """The numbers of the others where an instance is at ``row``; None where none can be."""
        key = (numbers, row)
        if key not in self.known_others:
            mine = self.weights.of[row]
            room = not any(0 <= code < weight for code, weight in zip(numbers, mine, strict=True))
            self.known_others[key] = tuple(map(plus, numbers, map(neg, mine))) if room else None
        return self.known_others[key]

    def _move(self, shared: Shared, row: int, numbers: Numbers, edge: int, effect: _Effect) -> _Move:
        if effect.numbers:
            narrowed = list(numbers)
            for quantity, code in effect.numbers:
                narrowed[quantity] = code
            numbers = tuple(narrowed)
        if not effect.goes_on:
            return _Move(row, numbers, edge, failures=effect.failures, covered=effect.covered)
        if effect.changes:
            after = list(shared)
            for cell, value in effect.changes:
                after[cell] = value
            shared = tuple(after)
        total = numbers if effect.to_row < 0 else tuple(map(plus, numbers, self.weights.of[effect.to_row]))
        targets = tuple([(shared, case) for case in self.weights.cases(total)])
        return _Move(row, numbers, edge, effect.to_row, targets, effect.failures, effect.covered)

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
            return _Effect(narrowed, -1, (), outcome.faults, outcome.covered, False)
        after = list(outcome.state)
        changes = self._contributions(before, after)
        to_row = -1
        if row >= 0:
            process, _ = self.row_values[row]
            values = tuple(after[c] for c in self.own_cells[process])
            to_row = self._row_after(row, (process, values), changes)
            for at in self.linked:
                if changes[at] != self.weights.of[to_row][at] - self.weights.of[row][at]:
                    raise _NotLinked(at)
                changes[at] = 0
        for at in self.linked:
            cell = self.quantities[at].cell
            after[cell] = shared[cell] + changes[at]
            if abs(after[cell]) > MOST:
                raise _NotLinked(at)
        new = self._shared(after)
        for name, cell in self.plain_counts:
            if isinstance(new[cell], AtLeast):
                raise _NotLinked(new[cell].origin)  # type: ignore[attr-defined]
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
                    raise _NotLinked(at)
                changes[at] = new.least - old.least
            elif isinstance(new, AtLeast):
                raise _NotLinked(new.origin)
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
                raise _NotLinked(at)
        return self._row(values, tuple(weights))

    def _row(self, values: Row, weights: tuple[int, ...]) -> int:
        number = self.row_of[values] = self.weights.add(weights)
        self.row_values.append(values)
        self.passed.clear()
        return number

    def _shared(self, state: list[int]) -> Shared:
        for cell in self.blank:
            state[cell] = self.defaults[cell]
        return tuple(state)

    def _equalities(self) -> Iterator[tuple[Quantity, tuple[tuple[Row, int], ...], frozenset[int]]]:
        """For each counter that was split: the weights of rows, and the values of the rest."""
        for at in self.linked:
            quantity = self.quantities[at]
            weights = tuple(
                (values, self.weights.of[row][at])
                for row, values in enumerate(self.row_values)
                if self.weights.of[row][at]
            )
            yield quantity, weights, frozenset(c.shared[quantity.cell] for c in self.controls)
