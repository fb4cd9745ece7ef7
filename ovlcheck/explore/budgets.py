"""A transition system whose runs may switch between processes, and call, only so often.

How a run spends is part of its state, so that any engine that finds shortest runs finds the shortest within a budget.
Nothing else changes: edges keep their numbers and parameters, so that its runs are runs of the system as it was.
The bound on context switches is that of S. Qadeer and J. Rehof, "Context-bounded model checking of concurrent
software", TACAS 2005; here it is looked for, not given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from ovlcheck.system.action import Action
from ovlcheck.system.expr import And, Binary, Cond, Const, Expr, Load, Not, Or, Param
from ovlcheck.system.transition_system import Assign, Assume, Edge, Event, Op, TransitionSystem, Variable
from ovlcheck.system.types import Int

SWITCHES, CALLS, _LAST = "budget.switches", "budget.calls", "budget.last"
UNLIMITED = 255
"""No budget: nothing is counted then, so that runs that differ only in what they spend stay one."""


@dataclass(frozen=True)
class Budget:
    """The most context switches and the most user calls of a run; ``UNLIMITED`` for any number."""

    switches: int = UNLIMITED
    calls: int = UNLIMITED


class Spender:
    """Systems with budgets, of one ``system``; and what a run of it spends."""

    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        names = {v.name for v in system.variables}
        if names & {SWITCHES, CALLS, _LAST}:
            raise ValueError(f"a variable of {system.name} has the name of a budget")
        self._first: dict[str, int] = {}
        """The number of each process's first instance, and of each rule, among all who can move."""
        self._actors = 0
        for process in system.processes:
            self._first[process.name] = self._actors
            self._actors += process.instances
        for rule in dict.fromkeys(e.name for e in system.edges if e.process is None):
            self._first[f"rule {rule}"] = self._actors
            self._actors += 1
        self._outermost = _outermost(system)

    def within(self, budget: Budget) -> TransitionSystem:
        """The system whose runs keep within ``budget``; they are those of the system that do."""
        spend = Int(0, UNLIMITED)
        variables = (
            Variable(SWITCHES, spend, kind="ghost", default=budget.switches),
            Variable(CALLS, spend, kind="ghost", default=budget.calls),
            Variable(_LAST, Int(0, self._actors), kind="ghost"),
        )
        edges = tuple(replace(edge, ops=(*self._pay(edge), *edge.ops)) for edge in self.system.edges)
        return replace(self.system, variables=self.system.variables + variables, edges=edges)

    def spent(self, path: tuple[Action, ...]) -> Budget:
        """How many switches and calls a run along ``path`` makes."""
        movers = [self._mover(self.system.edges[action.edge], action) for action in path]
        switches = sum(a != b for a, b in pairwise(movers))
        calls = sum(len(self.calls(self.system.edges[action.edge])) for action in path)
        return Budget(switches, calls)

    def calls(self, edge: Edge) -> tuple[str, ...]:
        """The user calls that begin in ``edge``: functions that a process, no daemon, calls itself."""
        known = self._outermost.get(edge.process or "", frozenset())
        return tuple(
            op.name for op in edge.ops if isinstance(op, Event) and op.phase == "call" and op.name in known
        )

    def _mover(self, edge: Edge, action: Action) -> int:
        if edge.process is None:
            return self._first[f"rule {edge.name}"]
        values = dict(zip((p.name for p in edge.parameters), action.arguments, strict=True))
        return self._first[edge.process] + values.get("self", 0)

    def _pay(self, edge: Edge) -> tuple[Op, ...]:
        if edge.process is None:
            me: Expr = Const(self._first[f"rule {edge.name}"] + 1)
        elif any(p.name == "self" for p in edge.parameters):
            me = Binary("+", Param("self"), Const(self._first[edge.process] + 1))
        else:
            me = Const(self._first[edge.process] + 1)
        last, switches, calls = Load(_LAST), Load(SWITCHES), Load(CALLS)
        free = Or((Binary("==", last, Const(0)), Binary("==", last, me)))
        counted = Binary("!=", switches, Const(UNLIMITED))
        ops: list[Op] = [
            Assume(Or((free, Binary(">", switches, Const(0))))),
            Assign(SWITCHES, (), Cond(And((counted, Not(free))), Binary("-", switches, Const(1)), switches)),
            Assign(_LAST, (), Cond(counted, me, Const(0))),
        ]
        number = len(self.calls(edge))
        if number:
            rest = Binary("-", calls, Const(number))
            ops += [
                Assume(Binary(">=", calls, Const(number))),
                Assign(CALLS, (), Cond(Binary("==", calls, Const(UNLIMITED)), calls, rest)),
            ]
        return tuple(ops)


def _outermost(system: TransitionSystem) -> dict[str, frozenset[str]]:
    """For each process that is no daemon the functions that its own code calls."""
    found: dict[str, set[str]] = {p.name: set() for p in system.processes if not p.daemon}
    for edge in system.edges:
        if edge.process in found:
            found[edge.process].update([name for name in edge.calls if name != edge.process][:1])
    return {process: frozenset(names) for process, names in found.items()}
