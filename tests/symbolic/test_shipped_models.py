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
FREED = "no_use_after_free"

FEW = {"mmaps": False, "meta_ops": False, "umounts": 0}


def options(name: str, **constants: int) -> Options:
    return Options(properties=(name,), constants={**FEW, **constants})


# All of configuration default: every_certificate.py.
@pytest.mark.parametrize(
    "model, asked",
    [
        ("upstream", options(EVICTED_OPEN)),
        ("proposed", options(EVICTED_OPEN, readers=0)),
        ("list_holds_reference_gc", options(FREED, readers=0, syncers=0)),
        ("suspect_list_as_posted", options(EVICTED_OPEN, readers=0, syncers=0)),
    ],
)
def test_what_holds_is_proved_for_refcounts_without_a_bound(model: str, asked: Options) -> None:
    (proof,) = prove(Path(model), asked, Attempt()).proofs
    assert proof.verdict == PROVED, proof.reason
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
