"""On a shipped model Z3 says what the explicit engine says, with proofs that another solver accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.search import explore
from ovlcheck.prepare import Options, prepare
from ovlcheck.prove import PROVED, VIOLATED, Attempt, prove
from ovlcheck.symbolic.certificate import check, parse
from tests.symbolic.test_certificate import PROOF, cvc5_answers

UPSTREAM = Path("upstream")
EVICTED_OPEN = "no_evicted_inode_is_open_for_write"
EVICTED_DIRTY = "no_evicted_inode_has_dirty_upper"


def options(name: str) -> Options:
    return Options(properties=(name,), constants={"mmaps": False, "meta_ops": False, "umounts": 0})


def test_what_holds_is_proved_for_refcounts_without_a_bound() -> None:
    (proof,) = prove(UPSTREAM, options(EVICTED_OPEN), Attempt()).proofs
    assert proof.verdict == PROVED
    assert proof.certificate is not None
    assert check(parse(proof.certificate)) == PROOF
    assert cvc5_answers(pytest.importorskip("cvc5"), proof.certificate) == ["unsat"] * 3


def test_what_is_violated_takes_as_many_steps_as_the_explicit_engine_says() -> None:
    system = prepare(UPSTREAM, options(EVICTED_DIRTY)).system
    _, search = explore(system, Reference(), stop_early=frozenset({EVICTED_DIRTY}))
    (violation,) = (v for v in search.violations if v.name == EVICTED_DIRTY)
    (proof,) = prove(UPSTREAM, options(EVICTED_DIRTY), Attempt("bmc")).proofs
    assert proof.verdict == VIOLATED
    assert proof.trace is not None
    assert len(proof.trace.steps) == len(violation.path)
