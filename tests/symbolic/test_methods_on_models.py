"""Every method of proof on shipped models with so few tasks that all can be asked; every_model.py has all designs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ovlcheck.explore.reductions import FUSION
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import Limits
from ovlcheck.explore.search import explore
from ovlcheck.prepare import Options
from ovlcheck.prove import PROVED, UNKNOWN, VIOLATED, Attempt, prove
from ovlcheck.symbolic.answer import Deadline, Verdict
from ovlcheck.symbolic.certificate import check, parse
from ovlcheck.symbolic.decide import EXHAUSTIVE, METHODS, decide
from ovlcheck.symbolic.sampled_learning import METHOD, learn_from_sample
from ovlcheck.translated import translated
from tests.models.verdicts import EVICTED_OPEN, UNTRACKED
from tests.symbolic.test_certificate import PROOF

ONE_WRITER: dict[str, int | bool] = {
    "mmaps": False,
    "meta_ops": False,
    "foreign": False,
    "umounts": 0,
    "readers": 0,
    "syncers": 0,
}

CASES = (
    ("upstream", EVICTED_OPEN, {}, None),
    ("upstream", EVICTED_OPEN, {"pin": False}, 8),
    ("drop_inode_returns_zero", UNTRACKED, {}, 4),
)


def options(name: str, more: dict[str, bool]) -> Options:
    return Options(properties=(name,), constants={**ONE_WRITER, **more}, engine="reference")


@pytest.mark.parametrize("model, name, more, steps", CASES)
def test_no_method_contradicts_the_reference_engine(
    model: str, name: str, more: dict[str, bool], steps: int | None
) -> None:
    item = translated(Path(model), options(name, more), "binary")
    _, found = explore(item.system, Reference())
    lengths = {v.name: len(v.path) for v in found.violations}
    assert lengths.get(item.check) == steps
    expected = Verdict.PROVED if steps is None else Verdict.VIOLATED
    answers = {
        method: decide(item.symbolic, item.bad, method=method, depth=9, deadline=Deadline(1))
        for method in METHODS
    }
    answers["sample"] = learn_from_sample(item.symbolic, item.bad, Deadline(20), 30)
    assert {a.verdict for a in answers.values()} <= {expected, Verdict.UNKNOWN}
    assert answers["sample"].verdict is expected
    assert all(answer.reason for answer in answers.values() if answer.verdict is Verdict.UNKNOWN)


@pytest.mark.parametrize("model, name, more, steps", CASES[:2])
def test_bounded_checking_counts_the_steps_of_the_reference_engine(
    model: str, name: str, more: dict[str, bool], steps: int | None
) -> None:
    (proof,) = prove(Path(model), options(name, more), Attempt("bmc", steps or 8, 60)).proofs
    assert proof.verdict == (UNKNOWN if steps is None else VIOLATED)
    assert (None if proof.trace is None else len(proof.trace.steps)) == steps


def test_a_violation_is_shown_by_a_shortest_run_though_steps_were_fused() -> None:
    model, name, more, steps = CASES[2]
    (proof,) = prove(Path(model), options(name, more), Attempt(seconds=60)).proofs
    assert (proof.verdict, proof.method, FUSION in proof.reductions) == (VIOLATED, EXHAUSTIVE, True)
    assert proof.trace is not None
    assert len(proof.trace.steps) == steps


def test_a_sample_does_where_the_search_is_cut_short() -> None:
    cut = replace(options(EVICTED_OPEN, {}), limits=Limits(states=50))
    (proof,) = prove(Path("upstream"), cut, Attempt("learning", seconds=60)).proofs
    assert (proof.verdict, proof.method) == (PROVED, METHOD)
    assert proof.certificate is not None
    assert check(parse(proof.certificate)) == PROOF
