"""The steps of a system as guarded commands, and what may be asserted of it: what all exporters write out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import product

from ovlcheck.errors import did_you_mean
from ovlcheck.export.path import COUNTER_OVERFLOW, Path, condition_of, path_of
from ovlcheck.export.problems import NotExportable
from ovlcheck.system.action import Action, State
from ovlcheck.system.describe import format_action, format_source
from ovlcheck.system.expr import TRUE, And, Binary, Const, Expr, Load, Param
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import Assign, Assume, Check, Edge, Op, Parameter, TransitionSystem

DEADLOCK = "deadlock"


@dataclass(frozen=True)
class Command:
    """An action, or with ``arguments`` None all actions of its edge, with ``parameters`` left open."""

    edge: Edge
    arguments: tuple[int, ...] | None
    parameters: tuple[Parameter, ...]
    path: Path
    title: str

    @property
    def instance(self) -> int:
        """The process instance that acts, where the parameters are bound."""
        assert self.arguments is not None
        values = dict(zip((p.name for p in self.edge.parameters), self.arguments, strict=True))
        return values.get("self", 0)


def commands(
    system: TransitionSystem, *, bind: bool, positions: bool = True, mirrored: Collection[str] = ()
) -> Iterator[Command]:
    """The commands of ``system`` in the order of its edges.

    ``bind``: one for each value of the parameters; else those stay open that have several.  ``positions``: they look
    at the position of their process and change it; else the target language keeps it, and only those variables
    change that are ``mirrored``.
    """
    for number, edge in enumerate(system.edges):
        at, move = _position(system, edge)
        if not positions:
            at = ()
            move = tuple(op for op in move if op.variable in mirrored)
        ops = (*at, *edge.ops, *move)
        if bind:
            for arguments in product(*(range(p.size) for p in edge.parameters)):
                bindings = {p.name: v for p, v in zip(edge.parameters, arguments, strict=True)}
                path = path_of(system, ops, (), bindings)
                yield Command(edge, arguments, (), path, format_action(system, Action(number, arguments)))
        else:
            over = ", ".join(p.name for p in edge.parameters)
            title = f"{edge.name}({over})" if over else edge.name
            parameters = tuple(p for p in edge.parameters if p.size != 1)
            bindings = {p.name: 0 for p in edge.parameters if p.size == 1}
            path = path_of(system, ops, parameters, bindings)
            yield Command(edge, None, parameters, path, f"{title} at {format_source(edge.source)}")


def _position(system: TransitionSystem, edge: Edge) -> tuple[tuple[Op, ...], tuple[Assign, ...]]:
    """Where the process of ``edge`` must stand, and its move."""
    pc = None if edge.process is None else system.process[edge.process].pc
    if pc is None:
        return (), ()
    me: Expr = Param("self") if any(p.name == "self" for p in edge.parameters) else Const(0)
    index = (me,) if system.variable[pc].shape else ()
    at = Assume(Binary("==", Load(pc, index), Const(edge.origin)))
    return (at,), (Assign(pc, index, Const(edge.target)),) if edge.target != edge.origin else ()


def rests(system: TransitionSystem) -> Expr:
    """The condition under which every process instance is idle, finished, or a daemon waiting for work."""
    conditions: list[Expr] = []
    for process in system.processes:
        if process.pc is None:
            conditions.append(Const(int(all(at.rest for at in process.locations[:1]))))
            continue
        for i in range(process.instances):
            here = Load(process.pc, (Const(i),) if system.variable[process.pc].shape else ())
            conditions += [
                Binary("!=", here, Const(k)) for k, at in enumerate(process.locations) if not at.rest
            ]
    return condition_of(system, And(tuple(conditions))) if conditions else TRUE


@dataclass(frozen=True)
class Asserted:
    """What the exported text is to report: the names of properties and checks.

    ``counter overflow`` is always among them: where it is reported, the export says nothing about the model.
    """

    names: frozenset[str]

    @property
    def deadlock(self) -> bool:
        return DEADLOCK in self.names

    @property
    def listed(self) -> list[str]:
        return sorted(self.names - {COUNTER_OVERFLOW})


def asserted(system: TransitionSystem, names: Collection[str]) -> Asserted:
    """What ``names``, of properties or of checks made unasked, stand for.  Raises ``NotExportable``."""
    from ovlcheck.system import evaluation as kinds

    aliases = {info.name: info.check or info.name for info in system.properties}
    known = {*aliases, *aliases.values(), DEADLOCK, *(i.name for i in system.invariants)}
    known |= {op.name for edge in system.edges for op in edge.ops if isinstance(op, Check)}
    known |= {
        kinds.NULL_DEREFERENCE, kinds.USE_AFTER_FREE, kinds.INDEX_OUT_OF_RANGE, kinds.DIVISION_BY_ZERO,
        kinds.VALUE_OUT_OF_RANGE, kinds.REFCOUNT_BELOW_ZERO,
    }  # fmt: skip
    for name in names:
        if name == "no_deadlock":
            raise NotExportable(
                "no_deadlock asks from every state whether a process can ever move again, which no assertion can say",
                "assert deadlock, which is about states where nothing can move",
            )
        if name not in known:
            raise NotExportable(
                f"there is no property or check {name!r} here{did_you_mean(name, known)}",
                f"there are: {', '.join(sorted(known))}",
            )
    return Asserted(frozenset({aliases.get(name, name) for name in names} | {COUNTER_OVERFLOW}))


@dataclass(frozen=True)
class Start:
    """The initial states, and the names that starting violates."""

    states: tuple[State, ...]
    violated: frozenset[str]


def start_of(system: TransitionSystem) -> Start:
    """Raises ``NotExportable`` if there is no initial state, or a counter is too narrow for one."""
    semantics = Semantics(system)
    try:
        outcomes = list(semantics.initial_outcomes())
    except CountOverflow as overflow:
        raise NotExportable(f"{overflow.variable} is too narrow for its initial value") from overflow
    states = dict.fromkeys(o.state for o in outcomes if o.state is not None)
    if not states:
        raise NotExportable("the system has no initial state")
    return Start(tuple(states), frozenset(f.name for o in outcomes for f in o.faults))


def invariant_conditions(system: TransitionSystem, what: Asserted) -> Iterator[tuple[str, Expr]]:
    """The invariants that are asserted: a state in which one cannot be evaluated breaks it."""
    for invariant in system.invariants:
        if invariant.name in what.names:
            yield invariant.name, condition_of(system, invariant.condition)


def with_counters(system: TransitionSystem, width: int) -> TransitionSystem:
    """``system`` with every counter of ``width`` bits: wide enough to be left alone, and no state more."""
    from ovlcheck.system.types import Count

    return replace(
        system,
        variables=tuple(
            replace(v, type=Count(max(width, v.type.width))) if isinstance(v.type, Count) else v
            for v in system.variables
        ),
    )
