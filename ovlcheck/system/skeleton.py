"""The skeleton of a system: what becomes of positions, locks, references and counts, whatever the data are.

Which steps can stand side by side is mostly a matter of these few variables, and of them there are few combinations.
The skeleton keeps them and lets everything else be anything (E. Clarke, O. Grumberg, D. Long, Model checking and
abstraction, TOPLAS 16(5), 1994): each state of the system, seen without the rest, is a state of its skeleton, and each
step one of its steps.  So what holds of all steps of the skeleton holds of those of the system.

An expression that reads what is left out is *unknown*: a test of it may go either way, a store of it may store
anything, and where it could fault, the step may end there.  Locations between which a process does nothing that the
skeleton knows of are one.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace

from ovlcheck.system.bounds import Bounds
from ovlcheck.system.definedness import op_defined
from ovlcheck.system.expr import (
    FALSE,
    TRUE,
    And,
    Binary,
    Const,
    Deref,
    Expr,
    Load,
    Not,
    Or,
    Param,
    Temp,
    walk,
)
from ovlcheck.system.logic import conjuncts
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Edge,
    Event,
    Initial,
    Let,
    Op,
    Parameter,
    Process,
    TransitionSystem,
    Variable,
    expressions,
)
from ovlcheck.system.types import Bits, Bool, Count, Ref

MOST_VALUES = 8
"""Values of a type up to which an unknown value is each of them in turn; a variable of more is left out."""

MAY_FAIL = "(may fail)"
"""The name of a failure that the skeleton cannot rule out."""

_MAY_FAIL = Check(FALSE, MAY_FAIL, "for all that the skeleton knows")


@dataclass(frozen=True)
class Skeleton:
    """``system`` has the variables that are kept; edge ``i`` of it stands for edge ``origin[i]`` of the original.

    ``places`` are the locations that stand for those of the original; ``vague`` has for each edge of the original the
    numbers of its tests that the skeleton does not know.
    ``silent`` gives for edges that the skeleton leaves out, since they do nothing in it, their process and where it
    stands; an edge in neither may happen at any time.  ``opaque`` are, for each edge of the original, the kept
    variables whose values matter to it in a way that the skeleton does not show.
    """

    system: TransitionSystem
    origin: tuple[int, ...]
    silent: dict[int, tuple[str, int]]
    opaque: tuple[frozenset[str], ...]
    places: dict[str, dict[int, int]]
    vague: tuple[frozenset[int], ...]


def skeleton(system: TransitionSystem, wanted: set[str], sure: Container[int] = ()) -> Skeleton:
    """The skeleton of ``system`` with positions and, as far as they can be followed, the variables ``wanted``.

    No position may be read or stored but by its own steps.  The edges ``sure`` are known never to fail.
    """
    kept = wanted | {v.name for v in system.variables if v.kind == "pc"}
    while True:
        lost = {v for e in system.edges for v in _too_vague(system, e.ops, kept)}
        lost |= {v for i in system.initial for v in _too_vague(system, i.ops, kept)}
        if not lost:
            break
        kept -= lost
    thinned = [_Thinned(system, e.ops, e.parameters, kept, n in sure) for n, e in enumerate(system.edges)]
    places = {p.name: _merged(p, system, thinned) for p in system.processes}
    edges: list[Edge] = []
    origin: list[int] = []
    silent: dict[int, tuple[str, int]] = {}
    for number, (edge, thin) in enumerate(zip(system.edges, thinned, strict=True)):
        at = places[edge.process] if edge.process is not None else {}
        start, end = at.get(edge.origin, 0), at.get(edge.target, 0)
        if not thin.acts:
            if edge.process is not None and system.process[edge.process].pc is not None:
                silent[number] = (edge.process, start)
            continue
        for ops, parameters in thin.variants():
            edges.append(replace(edge, ops=ops, parameters=parameters, origin=start, target=end))
            origin.append(number)
    initial = [
        Initial(ops, parameters)
        for family in system.initial
        for ops, parameters in [_Thinned(system, family.ops, family.parameters, kept, False).whole()]
    ]
    pcs = {p.pc: places[p.name] for p in system.processes if p.pc is not None}
    variables = tuple(
        replace(v, default=pcs[v.name].get(v.default, 0)) if v.name in pcs else v
        for v in system.variables
        if v.name in kept
    )
    thin_system = replace(
        system,
        variables=variables,
        edges=tuple(edges),
        initial=tuple(_placed(i, pcs) for i in initial),
        invariants=(),
        covers=(),
        properties=(),
    )
    return Skeleton(
        thin_system,
        tuple(origin),
        silent,
        tuple(frozenset(t.opaque) for t in thinned),
        places,
        tuple(frozenset(t.vague) for t in thinned),
    )


def _placed(initial: Initial, pcs: dict[str, dict[int, int]]) -> Initial:
    """``initial`` with positions of the skeleton."""

    def visit(op: Op) -> Op:
        if isinstance(op, Assign) and op.variable in pcs and isinstance(op.value, Const):
            return replace(op, value=Const(pcs[op.variable].get(op.value.value, op.value.value)))
        return op

    return replace(initial, ops=tuple(map(visit, initial.ops)))


def of_control(system: TransitionSystem) -> set[str]:
    """Locks and allocations; counts, and references and sets of objects; flags of a process's own; and what
    is tested by a step that changes any of the shared ones among these.  No ghosts, but where an invariant is about
    a count: what it is about."""
    kept = {v.name for v in system.variables if v.kind in ("held", "alive")}
    guarded = {v.name for v in system.variables if v.kind in ("held", "alive")}
    for v in system.variables:
        if v.kind == "shared" and (_of_objects(v) or isinstance(v.type, Count)):
            kept.add(v.name)
            guarded.add(v.name)
        elif v.kind == "local" and (_of_objects(v) or isinstance(v.type, Bool)):
            kept.add(v.name)
    for edge in system.edges:
        if any(isinstance(op, Assign) and op.variable in guarded for op in edge.ops):
            kept |= set(_tested(edge))
    kept -= {v.name for v in system.variables if v.kind == "ghost"}
    counts = {v.name for v in system.variables if isinstance(v.type, Count)}
    for invariant in system.invariants:
        for part in conjuncts(invariant.condition):
            read = {e.variable for e in walk(part) if isinstance(e, Load)}
            if read & counts:
                kept |= read
    return kept


def of_data(system: TransitionSystem) -> set[str]:
    """The shared data, neither counts nor references, that are tested and that more than one process changes; and the
    reader-writer locks, which keep processes apart for long.  What other locks exclude is known without a skeleton."""
    writers: dict[str, set[str | None]] = {}
    for edge in system.edges:
        for op in edge.ops:
            if isinstance(op, Assign):
                writers.setdefault(op.variable, set()).add(edge.process)
    tested = {name for edge in system.edges for name in _tested(edge)}
    return {v.name for v in system.variables if v.kind == "held" and v.name.endswith((".read", ".write"))} | {
        v.name
        for v in system.variables
        if v.kind == "shared"
        and v.name in tested
        and len(writers.get(v.name, ())) > 1
        and not _of_objects(v)
        and not isinstance(v.type, Count)
    }


def _of_objects(variable: Variable) -> bool:
    domain = variable.type
    return isinstance(domain, Ref) or (isinstance(domain, Bits) and domain.population is not None)


def _tested(edge: Edge) -> Iterator[str]:
    temps: dict[str, Expr] = {}
    for op in edge.ops:
        if isinstance(op, Let):
            temps[op.temp] = op.value
        elif isinstance(op, Assume):
            waiting: list[Expr] = [op.condition]
            while waiting:
                for e in walk(waiting.pop()):
                    if isinstance(e, Load):
                        yield e.variable
                    elif isinstance(e, Temp):
                        waiting.append(temps[e.name])


def _too_vague(system: TransitionSystem, ops: Iterable[Op], kept: set[str]) -> Iterator[str]:
    """The kept variables that ``ops`` store an unknown value of too many into, or at an unknown place."""
    unknown: set[str] = set()
    for op in ops:
        if isinstance(op, Let) and not _known(system, op.value, kept, unknown):
            unknown.add(op.temp)
        elif isinstance(op, Assign) and op.variable in kept:
            domain = system.variable[op.variable].type
            vague = not _known(system, op.value, kept, unknown) and (
                isinstance(domain, Count) or domain.hi - domain.lo >= MOST_VALUES
            )
            if vague or not all(_known(system, i, kept, unknown) for i in op.index):
                yield op.variable


def _known(system: TransitionSystem, expr: Expr, kept: set[str], unknown: set[str]) -> bool:
    for e in walk(expr):
        match e:
            case Load(variable) if variable not in kept:
                return False
            case Temp(name) if name in unknown:
                return False
            case Deref(_, population) if system.population[population].alive not in (None, *kept):
                return False
    return True


class _Thinned:
    """Operations as the skeleton has them.

    ``opaque`` are the kept variables that they read in unknown expressions, or to store what is not kept.
    """

    def __init__(
        self,
        system: TransitionSystem,
        ops: tuple[Op, ...],
        parameters: tuple[Parameter, ...],
        kept: set[str],
        sure: bool,
    ) -> None:
        self._system = system
        self._kept = kept
        self._sure = sure
        self._unknown: set[str] = set()
        self._ops: list[Op] = []
        self._parameters = list(parameters)
        self._failing: list[tuple[tuple[Op, ...], tuple[Parameter, ...]]] = []
        self._temps: dict[str, frozenset[str]] = {}
        self._faulting = False
        self.opaque: set[str] = set()
        self.vague: set[int] = set()
        bounds = Bounds(system, parameters)
        for number, op in enumerate(ops):
            self._add(number, op, bounds)
            bounds.pass_over(op)

    @property
    def acts(self) -> bool:
        """Whether the skeleton knows of anything that the operations test, store or fail at."""
        return self._faulting or bool(self._failing) or any(not isinstance(op, Let) for op in self._ops)

    def whole(self) -> tuple[tuple[Op, ...], tuple[Parameter, ...]]:
        return tuple(self._ops), tuple(self._parameters)

    def variants(self) -> Iterator[tuple[tuple[Op, ...], tuple[Parameter, ...]]]:
        """All operations; and those up to each at which the step may fail for all that is known."""
        yield self.whole()
        yield from self._failing

    def _add(self, number: int, op: Op, bounds: Bounds) -> None:
        match op:
            case Event():
                return
            case Let(temp, value):
                self._temps[temp] = self._reads(value)
                if self._knows(value):
                    self._ops.append(op)
                    self._faulting |= not self._sure and op_defined(self._system, bounds, op) != TRUE
                    return
                self._unknown.add(temp)
                self._hide(op, bounds)
            case Assign(variable, index, _) if variable not in self._kept:
                self._hide(op, bounds)
            case Assign(variable, index, value) if not self._knows(value):
                self._hide(op, bounds)
                domain = self._system.variable[variable].type
                choice = Parameter(f"{variable}.any.{len(self._ops)}", domain.hi - domain.lo + 1)
                self._parameters.append(choice)
                self._ops.append(Assign(variable, index, Binary("+", Param(choice.name), Const(domain.lo))))
            case Assume(condition) | Check(condition) | Cover(_, condition) if not self._knows(condition):
                self._hide(op, bounds)
                if isinstance(op, Check) and op.fatal:
                    self._may_fail()
                if isinstance(op, Assume):
                    self.vague.add(number)
                if isinstance(op, Assume) or (isinstance(op, Check) and op.fatal):
                    known = tuple(self._certain(condition))
                    self._ops += [Assume(each) for each in known]
            case _:
                self._ops.append(op)

    def _knows(self, expr: Expr) -> bool:
        return _known(self._system, expr, self._kept, self._unknown)

    def _hide(self, op: Op, bounds: Bounds) -> None:
        for expr in expressions(op):
            self.opaque |= self._reads(expr)
        if op_defined(self._system, bounds, op) != TRUE:
            self._may_fail()

    def _may_fail(self) -> None:
        if not self._sure:
            self._failing.append(((*self._ops, _MAY_FAIL), tuple(self._parameters)))

    def _reads(self, expr: Expr) -> frozenset[str]:
        """The kept variables that ``expr`` reads, directly or through temporaries."""
        found: set[str] = set()
        for e in walk(expr):
            if isinstance(e, Load):
                found.add(e.variable)
            elif isinstance(e, Temp):
                found |= self._temps.get(e.name, frozenset())
            elif isinstance(e, Deref):
                alive = self._system.population[e.population].alive
                if alive is not None:
                    found.add(alive)
        return frozenset(found & self._kept)

    def _certain(self, condition: Expr) -> Iterator[Expr]:
        """The known among the conditions that ``condition`` is a conjunction of."""
        match condition:
            case And(items):
                for item in items:
                    yield from self._certain(item)
            case Not(Or(items)):
                for item in items:
                    yield from self._certain(Not(item))
            case _ if self._knows(condition):
                yield condition


def _merged(process: Process, system: TransitionSystem, thinned: list[_Thinned]) -> dict[int, int]:
    """For each location of ``process`` the one that stands for it in the skeleton."""
    parent = list(range(len(process.locations)))

    def find(place: int) -> int:
        while parent[place] != place:
            place = parent[place]
        return place

    for edge, thin in zip(system.edges, thinned, strict=True):
        if edge.process == process.name and not thin.acts:
            a, b = sorted((find(edge.origin), find(edge.target)))
            parent[b] = a
    return {place: find(place) for place in range(len(parent))}
