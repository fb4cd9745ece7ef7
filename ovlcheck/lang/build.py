"""From a loaded model, constants and properties to the transition system.

What is never written after the initial states costs no step and no state; but what is never written depends on what
is compiled.  So the model is compiled first as if everything were written, and again with what that showed,
until nothing changes; each round finds at most what the round before found.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

from ovlcheck.lang.declared import Declared
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.lang.loading import LoadedModel, show_constant
from ovlcheck.lang.program import Program
from ovlcheck.lang.properties import PropertyCompiler, event_kinds
from ovlcheck.lang.schema import Schema
from ovlcheck.lang.source import attribute_place, shown_path
from ovlcheck.system.expr import Const, Load, walk
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.step import CountOverflow, Outcome
from ovlcheck.system.transition_system import (
    Assign,
    Event,
    Initial,
    Population,
    TransitionSystem,
    Variable,
    expressions,
)  # fmt: skip
from ovlcheck.system.types import Bits, Int, Ref, Type
from ovlcheck.temporal.compose import compose

# Where there are more initial states than this, they stay as the code that makes them.
MOST_INITIAL_STATES = 256


def resolve_constants(model: LoadedModel, given: dict[str, Any]) -> dict[str, Any]:
    """All constants of ``model``, with ``given`` ones parsed; CompileError for one that does not exist or fit."""
    values = {name: constant.default for name, constant in model.constants.items()}
    for name, text in given.items():
        if name not in model.constants:
            known = ", ".join(sorted(model.constants)) or "none"
            raise CompileError(
                [Diagnostic(shown_path(model.path), 1, 1, f"the model has no constant {name}", f"it has: {known}")]
            )
        try:
            values[name] = model.constants[name].parse(text)
        except ValueError as error:
            remedy = f"give another value, as in --set {name}={show_constant(model.constants[name].default)}"
            raise CompileError([Diagnostic(shown_path(model.path), 1, 1, str(error), remedy)]) from error
    return values


def build(
    model: LoadedModel,
    constants: dict[str, Any] | None = None,
    properties: list[Declared] | None = None,
    events: tuple[str, ...] = (),
) -> TransitionSystem:
    """The transition system of ``model`` at these constants, with these properties composed in.

    ``events`` are those that something besides the properties looks for: their order within a step is kept.
    Raises CompileError with everything that model or properties do that is not in the language.
    """
    values = resolve_constants(model, constants or {})
    try:
        return _build(model, values, properties or [], events)
    except RecursionError as error:
        message, remedy = "something in this model nests too deeply", "break long expressions up"
        raise CompileError([Diagnostic(shown_path(model.path), 1, 1, message, remedy)]) from error


def _build(
    model: LoadedModel, values: dict[str, Any], properties: list[Declared], events: tuple[str, ...]
) -> TransitionSystem:
    listened = frozenset(events).union(*(p.events for p in properties))
    schema, system, known = understand(model, values, listened)
    compiled = PropertyCompiler(schema, known, event_kinds(_arguments(system), schema)).compile(properties)
    return compose(_prune(_spell_out_initial(system), compiled), compiled)


def _arguments(system: TransitionSystem) -> dict[str, dict[str, Type]]:
    """The types of the arguments of each event, which hold the values that they have at all its places."""
    found: dict[str, dict[str, Type]] = {}
    for edge in system.edges:
        for op in edge.ops:
            if isinstance(op, Event):
                types = found.setdefault(op.name, {})
                for name, _, type_ in op.arguments:
                    if type_ is not None:
                        types[name] = _wider(types.get(name, type_), type_)
    return found


def _wider(one: Type, other: Type) -> Type:
    """The type of values of both.  None by itself, and the empty set, are of every type of references, or of sets."""
    match one, other:
        case Int(), Int():
            return Int(min(one.lo, other.lo), max(one.hi, other.hi))
        case (Ref(_, 0) | Bits(_, ())), _:
            return other
    return one


def understand(
    model: LoadedModel, values: dict[str, Any], listened: frozenset[str] = frozenset()
) -> tuple[Schema, TransitionSystem, dict[str, tuple[int, ...]]]:
    """``model`` without properties: its declarations, its system with every variable that is declared, and the
    cells of what nothing writes, where all initial states agree.

    The order of the events that are ``listened`` to is kept within a step.  Raises CompileError.
    """
    schema = Schema(model.cls, values)
    mutable = frozenset(schema.variables)
    known: dict[str, tuple[int, ...]] = {}
    while True:
        program = Program(schema, mutable, known, listened)
        if program.diagnostics or schema.diagnostics:
            raise CompileError(program.diagnostics + schema.diagnostics)
        system = _system(model, values, schema, program)
        written = frozenset(program.written) & mutable
        learned = _known(model, system, schema, program.stored())
        if written == mutable and learned == known:
            return schema, system, known
        mutable, known = written, learned


def _system(model: LoadedModel, values: dict[str, Any], schema: Schema, program: Program) -> TransitionSystem:
    optional = frozenset(place for place, is_optional in program.optional.items() if is_optional)
    populations = tuple(
        Population(p.name, p.size, p.alive if p.dynamic else None, p.name not in program.told_apart)
        for p in schema.populations.values()
    )
    return TransitionSystem(
        name=model.name,
        variables=tuple(program.variables),
        processes=tuple(program.processes),
        edges=tuple(program.edges),
        initial=program.initial,
        populations=populations,
        constants=tuple((name, show_constant(value)) for name, value in values.items()),
        steps=tuple(program.steps),
        optional_steps=optional,
        left_out=(*map(str, model.cls.left_out), *program.absent),
    )


def _known(
    model: LoadedModel, system: TransitionSystem, schema: Schema, written: frozenset[str]
) -> dict[str, tuple[int, ...]]:
    """The cells of variables that no step writes, where all initial states agree."""
    outcomes = _initial_outcomes(system)
    if not outcomes:
        file, line, text = attribute_place(model.cls, "initial")
        message, remedy = (
            "there is no initial state: initial() waits or chooses in vain",
            "let it end in some state",
        )
        raise CompileError([Diagnostic(file, line, 1, message, remedy, text)])
    states = [o.state for o in outcomes if o.state is not None]
    found = {}
    for name, variable in schema.variables.items():
        if name in written:
            continue
        at = system.offset[name]
        cells = {state[at : at + variable.cells] for state in states}
        if len(cells) == 1:
            found[name] = cells.pop()
    return found


def _initial_outcomes(system: TransitionSystem) -> list[Outcome]:
    """What the initial actions do, with counters as wide as they need."""
    while True:
        try:
            return list(Semantics(system).initial_outcomes())
        except CountOverflow as overflow:
            system = system.with_widths({overflow.variable: system.variable[overflow.variable].type.bits + 1})


def _spell_out_initial(system: TransitionSystem) -> TransitionSystem:
    """The initial states written down cell by cell, where they are few and their making violates nothing."""
    outcomes = _initial_outcomes(system)
    states = {o.state: None for o in outcomes if o.state is not None}
    if len(states) > MOST_INITIAL_STATES or any(o.faults for o in outcomes):
        return system
    families: list[Initial] = []
    for state in states:
        ops = []
        for variable in system.variables:
            at = system.offset[variable.name]
            for cell, index in enumerate(product(*(range(n) for n in variable.shape))):
                if state[at + cell] != variable.default:
                    ops.append(Assign(variable.name, tuple(map(Const, index)), Const(state[at + cell])))
        families.append(Initial(tuple(ops)))
    return replace(system, initial=tuple(families))


def _prune(system: TransitionSystem, properties: tuple[Any, ...]) -> TransitionSystem:
    """Without the variables that nothing reads: their values were put into the expressions."""
    loaded = {p.pc for p in system.processes} | {p.alive for p in system.populations}
    sequences = [e.ops for e in system.edges] + [i.ops for i in system.initial]
    roots = [e for ops in sequences for op in ops for e in expressions(op)]
    for declared in properties:
        roots += declared.always
        roots += [condition for requirement in declared.requirements for condition in requirement.conditions]
        for handler in declared.handlers:
            roots += [handler.predicate] if handler.predicate is not None else []
            roots += [u.value for u in handler.updates] + [i for u in handler.updates for i in u.index]
            roots += [e for _, e in handler.pre]
    loaded |= {e.variable for root in roots for e in walk(root) if isinstance(e, Load)}
    stored = {op.variable for e in system.edges for op in e.ops if isinstance(op, Assign)}

    def keep(variable: Variable) -> bool:
        return variable.name in loaded or variable.name in stored

    kept = tuple(v for v in system.variables if keep(v))
    names = {v.name for v in kept}
    initial = tuple(
        replace(i, ops=tuple(op for op in i.ops if not (isinstance(op, Assign) and op.variable not in names)))
        for i in system.initial
    )
    return replace(system, variables=kept, initial=initial)
