"""When a formula says something: vacuity of properties of whole behaviours.

As for predicates (``vacuity``), a property says nothing if it would hold as well were its last obligation impossible:
``leads_to(p, q)`` where no fair behaviour ever has ``p``.  The notion is that of Kupferman and Vardi, "Vacuity
detection in temporal model checking" (1999), for the last operand in Python's order.
"""

from __future__ import annotations

from ovlcheck.system.formula import NO, Atom, Formula, Negation, Next, operands, positive, rebuild


def without_last_obligation(formula: Formula) -> Formula:
    """``formula`` with its last atom replaced by what never holds: it is stronger than ``formula``."""
    return _without(positive(formula))


def _without(formula: Formula) -> Formula:
    match formula:
        case Atom() | Negation():
            return NO
        case Next(operand):
            return Next(_without(operand))
    last = operands(formula)[-1]
    return rebuild(formula, lambda operand: _without(operand) if operand is last else operand)
