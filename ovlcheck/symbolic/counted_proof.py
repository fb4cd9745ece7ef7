"""An inductive invariant for any number of processes, from the control states of a finished search.

The search says what is worth a try; Z3 alone decides, over a translation that shares nothing with it but the steps of
``Counted``.  The invariant also says what each split counter is equal to, so that this is proved along the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import z3

from ovlcheck.symbolic.answer import Answer, Deadline, Verdict
from ovlcheck.symbolic.counted_literals import of_controls
from ovlcheck.symbolic.counted_translation import ELSEWHERE, CountedSystem, total
from ovlcheck.symbolic.learning import learn_from
from ovlcheck.symbolic.symbolic_result import SymbolicResult
from ovlcheck.symbolic.terms import any_of

METHOD = "induction over any number of instances, learned from control states"


@dataclass(frozen=True)
class Claim:
    """That nothing of ``violations`` happens in ``symbolic``: ``bad`` are the states in which it shows, or from which a
    step leads to it at once.
    """

    symbolic: CountedSystem
    violations: tuple[str, ...]
    bad: z3.BoolRef


def claim(symbolic: CountedSystem, checks: Sequence[str]) -> Claim:
    """The claim that no check of ``checks`` fails, nor any instance goes to a row that is not listed."""
    names = tuple(name for name in (*checks, ELSEWHERE) if name in symbolic.bad)
    return Claim(symbolic, names, any_of(symbolic.bad[name] for name in names))


def prove_claim(claim_: Claim, result: SymbolicResult, deadline: Deadline) -> Answer:
    """Proves ``claim_``, whose rows are those that the search with this ``result`` has reached and kept.

    The answer is a proof or *unknown*.  Raises ``ValueError`` if the control states were not kept.
    """
    if result.reached is None:
        raise ValueError("the search has not kept its control states")
    symbolic = claim_.symbolic
    broken = sorted(symbolic.initially_bad.intersection(claim_.violations))
    if broken:
        return Answer(Verdict.UNKNOWN, METHOD, f"making an initial state violates {', '.join(broken)}")
    table = of_controls(symbolic, result.reached)
    unwanted = any_of([claim_.bad, *_unequal(symbolic, result)])
    return learn_from(table, symbolic, unwanted, deadline, method=METHOD)


def _unequal(symbolic: CountedSystem, result: SymbolicResult) -> Iterator[z3.BoolRef]:
    """For each counter that was split, that the part to which no row adds is none of those that occur."""
    for quantity, weights, rests in result.equalities:
        rest = total(
            [symbolic.counter(quantity.cell), *(-weight * symbolic.instances(row) for row, weight in weights)]
        )
        yield z3.And([rest != value for value in sorted(rests)])
