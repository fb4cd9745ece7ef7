"""A transition system as text: what ``ovlcheck show`` prints, so that a model's author sees what it was
compiled to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from ovlcheck.system.expr import Binary, Cond, Const, Expr, Load, Param, rebuild
from ovlcheck.system.expr import show as show_expr
from ovlcheck.system.formula import Possibility, Requirement, show_formula
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Edge,
    Event,
    Let,
    Op,
    Process,
    Source,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bits, Bool, Count, Enum, Ref, Type

WIDTH = 100

_KINDS = {
    "shared": "shared",
    "pc": "positions",
    "local": "locals",
    "held": "locks held",
    "alive": "allocated objects",
    "ghost": "ghosts of properties",
}


def show(system: TransitionSystem) -> str:
    """All of ``system``, in lines of at most ``WIDTH`` columns, the same on every machine."""
    return "\n".join(_Printer(system).lines()) + "\n"


def _requirement(requirement: Requirement) -> str:
    """What one property, or one instance of it, demands."""
    binding = ", ".join(f"{name} = {value}" for name, value in requirement.binding)
    demand = requirement.demand
    if isinstance(demand, Possibility):
        text = f"always(not ({show_expr(demand.premise)}) or possible({show_expr(demand.goal)}))"
    else:
        text = show_formula(demand)
    return f"{requirement.name}{f' ({binding})' if binding else ''}: {text}"


class _Printer:
    def __init__(self, system: TransitionSystem) -> None:
        self._system = system

    def lines(self) -> Iterator[str]:
        system = self._system
        yield f"{system.name}: {_count(system.bits, 'bit')} a state in {_count(system.cells, 'cell')}"
        yield from _section("constants", (f"{name} = {value}" for name, value in system.constants))
        yield from self._variables()
        yield from _section(
            "populations",
            (
                f"{p.name}: {_count(p.size, 'object')}, {f'allocated: {p.alive}' if p.alive else 'all alive'}"
                for p in system.populations
            ),
        )
        for number, initial in enumerate(system.initial):
            title = "initial states" if len(system.initial) == 1 else f"initial states {number}"
            over = ", ".join(f"{p.name} < {p.size}" for p in initial.parameters)
            yield from _section(
                f"{title}{f' for all {over}' if over else ''}", self._ops(initial.ops) or ["defaults"]
            )
        for process in system.processes:
            yield from self._process(process)
        rules = [edge for edge in system.edges if edge.process is None]
        yield from _section("rules", (line for edge in rules for line in self._edge(edge, None)))
        yield from _section(
            "invariants", (f"{i.name}: {self.expression(i.condition)}" for i in system.invariants)
        )
        yield from _section("properties", (f"{p.name} ({p.kind})" for p in system.properties))
        yield from _section("behaviours", (_requirement(r) for r in system.requirements))
        yield from _section("notes", system.notes)

    def _variables(self) -> Iterator[str]:
        for kind, title in _KINDS.items():
            chosen = [v for v in self._system.variables if v.kind == kind]
            if chosen:
                bits = sum(v.bits for v in chosen)
                rows = [(_shape(v), _domain(v.type), _bits(v), self._default(v)) for v in chosen]
                yield from _section(f"{title} ({_count(bits, 'bit')})", _table(rows))

    def _default(self, variable: Variable) -> str:
        return f"= {variable.type.format(variable.default)}" if variable.default else ""

    def _process(self, process: Process) -> Iterator[str]:
        edges = [edge for edge in self._system.edges if edge.process == process.name]
        kind = "daemon" if process.daemon else "process"
        yield ""
        yield f"{kind} {process.name}: {_count(process.instances, 'instance')}"
        rows = [
            (f"{i}", at.name, "at rest" if at.rest else "", _source(at.source))
            for i, at in enumerate(process.locations)
        ]
        yield from _indented(_table(rows))
        yield "  steps"
        for edge in edges:
            yield from (f"    {line}" for line in self._edge(edge, process))

    def _edge(self, edge: Edge, process: Process | None) -> Iterator[str]:
        over = ", ".join(f"{p.name} < {p.size}" for p in edge.parameters if p.name != "self")
        head = f"{edge.name}({over})" if over else edge.name
        if process is not None and process.pc is not None:
            head = f"{edge.origin} -> {edge.target}: {head}"
        fairness = "" if edge.fairness == "weak" else f", fairness {edge.fairness}"
        yield from wrap(f"{head}{fairness} ({_source(edge.source)})", WIDTH - 4, subsequent_indent="    ")
        for line in self._ops(edge.ops):
            yield from wrap(line, WIDTH - 8, initial_indent="  ", subsequent_indent="      ")

    def _ops(self, ops: tuple[Op, ...]) -> list[str]:
        return [self._op(op) for op in ops]

    def _op(self, op: Op) -> str:
        match op:
            case Let(temp, value):
                return f"let {temp} = {self.expression(value)}"
            case Assume(condition):
                return f"when {self.expression(condition)}"
            case Assign(variable, index, value):
                type_ = self._system.variable[variable].type
                return (
                    f"{self.expression(Load(variable, index))} := {self.expression(_labelled(value, type_))}"
                )
            case Check(condition, name, _, fatal):
                return f"{'assert' if fatal else 'check'} {name}: {self.expression(condition)}"
            case Cover(name, condition):
                return f"cover {name}: {self.expression(condition)}"
            case Event(phase, name, arguments):
                given = ", ".join(f"{n}={self.expression(_labelled(v, t))}" for n, v, t in arguments)
                return f"{phase} {name}({given})"

    def expression(self, expr: Expr) -> str:
        return show_expr(self._readable(expr))

    def _readable(self, expr: Expr) -> Expr:
        """``expr`` with names for constants that are compared or combined with what has such a type."""
        if isinstance(expr, Binary) and expr.op in ("==", "!=", "&", "|", "&~", "^"):
            for this, other in ((expr.left, expr.right), (expr.right, expr.left)):
                if isinstance(this, Load) and isinstance(other, Const):
                    label = _labelled(other, self._system.variable[this.variable].type)
                    pair = (this, label) if this is expr.left else (label, this)
                    return Binary(expr.op, *(self._readable(e) for e in pair))
        return rebuild(expr, self._readable)


def _labelled(value: Expr, type_: Type | None) -> Expr:
    """Constants of types whose values have names, as these names."""
    match value:
        case Const(number) if isinstance(type_, (Bool, Enum, Ref, Bits)) and type_.contains(number):
            return Param(type_.format(number))
        case Cond(test, then, orelse):
            return Cond(test, _labelled(then, type_), _labelled(orelse, type_))
    return value


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    lines = list(lines)
    if lines:
        yield ""
        yield title
        yield from _indented(lines)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        text = line.lstrip()
        indent = " " * (2 + len(line) - len(text))
        if len(indent) + len(text) <= WIDTH:
            yield indent + text
        else:
            yield from wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "    ")


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows in columns, the last one ragged."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _shape(variable: Variable) -> str:
    return variable.name + "".join(f"[{n}]" for n in variable.shape)


def _bits(variable: Variable) -> str:
    each = _count(variable.type.bits, "bit")
    return each if variable.cells == 1 else f"{variable.cells} x {each}"


def _domain(type_: Type) -> str:
    match type_:
        case Enum(_, members):
            return " | ".join(members)
        case Bits(_, labels):
            return f"set of {', '.join(labels)}"
        case Ref(population, _):
            return f"{population} or None"
        case Count():
            return f"counter, for now 0..{type_.hi}"
    return str(type_)


def _source(source: Source) -> str:
    text = source.text.strip()
    return f"{source}  {text}" if text else str(source)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
