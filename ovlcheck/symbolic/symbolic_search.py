"""Search for any number of processes: what is shared is explicit, how many stand where is symbolic.

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
from collections.abc import Callable, Iterator
from heapq import heappop, heappush

from ovlcheck.symbolic.boxes import Box, at_least
from ovlcheck.symbolic.conditions import Conditions, Verdict
from ovlcheck.symbolic.counter_abstraction import Counted, Row
from ovlcheck.symbolic.interned import Interned
from ovlcheck.symbolic.stepping import GaveUp, Move, NotLinked, Quantity, Shared, Stepping
from ovlcheck.symbolic.symbolic_result import ControlState, Reached, Suspicion, SymbolicResult
from ovlcheck.symbolic.transfers import NONE
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Source

_NUMBERS = 24
"""Bits of the number of numbers."""

_CHANGES = 24
"""Bits of the number of changes."""


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
        conditions = Conditions(self.system, counted, self.quantities, self.weights, self.row_values, self._state)
        self.invariants = [(i, conditions.question(i.condition)) for i in self.system.invariants]
        self.covers = [(c, conditions.question(c.condition)) for c in self.system.covers]
        self.shareds: Interned[Shared] = Interned()
        self.behind: dict[int, int] = {}
        # By control state: its key, which is of shared values and numbers, its box, how it was come to, and moves.
        self.controls: Interned[int] = Interned()
        self.boxes: list[int] = []
        self.parents: list[tuple[int, int]] = []
        self.taken: list[int] = []
        self.waiting = bytearray()
        self.queue: list[int] = []
        self.doubtful: list[tuple[int, int]] = []
        self.suspicions: dict[str, Suspicion] = {}
        self.fired: set[int] = set()
        self.covered: set[str] = set()

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
            controls=len(self.boxes),
            rows=len(self.row_values),
            transitions=sum(self.taken),
            suspicions=self.suspicions,
            fired=frozenset(self.fired),
            covered=frozenset(self.covered),
            precision=self.precision,
            seconds=time.monotonic() - began,
            equalities=tuple(self._equalities()),
            reached=self._kept() if keep else None,
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
                shared = self.shareds.number(self._shared(list(outcome.state)))
                for case in self.weights.cases(zero):
                    numbers = self.transfers.numbers.number(case)
                    narrowed = self.transfers.narrowed(numbers, box)
                    if narrowed != NONE:
                        self._reach(shared << _NUMBERS | numbers, narrowed, NONE, NONE)

    def _parts(self, control: int) -> tuple[int, int]:
        key = self.controls[control]
        return key >> _NUMBERS, key & (1 << _NUMBERS) - 1

    def _explore(self) -> None:
        """Spreads what is known until nothing is new.

        The control state that was heard of first goes first: what leads to it has mostly settled by then, so that most
        control states are looked at once.
        """
        looked = 0
        while self.queue:
            control = heappop(self.queue)
            self.waiting[control] = False
            if looked % 64 == 0:
                self._look()
            looked += 1
            self._spread(control)

    def _look(self) -> None:
        if self.ends is not None and time.monotonic() > self.ends:
            raise GaveUp("time limit reached")
        if self.most_controls is not None and len(self.boxes) > self.most_controls:
            raise GaveUp(f"limit of {self.most_controls} control states reached")
        if self.watch is not None:
            self.watch(len(self.boxes), len(self.queue))

    def _spread(self, control: int) -> None:
        """Everything that a step leads to from the bags of ``control``."""
        transfers, boxes = self.transfers, self.boxes
        passed, known, number_of = transfers.known_passed, transfers.known, self.controls.numbers
        shared, numbers = self._parts(control)
        values, box = self.shareds[shared], boxes[control]
        taken = 0
        for place in self._places(values, transfers.boxes[box].may):
            reads = place.cells(values)
            by_numbers = place.known.get(reads)
            if by_numbers is None:
                by_numbers = place.known[reads] = {}
            moves = by_numbers.get(numbers)
            if moves is None:
                moves = by_numbers[numbers] = self._moves(place, values, numbers)
            for move in moves:
                after = passed[move.passage].get(box)
                if after is None:
                    after = transfers.passed(move.passage, box)
                if after == NONE:
                    continue
                taken += 1
                if not move.noted:
                    self._note(move, control)
                if move.targets:
                    to_shared = self._behind(shared, move.changes) << _NUMBERS
                    for transfer, to_numbers in move.targets:
                        reached = known[transfer].get(box)
                        if reached is None:
                            reached = transfers.transferred(transfer, box)
                        if reached != NONE:
                            key = to_shared | to_numbers
                            target = number_of.get(key)
                            if target is None or boxes[target] != reached:
                                self._reach(key, reached, control, move.edge)
        self.taken[control] = taken

    def _note(self, move: Move, control: int) -> None:
        move.noted = True
        self.fired.add(move.edge)
        self.covered.update(move.covered)
        for failure in move.failures:
            self._suspect(failure.name, failure.message, control, move.edge, failure.source)

    def _behind(self, shared: int, changes: int) -> int:
        """The number of shared values behind a step."""
        key = shared << _CHANGES | changes
        found = self.behind.get(key)
        if found is None:
            after = list(self.shareds[shared])
            for cell, value in self.changes[changes]:
                after[cell] = value
            found = self.behind[key] = self.shareds.number(tuple(after))
        return found

    def _reach(self, key: int, box: int, parent: int, edge: int) -> None:
        control = self.controls.number(key)
        if control == len(self.boxes):
            self.boxes.append(box)
            self.parents.append((parent, edge))
            self.taken.append(0)
            self.waiting.append(False)
            self._judge(control)
        else:
            before = self.boxes[control]
            joined = self.transfers.joined(before, box)
            if joined == before:
                return
            self.boxes[control] = joined
        if not self.waiting[control]:
            self.waiting[control] = True
            heappush(self.queue, control)

    def _judge(self, control: int) -> None:
        """What must hold in every state; what depends on the final box waits until there is one."""
        shared, numbers = self._parts(control)
        values, codes = self.shareds[shared], self.transfers.numbers[numbers]
        for at, (invariant, question) in enumerate(self.invariants):
            verdict = question.judge(values, codes, None)
            if verdict is Verdict.UNKNOWN:
                self.doubtful.append((control, at))
            elif verdict is Verdict.FALSE:
                self._suspect(invariant.name, invariant.message, control, None, None)
        for cover, question in self.covers:
            if cover.name not in self.covered and question.judge(values, codes, None) is not Verdict.FALSE:
                self.covered.add(cover.name)

    def _settle(self) -> None:
        for control, at in self.doubtful:
            invariant, question = self.invariants[at]
            if invariant.name not in self.suspicions:
                shared, numbers, box = self._described(control)
                if question.judge(shared, numbers, box) is not Verdict.TRUE:
                    self._suspect(invariant.name, invariant.message, control, None, None)

    def _described(self, control: int) -> ControlState:
        shared, numbers = self._parts(control)
        box = self.transfers.boxes[self.boxes[control]]
        return ControlState(self.shareds[shared], self.transfers.numbers[numbers], box)

    def _suspect(
        self, name: str, message: str, control: int | None, edge: int | None, source: Source | None
    ) -> None:
        if name not in self.suspicions:
            run = [] if edge is None else [edge]
            while control is not None and self.parents[control][0] != NONE:
                control, before = self.parents[control]
                run.append(before)
            edges = tuple(self.counted.system.edges[e] for e in reversed(run))
            self.suspicions[name] = Suspicion(name, message, edges, source)

    def _kept(self) -> Reached:
        return Reached(
            self.quantities,
            tuple(self.row_values),
            tuple(self.weights.of),
            tuple(map(self._described, range(len(self.boxes)))),
        )

    def _equalities(self) -> Iterator[tuple[Quantity, tuple[tuple[Row, int], ...], frozenset[int]]]:
        """For each counter that was split: the weights of rows, and the values of the rest."""
        found = {self._parts(control)[0] for control in range(len(self.boxes))}
        for at in self.linked:
            quantity = self.quantities[at]
            weights = tuple(
                (values, self.weights.of[row][at])
                for row, values in enumerate(self.row_values)
                if self.weights.of[row][at]
            )
            yield quantity, weights, frozenset(self.shareds[shared][quantity.cell] for shared in found)
