"""The operations of one step, compiled, and what running them in a state comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ovlcheck.system.action import Action, State
from ovlcheck.system.evaluation import (
    REFCOUNT_BELOW_ZERO,
    VALUE_OUT_OF_RANGE,
    Code,
    Fault,
    Temps,
    compile_address,
    compile_expression,
)
from ovlcheck.system.expr import show
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Event,
    Let,
    Op,
    Source,
    TransitionSystem,
)
from ovlcheck.system.types import Count


@dataclass(frozen=True)
class Failure:
    """A violation of ``name`` in a step; a ``fatal`` one ends the step without a successor."""

    name: str
    message: str
    fatal: bool = True
    source: Source | None = None


class Outcome(NamedTuple):
    """What an enabled action does: the next state (None after a fatal failure), its failures in order, and
    the names of the covers it met.  ``partial`` is the state in which a fatal failure ended the step.

    An action whose outcome is fatal is enabled all the same: the state it starts from is not terminal.
    """

    action: Action
    state: State | None
    faults: tuple[Failure, ...] = ()
    covered: tuple[str, ...] = ()
    partial: State | None = None


class CountOverflow(Exception):
    """``action`` would store more in the ``Count`` named ``variable`` than its width holds.

    ``action`` is None where a default is too large already.
    """

    def __init__(self, variable: str) -> None:
        super().__init__(variable)
        self.variable = variable
        self.action: Action | None = None


class Blocked:
    """The answer of an ``Assume`` that does not hold: there is no such action."""


_BLOCKED = Blocked()

# An operation changes the state or the temporaries and answers None (go on), a failure, the name of a cover
# that was met, or that the path is blocked.
Operation = Callable[[Any, Temps], Failure | str | Blocked | None]


def ends_path(answer: Failure | str | Blocked | None) -> bool:
    """Whether nothing of the step comes after the operation that answers so."""
    return answer is _BLOCKED or (isinstance(answer, Failure) and answer.fatal)


class Step:
    """One action, compiled: ``operations`` with their places, and where its process goes from and to.

    ``cell`` holds the position of the process; None for a rule and for a process that has a single location.
    """

    __slots__ = ("action", "cell", "operations", "origin", "target")

    def __init__(
        self,
        action: Action,
        operations: tuple[tuple[Operation, Source | None], ...],
        cell: int | None = None,
        origin: int = 0,
        target: int = 0,
    ) -> None:
        self.action = action
        self.operations = operations
        self.cell = cell
        self.origin = origin
        self.target = target

    def run(self, state: State) -> Outcome | None:
        """What the action does in ``state``; None where it is not enabled.  Raises ``CountOverflow``."""
        if self.cell is not None and state[self.cell] != self.origin:
            return None
        s, t = list(state), dict[str, int]()
        failures: tuple[Failure, ...] = ()
        covered: tuple[str, ...] = ()
        place: Source | None = None
        try:
            for operation, place in self.operations:  # noqa: B007 - the handler below reads it
                answer = operation(s, t)
                if answer is None:
                    continue
                if answer is _BLOCKED:
                    return None
                if isinstance(answer, str):
                    covered += (answer,)
                elif isinstance(answer, Failure):
                    failures += (answer,)
                    if answer.fatal:
                        return Outcome(self.action, None, failures, covered, tuple(s))
        except Fault as fault:
            failures += (Failure(fault.kind, fault.message, source=place),)
            return Outcome(self.action, None, failures, covered, tuple(s))
        except CountOverflow as overflow:
            overflow.action = self.action
            raise
        if self.cell is not None:
            s[self.cell] = self.target
        return Outcome(self.action, tuple(s), failures, covered)


def compile_operations(
    system: TransitionSystem, ops: tuple[Op, ...], bindings: Mapping[str, int], source: Source | None
) -> tuple[tuple[Operation, Source | None], ...]:
    """``ops`` under the parameters ``bindings``, each with its place: ``source`` for those without one.

    Events do nothing and are left out.
    """
    compiled: list[tuple[Operation, Source | None]] = []
    for op in ops:
        place = op.source if isinstance(op, (Assign, Check)) else None
        if not isinstance(op, Event):
            compiled.append((_compile(system, op, bindings, place or source), place or source))
    return tuple(compiled)


def _compile(
    system: TransitionSystem,
    op: Let | Assume | Assign | Check | Cover,
    bindings: Mapping[str, int],
    source: Source | None,
) -> Operation:
    match op:
        case Let(temp, value):
            return _let(temp, compile_expression(system, value, bindings))
        case Assume(condition):
            code = compile_expression(system, condition, bindings)
            return lambda s, t: None if code(s, t) else _BLOCKED
        case Assign():
            return _assign(system, op, bindings)
        case Check(condition, name, message, fatal):
            code = compile_expression(system, condition, bindings)
            failure = Failure(name, message, fatal, source)
            return lambda s, t: None if code(s, t) else failure
        case Cover(name, condition):
            code = compile_expression(system, condition, bindings)
            return lambda s, t: name if code(s, t) else None
    raise ValueError(f"not an operation: {op!r}")


def _let(temp: str, code: Code) -> Operation:
    def run(s: Any, t: Temps) -> None:
        t[temp] = code(s, t)

    return run


def _assign(system: TransitionSystem, op: Assign, bindings: Mapping[str, int]) -> Operation:
    """Evaluates the value, then the place, then looks whether the value fits."""
    code = compile_expression(system, op.value, bindings)
    address = compile_address(system, op.variable, op.index, bindings)
    type_ = system.variable[op.variable].type
    lo, hi = type_.lo, type_.hi

    def refuse(value: int) -> None:
        place = op.variable + "".join(f"[{show(i)}]" for i in op.index)
        if not isinstance(type_, Count):
            raise Fault(VALUE_OUT_OF_RANGE, f"{place} would become {value}, which is not in {type_}")
        if value < 0:
            raise Fault(REFCOUNT_BELOW_ZERO, f"{place} would become {value}")
        raise CountOverflow(op.variable)

    if isinstance(address, int):

        def store(s: Any, t: Temps) -> None:
            value = code(s, t)
            if not lo <= value <= hi:
                refuse(value)
            s[address] = value

        return store

    def store_at(s: Any, t: Temps) -> None:
        value = code(s, t)
        cell = address(s, t)
        if not lo <= value <= hi:
            refuse(value)
        s[cell] = value

    return store_at
