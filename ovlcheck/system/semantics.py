"""The meaning of a transition system: initial states, enabled actions and what they do.

Engines, exporters and traces take it from here, or are tested against it.  An action runs the operations of
its edge in order on a copy of the state.  An action of a process is there only where the process stands at
the edge's ``origin``, and moves it to ``target`` after the last operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product

from ovlcheck.system.action import Action, State
from ovlcheck.system.evaluation import Fault, compile_expression
from ovlcheck.system.expr import Expr
from ovlcheck.system.step import CountOverflow, Failure, Outcome, Step, compile_operations, ends_path
from ovlcheck.system.transition_system import Assume, Edge, Op, Parameter, TransitionSystem
from ovlcheck.system.types import Count

__all__ = ["CountOverflow", "Failure", "Fault", "Outcome", "Semantics"]


class Semantics:
    """The actions of ``system`` and what they do.

    An edge or an expression that does not belong to the system raises ``ValueError`` when it is first used.
    """

    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        self.actions: tuple[Action, ...] = tuple(
            Action(number, arguments)
            for number, edge in enumerate(system.edges)
            for arguments in _arguments(edge.parameters)
        )
        self.instances: tuple[tuple[str, int], ...] = tuple(
            (process.name, i) for process in system.processes for i in range(process.instances)
        )
        self._number = {action: number for number, action in enumerate(self.actions)}
        self._steps: list[Step | None] = [None] * len(self.actions)
        self._pcs: dict[tuple[str, int], int] = {
            (process.name, i): system.offset[process.pc] + i
            for process in system.processes
            if process.pc is not None
            for i in range(process.instances)
        }
        self._pc_cells = tuple(self._pcs.values())
        self._anywhere: list[int] = []
        self._at: dict[tuple[int, int], list[int]] = {}
        for number, action in enumerate(self.actions):
            edge = system.edges[action.edge]
            cell = self._pc_cell(edge, action.arguments)
            numbers = self._anywhere if cell is None else self._at.setdefault((cell, edge.origin), [])
            numbers.append(number)
        self._candidates: dict[tuple[int, ...], tuple[Step, ...]] = {}

    def initial_states(self) -> tuple[State, ...]:
        """The distinct initial states, in the order of the families and of their parameters.

        Raises ``CountOverflow``.
        """
        states = (outcome.state for outcome in self.initial_outcomes())
        return tuple(dict.fromkeys(state for state in states if state is not None))

    def initial_outcomes(self) -> Iterator[Outcome]:
        """What each family of initial states does, for each value of its parameters.

        ``action.edge`` is then the number of the family.  Raises ``CountOverflow``.
        """
        for variable in self.system.variables:
            if isinstance(variable.type, Count) and variable.default > variable.type.hi:
                raise CountOverflow(variable.name)
        defaults = tuple(v.default for v in self.system.variables for _ in range(v.cells))
        for number, family in enumerate(self.system.initial):
            for arguments in _arguments(family.parameters):
                bindings = _bindings(family.parameters, arguments)
                operations = compile_operations(self.system, family.ops, bindings, None)
                outcome = Step(Action(number, arguments), operations).run(defaults)
                if outcome is not None:
                    yield outcome

    def successors(self, state: State) -> Iterator[Outcome]:
        """The outcomes of all actions enabled in ``state``, by edge, then by arguments.

        Raises ``CountOverflow``.
        """
        for step in self._steps_at(state):
            outcome = step.run(state)
            if outcome is not None:
                yield outcome

    def enabled(self, state: State) -> Iterator[Action]:
        """The actions enabled in ``state``, in the order of ``successors``.  Raises ``CountOverflow``."""
        return (outcome.action for outcome in self.successors(state))

    def fire(self, state: State, action: Action) -> Outcome | None:
        """What ``action`` does in ``state``, or None where it is not enabled.

        Raises ``CountOverflow``, and ``KeyError`` if the system has no such action.
        """
        return self._step(self._number[action]).run(state)

    def compile(self, expr: Expr, bindings: Mapping[str, int] | None = None) -> Callable[[State], int]:
        """``expr`` as a function of the state that raises ``Fault``: for what is evaluated in many states."""
        code = compile_expression(self.system, expr, bindings or {})
        return lambda state: code(state, {})

    def evaluate(self, expr: Expr, state: State, bindings: Mapping[str, int] | None = None) -> int:
        """The value of ``expr`` in ``state``, with ``bindings`` for its parameters and temporaries.

        Raises ``Fault``.
        """
        return compile_expression(self.system, expr, bindings or {})(state, {})

    def location(self, state: State, process: str, instance: int) -> int:
        """Where the instance stands: a number in ``Process.locations``."""
        cell = self._pcs.get((process, instance))
        return 0 if cell is None else state[cell]

    def at_rest(self, state: State, process: str, instance: int) -> bool:
        """Whether the instance is idle, finished, or a daemon waiting for work."""
        locations = self.system.process[process].locations
        return not locations or locations[self.location(state, process, instance)].rest

    def instance(self, action: Action) -> tuple[str, int] | None:
        """The process instance that takes ``action``; None for a rule."""
        edge = self.system.edges[action.edge]
        return _instance(edge, action.arguments)

    def actions_at(self, process: str, instance: int, location: int) -> Iterator[Action]:
        """The actions, enabled or not, by which the instance can leave ``location``."""
        for action in self.actions:
            edge = self.system.edges[action.edge]
            stands = self.system.process[process].pc is None or edge.origin == location
            if stands and _instance(edge, action.arguments) == (process, instance):
                yield action

    def walk(self, state: State, action: Action) -> Iterator[tuple[Op, State, dict[str, int]]]:
        """The operations that ``action`` comes to in ``state``, whose process stands at the edge's origin.

        Each with the state and the values of parameters and temporaries that it meets.  The last one is where
        the path ends: at its end, half way, or blocked.  Raises ``CountOverflow``.
        """
        edge = self.system.edges[action.edge]
        bindings = _bindings(edge.parameters, action.arguments)
        s, t = list(state), dict[str, int]()
        for op in edge.ops:
            yield op, tuple(s), bindings | t
            for operation, _ in compile_operations(self.system, (op,), bindings, edge.source):
                try:
                    if ends_path(operation(s, t)):
                        return
                except Fault:
                    return

    def blocker(self, state: State, action: Action) -> tuple[Expr, State, dict[str, int]] | None:
        """The condition that keeps ``action`` from being enabled, with the state and values it is false in.

        None if the action is enabled or its process stands elsewhere.
        """
        edge = self.system.edges[action.edge]
        cell = self._pc_cell(edge, action.arguments)
        if (cell is not None and state[cell] != edge.origin) or self.fire(state, action) is not None:
            return None
        *_, (op, reached, values) = self.walk(state, action)
        if not isinstance(op, Assume):
            raise AssertionError("an action that is not enabled ends at a condition that is false")
        return op.condition, reached, values

    def _steps_at(self, state: State) -> tuple[Step, ...]:
        """Every action whose process, if it has one, stands where the action starts."""
        positions = tuple([state[cell] for cell in self._pc_cells])
        steps = self._candidates.get(positions)
        if steps is None:
            numbers = list(self._anywhere)
            for cell, location in zip(self._pc_cells, positions, strict=True):
                numbers += self._at.get((cell, location), ())
            steps = self._candidates[positions] = tuple(self._step(number) for number in sorted(numbers))
        return steps

    def _step(self, number: int) -> Step:
        step = self._steps[number]
        if step is None:
            action = self.actions[number]
            edge = self.system.edges[action.edge]
            bindings = _bindings(edge.parameters, action.arguments)
            operations = compile_operations(self.system, edge.ops, bindings, edge.source)
            cell = self._pc_cell(edge, action.arguments)
            step = self._steps[number] = Step(action, operations, cell, edge.origin, edge.target)
        return step

    def _pc_cell(self, edge: Edge, arguments: tuple[int, ...]) -> int | None:
        """The cell with the position of the instance that acts; None if there is nothing to keep."""
        actor = _instance(edge, arguments)
        return None if actor is None else self._pcs.get(actor)


def _instance(edge: Edge, arguments: tuple[int, ...]) -> tuple[str, int] | None:
    """An edge of a process without the parameter ``self`` belongs to its only instance."""
    if edge.process is None:
        return None
    return edge.process, _bindings(edge.parameters, arguments).get("self", 0)


def _arguments(parameters: tuple[Parameter, ...]) -> Iterator[tuple[int, ...]]:
    return product(*(range(p.size) for p in parameters))


def _bindings(parameters: tuple[Parameter, ...], arguments: tuple[int, ...]) -> dict[str, int]:
    return {p.name: value for p, value in zip(parameters, arguments, strict=True)}
