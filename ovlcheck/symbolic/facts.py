"""Statements that may be inductive all together, and those of them that are.

What some step does not keep, given all others, is dropped until every step keeps what is left (C. Flanagan,
K. R. M. Leino, Houdini, an annotation assistant for ESC/Java, 2001).  What is left holds in every reachable state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import z3

from ovlcheck.symbolic.answer import Deadline, ask
from ovlcheck.symbolic.features import Index, States, at
from ovlcheck.symbolic.terms import formula
from ovlcheck.symbolic.translation import SymbolicStep, SymbolicSystem
from ovlcheck.symbolic.values import is_value

MILLISECONDS = 10_000
"""For one question to Z3; a statement that takes longer is dropped."""

_MOST_VALUES = 4
"""Values of a local at a position that are worth being told."""


def inductive(
    symbolic: SymbolicSystem, statements: Sequence[z3.BoolRef], deadline: Deadline | None = None
) -> list[z3.BoolRef]:
    """Those of ``statements`` that hold at first and that every step keeps, given that all of them hold before it.

    None of them where ``deadline`` is over before that is known.
    """
    kept = [s for s in statements if _initially(symbolic, s)]
    mentioned = {id(s): _constants(s) for s in kept}
    while True:
        dropped = False
        solver = z3.Solver()
        solver.set("timeout", MILLISECONDS)
        solver.add(symbolic.types, *kept)
        for step in symbolic.steps:
            if deadline is not None and deadline.passed:
                return []
            concerned = [s for s in kept if not mentioned[id(s)].isdisjoint(step.updates)]
            lost = {id(s) for s in _lost(symbolic, solver, step, concerned)}
            if lost:
                dropped = True
                kept = [s for s in kept if id(s) not in lost]
        if not dropped:
            return kept


def breaking(
    symbolic: SymbolicSystem, statement: z3.BoolRef, known: Sequence[z3.BoolRef]
) -> SymbolicStep | None:
    """A step that may make ``statement`` false where it and ``known`` hold before; None if there is none."""
    solver = z3.Solver()
    solver.set("timeout", MILLISECONDS)
    solver.add(symbolic.types, statement, *known)
    mentioned = _constants(statement)
    for step in symbolic.steps:
        if not mentioned.isdisjoint(step.updates) and _lost(symbolic, solver, step, [statement]):
            return step
    return None


def _lost(
    symbolic: SymbolicSystem, solver: z3.Solver, step: SymbolicStep, concerned: list[z3.BoolRef]
) -> list[z3.BoolRef]:
    """Those of ``concerned`` that ``step`` may make false; ``solver`` knows what holds before."""
    found: list[z3.BoolRef] = []
    solver.push()
    solver.add(step.guard)
    while concerned:
        after = [symbolic.next(step, s) for s in concerned]
        solver.push()
        solver.add(z3.Not(z3.And(after)))
        answer = ask(solver)
        model = solver.model() if answer == z3.sat else None
        solver.pop()
        if answer == z3.unsat:
            break
        lost = {
            id(s)
            for s, then in zip(concerned, after, strict=True)
            if model is None or not z3.is_true(model.eval(then, model_completion=True))
        }
        found += [s for s in concerned if id(s) in lost]
        concerned = [s for s in concerned if id(s) not in lost]
    solver.pop()
    return found


def local_facts(symbolic: SymbolicSystem, states: States) -> Iterator[z3.BoolRef]:
    """What every instance at a position was seen to have in each of its own variables, and where none was seen."""
    system = symbolic.system
    for process in system.processes:
        if process.pc is None:
            continue
        first = system.offset[process.pc]
        positions = states[:, first : first + process.instances]
        own = [v for v in system.variables if v.process == process.name and v.kind in ("local", "held")]
        for variable in own:
            if variable.shape[:1] != (process.instances,):
                continue
            each = variable.cells // process.instances
            start = system.offset[variable.name]
            cells = states[:, start : start + variable.cells].reshape(len(states), process.instances, each)
            for number, index in enumerate(product(*map(range, variable.shape[1:]))):
                for location in map(int, np.unique(positions)):
                    values = list(map(int, np.unique(cells[:, :, number][positions == location])))
                    if len(values) > min(_MOST_VALUES, variable.type.hi - variable.type.lo):
                        continue
                    for i in range(process.instances):
                        cell = symbolic.value(variable.name, i, *index)
                        among = z3.Or([formula(is_value(cell, v)) for v in values])
                        yield z3.Implies(at(symbolic, process.name, i, location), among)
        for i in range(process.instances):
            there = set(map(int, np.unique(positions[:, i])))
            for location in range(len(process.locations)):
                if location not in there:
                    yield z3.Not(at(symbolic, process.name, i, location))


def one_holder(symbolic: SymbolicSystem, states: States) -> Iterator[z3.BoolRef]:
    """Of two instances that were never seen to hold a lock at once: they do not."""
    system = symbolic.system
    by_lock: dict[tuple[str, Index], list[tuple[str, Index, int]]] = {}
    for variable in system.variables:
        if variable.kind == "held":
            for number, index in enumerate(product(*map(range, variable.shape))):
                key = (variable.name.partition(".")[2], index[1:])
                by_lock.setdefault(key, []).append(
                    (variable.name, index, system.offset[variable.name] + number)
                )
    for holders in by_lock.values():
        for number, (first, at_first, cell) in enumerate(holders):
            for second, at_second, other in holders[number + 1 :]:
                if not (states[:, cell] & states[:, other]).any():
                    both = [
                        formula(is_value(symbolic.value(name, *index), 1))
                        for name, index in ((first, at_first), (second, at_second))
                    ]
                    yield z3.Not(z3.And(both))


def _constants(expr: z3.ExprRef) -> frozenset[str]:
    """The names of the constants in ``expr``."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting = [expr]
    while waiting:
        one = waiting.pop()
        if one.get_id() in seen:
            continue
        seen.add(one.get_id())
        if one.num_args() == 0 and one.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            found.add(one.decl().name())
        waiting += one.children()
    return frozenset(found)


def _initially(symbolic: SymbolicSystem, holds: z3.BoolRef) -> bool:
    for state in symbolic.initial_states:
        value = z3.simplify(z3.substitute(holds, *symbolic.literals(state)))
        if not z3.is_true(value):
            return False
    return True
