"""Formulas of linear temporal logic over predicates on states, and what a property demands of all behaviours.

A behaviour is an infinite sequence of states: one that takes steps for ever, or one that comes to an end and stays in
its last state for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Union

from ovlcheck.system.expr import FALSE, TRUE, Expr, show


@dataclass(frozen=True)
class Atom:
    """``condition`` holds in the first state."""

    condition: Expr


@dataclass(frozen=True)
class Negation:
    operand: "Formula"


@dataclass(frozen=True)
class Conjunction:
    left: "Formula"
    right: "Formula"


@dataclass(frozen=True)
class Disjunction:
    left: "Formula"
    right: "Formula"


@dataclass(frozen=True)
class Next:
    """``operand`` holds of the behaviour without its first state."""

    operand: "Formula"


@dataclass(frozen=True)
class Until:
    """``right`` holds at some time, and ``left`` at every time before."""

    left: "Formula"
    right: "Formula"


@dataclass(frozen=True)
class Release:
    """``right`` holds up to and including the first time that ``left`` does; for ever if it never does."""

    left: "Formula"
    right: "Formula"


Formula = Union[Atom, Negation, Conjunction, Disjunction, Next, Until, Release]

YES = Atom(TRUE)
NO = Atom(FALSE)


def always(operand: Formula) -> Formula:
    return Release(NO, operand)


def eventually(operand: Formula) -> Formula:
    return Until(YES, operand)


def leads_to(premise: Formula, goal: Formula) -> Formula:
    """Whenever ``premise`` holds, ``goal`` holds then or later."""
    return always(Disjunction(Negation(premise), eventually(goal)))


@dataclass(frozen=True)
class Possibility:
    """In every reachable state with ``premise`` there is a way to one with ``goal``.

    The way has no step of those that ``without`` names (processes, rules or functions), and, unless ``calls``, none
    by which a user begins a call.
    """

    premise: Expr
    goal: Expr
    calls: bool = True
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Requirement:
    """``demand`` must hold of every fair behaviour: the property ``name``, or its instance at ``binding``.

    ``weak``, ``strong`` and ``unfair`` name the processes, rules and functions whose steps have that fairness for
    this property instead of their own.
    """

    name: str
    demand: Formula | Possibility
    binding: tuple[tuple[str, str], ...] = ()
    weak: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    unfair: tuple[str, ...] = ()

    @property
    def conditions(self) -> tuple[Expr, ...]:
        """The predicates in it, each once."""
        if isinstance(self.demand, Possibility):
            return tuple(dict.fromkeys((self.demand.premise, self.demand.goal)))
        return predicates(self.demand)


def operands(formula: Formula) -> tuple[Formula, ...]:
    match formula:
        case Atom():
            return ()
        case Negation(operand) | Next(operand):
            return (operand,)
        case _:
            return (formula.left, formula.right)


def rebuild(formula: Formula, visit: Callable[[Formula], Formula]) -> Formula:
    """The same operator over ``visit`` of each operand."""
    match formula:
        case Atom():
            return formula
        case Negation(operand) | Next(operand):
            return type(formula)(visit(operand))
        case _:
            return type(formula)(visit(formula.left), visit(formula.right))


def map_atoms(formula: Formula, visit: Callable[[Expr], Expr]) -> Formula:
    if isinstance(formula, Atom):
        return Atom(visit(formula.condition))
    return rebuild(formula, lambda operand: map_atoms(operand, visit))


def predicates(formula: Formula) -> tuple[Expr, ...]:
    """The conditions of its atoms, each once, from left to right."""

    def found(part: Formula) -> Iterator[Expr]:
        if isinstance(part, Atom):
            yield part.condition
        for operand in operands(part):
            yield from found(operand)

    return tuple(dict.fromkeys(found(formula)))


def negated(formula: Formula) -> Formula:
    """The negation of ``formula``, with ``Negation`` only of atoms."""
    match formula:
        case Atom(condition):
            return NO if condition == TRUE else YES if condition == FALSE else Negation(formula)
        case Negation(operand):
            return positive(operand)
        case Next(operand):
            return Next(negated(operand))
        case Conjunction(left, right):
            return Disjunction(negated(left), negated(right))
        case Disjunction(left, right):
            return Conjunction(negated(left), negated(right))
        case Until(left, right):
            return Release(negated(left), negated(right))
        case Release(left, right):
            return Until(negated(left), negated(right))
    raise TypeError(f"not a formula: {formula!r}")


def positive(formula: Formula) -> Formula:
    """``formula`` with ``Negation`` only of atoms."""
    if isinstance(formula, Negation):
        return negated(formula.operand)
    return rebuild(formula, positive)


def show_formula(formula: Formula) -> str:
    """The formula as its author would write it."""
    match formula:
        case Atom(condition):
            return show(condition)
        case Negation(operand):
            return f"not ({show_formula(operand)})"
        case Conjunction(left, right):
            return f"({show_formula(left)} and {show_formula(right)})"
        case Disjunction(left, right):
            return f"({show_formula(left)} or {show_formula(right)})"
        case Next(operand):
            return f"next_state({show_formula(operand)})"
        case Until(left, right) if left == YES:
            return f"eventually({show_formula(right)})"
        case Release(left, Disjunction(Negation(premise), Until(yes, goal))) if left == NO and yes == YES:
            return f"leads_to({show_formula(premise)}, {show_formula(goal)})"
        case Release(left, right) if left == NO:
            return f"always({show_formula(right)})"
        case Until(left, right):
            return f"until({show_formula(left)}, {show_formula(right)})"
        case Release(left, right):
            return f"release({show_formula(left)}, {show_formula(right)})"
    raise TypeError(f"not a formula: {formula!r}")
