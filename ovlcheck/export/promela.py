"""A transition system as Promela, for Spin: the same states, counted the same way.

*Flat*: one process, whose loop has one ``d_step`` for each action; positions are variables, and Spin's states are ours
one to one.  *Processes*: one proctype for each process instance, whose positions are labels, so that Spin itself keeps
them and looks only at the steps that start there; rules and invariants have a process of their own.

The guard of each ``d_step`` says beforehand whether the step succeeds, so none is ever left half way.  What Spin calls
transitions is ``stored + matched``, which includes the way into each initial state; several initial states cost one
more stored state, from which they are chosen.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence

from ovlcheck.export.claim import Claim
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
from ovlcheck.export.folding import negation
from ovlcheck.export.names import Identifiers, plain
from ovlcheck.export.notation import COMPARISON
from ovlcheck.export.path import Path
from ovlcheck.export.problems import NotExportable
from ovlcheck.export.promela_notation import RESERVED, PromelaNotation, Scratch, type_of
from ovlcheck.system.action import State
from ovlcheck.system.bounds import Bounds
from ovlcheck.system.expr import FALSE, And, Expr, Load, walk
from ovlcheck.system.transition_system import Let, Process, TransitionSystem, Variable, expressions

_NOTHING = ["skip"]
_VIOLATION = ["assert(false)"]


def to_promela(
    system: TransitionSystem, *, flat: bool, asserting: Collection[str] = (), claim: Claim | None = None
) -> Export:
    """``system`` as Promela.  ``asserting`` names the properties and checks that end Spin's search.

    ``claim`` runs beside it, for which there may be no more than one initial state.  Raises ``NotExportable``.
    """
    what = asserted(system, asserting)
    return (_Flat if flat else _Processes)(system, what, claim).export()


class _Writer(ABC):
    """What both ways have in common."""

    def __init__(
        self, system: TransitionSystem, what: Asserted, claim: Claim | None, kept: Sequence[Variable]
    ) -> None:
        self.system = system
        self.what = what
        self.claim = claim
        self.start = start_of(system)
        self.violated = sorted(self.start.violated & what.names)
        self._kept = [v for v in kept if v.cells]
        self.fixed = len(self.start.states) == 1 and not self.violated and self._can_be_declared()
        self._names = Identifiers(RESERVED)
        for variable in self._kept:
            self._names.of(variable.name)
        self._scratch = Scratch(self._names)
        if claim is not None and not self.fixed:
            raise NotExportable(
                "the way into several initial states is a step to Spin, which no formula here counts",
                "fix what the initial states differ in",
            )

    def _can_be_declared(self) -> bool:
        """Spin takes no negative number in a list of what the cells of an array begin with."""
        state = self.start.states[0]
        for variable in self._kept:
            first = self.system.offset[variable.name]
            values = state[first : first + variable.cells]
            if min(values) < 0 and len(set(values)) > 1:
                return False
        return True

    @abstractmethod
    def body(self) -> Iterator[str]:
        """The proctypes."""

    def export(self) -> Export:
        body = [*self.body(), *self._never()]
        text = "\n".join([*self._header(), *self.declarations(), "", *body]) + "\n"
        ways = 1 if self.fixed else 1 + len(self.start.states)
        return Export(text, 0 if self.fixed else 1, None if self.what.deadlock else ways)

    def _header(self) -> Iterator[str]:
        constants = " ".join(f"{name}={value}" for name, value in self.system.constants)
        listed = ", ".join(self.what.listed) or "nothing; every reachable state is explored"
        yield f"/* {plain(self.system.name)}{': ' + plain(constants) if constants else ''}"
        yield f" * Asserted: {plain(listed)}."
        yield " * spin -o2 -a FILE; cc -O3 -DSAFETY -DNOREDUCE -o pan pan.c; ./pan -m10000000 (breadth-first: -DBFS)"
        yield " */"

    def declarations(self) -> Iterator[str]:
        for variable in self._kept:
            values = [variable.default] * variable.cells
            if self.fixed:
                first = self.system.offset[variable.name]
                values = list(self.start.states[0][first : first + variable.cells])
            given = ""
            if any(values):
                several = self.fixed and len(set(values)) > 1
                given = f" = {{ {', '.join(map(str, values))} }}" if several else f" = {values[0]}"
            cells = f"[{variable.cells}]" if variable.cells > 1 else ""
            name = self._names.of(variable.name)
            type_ = type_of(variable.name, variable.type.lo, variable.type.hi)
            yield f"{type_} {name}{cells}{given};  /* {plain(f'{variable.name}: {variable.type}')} */"
        yield from self._scratch.declarations()

    def choose_start(self, indent: str) -> Iterator[str]:
        """Several initial states, or one that breaks something: what to begin with is a choice."""
        if not self.fixed:
            yield f"{indent}if"
            for state in self.start.states:
                yield f"{indent}:: d_step {{ {'; '.join(self._stores(state)) or 'skip'} }}"
            for name in self.violated:
                yield f"{indent}:: assert(false)  /* {plain(name)} */"
            yield f"{indent}fi;"

    def _stores(self, state: State) -> Iterator[str]:
        for variable in self._kept:
            first = self.system.offset[variable.name]
            for i in range(variable.cells):
                if state[first + i] != variable.default:
                    at = f"[{i}]" if variable.cells > 1 else ""
                    yield f"{self._names.of(variable.name)}{at} = {state[first + i]}"

    def _never(self) -> Iterator[str]:
        """The claim; a place without steps is one from which nothing is accepted."""
        if self.claim is None:
            return
        words = self._notation(Bounds(self.system, widths=True))
        names = [self._names.of(f"{i}", "claimed") for i in range(len(self.claim.predicates))]
        for name, predicate in zip(names, self.claim.predicates, strict=True):
            yield f"#define {name} ({words.condition(predicate).text})"
        labels = [
            f"accept_{i}" if i in self.claim.accepting else f"at_{i}" for i in range(len(self.claim.steps))
        ]
        yield "never {"
        for label, steps in zip(labels, self.claim.steps, strict=True):
            options = []
            for literals, target in steps:
                guard = " && ".join(names[i] if i >= 0 else f"!{names[~i]}" for i in literals)
                options.append(f"  :: {guard or 'true'} -> goto {labels[target]}")
            yield from _block("if", "fi", label, options)
        yield "}"

    def broken_invariants(self) -> Iterator[str]:
        for name, holds in invariant_conditions(self.system, self.what):
            yield from self.option(negation(holds), _VIOLATION, f"{name} does not hold")

    def options(self, command: Command, there: str = "", here: str = "", before: str = "") -> Iterator[str]:
        """What ``command`` can do where ``before`` holds.

        ``there`` and ``here`` follow a step that moves and one that does not.
        """
        path = command.path
        title = command.title
        succeeds = path.succeeds()
        if succeeds != FALSE:
            yield from self.option(succeeds, self._statements(path), title, path.ranges, there, before)
        for name in sorted(path.names() & self.what.names):
            yield from self.option(
                path.violates({name}), _VIOLATION, f"{title}: {name}", path.ranges, here, before
            )
        if self.what.deadlock:
            why = f"{title}: ends in a violation, which is no deadlock"
            yield from self.option(path.ends_fatally(), _NOTHING, why, path.ranges, here, before)

    def option(
        self,
        guard: Expr,
        statements: list[str],
        title: str,
        ranges: Bounds | None = None,
        after: str = "",
        before: str = "",
    ) -> Iterator[str]:
        if guard == FALSE:
            return
        words = self._notation(ranges or Bounds(self.system, widths=True))
        items = guard.items if isinstance(guard, And) else (guard,)
        conditions = [words.condition(item).within(COMPARISON) for item in items]
        if before:
            conditions.insert(0, before)
        yield f"  /* {plain(title)} */"
        yield "  :: d_step { " + " &&\n       ".join(conditions)
        yield "       -> " + ";\n          ".join(statements or ["skip"]) + f" }}{after}"

    def _statements(self, path: Path) -> list[str]:
        temps = {
            op.temp: self._scratch.name(number, path.ranges.of(op.value))
            for number, op in enumerate(op for op in path.body if isinstance(op, Let))
        }
        words = self._notation(path.ranges, temps)
        statements = [
            f"{temps[op.temp]} = {words.number(op.value).text}"
            if isinstance(op, Let)
            else f"{words.load(Load(op.variable, op.index)).text} = {words.number(op.value).text}"
            for op in path.body
        ]
        return [*statements, *(f"{name} = 0" for name in temps.values())]

    def _notation(self, ranges: Bounds, temps: Mapping[str, str] | None = None) -> PromelaNotation:
        return PromelaNotation(self.system, ranges, self._names, temps or {})


def _block(word: str, end: str, label: str, options: list[str]) -> Iterator[str]:
    """``do`` or ``if`` over ``options``; a place to stay for ever if there is none."""
    if label:
        yield f"{label}:"
    yield from [f"  {word}", *options, f"  {end};"] if options else ["  false;"]


class _Flat(_Writer):
    def __init__(self, system: TransitionSystem, what: Asserted, claim: Claim | None) -> None:
        super().__init__(system, what, claim, system.variables)

    def body(self) -> Iterator[str]:
        yield "active proctype system()"
        yield "{"
        yield from self.choose_start("  ")
        options = list(self.broken_invariants())
        for command in commands(self.system, bind=True):
            options += self.options(command)
        if self.what.deadlock:
            options += self.option(
                rests(self.system), _NOTHING, "every process is at rest, which is no deadlock"
            )
        yield from _block("do", "od", "" if self.what.deadlock else "end", options)
        yield "}"


class _Processes(_Writer):
    """Where several initial states are to choose from, the watcher chooses and sets ``started``."""

    def __init__(self, system: TransitionSystem, what: Asserted, claim: Claim | None) -> None:
        self._read = _positions_read(system, what, claim)
        labels = {process.pc for process in system.processes} - self._read
        super().__init__(system, what, claim, [v for v in system.variables if v.name not in labels])
        self._instances = [(process, i) for process in system.processes for i in range(process.instances)]
        self._commands: dict[tuple[str | None, int, int], list[Command]] = {}
        for command in commands(system, bind=True, positions=False, mirrored=self._read):
            process = command.edge.process
            key = (process, 0, 0)
            if process is not None:
                stays = system.process[process].pc is None
                key = (process, command.instance, 0 if stays else command.edge.origin)
            self._commands.setdefault(key, []).append(command)

    def declarations(self) -> Iterator[str]:
        yield from super().declarations()
        if not self.fixed:
            yield "bit started;"

    def _stores(self, state: State) -> Iterator[str]:
        yield from super()._stores(state)
        yield "started = 1"

    def body(self) -> Iterator[str]:
        for process, instance in self._instances:
            yield from self._proctype(process, instance)
        options = list(self.broken_invariants())
        for command in self._commands.get((None, 0, 0), []):
            options += self.options(command)
        if options or not self.fixed or not self._instances:
            yield "active proctype watcher()"
            yield "{"
            yield from self.choose_start("  ")
            yield from _block("do", "od", "end", options)
            yield "}"

    def _proctype(self, process: Process, instance: int) -> Iterator[str]:
        yield f"active proctype {self._names.of(f'{process.name} {instance}')}()"
        yield "{"
        first = self._first(process, instance)
        locations = max(len(process.locations), 1)
        for number in sorted(range(locations), key=lambda k: (k != first, k)):
            options: list[str] = []
            here = f"; goto {self._label(process, number)}"
            before = "started" if number == first and not self.fixed else ""
            for command in self._commands.get((process.name, instance, number), []):
                target = command.edge.target if process.pc is not None else 0
                there = f"; goto {self._label(process, target)}"
                options += self.options(command, there, here, before)
            if process.locations:
                yield f"  /* {plain(process.locations[number].name)} */"
            yield from _block("if", "fi", self._label(process, number), options)
        yield "}"
        yield ""

    def _label(self, process: Process, number: int) -> str:
        """Spin takes a label that begins with ``end`` for a place to rest at."""
        may_stay = not process.locations or process.locations[number].rest
        return f"end_at_{number}" if may_stay or not self.what.deadlock else f"at_{number}"

    def _first(self, process: Process, instance: int) -> int:
        if process.pc is None:
            return 0
        cell = self.system.offset[process.pc] + instance
        starts = {state[cell] for state in self.start.states}
        if len(starts) > 1:
            raise NotExportable(
                f"{process.name} {instance} does not start at the same place in all initial states",
                "export as promela-flat, where positions are variables",
            )
        return starts.pop()


def _positions_read(system: TransitionSystem, what: Asserted, claim: Claim | None) -> set[str]:
    """The positions that conditions or values depend on: Spin's own cannot be read everywhere."""
    read = [x for edge in system.edges for op in edge.ops for x in expressions(op)]
    read += [invariant.condition for invariant in system.invariants if invariant.name in what.names]
    if claim is not None:
        read += claim.predicates
    loaded = {e.variable for x in read for e in walk(x) if isinstance(e, Load)}
    return loaded & {process.pc for process in system.processes if process.pc is not None}
