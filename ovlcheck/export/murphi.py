"""A transition system as Murphi, for Rumur: one rule for each edge, with its parameters as a ruleset.

Rumur's states and rules fired are our states and transitions.  It has no assertion on a step as such: what a step may
violate is a rule of its own, which does nothing but report an error.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ovlcheck.export.commands import (
    Asserted,
    Command,
    asserted,
    commands,
    invariant_conditions,
    rests,
    start_of,
)
from ovlcheck.export.export import Export
from ovlcheck.export.names import C_WORDS, Identifiers, plain
from ovlcheck.export.notation import COMPARISON, GREATEST, LEAST, SUM, Notation, Text
from ovlcheck.export.path import Path
from ovlcheck.export.problems import NotExportable
from ovlcheck.system.action import State
from ovlcheck.system.bounds import Bounds
from ovlcheck.system.describe import cell_index
from ovlcheck.system.expr import FALSE, And, Const, Expr, Load, Param, Temp
from ovlcheck.system.intervals import Interval
from ovlcheck.system.transition_system import Let, TransitionSystem

_WORDS = """
    alias aliasrule aliasruleset array assert assume begin boolean by case choose clear const cover do else elsif
    end endalias endaliasrule endchoose endexists endfor endforall endfunction endif endprocedure endrecord endrule
    endruleset endstartstate endswitch endwhile enum error exists false for forall from function if in interleaved
    invariant ismember isundefined liveness log map multiset multisetadd multisetcount multisetremove
    multisetremovepred none of procedure process program put real record return rule ruleset scalarset startstate
    switch then to traceuntil true type undefine undefined union var while
"""
_RESERVED = C_WORDS | frozenset(_WORDS.split())


def to_murphi(system: TransitionSystem, *, asserting: Collection[str] = ()) -> Export:
    """``system`` as Murphi.  ``asserting`` names the properties and checks that Rumur is to report.

    Deadlocks are found with ``--deadlock-detection stuck``, which otherwise is to be ``off``.  Raises
    ``NotExportable``.
    """
    return _Writer(system, asserted(system, asserting)).export()


class MurphiNotation(Notation):
    """Truth values are no numbers in Murphi; conditions are."""

    AND, OR, NOT, EQUAL = "&", "|", "!", "="

    def __init__(
        self, system: TransitionSystem, ranges: Bounds, names: Identifiers, local: Mapping[str, str]
    ) -> None:
        super().__init__(ranges)
        self._system = system
        self._names = names
        self._local = local

    def name(self, leaf: Param | Temp) -> str:
        return self._local[leaf.name]

    def load(self, load: Load) -> Text:
        shape = self._system.variable[load.variable].shape
        axes = [self._index(i, size) for i, size in zip(load.index, shape, strict=True) if size != 1]
        return Text(self._names.of(load.variable) + "".join(axes))

    def _index(self, index: Expr, size: int) -> str:
        if isinstance(index, Const) and not 0 <= index.value < size:
            index = Const(0)  # a place that is never reached, but Rumur would refuse it
        return f"[{self.number(index).text}]"

    def choice(self, test: str, then: str, orelse: str) -> Text:
        return Text(f"({test} ? {then} : {orelse})")

    def truth_as_number(self, condition: Text) -> Text:
        return self.choice(condition.atom, "1", "0")

    def number_as_truth(self, number: Text) -> Text:
        return Text(f"{number.within(SUM)} != 0", COMPARISON)


class _Writer:
    def __init__(self, system: TransitionSystem, what: Asserted) -> None:
        self._system = system
        self._what = what
        self._start = start_of(system)
        self._names = Identifiers(_RESERVED, fold_case=True)
        for variable in system.variables:
            self._names.of(variable.name)

    def export(self) -> Export:
        lines = [
            *self._header(),
            *self._declarations(),
            *self._start_states(),
            *self._rules(),
            *self._invariants(),
        ]
        return Export("\n".join(lines) + "\n", extra_transitions=None if self._what.deadlock else 0)

    def _header(self) -> Iterator[str]:
        constants = " ".join(f"{name}={value}" for name, value in self._system.constants)
        listed = ", ".join(self._what.listed) or "nothing; every reachable state is explored"
        deadlock = "stuck" if self._what.deadlock else "off"
        yield f"-- {plain(self._system.name)}{': ' + plain(constants) if constants else ''}"
        yield f"-- Asserted: {plain(listed)}."
        yield f"-- rumur --deadlock-detection {deadlock} --symmetry-reduction off --value-type int32_t -o model.c FILE"
        yield "-- cc -O3 -march=native -mcx16 -o model model.c -lpthread; ./model"

    def _declarations(self) -> Iterator[str]:
        yield "var"
        for variable in self._system.variables:
            if variable.cells:
                axes = "".join(f"array [0 .. {size - 1}] of " for size in variable.shape if size != 1)
                domain = _range(variable.name, Interval(variable.type.lo, variable.type.hi))
                comment = plain(f"{variable.name}: {variable.type}")
                yield f"  {self._names.of(variable.name)}: {axes}{domain};  -- {comment}"

    def _start_states(self) -> Iterator[str]:
        for number, state in enumerate(self._start.states):
            yield ""
            yield f'startstate "start {number}"'
            yield "begin"
            yield from self._stores(state)
            yield "end;"
        for name in sorted(self._start.violated & self._what.names):
            yield ""
            yield f'startstate "{plain(name)}"'
            yield "begin"
            yield f'  error "{plain(name)}";'
            yield "end;"

    def _stores(self, state: State) -> Iterator[str]:
        for variable in self._system.variables:
            first = self._system.offset[variable.name]
            for i in range(variable.cells):
                index = zip(cell_index(variable, i), variable.shape, strict=True)
                at = "".join(f"[{k}]" for k, size in index if size != 1)
                yield f"  {self._names.of(variable.name)}{at} := {state[first + i]};"

    def _rules(self) -> Iterator[str]:
        for number, command in enumerate(commands(self._system, bind=False)):
            if all(p.size for p in command.edge.parameters):
                yield from self._of_command(number, command)
        if self._what.deadlock:
            guard = self._guard(rests(self._system), Bounds(self._system, widths=True), {})
            yield ""
            yield from _rule("", "every process is at rest, which is no deadlock", guard, ["begin"])

    def _of_command(self, number: int, command: Command) -> Iterator[str]:
        path, parameters = command.path, command.parameters
        local = {p.name: self._names.of(p.name, "arg") for p in parameters}
        over = "; ".join(f"{local[p.name]}: 0 .. {p.size - 1}" for p in parameters)
        title = f"{number}: {command.title}"
        succeeds = path.succeeds()
        if succeeds != FALSE:
            yield ""
            guard = self._guard(succeeds, path.ranges, local)
            yield from _rule(over, title, guard, list(self._body(path, local)))
        for name in sorted(path.names() & self._what.names):
            found = path.violates({name})
            if found != FALSE:
                yield ""
                guard = self._guard(found, path.ranges, local)
                yield from _rule(over, f"{title}: {name}", guard, ["begin", f'  error "{plain(name)}";'])
        if self._what.deadlock and (ends := path.ends_fatally()) != FALSE:
            yield ""
            why = f"{title}: ends in a violation, which is no deadlock"
            yield from _rule(over, why, self._guard(ends, path.ranges, local), ["begin"])

    def _guard(self, guard: Expr, ranges: Bounds, local: Mapping[str, str]) -> list[str]:
        words = MurphiNotation(self._system, ranges, self._names, local)
        items = guard.items if isinstance(guard, And) else (guard,)
        return [words.condition(item).atom for item in items]

    def _body(self, path: Path, parameters: Mapping[str, str]) -> Iterator[str]:
        lets = [op for op in path.body if isinstance(op, Let)]
        local = {**parameters, **{let.temp: self._names.of(let.temp, "step") for let in lets}}
        words = MurphiNotation(self._system, path.ranges, self._names, local)
        for let in lets:
            yield f"var {local[let.temp]}: {_range(let.temp, path.ranges.of(let.value))};"
        yield "begin"
        for op in path.body:
            place = local[op.temp] if isinstance(op, Let) else words.load(Load(op.variable, op.index)).text
            yield f"  {place} := {words.number(op.value).text};"

    def _invariants(self) -> Iterator[str]:
        for name, holds in invariant_conditions(self._system, self._what):
            conditions = self._guard(holds, Bounds(self._system, widths=True), {})
            yield ""
            yield f'invariant "{plain(name)}"'
            yield "  " + " &\n  ".join(conditions) + ";"


def _rule(over: str, title: str, guard: list[str], body: list[str]) -> Iterator[str]:
    if over:
        yield f"ruleset {over} do"
    yield f'rule "{plain(title)}"'
    yield "  " + " &\n  ".join(guard)
    yield "==>"
    yield from body
    yield "end;"
    if over:
        yield "endruleset;"


def _range(name: str, values: Interval) -> str:
    if values.lo < LEAST or values.hi > GREATEST:
        raise NotExportable(
            f"{name} holds values from {values.lo} to {values.hi}, which needs more than 32 bits"
        )
    return f"{values.lo} .. {values.hi}"
