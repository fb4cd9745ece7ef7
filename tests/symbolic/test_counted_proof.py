"""Certificates for any number of instances: both solvers accept them, and refuse what was changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import z3

from ovlcheck.symbolic.answer import Answer, Deadline, Verdict
from ovlcheck.symbolic.certificate import check, differs, parse, write
from ovlcheck.symbolic.counted_proof import Claim, claim, prove_claim
from ovlcheck.symbolic.counted_translation import CountedSystem, rows_named
from ovlcheck.symbolic.counter_abstraction import Counted, Row
from ovlcheck.symbolic.symbolic_result import SymbolicResult
from ovlcheck.symbolic.symbolic_search import search
from tests.symbolic.parameterised import (
    Family,
    any_number,
    inside_at_most,
    last_one_frees,
    locked,
    permits,
    two_counts,
)
from tests.symbolic.test_certificate import ABOUT, PROOF, cvc5_answers


def searched(counted: Counted, precision: int = 1) -> SymbolicResult:
    result = search(counted, precision=precision, keep=True)
    assert result.complete
    return result


def proved(counted: Counted, name: str, precision: int = 1) -> tuple[Claim, Answer]:
    result = searched(counted, precision)
    assert result.reached is not None
    found = claim(CountedSystem(counted, result.reached.row_values), (name,))
    return found, prove_claim(found, result, Deadline(60))


def certificate(found: Claim, answer: Answer) -> str:
    assert answer.invariant is not None
    return write(found.symbolic, found.bad, answer.invariant, ABOUT)


@pytest.mark.parametrize(
    ("family", "name", "precision"),
    [
        (locked(), "one_inside", 1),
        (locked(), "lock misuse", 1),
        (last_one_frees(True), "use after free", 0),
        (last_one_frees(True), "freed_unused", 0),
        (permits(2), "two_inside", 3),
        (two_counts(), "mapped_by_openers", 0),
        (two_counts(), "bounded", 0),
        (inside_at_most(lambda tasks: tasks), "few_inside", 0),
    ],
)
def test_what_the_search_proves_has_a_certificate(family: Family, name: str, precision: int) -> None:
    cvc5 = pytest.importorskip("cvc5")
    found, answer = proved(any_number(family), name, precision)
    assert answer.verdict is Verdict.PROVED, answer.reason
    text = certificate(found, answer)
    assert check(parse(text)) == PROOF
    assert cvc5_answers(cvc5, text) == ["unsat"] * 3


@pytest.mark.parametrize(
    ("family", "name"),
    [
        (locked(False), "one_inside"),
        (last_one_frees(False), "use after free"),
        (inside_at_most(lambda tasks: 2), "few_inside"),
        (two_counts(), "too_tight"),
    ],
)
def test_what_breaks_with_some_number_has_none(family: Family, name: str) -> None:
    _, answer = proved(any_number(family), name)
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.invariant is None
    assert "looks like a reached one" in answer.reason


def test_the_invariant_says_what_counters_are_equal_to() -> None:
    found, answer = proved(any_number(two_counts()), "mapped_by_openers", 0)
    symbolic = found.symbolic
    opened = symbolic.counter(symbolic.system.offset["opened"])
    at = {row[1][0]: symbolic.instances(row) for row in symbolic.rows}
    solver = z3.Solver()
    solver.add(answer.invariant, opened != at[1] + at[2])
    assert solver.check() == z3.unsat


@pytest.fixture(scope="module")
def freeing() -> tuple[Claim, Answer]:
    return proved(any_number(last_one_frees(True)), "use after free", 0)


def test_a_weaker_invariant_is_no_proof(freeing: tuple[Claim, Answer]) -> None:
    cvc5 = pytest.importorskip("cvc5")
    found, answer = freeing
    conjuncts = answer.invariant.children() if answer.invariant is not None else []
    clauses = [c for c in conjuncts if z3.is_not(c) or z3.is_or(c)]
    assert clauses
    weakened = 0
    for clause in clauses:
        rest = z3.And([c for c in conjuncts if not c.eq(clause)])
        text = write(found.symbolic, found.bad, rest, ABOUT)
        if check(parse(text)) != PROOF:
            weakened += 1
            assert "sat" in cvc5_answers(cvc5, text)
    assert weakened


def test_formulas_of_another_system_are_told_apart(freeing: tuple[Claim, Answer]) -> None:
    found, answer = freeing
    text = certificate(found, answer)
    assert differs(parse(text), found.symbolic, found.bad) == ""
    fresh = claim(CountedSystem(any_number(last_one_frees(True)), found.symbolic.rows), ("use after free",))
    assert differs(parse(text), fresh.symbolic, fresh.bad) == ""
    careless = claim(
        CountedSystem(any_number(last_one_frees(False)), found.symbolic.rows), ("use after free",)
    )
    assert differs(parse(text), careless.symbolic, careless.bad) == "other meaning of trans"


def test_a_dropped_step_and_other_initial_states_are_told_apart(freeing: tuple[Claim, Answer]) -> None:
    found, answer = freeing
    assert answer.invariant is not None
    for part, changed in (("init", "initial"), ("trans", "steps")):
        other = CountedSystem(any_number(last_one_frees(True)), found.symbolic.rows)
        if changed == "steps":
            other.steps = other.steps[1:]
        else:
            other.initial = z3.And(other.initial, other.instances(other.rows[0]) < 3)
        text = write(other, found.bad, answer.invariant, ABOUT)
        assert differs(parse(text), found.symbolic, found.bad) == f"other meaning of {part}"


def test_without_all_rows_there_is_no_proof() -> None:
    counted = any_number(last_one_frees(True))
    result = searched(counted, 0)
    assert result.reached is not None
    rows: tuple[Row, ...] = result.reached.row_values
    assert len(rows) == 3
    fewer = replace(
        result,
        reached=replace(
            result.reached,
            row_values=rows[:2],
            weights=result.reached.weights[:2],
            controls=tuple(c for c in result.reached.controls if not c.box.may & ~3),
        ),
        equalities=(),
    )
    answer = prove_claim(claim(CountedSystem(counted, rows[:2]), ("use after free",)), fewer, Deadline(60))
    assert answer.verdict is Verdict.UNKNOWN


def test_rows_cannot_be_left_out_of_a_file_unseen() -> None:
    """With steps to other rows forgotten, an invariant excludes nothing real: the comparison sees that."""
    counted = any_number(last_one_frees(False))
    begin: Row = (0, (0,))
    alone = CountedSystem(counted, (begin,))
    text = write(alone, z3.BoolVal(False), alone.initial, ABOUT)
    assert check(parse(text)) == PROOF
    names = [constant.decl().name() for constant in alone.pre]
    fresh = claim(CountedSystem(counted, rows_named(counted, names)), ("use after free",))
    assert differs(parse(text), fresh.symbolic, fresh.bad) == "other meaning of bad"


def test_a_search_that_has_not_kept_its_states_is_no_help() -> None:
    counted = any_number(locked())
    rows = ((0, (0, 0)), (0, (1, 1)))
    with pytest.raises(ValueError, match="not kept"):
        prove_claim(claim(CountedSystem(counted, rows), ("one_inside",)), search(counted), Deadline(1))
