"""Every certificate of four designs in configuration default, and of two with any number of openers, is accepted by Z3
and by cvc5.

Many minutes, so not part of a plain test run: pytest -rP tests/symbolic/every_certificate.py

-rP prints what docs/proofs.md has of each: bytes, clauses, and processor seconds of the solvers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest

from ovlcheck.prepare import Options
from ovlcheck.prove import PROVED, Attempt, prove
from ovlcheck.prove_any_number import prove_any_number
from ovlcheck.symbolic.certificate import check, parse
from tests.symbolic.test_certificate import PROOF, cvc5_answers

EVICTED_OPEN = "no_evicted_inode_is_open_for_write"
FREED = "no_use_after_free"
BALANCED = "refcounts_are_balanced"
EVICTED_DIRTY = "no_evicted_inode_has_dirty_upper"

PROOFS = {
    "upstream": (EVICTED_OPEN, FREED, BALANCED),
    "list_holds_reference_gc": (EVICTED_OPEN, FREED, BALANCED),
    "proposed": (EVICTED_OPEN, FREED, BALANCED, EVICTED_DIRTY),
    "suspect_list_as_posted": (EVICTED_OPEN, BALANCED),
}

ANY_NUMBER = ("upstream", "proposed")
"""Those whose proofs for any number of openers are among them."""

SECONDS = 1200.0
"""Wall time for each proof: enough on a busy machine."""

T = TypeVar("T")


def asked(models: Iterable[str]) -> list[tuple[str, str]]:
    return [(model, name) for model in models for name in PROOFS[model]]


@pytest.mark.parametrize("model, name", asked(PROOFS))
def test_both_solvers_accept_it(model: str, name: str) -> None:
    (proof,) = prove(Path(model), Options(properties=(name,)), Attempt(seconds=SECONDS)).proofs
    assert proof.verdict == PROVED, proof.reason
    accepted(f"{model} {name}", proof.certificate, proof.figures)


@pytest.mark.parametrize("model, name", asked(ANY_NUMBER))
def test_both_solvers_accept_it_for_any_number(model: str, name: str) -> None:
    proof = prove_any_number(Path(model), Options(properties=(name,)), SECONDS)
    accepted(f"{model} {name}, any number", proof.certificate, proof.figures)


def accepted(title: str, text: str | None, figures: tuple[str, ...]) -> None:
    cvc5 = pytest.importorskip("cvc5")
    assert text is not None, figures
    answers, of_z3 = timed(lambda: check(parse(text)))
    said, of_cvc5 = timed(lambda: cvc5_answers(cvc5, text))
    print(f"{title}: {len(text)} bytes, Z3 {of_z3:.1f} s, cvc5 {of_cvc5:.1f} s; {'; '.join(figures)}")
    assert answers == PROOF
    assert said == ["unsat"] * 3


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What ``work`` comes to, and its processor seconds."""
    began = time.process_time()
    return work(), time.process_time() - began
