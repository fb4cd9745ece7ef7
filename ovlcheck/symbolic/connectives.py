"""And, or and not, as Z3's C interface builds them.

z3py looks up the sort and the context of each formula that it joins, several times.  Of a model's steps, and of the
thousands of queries that a proof takes, that is most of the processor time; here formulas are joined as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import z3


def conjunction(items: Sequence[z3.BoolRef]) -> z3.BoolRef:
    """All of ``items``, of which there is one at least."""
    return z3.BoolRef(z3.Z3_mk_and(items[0].ctx_ref(), len(items), array(items)), items[0].ctx)


def disjunction(items: Sequence[z3.BoolRef]) -> z3.BoolRef:
    """Any of ``items``, of which there is one at least."""
    return z3.BoolRef(z3.Z3_mk_or(items[0].ctx_ref(), len(items), array(items)), items[0].ctx)


def negation(item: z3.BoolRef) -> z3.BoolRef:
    """That ``item`` does not hold."""
    return z3.BoolRef(z3.Z3_mk_not(item.ctx_ref(), item.ast), item.ctx)


def array(items: Sequence[z3.BoolRef]) -> object:
    """``items`` for Z3's C interface, which takes how many they are besides."""
    return (z3.Ast * len(items))(*[item.ast for item in items])
