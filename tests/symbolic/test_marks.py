"""Formulas are assumed where they are named, and cores name those that it took."""

from __future__ import annotations

import pytest
import z3

from ovlcheck.symbolic.marks import Marks

N = z3.Int("n")


def marked() -> tuple[z3.Solver, Marks]:
    """That n is below 3, above 5, and even."""
    solver = z3.Solver()
    marks = Marks(solver, "fact")
    for formula in (N < 3, N > 5, N % 2 == 0):
        marks.add(formula)
    return solver, marks


def test_only_what_is_named_is_assumed() -> None:
    solver, marks = marked()
    assert marks.ask([]) == z3.sat
    assert marks.ask([1, 2]) == z3.sat
    assert solver.model()[N].as_long() in range(6, 1 << 32, 2)
    assert marks.ask([0, 1]) == z3.unsat


def test_a_core_has_the_numbers_that_it_takes() -> None:
    solver, marks = marked()
    solver.set("core.minimize", True)
    assert marks.ask([2, 1, 0]) == z3.unsat
    assert sorted(marks.core()) == [0, 1]


def test_what_is_held_needs_no_naming_until_it_is_taken_back() -> None:
    solver, marks = marked()
    solver.push()
    marks.hold([0])
    assert marks.ask([1]) == z3.unsat
    assert marks.core() == [1]
    solver.pop()
    assert marks.ask([1]) == z3.sat


def test_two_kinds_of_marks_share_a_solver() -> None:
    solver, marks = marked()
    others = Marks(solver, "other")
    others.add(N == 4)
    assert others.ask([0]) == z3.sat
    marks.hold([0])
    assert others.ask([0]) == z3.unsat


def test_who_interrupts_a_query_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    solver, marks = marked()
    monkeypatch.setattr(z3, "Z3_solver_check_assumptions", lambda *_: z3.unknown.r)
    monkeypatch.setattr(solver, "reason_unknown", lambda: "interrupted from keyboard")
    with pytest.raises(KeyboardInterrupt):
        marks.ask([0])
