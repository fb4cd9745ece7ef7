"""A transition system as formulas of Z3: its states, its initial states, its steps and what violates what.

Every action is a ``SymbolicStep`` whose formulas speak of the state before it; counters are integers without an upper
bound, so nothing overflows.  Everything else means what ``system/semantics.py`` says, and is tested against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import z3

from ovlcheck.symbolic.cells import Cell, Encoding, assignment, cells, decode, is_state
from ovlcheck.symbolic.expressions import Run
from ovlcheck.symbolic.terms import Condition, all_of, any_of, conj, disj, formula, neg
from ovlcheck.symbolic.values import Value, constant, is_value, truth
from ovlcheck.system.action import Action, State
from ovlcheck.system.semantics import Fault, Semantics
from ovlcheck.system.transition_system import Edge, Invariant, Process, TransitionSystem


@dataclass(frozen=True)
class SymbolicStep:
    """One action; all formulas are about the constants of the state before it.

    ``guard``: it can be taken and has a next state, in which the constants named by ``updates`` have those values and
    all others are as they were.  ``enabled``: it can be taken, though a fault or a fatal check may end it half way.
    ``failures`` are the conditions under which it violates something, by name, ``covers`` those under which it meets a
    cover.
    """

    action: Action
    edge: Edge
    guard: z3.BoolRef
    enabled: z3.BoolRef
    updates: Mapping[str, z3.ExprRef]
    failures: Mapping[str, z3.BoolRef]
    covers: Mapping[str, z3.BoolRef]

    @property
    def arguments(self) -> tuple[int, ...]:
        return self.action.arguments

    @property
    def instance(self) -> tuple[str, int] | None:
        """The process and the instance that take it; None for a rule."""
        if self.edge.process is None:
            return None
        names = [p.name for p in self.edge.parameters]
        return self.edge.process, self.arguments[names.index("self")] if "self" in names else 0


class Formulas:
    """States and steps of ``system`` over constants of Z3.

    ``before`` and ``after`` are the cells of the state before and after a step; ``pre`` and ``post`` their constants,
    in the same order.  ``bad`` has for each violation, those that nobody asked for included, the states in which it
    shows or from which a step leads to it at once.
    """

    system: TransitionSystem
    before: tuple[Cell, ...]
    after: tuple[Cell, ...]
    initial: z3.BoolRef
    types: z3.BoolRef
    steps: tuple[SymbolicStep, ...]
    _values: tuple[Value, ...]
    """Of every cell of ``system``, in the state before."""

    @cached_property
    def pre(self) -> tuple[z3.ExprRef, ...]:
        return tuple(c for cell in self.before for c in cell.constants)

    @cached_property
    def post(self) -> tuple[z3.ExprRef, ...]:
        return tuple(c for cell in self.after for c in cell.constants)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {c.decl().name(): i for i, c in enumerate(self.pre)}

    @cached_property
    def bad(self) -> dict[str, z3.BoolRef]:
        found: dict[str, list[Condition]] = {}
        for step in self.steps:
            for name, condition in step.failures.items():
                found.setdefault(name, []).append(condition)
        for invariant in self.system.invariants:
            found.setdefault(invariant.name, []).append(self._broken(invariant))
        return {name: any_of(conditions) for name, conditions in found.items()}

    @cached_property
    def transition(self) -> z3.BoolRef:
        """Some step leads from the state before to the state after.

        What no step of an instance changes is said once for all of them: most of the text would be that.
        """
        groups: dict[tuple[str, int] | None, list[SymbolicStep]] = {}
        for step in self.steps:
            groups.setdefault(step.instance, []).append(step)
        return any_of(self._some_of(steps) for steps in groups.values())

    def _some_of(self, steps: Sequence[SymbolicStep]) -> z3.BoolRef:
        changed = {name for step in steps for name in step.updates}
        kept: list[Condition] = []
        mine: list[tuple[z3.ExprRef, z3.ExprRef]] = []
        for old, new in zip(self.pre, self.post, strict=True):
            if old.decl().name() in changed:
                mine.append((old, new))
            else:
                kept.append(new == old)
        some = any_of(
            z3.And(step.guard, *(new == self.updated(step, old) for old, new in mine)) for step in steps
        )
        return all_of([*kept, some])

    def updated(self, step: SymbolicStep, pre: z3.ExprRef) -> z3.ExprRef:
        """What becomes of the constant ``pre`` in ``step``, in terms of the state before."""
        return step.updates.get(pre.decl().name(), pre)

    def next(self, step: SymbolicStep, about: z3.ExprRef) -> z3.ExprRef:
        """``about``, said of the state behind ``step``, in terms of the state before."""
        changed = [(self.pre[self._numbers[name]], value) for name, value in step.updates.items()]
        return z3.substitute(about, *changed) if changed else about

    def primed(self, about: z3.ExprRef) -> z3.ExprRef:
        """``about``, said of the state after instead of the state before."""
        return z3.substitute(about, *zip(self.pre, self.post, strict=True)) if self.pre else about

    def encode(self, state: State) -> z3.BoolRef:
        """The formula that only ``state`` fulfils, as the state before."""
        return is_state(self.before, state)

    def literals(self, state: State) -> tuple[tuple[z3.ExprRef, z3.ExprRef], ...]:
        """Each constant of the state before with its value in ``state``."""
        return tuple(assignment(self.before, state))

    def decode(self, model: z3.ModelRef) -> State:
        """The state before, in ``model``."""
        return decode(self.before, model)

    def decode_after(self, model: z3.ModelRef) -> State:
        """The state after, in ``model``."""
        return decode(self.after, model)

    def _changes(self, values: Sequence[Value], cells_: Iterable[Cell]) -> dict[str, z3.ExprRef]:
        """The constants of ``cells_`` that are others where they have ``values``, with what they become."""
        return {
            old.decl().name(): new
            for cell, value in zip(cells_, values, strict=True)
            if value is not cell.value
            for old, new in zip(cell.constants, cell.write(value), strict=True)
            if not old.eq(new)
        }

    def _broken(self, invariant: Invariant) -> Condition:
        """The states in which ``invariant`` is false, or has no value."""
        run = Run(self.system, list(self._values), {})
        holds = truth(run.evaluate(invariant.condition))
        return neg(conj(run.going, holds))


class SymbolicSystem(Formulas):
    """``system`` for Z3.

    ``initially_bad`` are the violations that making the initial states commits, with a message and the state in which
    it does.
    """

    def __init__(self, system: TransitionSystem, encoding: Encoding) -> None:
        self.system = system
        self.encoding = encoding
        self.semantics = Semantics(system.with_width())
        self.before = cells(system, encoding)
        self.after = cells(system, encoding, "'")
        outcomes = list(self.semantics.initial_outcomes())
        self.initial_states: tuple[State, ...] = tuple(
            dict.fromkeys(outcome.state for outcome in outcomes if outcome.state is not None)
        )
        self.initially_bad: dict[str, tuple[str, State]] = {
            f.name: (f.message, o.state or o.partial or ()) for o in reversed(outcomes) for f in o.faults
        }
        self.initial = any_of(is_state(self.before, state) for state in self.initial_states)
        self.types = all_of(cell.typed for cell in self.before)
        self._values = tuple(cell.value for cell in self.before)
        self.steps = tuple(self._steps())

    @cached_property
    def deadlock(self) -> z3.BoolRef:
        """States in which no action is enabled and not everybody is at rest."""
        stuck = any_of(
            neg(self._at_rest(process, i))
            for process in self.system.processes
            for i in range(process.instances)
        )
        return all_of([stuck, *(neg(step.enabled) for step in self.steps)])

    def holds(self, invariant: Invariant, state: State) -> bool:
        """Whether ``invariant`` is true in ``state``; where it has no value, it is not."""
        try:
            return bool(self.semantics.evaluate(invariant.condition, state))
        except Fault:
            return False

    def value(self, variable: str, *index: int) -> Value:
        """The symbolic value of a cell in the state before."""
        return self._values[self.system.cell(variable, index)]

    def _steps(self) -> Iterable[SymbolicStep]:
        for number, edge in enumerate(self.system.edges):
            for arguments in product(*(range(p.size) for p in edge.parameters)):
                step = self._step(edge, Action(number, arguments))
                if step is not None:
                    yield step

    def _step(self, edge: Edge, action: Action) -> SymbolicStep | None:
        """The action as formulas; None for one that can never be taken."""
        bindings = {p.name: v for p, v in zip(edge.parameters, action.arguments, strict=True)}
        run = Run(self.system, list(self._values), bindings)
        pc = self._pc_cell(edge, bindings)
        if pc is not None:
            run.going = is_value(run.values[pc], edge.origin)
        for op in edge.ops:
            run.do(op)
        if run.enabled is False:
            return None
        if pc is not None:
            run.values[pc] = constant(edge.target)
        updates = self._changes(run.values, self.before)
        failures = {name: formula(condition) for name, condition in run.violations().items()}
        covers = {name: formula(condition) for name, condition in run.covers().items()}
        return SymbolicStep(action, edge, formula(run.going), formula(run.enabled), updates, failures, covers)

    def _pc_cell(self, edge: Edge, bindings: Mapping[str, int]) -> int | None:
        process = None if edge.process is None else self.system.process[edge.process]
        return None if process is None else self._position(process, bindings.get("self", 0))

    def _position(self, process: Process, instance: int) -> int | None:
        """The cell with the instance's position."""
        return None if process.pc is None else self.system.offset[process.pc] + instance

    def _at_rest(self, process: Process, instance: int) -> Condition:
        if not process.locations:
            return True
        cell = self._position(process, instance)
        if cell is None:
            return process.locations[0].rest
        places = (i for i, location in enumerate(process.locations) if location.rest)
        return disj(*(is_value(self._values[cell], i) for i in places))


def translate(system: TransitionSystem, encoding: Encoding = Encoding.BINARY) -> SymbolicSystem:
    """``system`` for Z3, with small ranges told as ``encoding`` says.

    Raises ``ValueError`` for an edge or an expression that does not belong to the system.
    """
    return SymbolicSystem(system, encoding)
