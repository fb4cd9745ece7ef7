"""Proofs of shipped models for any number of openers: files that say what they are about, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.check_certificate import check_certificate
from ovlcheck.errors import UsageError
from ovlcheck.prepare import Options, find_model
from ovlcheck.prove_any_number import AnyNumberProof, prove_any_number
from ovlcheck.report.verdict import ExitCode
from ovlcheck.symbolic.answer import Verdict
from tests.symbolic.test_certificate import cvc5_answers
from tests.test_verify_any_number import MODEL, PROPERTIES

UPSTREAM = find_model(Path("upstream"))
SLICE = {"writers": "any", "readers": "0", "syncers": "0", "umounts": "0"}


def test_refcounts_of_upstream_are_balanced_with_any_number_of_writers(tmp_path: Path) -> None:
    cvc5 = pytest.importorskip("cvc5")
    found = prove_any_number(UPSTREAM, Options(properties=("refcounts_are_balanced",), constants=SLICE))
    assert found.answer.verdict is Verdict.PROVED
    assert found.sizes == ("writers",)
    assert found.certificate is not None
    assert "writers=any readers=0" in found.certificate
    assert cvc5_answers(cvc5, found.certificate) == ["unsat"] * 3
    file = tmp_path / "proof.smt2"
    file.write_text(found.certificate, encoding="utf-8")
    checked = check_certificate(file, UPSTREAM)
    assert checked.exit_code is ExitCode.OK
    assert "its states, steps and violations are those of the file" in " ".join(checked.text.split())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with openers of a name, and beside it the properties that are asked of it."""
    folder = tmp_path_factory.mktemp("openers")
    (folder / "openers.py").write_text(MODEL)
    (folder / "properties").mkdir()
    (folder / "properties" / "openers.py").write_text(PROPERTIES)
    return folder / "openers.py"


def asked(model: Path, name: str, seconds: float | None = None) -> AnyNumberProof:
    return prove_any_number(model, Options(properties=(name,), property_paths=beside(model)), seconds)


def beside(model: Path) -> tuple[Path, ...]:
    return (model.parent / "properties",)


@pytest.fixture(scope="module")
def proof(model: Path) -> AnyNumberProof:
    return asked(model, "users_are_openers")


@pytest.fixture
def file(proof: AnyNumberProof, tmp_path: Path) -> Path:
    written = tmp_path / "proof.smt2"
    written.write_text(proof.certificate or "", encoding="utf-8")
    return written


def test_a_certificate_is_about_its_model(proof: AnyNumberProof, model: Path, file: Path) -> None:
    assert proof.answer.verdict is Verdict.PROVED
    assert proof.covered
    assert proof.sizes == ("openers",)
    assert check_certificate(file, model, properties=beside(model)).exit_code is ExitCode.OK


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("look=true", "look=false", r"other constants|other meaning of trans"),
        ("evicters=1", "evicters=0", r"other constants|it is about"),
        (':reductions "slicing"', ':reductions ""', "other reductions than slicing"),
        (':violations "users_are_openers"', ':violations "users_are_few"', "it is about users_are_few, not"),
        (':property "users_are_openers"', ':property "users_are_few"', "it is about users_are_openers, not"),
    ],
)
def test_what_is_about_something_else_is_refused(
    model: Path, file: Path, before: str, after: str, why: str
) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    with pytest.raises(UsageError, match=why):
        check_certificate(file, model, properties=beside(model))


def test_a_number_that_is_given_is_not_left_open(model: Path, file: Path) -> None:
    file.write_text(file.read_text().replace("openers=any", "openers=2"))
    with pytest.raises(UsageError, match=r"other constants|it is about"):
        check_certificate(file, model, properties=beside(model))


def test_what_a_run_breaks_is_unknown_and_has_no_certificate(model: Path) -> None:
    found = asked(model, "users_are_few")
    assert found.answer.verdict is Verdict.UNKNOWN
    assert found.certificate is None
    assert "a run of" in found.answer.reason


def test_a_limit_leaves_it_unknown(model: Path) -> None:
    found = asked(model, "users_are_openers", 0.0)
    assert found.answer.verdict is Verdict.UNKNOWN
    assert found.certificate is None
    assert "time" in found.answer.reason
