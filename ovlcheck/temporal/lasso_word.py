"""Whether a formula holds of a behaviour that is a stem and then a loop for ever, by the formula's meaning alone.

No automaton is involved: this is what counterexamples are confirmed by, and what the automata are tested against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ovlcheck.system.expr import Expr
from ovlcheck.system.formula import (
    Atom,
    Conjunction,
    Disjunction,
    Formula,
    Negation,
    Next,
    Release,
    Until,
)


def holds_of_lasso(
    formula: Formula, length: int, loop_start: int, holds: Callable[[Expr, int], bool]
) -> bool:
    """Whether ``formula`` holds of the states 0 .. length-1 with those from ``loop_start`` on repeated for ever.

    ``holds`` says whether a predicate holds in the state of that number.
    """
    following = [*range(1, length), loop_start]

    def values(part: Formula) -> Sequence[bool]:
        match part:
            case Atom(condition):
                return [holds(condition, at) for at in range(length)]
            case Negation(operand):
                return [not value for value in values(operand)]
            case Conjunction(left, right):
                return [a and b for a, b in zip(values(left), values(right), strict=True)]
            case Disjunction(left, right):
                return [a or b for a, b in zip(values(left), values(right), strict=True)]
            case Next(operand):
                later = values(operand)
                return [later[at] for at in following]
            case Until(left, right):
                return _fixpoint(values(left), values(right), following, least=True)
            case Release(left, right):
                return _fixpoint(values(left), values(right), following, least=False)
        raise TypeError(f"not a formula: {part!r}")

    return values(formula)[0]


def _fixpoint(
    left: Sequence[bool], right: Sequence[bool], following: list[int], *, least: bool
) -> list[bool]:
    """``right or (left and next)`` as a least fixpoint; ``right and (left or next)`` as a greatest one."""
    result = [not least] * len(left)
    while True:
        later = [result[at] for at in following]
        if least:
            new = [r or (a and n) for a, r, n in zip(left, right, later, strict=True)]
        else:
            new = [r and (a or n) for a, r, n in zip(left, right, later, strict=True)]
        if new == result:
            return result
        result = new
