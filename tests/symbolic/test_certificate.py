"""Certificates are accepted by Z3 and by cvc5, and refused when anything in them was changed."""

from __future__ import annotations

import pytest

from ovlcheck.errors import UsageError
from ovlcheck.symbolic.answer import Deadline
from ovlcheck.symbolic.certificate import Certificate, check, differs, parse, write
from ovlcheck.symbolic.decide import decide
from ovlcheck.symbolic.translation import SymbolicSystem, translate
from tests.symbolic.test_methods import bad, get_and_put

ABOUT = {
    "tool": "ovlcheck 1.0",
    "model": "model.py",
    "model-hash": "0",
    "property": "few",
    "violations": "few",
    "constants": "",
    "reductions": "",
    "encoding": "binary",
    "method": 'a "method"',
}
PROOF = {"initiation": "unsat", "consecution": "unsat", "safety": "unsat"}


@pytest.fixture(scope="module")
def symbolic() -> SymbolicSystem:
    return translate(get_and_put(2))


@pytest.fixture(scope="module")
def text(symbolic: SymbolicSystem) -> str:
    answer = decide(symbolic, bad(symbolic, "few"), deadline=Deadline(30))
    assert answer.invariant is not None
    return write(symbolic, bad(symbolic, "few"), answer.invariant, ABOUT)


def test_a_certificate_is_a_proof(symbolic: SymbolicSystem, text: str) -> None:
    certificate = parse(text)
    assert certificate.about["method"] == 'a "method"'
    assert check(certificate) == PROOF
    assert differs(certificate, symbolic, bad(symbolic, "few")) == ""


def test_cvc5_accepts_it(text: str) -> None:
    cvc5 = pytest.importorskip("cvc5")
    assert cvc5_answers(cvc5, text) == ["unsat"] * 3


def test_cvc5_refuses_one_that_is_no_proof(symbolic: SymbolicSystem) -> None:
    cvc5 = pytest.importorskip("cvc5")
    wrong = write(symbolic, bad(symbolic, "few"), symbolic.types, ABOUT)
    assert "sat" in cvc5_answers(cvc5, wrong)


def cvc5_answers(cvc5: object, text: str) -> list[str]:
    solver = cvc5.Solver()  # type: ignore[attr-defined]
    solver.setOption("incremental", "true")
    parser = cvc5.InputParser(solver)  # type: ignore[attr-defined]
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "certificate")  # type: ignore[attr-defined]
    answers = []
    while not (command := parser.nextCommand()).isNull():
        said = command.invoke(solver, parser.getSymbolManager())
        if said.strip():
            answers.append(said.strip())
    return answers


def test_an_invariant_that_is_none_is_no_proof(symbolic: SymbolicSystem) -> None:
    wrong = parse(write(symbolic, bad(symbolic, "few"), symbolic.types, ABOUT))
    assert check(wrong)["safety"] == "sat"
    only_now = parse(write(symbolic, bad(symbolic, "few"), symbolic.initial, ABOUT))
    assert check(only_now)["consecution"] == "sat"


@pytest.mark.parametrize(
    "before, after, why",
    [
        ("(define-fun bad", "(define-fun worse", "does not define bad"),
        ("(check-sat)", "(check-sat-assuming (false))", "questions"),
        ("(pop 1)\n", "", "questions"),
        ("(assert (not (inv", "(assert (and (inv", "questions"),
        ("(push 1)", "(push 1)\n(assert false)", "questions"),
        ("(set-logic QF_LIA)", "(set-option :produce-models true)", "set-logic"),
        ("QF_LIA", "QF_BV", "set-logic"),
        ("declare-const refs Int", "declare-const refs Bool", "two states"),
        ("ovlcheck-certificate/1", "ovlcheck-certificate/2", "schema"),
        (":property", ":subject", "property"),
        ("refs'", "refs", "two states"),
        ("(define-fun init", ")", "closing parenthesis"),
    ],
)
def test_another_shape_is_refused(text: str, before: str, after: str, why: str) -> None:
    assert before in text
    with pytest.raises(UsageError, match=why):
        parse(text.replace(before, after))


def test_definitions_that_were_changed_are_refused(text: str) -> None:
    start = text.index("(define-fun bad")
    end = text.index("(define-fun inv")
    for harmless in ("false", "(not true)"):
        head = text[start : text.index("Bool\n", start) + 5]
        with pytest.raises(UsageError, match="system-hash"):
            parse(f"{text[:start]}{head}{harmless})\n{text[end:]}")


def test_a_proof_about_something_else_is_told_apart(symbolic: SymbolicSystem, text: str) -> None:
    other = translate(get_and_put(3))
    assert differs(parse(text), other, bad(other, "few")) == "other meaning of bad"
    assert (
        differs(parse(text), translate(get_and_put(2).with_widths({"refs": 7})), bad(symbolic, "few")) == ""
    )


def test_an_invariant_that_reads_the_state_after_is_refused(text: str) -> None:
    certificate = parse(text)
    bodies = {**certificate.bodies, "inv": "(= |refs'| 0)"}
    with pytest.raises(UsageError, match="cannot read its definition of inv"):
        check(Certificate(certificate.about, certificate.pre, certificate.post, bodies))


def test_a_file_that_is_cut_short_is_refused(text: str) -> None:
    lines = text.splitlines()
    for end in range(0, len(lines), 3):
        with pytest.raises(UsageError, match="not a certificate"):
            parse("\n".join(lines[:end]))


def test_no_initial_states_prove_nothing(text: str) -> None:
    certificate = parse(text)
    bodies = {**certificate.bodies, "init": "false"}
    empty = Certificate(certificate.about, certificate.pre, certificate.post, bodies)
    with pytest.raises(UsageError, match="no initial state"):
        check(empty)
