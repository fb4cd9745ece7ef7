"""How the cells of a state are constants of Z3, and back: states become models, and models states.

A truth value is a ``Bool``; a word of flags or a set is a ``Bool`` for each label; a counter is an ``Int`` without an
upper bound, and so is a range of many values.  Positions, enums and references, which have few values, are what the
encoding says: ``BINARY`` numbers them with ``Bool`` bits, ``ONE_HOT`` has a ``Bool`` for each value, ``INTEGER`` an
``Int``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum as Choice
from itertools import product

import z3

from ovlcheck.symbolic.terms import Condition, conj, disj, formula, neg
from ovlcheck.symbolic.values import (
    MOST_CASES,
    Cases,
    Number,
    Value,
    Word,
    as_cases,
    as_term,
    as_word,
    constant,
    holding,
    is_value,
)
from ovlcheck.system.action import State
from ovlcheck.system.transition_system import TransitionSystem, Variable
from ovlcheck.system.types import Bits, Bool, Count, Type


class Encoding(Choice):
    """How values of small ranges are told to Z3."""

    BINARY = "binary"
    ONE_HOT = "one-hot"
    INTEGER = "integer"


@dataclass(frozen=True)
class Cell:
    """One cell of a state: ``constants`` hold its value, as ``read`` says.

    ``typed`` holds where they stand for a value of the type.  ``write`` gives each constant's value for a value of the
    cell that is in its type.
    """

    variable: str
    index: tuple[int, ...]
    constants: tuple[z3.ExprRef, ...]
    value: Value
    typed: Condition
    write: Callable[[Value], tuple[z3.ExprRef, ...]]

    def read(self, model: z3.ModelRef) -> int:
        """The cell's value in ``model``; what the model leaves open is 0 or false."""
        if isinstance(self.value, Number):
            return _integer(model.eval(self.value.term, model_completion=True))
        if isinstance(self.value, Word):
            return sum(1 << i for i, bit in enumerate(self.value.bits) if _true(model, bit))
        for value, condition in self.value.table.items():
            if _true(model, condition):
                return value
        raise ValueError(f"{self.variable}{list(self.index)} has no value of its type in this model")


def cells(system: TransitionSystem, encoding: Encoding, mark: str = "") -> tuple[Cell, ...]:
    """The cells of ``system`` in the order of its states; names of constants end in ``mark``."""
    return tuple(
        _cell(variable, index, encoding, mark)
        for variable in system.variables
        for index in product(*map(range, variable.shape))
    )


def assignment(cells_: tuple[Cell, ...], state: State) -> Iterator[tuple[z3.ExprRef, z3.ExprRef]]:
    """Each constant with its value in ``state``."""
    for cell, value in zip(cells_, state, strict=True):
        yield from zip(cell.constants, cell.write(constant(value)), strict=True)


def is_state(cells_: tuple[Cell, ...], state: State) -> z3.BoolRef:
    """The formula that only ``state`` fulfils."""
    literals: list[Condition] = []
    for constant_, value in assignment(cells_, state):
        if z3.is_bool(constant_):
            literals.append(constant_ if z3.is_true(value) else neg(constant_))
        else:
            literals.append(constant_ == value)
    return formula(conj(*literals))


def decode(cells_: tuple[Cell, ...], model: z3.ModelRef) -> State:
    """The state that ``model`` describes."""
    return tuple(cell.read(model) for cell in cells_)


def _cell(variable: Variable, index: tuple[int, ...], encoding: Encoding, mark: str) -> Cell:
    name = variable.name + "".join(f"[{i}]" for i in index)
    type_ = variable.type
    if isinstance(type_, Bool):
        return _word(variable, index, (f"{name}{mark}",))
    if isinstance(type_, Bits):
        return _word(variable, index, tuple(f"{name}.{label}{mark}" for label in _labels(type_)))
    if isinstance(type_, Count):
        term = z3.Int(f"{name}{mark}")
        return Cell(variable.name, index, (term,), Number(term), term >= 0, lambda v: (as_term(v),))
    size = type_.hi - type_.lo + 1
    if size == 1:
        return Cell(variable.name, index, (), constant(type_.lo), True, lambda v: ())
    if size > MOST_CASES:
        term = z3.Int(f"{name}{mark}")
        typed = conj(term >= type_.lo, term <= type_.hi)
        return Cell(variable.name, index, (term,), Number(term), typed, lambda v: (as_term(v),))
    make = {Encoding.BINARY: _binary, Encoding.ONE_HOT: _one_hot, Encoding.INTEGER: _integers}[encoding]
    return make(variable, index, name, mark)


def _labels(type_: Bits) -> tuple[str, ...]:
    """The labels, numbered where two are alike."""
    if len(set(type_.labels)) == len(type_.labels):
        return type_.labels
    return tuple(f"{i}.{label}" for i, label in enumerate(type_.labels))


def _word(variable: Variable, index: tuple[int, ...], names: tuple[str, ...]) -> Cell:
    bits = tuple(z3.Bool(name) for name in names)

    def write(value: Value) -> tuple[z3.ExprRef, ...]:
        word = as_word(value)
        if word is None:  # arithmetic on a truth value or a set: what it comes to lies in the type
            term = as_term(value)
            return tuple((term / (1 << i)) % 2 == 1 for i in range(len(bits)))
        padded = word.bits + (False,) * len(bits)
        return tuple(formula(bit) for bit in padded[: len(bits)])

    return Cell(variable.name, index, bits, Word(bits), True, write)


def _cases_of(value: Value, type_: Type) -> Mapping[int, Condition]:
    cases = as_cases(value)
    if cases is not None:
        return cases.table
    return {v: is_value(value, v) for v in range(type_.lo, type_.hi + 1)}


def _binary(variable: Variable, index: tuple[int, ...], name: str, mark: str) -> Cell:
    type_ = variable.type
    bits = tuple(z3.Bool(f"{name}#{i}{mark}") for i in range(type_.bits))
    word = Word(bits)
    table = {v: is_value(word, v - type_.lo) for v in range(type_.lo, type_.hi + 1)}
    beyond = range(type_.hi - type_.lo + 1, 1 << len(bits))
    typed = conj(*(neg(is_value(word, v)) for v in beyond))

    def write(value: Value) -> tuple[z3.ExprRef, ...]:
        cases = Cases(dict(_cases_of(value, type_)))
        return tuple(
            formula(holding(cases, lambda v, i=i: bool(v - type_.lo >> i & 1)))  # type: ignore[misc]
            for i in range(len(bits))
        )

    return Cell(variable.name, index, bits, Cases(table), typed, write)


def _one_hot(variable: Variable, index: tuple[int, ...], name: str, mark: str) -> Cell:
    type_ = variable.type
    values = range(type_.lo, type_.hi + 1)
    bits = tuple(z3.Bool(f"{name}={type_.format(v)}{mark}") for v in values)
    one = disj(*bits)
    apart = [disj(neg(a), neg(b)) for i, a in enumerate(bits) for b in bits[:i]]

    def write(value: Value) -> tuple[z3.ExprRef, ...]:
        table = _cases_of(value, type_)
        return tuple(formula(table.get(v, False)) for v in values)

    return Cell(
        variable.name, index, bits, Cases(dict(zip(values, bits, strict=True))), conj(one, *apart), write
    )


def _integers(variable: Variable, index: tuple[int, ...], name: str, mark: str) -> Cell:
    type_ = variable.type
    term = z3.Int(f"{name}{mark}")
    table: dict[int, Condition] = {v: term == v for v in range(type_.lo, type_.hi + 1)}
    typed = conj(term >= type_.lo, term <= type_.hi)
    return Cell(variable.name, index, (term,), Cases(table), typed, lambda v: (as_term(v),))


def _true(model: z3.ModelRef, condition: Condition) -> bool:
    if isinstance(condition, bool):
        return condition
    return bool(z3.is_true(model.eval(condition, model_completion=True)))


def _integer(term: z3.ExprRef) -> int:
    return int(term.as_long())
