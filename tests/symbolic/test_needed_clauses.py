"""Of a proof those clauses stay that it needs, and what stays is a proof."""

from __future__ import annotations

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from ovlcheck.symbolic import needed_clauses
from ovlcheck.symbolic.answer import Deadline
from ovlcheck.symbolic.needed_clauses import needed

NAMES = [z3.Bool(f"x{i}") for i in range(6)]
TRUE = z3.BoolVal(True)


def test_what_safety_needs_is_kept_and_what_that_needs_in_turn() -> None:
    safe, helps_safe, helps_helper, idle = NAMES[:4]
    one_step = {0: z3.Not(helps_safe), 3: z3.Not(idle)}
    another = {1: z3.Not(z3.And(safe, helps_helper))}
    kept = needed(
        TRUE, z3.Not(safe), (safe, helps_safe, helps_helper, idle), (one_step, another), Deadline(None)
    )
    assert kept == [0, 1, 2]


def test_what_holds_anyway_needs_no_clause() -> None:
    assert needed(NAMES[0], z3.Not(NAMES[0]), NAMES[:2], (), Deadline(None)) == []


def test_all_stay_when_the_time_is_over() -> None:
    assert needed(TRUE, z3.Not(NAMES[0]), NAMES, (), Deadline(0)) == list(range(6))


@given(
    st.sets(st.integers(0, 5), min_size=1),
    st.lists(
        st.dictionaries(st.integers(0, 5), st.sets(st.integers(0, 5), min_size=1), max_size=6), max_size=4
    ),
    st.integers(1, 5),
)
def test_what_stays_is_inductive_without_the_rest(
    safety: set[int], steps: list[dict[int, set[int]]], together: int
) -> None:
    """Bad is that none of ``safety`` holds; a step leads out of a clause where none of the listed ones holds.

    However many steps a query is about.
    """
    leads = [{clause: none_of(of) for clause, of in step.items()} for step in steps]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(needed_clauses, "_TOGETHER", together)
        kept = needed(TRUE, none_of(safety), NAMES, leads, Deadline(None))
    assert not safety.isdisjoint(kept)
    assert all(not step[clause].isdisjoint(kept) for step in steps for clause in kept if clause in step)


def none_of(numbers: set[int]) -> z3.BoolRef:
    return z3.And([z3.Not(NAMES[n]) for n in sorted(numbers)])
