"""Random formulas over a few predicates, and random behaviours of a stem and a loop."""

from __future__ import annotations

from hypothesis import strategies as st

from ovlcheck.system.expr import Load
from ovlcheck.system.formula import (
    NO,
    YES,
    Atom,
    Conjunction,
    Disjunction,
    Formula,
    Negation,
    Next,
    Release,
    Until,
    always,
    eventually,
    leads_to,
)

NAMES = ("p", "q", "r")
ATOMS = [Atom(Load(name)) for name in NAMES]

formulas: st.SearchStrategy[Formula] = st.recursive(
    st.sampled_from([*ATOMS, *ATOMS, YES, NO]),
    lambda parts: st.one_of(
        st.builds(Negation, parts),
        st.builds(Next, parts),
        st.builds(always, parts),
        st.builds(eventually, parts),
        st.builds(Conjunction, parts, parts),
        st.builds(Disjunction, parts, parts),
        st.builds(Until, parts, parts),
        st.builds(Release, parts, parts),
        st.builds(leads_to, parts, parts),
    ),
    max_leaves=6,
)

words = st.lists(st.integers(0, 2 ** len(NAMES) - 1), min_size=1, max_size=6).flatmap(
    lambda labels: st.tuples(st.just(tuple(labels)), st.integers(0, len(labels) - 1))
)
"""The atoms that hold in each state, a bit each, and where the loop begins."""
