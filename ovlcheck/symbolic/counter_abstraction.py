"""Any number of processes: instances that cannot be told apart are counted, not named.

Where no step can tell the instances of a process apart (``system.symmetry``), a state is, up to renaming them, what is
shared plus a *bag*: how many instances there are of each *row*, a position together with values of locals and locks
held (S. M. German, A. P. Sistla, Reasoning about systems with many processes, 1992; A. Pnueli, J. Xu, L. Zuck,
Liveness with (0, 1, infinity)-counter abstraction, 2002).  ``counted`` rewrites a transition system so that it says
what one instance does beside a bag of others: each counted process has a single instance, the one that acts, and what
a step asks of all instances ("nobody holds the lock", "no local refers to the slot") becomes a question about the
acting one and about an unbounded counter of the others.

The rewriting is exact: a step of the original with any number of instances is one of the rewritten system, with the
counters that the bag gives, and the other way round.  That it is the same for every number of instances is looked at,
not believed: ``for_any_number`` rewrites the systems of two, three and four instances and refuses to go on where they
differ by more than numbers that grow with the number of instances, as ``2 * writers`` does; these become expressions
over that number.  What over-approximates is only the search over bags (``symbolic_search``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from ovlcheck.system import symmetry
from ovlcheck.system.expr import (
    And,
    Binary,
    Const,
    Expr,
    Load,
    Not,
    Or,
    Param,
    Temp,
    rebuild,
    walk,
)
from ovlcheck.system.transition_system import (
    Assign,
    Edge,
    Event,
    Op,
    Parameter,
    TransitionSystem,
    Variable,
    expressions,
    map_expressions,
)
from ovlcheck.system.types import Count

_SELF = Param("self")
_CELL = Temp("?")
"""Stands for the cell of an instance in a test of it."""

Row = tuple[int, tuple[int, ...]]
"""The number of a counted process, and the values of its own variables, its position first."""

LEAST = 2
"""Instances in the system that is rewritten: one instance more shows what depends on their number."""


class NotCountable(Exception):
    """Instances of a process cannot be counted; the message says which and why."""


@dataclass(frozen=True)
class Test:
    """What is asked of an instance of ``process``: ``condition`` over ``Temp("?")``, a cell of ``variable``."""

    process: str
    variable: str
    condition: Expr


@dataclass(frozen=True)
class Others:
    """A counter of the rewritten system: of how many instances, besides the acting one, some test is true.

    An array over the axes that ``variable`` of the tests has behind the instance.
    """

    name: str
    shape: tuple[int, ...]
    tests: tuple[Test, ...]


@dataclass(frozen=True)
class Counted:
    """``system`` says what one instance of each of ``processes`` does beside any number of others.

    Its variables of these processes have one row, that of the acting instance; it is meaningless in steps of anybody
    else.  ``others`` are its counters of other instances; ``numbers`` names, for each constant of the model that says
    how many instances there are and that some step or property reads, the variable with that number; ``sizes`` has
    the processes of each such constant, read or not.
    """

    system: TransitionSystem
    processes: tuple[str, ...]
    others: tuple[Others, ...]
    numbers: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def own(self, process: str) -> tuple[Variable, ...]:
        """The variables of the row of ``process``, its position first."""
        return own_variables(self.system, process)


def own_variables(system: TransitionSystem, process: str) -> tuple[Variable, ...]:
    """The variables with one row of cells for each instance of ``process``, its position first."""
    instances = system.process[process].instances
    found = [
        v
        for v in system.variables
        if v.process == process and v.kind in ("pc", "local", "held") and v.shape[:1] == (instances,)
    ]
    return tuple(sorted(found, key=lambda v: v.kind != "pc"))


def counted(system: TransitionSystem, processes: Sequence[str]) -> Counted:
    """``system`` with the instances of ``processes``, two to four of each, counted.

    Raises ``NotCountable`` where instances can be told apart, or where something is asked of them that is not the same
    test of each.
    """
    for name in processes:
        if name not in system.process:
            raise NotCountable(f"there is no process {name}")
        if not symmetry.interchangeable(system, system.process[name]):
            raise NotCountable(f"instances of {name} can be told apart")
    rewriting = _Rewriting(system, tuple(processes))
    edges = tuple(rewriting.edge(e) for e in system.edges)
    initial = tuple(
        replace(i, ops=tuple(map_expressions(op, rewriting.of(None)) for op in i.ops)) for i in system.initial
    )
    if any(isinstance(op, Assign) and op.variable in rewriting.own for i in initial for op in i.ops):
        raise NotCountable("instances do not all start alike")
    everybody = rewriting.of(None)
    invariants = tuple(replace(i, condition=everybody(i.condition)) for i in system.invariants)
    covers = tuple(replace(c, condition=everybody(c.condition)) for c in system.covers)
    variables = tuple(
        replace(v, shape=(1, *v.shape[1:])) if v.name in rewriting.own else v for v in system.variables
    )
    counters = tuple(Variable(o.name, Count(1), o.shape) for o in rewriting.others.values())
    return Counted(
        replace(
            system,
            variables=(*variables, *counters),
            processes=tuple(
                replace(p, instances=1) if p.name in rewriting.processes else p for p in system.processes
            ),
            edges=edges,
            initial=initial,
            invariants=invariants,
            covers=covers,
            requirements=(),
        ),
        tuple(processes),
        tuple(rewriting.others.values()),
    )


class _Rewriting:
    """Replaces what is asked of all instances by what is asked of the acting one and of the number of others."""

    def __init__(self, system: TransitionSystem, processes: tuple[str, ...]) -> None:
        self.processes = processes
        self.system = system
        self.own = {v.name: p for p in processes for v in own_variables(system, p)}
        self.others: dict[tuple[Test, ...], Others] = {}

    def edge(self, edge: Edge) -> Edge:
        visit = self.of(edge.process if edge.process in self.processes else None)
        ops: list[Op] = []
        for op in edge.ops:
            if isinstance(op, Event):  # what is shown of a step is read from the original
                continue
            ops.append(map_expressions(op, visit))
        parameters = edge.parameters
        if edge.process in self.processes:
            parameters = tuple(Parameter(p.name, 1, p.type) if p.name == "self" else p for p in parameters)
        return replace(edge, ops=tuple(ops), parameters=parameters)

    def of(self, actor: str | None) -> Callable[[Expr], Expr]:
        """Rewrites expressions of steps of an instance of ``actor``; None for steps of anybody else."""

        def visit(expr: Expr) -> Expr:
            match expr:
                case And(items):
                    return _join(And, self._family(items, actor, True, visit))
                case Or(items):
                    return _join(Or, self._family(items, actor, False, visit))
            if isinstance(expr, Load) and self._instance(expr) is not None:
                raise NotCountable(
                    f"{expr.variable} of one instance of {self.own[expr.variable]} is looked at alone"
                )
            return rebuild(expr, visit)

        return visit

    def _instance(self, load: Load) -> int | None:
        """The instance whose cell ``load`` reads, if that is named by its number."""
        if load.variable not in self.own or load.index[0] == _SELF:
            return None
        if not isinstance(load.index[0], Const):
            raise NotCountable(f"{load.variable} is looked at for an instance that is computed")
        return load.index[0].value

    def _family(
        self, items: tuple[Expr, ...], actor: str | None, every: bool, visit: Callable[[Expr], Expr]
    ) -> list[Expr]:
        """The operands of a conjunction (``every``) or disjunction, with each family of instances as one."""
        kept: list[Expr] = []
        families: dict[tuple[Expr, ...], dict[tuple[str, str, Expr], set[int]]] = {}
        for item in items:
            loads = {e for e in walk(item) if isinstance(e, Load) and self._instance(e) is not None}
            if not loads:
                kept.append(visit(item))
                continue
            if len(loads) > 1:
                kept.append(visit(item))
                continue
            (load,) = loads
            instance = self._instance(load)
            assert instance is not None
            test = _put(item, load, _CELL)
            if any(isinstance(e, Load | Param) or (isinstance(e, Temp) and e != _CELL) for e in walk(test)):
                raise NotCountable(
                    f"{load.variable} of all instances is compared with something that changes"
                )
            if every:
                test = test.operand if isinstance(test, Not) else Not(test)
            rest = load.index[1:]
            family = families.setdefault(rest, {})
            family.setdefault((self.own[load.variable], load.variable, test), set()).add(instance)
        for rest, family in families.items():
            for (process, variable, _), instances in family.items():
                if instances != set(range(self.system.process[process].instances)):
                    raise NotCountable(f"{variable} is looked at for some instances of {process} only")
            tests = tuple(Test(*key) for key in sorted(family, key=repr))
            others = self._counter(tests)
            for test_ in tests:
                if test_.process == actor:
                    mine = _put(test_.condition, _CELL, Load(test_.variable, (_SELF, *rest)))
                    kept.append(Not(mine) if every else mine)
            kept.append(Binary("==" if every else ">", Load(others.name, rest), Const(0)))
        return kept

    def _counter(self, tests: tuple[Test, ...]) -> Others:
        found = self.others.get(tests)
        if found is None:
            shapes = {self.system.variable[t.variable].shape[1:] for t in tests}
            if len(shapes) > 1:
                raise NotCountable(f"{tests[0].variable} is looked at together with what has another shape")
            found = self.others[tests] = Others(f"others.{len(self.others)}", shapes.pop(), tests)
        return found


def _join(connective: type[And] | type[Or], items: list[Expr]) -> Expr:
    return items[0] if len(items) == 1 else connective(tuple(items))


def _put(expr: Expr, old: Expr, new: Expr) -> Expr:
    """``expr`` with ``new`` in every place of ``old``."""

    def visit(e: Expr) -> Expr:
        return new if e == old else rebuild(e, visit)

    return visit(expr)


Build = Callable[[Mapping[str, int]], TransitionSystem]
"""Compiles the model with these values for the constants that say how many instances there are."""


def for_any_number(build: Build, sizes: Mapping[str, Sequence[str]]) -> Counted:
    """What one instance does, whatever the numbers of instances: ``sizes`` has the processes of each constant.

    Builds and rewrites the systems of two, three and four instances.  Raises ``NotCountable`` where they differ by
    more than numbers, or by numbers that do not grow evenly.
    """
    processes = [p for group in sizes.values() for p in group]

    def at(numbers: Mapping[str, int]) -> Counted:
        return counted(build(numbers), processes)

    base = dict.fromkeys(sizes, LEAST)
    first = at(base)
    one_more = {name: at({**base, name: LEAST + 1}) for name in sizes}
    names = {name: f"number of {name}" for name in sizes}
    merged = _Merging(names).merge(first, one_more)
    check = dict(zip(sizes, (LEAST + 2 - i % 2 for i in range(len(sizes))), strict=True))
    expected = {names[name]: number for name, number in check.items()}
    if _plain(_at_numbers(merged, expected)) != _plain(at(check).system):
        raise NotCountable("steps depend on the number of instances in a way that is not linear")
    numbers = tuple(Variable(name, Count(1)) for name in names.values() if _reads(merged, name))
    known = {v.name for v in numbers}
    return Counted(
        replace(merged, variables=(*merged.variables, *numbers)),
        first.processes,
        first.others,
        {constant: name for constant, name in names.items() if name in known},
        {name: tuple(group) for name, group in sizes.items()},
    )


def _reads(system: TransitionSystem, variable: str) -> bool:
    sequences = [e.ops for e in system.edges]
    found = [x for ops in sequences for op in ops for x in expressions(op)]
    found += [i.condition for i in system.invariants] + [c.condition for c in system.covers]
    return any(e == Load(variable) for x in found for e in walk(x))


def _plain(system: TransitionSystem) -> tuple[Any, ...]:
    """What matters of a system for its behaviour."""
    invariants = tuple((i.name, i.condition) for i in system.invariants)
    return (system.variables, system.processes, system.edges, system.initial, invariants, system.covers)


class _Merging:
    """One system from several that differ in numbers: each becomes an expression over how many instances there are."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def merge(self, first: Counted, more: Mapping[str, Counted]) -> TransitionSystem:
        system = first.system
        others = {name: c.system for name, c in more.items()}
        if any(c.others != first.others for c in more.values()):
            raise NotCountable("what is asked of all instances depends on how many there are")
        for part in ("variables", "processes", "populations"):
            for name, other in others.items():
                if getattr(system, part) != getattr(other, part):
                    raise NotCountable(f"the state itself depends on the number of {name}")
        edges = self._merged(system.edges, {n: s.edges for n, s in others.items()})
        initial = self._merged(system.initial, {n: s.initial for n, s in others.items()})
        invariants = self._merged(system.invariants, {n: s.invariants for n, s in others.items()})
        covers = self._merged(system.covers, {n: s.covers for n, s in others.items()})
        return replace(system, edges=edges, initial=initial, invariants=invariants, covers=covers)

    def _merged(self, value: Any, others: Mapping[str, Any]) -> Any:
        if all(value == other for other in others.values()):
            return value
        if isinstance(value, Const) and all(isinstance(o, Const) for o in others.values()):
            return self._number(value, {name: other.value for name, other in others.items()})
        if isinstance(value, tuple) and all(
            isinstance(o, tuple) and len(o) == len(value) for o in others.values()
        ):
            return tuple(
                self._merged(item, {n: o[i] for n, o in others.items()}) for i, item in enumerate(value)
            )
        if is_dataclass(value) and all(type(o) is type(value) for o in others.values()):
            found = {
                f.name: self._merged(
                    getattr(value, f.name), {n: getattr(o, f.name) for n, o in others.items()}
                )
                for f in fields(value)
            }
            return replace(value, **found)  # type: ignore[type-var]
        if isinstance(value, str):  # a message that spells a number out
            return value
        raise NotCountable("steps depend on the number of instances by more than numbers")

    def _number(self, value: Const, others: Mapping[str, int]) -> Expr:
        slopes = {name: other - value.value for name, other in others.items() if other != value.value}
        result: Expr = Const(value.value - LEAST * sum(slopes.values()))
        for name, slope in slopes.items():
            number: Expr = Load(self._names[name])
            result = Binary("+", result, number if slope == 1 else Binary("*", number, Const(slope)))
        return result


def _at_numbers(system: TransitionSystem, numbers: Mapping[str, int]) -> TransitionSystem:
    """``system`` with numbers put in for how many instances there are."""

    def visit(expr: Expr) -> Expr:
        if isinstance(expr, Load) and expr.variable in numbers:
            return Const(numbers[expr.variable])
        built = rebuild(expr, visit)
        if isinstance(built, Binary) and isinstance(built.left, Const) and isinstance(built.right, Const):
            if expr != built and built.op in ("+", "*"):
                a, b = built.left.value, built.right.value
                return Const(a + b if built.op == "+" else a * b)
        return built

    def ops(sequence: tuple[Op, ...]) -> tuple[Op, ...]:
        return tuple(map_expressions(op, visit) for op in sequence)

    return replace(
        system,
        edges=tuple(replace(e, ops=ops(e.ops)) for e in system.edges),
        invariants=tuple(replace(i, condition=visit(i.condition)) for i in system.invariants),
        covers=tuple(replace(c, condition=visit(c.condition)) for c in system.covers),
    )
