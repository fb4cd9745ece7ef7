"""What ``ovlcheck prove`` says about every shipped design, held against what the explicit engine found: the kept table.

An hour or two, so not part of a plain test run: pytest -rs tests/symbolic/every_model.py

A property that is not decided within its limit is skipped, and ``-rs`` lists it with the reason.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from docs.tables.__main__ import kept
from ovlcheck.explore.deadlock import NAME as NO_DEADLOCK
from ovlcheck.prepare import Options
from ovlcheck.prove import UNKNOWN, Attempt, Proof, prove
from ovlcheck.report.table import Cell
from ovlcheck.report.verdict import VIOLATED

CONFIG = "small"
SECONDS = float(os.environ.get("OVLCHECK_SECONDS", "60"))
"""Wall time for each property and method."""

DEEPEST = 12
"""Steps of the longest violations that bounded checking is asked for: each step further takes it twice the time."""


def cells() -> dict[str, tuple[str, str, Cell]]:
    """The model, the property and what the explicit engine found of it, for all that ``prove`` can decide."""
    table = kept(CONFIG)
    assert table is not None
    return {
        f"{row.model}-{column.name}": (row.model, column.name, cell)
        for row, column, cell in table.marked()
        if not column.behaviour and cell.applies and column.name != NO_DEADLOCK
    }


def proved(model: str, name: str, attempt: Attempt) -> Proof:
    (proof,) = prove(Path(model), Options(config=CONFIG, properties=(name,)), attempt).proofs
    if proof.verdict == UNKNOWN:
        pytest.skip(f"{model} {name} {attempt.method}: {proof.reason}")
    return proof


@pytest.mark.parametrize("model, name, cell", cells().values(), ids=cells())
def test_the_verdict_is_that_of_the_explicit_engine(model: str, name: str, cell: Cell) -> None:
    proof = proved(model, name, Attempt(seconds=SECONDS))
    assert (proof.verdict == VIOLATED) == (cell.verdict == VIOLATED)
    assert proof.vacuous == cell.vacuous
    assert (proof.trace is None) == (cell.verdict != VIOLATED)
    if proof.trace is not None and cell.steps is not None:
        assert len(proof.trace.steps) >= cell.steps


NEAR = {
    key: (model, name, cell.steps)
    for key, (model, name, cell) in cells().items()
    if cell.verdict == VIOLATED and cell.shortest and cell.steps is not None and cell.steps <= DEEPEST
}


@pytest.mark.parametrize("model, name, steps", NEAR.values(), ids=NEAR)
def test_bounded_checking_finds_a_shortest_violation(model: str, name: str, steps: int) -> None:
    proof = proved(model, name, Attempt("bmc", seconds=SECONDS))
    assert proof.trace is not None
    assert len(proof.trace.steps) == steps
