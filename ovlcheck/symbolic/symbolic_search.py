"""Breadth-first search for any number of processes: what is shared is explicit, how many stand where is symbolic.

A *control state* is everything but the counted instances: shared variables, processes that are not counted, and how
many instances there are of each kind that some step asks about (holding a lock, holding a reference), as a number up to
a precision or "more".  For each control state the search keeps one box of bags (``boxes``), which only grows; a box
inside the one that is there already is not looked at again.  There are finitely many control states and boxes, so the
search ends; where a counter that no process position accounts for grows beyond ``stepping.MOST``, it gives up.

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

from ovlcheck.symbolic.boxes import Box, Numbers, at_least, rows
from ovlcheck.symbolic.conditions import Conditions, Verdict
from ovlcheck.symbolic.counter_abstraction import Counted
from ovlcheck.symbolic.stepping import GaveUp, Move, NotLinked, Quantity, Row, Shared, Stepping
from ovlcheck.symbolic.symbolic_result import ControlState, Reached, Suspicion, SymbolicResult
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Source


class _Control:
    __slots__ = ("box", "done", "doubtful", "moves", "numbers", "parent", "shared", "waiting")

    def __init__(self, shared: Shared, numbers: Numbers, box: Box, parent: tuple[int, int] | None) -> None:
        self.shared = shared
        self.numbers = numbers
        self.box = box
        self.parent = parent
        self.moves: list[Move] | None = None
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
    keep: bool = False,
) -> SymbolicResult:
    """Explores ``counted`` for any number of instances, numbers up to ``precision`` told apart.

    With 0, the numbers of holders of a lock are told apart up to 1.  ``watch`` is told now and then of the control
    states found and of those that wait.  With ``keep`` the result has the control states.
    """
    began = time.monotonic()
    plain: frozenset[str] = frozenset()
    while True:
        left = None if seconds is None else seconds - (time.monotonic() - began)
        one = _Search(counted, precision, plain, most_controls, left, watch)
        try:
            return one.run(began, keep)
        except NotLinked as error:
            plain |= {one.quantities[error.quantity].variable}


class _Search(Stepping):
    """The control states found so far, and the boxes that are known of them."""

    def __init__(
        self,
        counted: Counted,
        precision: int,
        plain: frozenset[str],
        most_controls: int | None,
        seconds: float | None,
        watch: Callable[[int, int], None] | None,
    ) -> None:
        super().__init__(counted, precision, plain)
        self.most_controls = most_controls
        self.ends = None if seconds is None else time.monotonic() + seconds
        self.watch = watch
        self.conditions = Conditions(self.system, counted, self.quantities, self.weights, self.row_values)
        self.controls: list[_Control] = []
        self.control_of: dict[tuple[Shared, Numbers], int] = {}
        self.queue: deque[int] = deque()
        self.suspicions: dict[str, Suspicion] = {}
        self.fired: set[int] = set()
        self.covered: set[str] = set()
        self.transitions = 0
        self.passed: dict[tuple[Box, int, Numbers, int], Box | None] = {}
        self.joined: dict[tuple[Box, Box], Box] = {}

    def run(self, began: float, keep: bool) -> SymbolicResult:
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
            reached=self._reached() if keep else None,
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
                control.moves = list(self._moves(control.shared, control.numbers, -1))
            for row in rows(control.box.may & ~control.done):
                control.moves += self._moves(control.shared, control.numbers, row)
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

    def _reached(self) -> Reached:
        return Reached(
            self.quantities,
            tuple(self.row_values),
            tuple(self.weights.of),
            tuple(ControlState(c.shared, c.numbers, c.box) for c in self.controls),
        )

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
