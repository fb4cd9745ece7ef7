"""``ovlcheck prove`` as a user meets it: answers, traces, certificates and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovlcheck.cli import run
from ovlcheck.trace.saved import load

MODEL = '''\
"""A cache whose objects are freed with their last reference."""

from ovlcheck import Constant, Object, Population, Refcount, System, always, atomic, process, unasked, wait


class Page(Object):
    refs: Refcount


class Cache(System):
    pages = Population(Page, size=1)
    tasks = Constant(2, "tasks")
    most = Constant(2, "references that are believed to be the most")

    @process(instances="tasks")
    def task(self):
        while True:
            self.get()
            self.put()

    def get(self):
        for page in self.pages:
            page.refs.inc()

    def put(self):
        for page in self.pages:
            page.refs.dec()


no_refcount_below_zero = unasked("refcount below zero", "No reference is dropped that nobody took.")


@always
def few_references(fs):
    """There are no more references than tasks."""
    return all(page.refs.get() <= fs.most for page in fs.pages)
'''


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "cache.py"
    file.write_text(MODEL)
    return file


def prove(model: Path, *options: str) -> int:
    return run(["prove", str(model), "--properties", str(model), *options])


def test_a_proof_is_told_with_its_method(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(model) == 0
    told = capsys.readouterr().out
    assert "few_references          proved" in told
    assert "no_refcount_below_zero  proved" in told
    assert max(map(len, told.replace(str(model), model.name).splitlines())) <= 80


def test_a_violation_is_told_with_its_trace(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove(model, "--set", "most=1", "--property", "few_references", "--out", str(tmp_path)) == 1
    told = capsys.readouterr().out
    assert "few_references  VIOLATED in 2" in told
    assert "refs: 1 -> 2" in told
    trace = load(tmp_path / "cache.few_references.json")
    assert len(trace.steps) == 2


def test_bounded_checking_alone_knows_nothing_of_longer_runs(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove(model, "--method", "bmc", "--depth", "3") == 3
    assert "no run of at most 3 steps leads to it" in " ".join(capsys.readouterr().out.split())


def test_certificates_are_checked_from_the_file_alone_and_against_the_model(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "proof.smt2"
    assert prove(model, "--property", "few_references", "--certificate", str(file)) == 0
    assert run(["check-certificate", str(file)]) == 0
    told = capsys.readouterr().out
    assert "it is a proof" in told and "not looked at" in told
    options = ["--model", str(model), "--properties", str(model)]
    assert run(["check-certificate", str(file), *options]) == 0
    assert "are those of the file" in " ".join(capsys.readouterr().out.split())
    model.write_text(model.read_text().replace("page.refs.inc()", "page.refs.inc_not_zero()"))
    assert run(["check-certificate", str(file), *options]) == 2
    assert "the model has changed since" in capsys.readouterr().err


def test_a_tampered_certificate_is_no_proof(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "proof.smt2"
    assert prove(model, "--property", "few_references", "--certificate", str(file)) == 0
    text = file.read_text()
    start, end = text.index("(define-fun inv"), text.index("(push 1)")
    head = text[start : text.index("Bool\n", start) + 5]
    file.write_text(f"{text[:start]}{head} true)\n{text[end:]}")
    assert run(["check-certificate", str(file)]) == 1
    assert "IT IS NO PROOF" in capsys.readouterr().out
    file.write_text(text.replace("(check-sat)", "", 1))
    assert run(["check-certificate", str(file)]) == 2
    assert "word for word" in capsys.readouterr().err


def test_a_missing_certificate_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check-certificate", str(tmp_path / "none.smt2")]) == 2
    assert "none.smt2" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["syncfs_terminates", "no_deadlock"])
def test_what_is_no_matter_of_states_is_left_to_verify(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "upstream", "--config", "small", "--property", name]) == 3
    assert "ovlcheck verify decides it" in " ".join(capsys.readouterr().out.split())


def test_reports_for_programs_are_those_of_verify(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    junit, text = tmp_path / "report.xml", tmp_path / "report.txt"
    files = ["--report", f"junit={junit}", "--report", f"text={text}"]
    assert prove(model, "--set", "most=1", "--format", "json", *files) == 1
    (result,) = json.loads(capsys.readouterr().out)["results"]
    found = {p["name"]: p for p in result["properties"]}
    assert (result["engine"], result["complete"], result["exit_code"]) == ("z3", True, 1)
    assert found["few_references"]["verdict"] == "violated"
    assert len(found["few_references"]["trace"]["steps"]) == 2
    proved = found["no_refcount_below_zero"]
    assert (proved["verdict"], proved["bound"], proved["engine"]) == ("holds", "given", "z3")
    assert "induction" in proved["method"]
    assert 'failures="1"' in junit.read_text()
    assert "few_references          VIOLATED in 2 steps" in text.read_text()


def test_an_error_is_in_the_report_for_programs(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(model, "--property", "no_such_property", "--format", "json") == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["errors"][0]["exit_code"] == 2
    assert "no_such_property" in told.err


OPEN = ("--set", "tasks=any", "--property", "no_refcount_below_zero")


def test_a_proof_may_leave_the_number_of_tasks_open(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "proof.smt2"
    assert prove(model, *OPEN, "--certificate", str(file)) == 0
    told = capsys.readouterr().out
    assert "no_refcount_below_zero  proved" in told and "for any number of tasks, by induction" in told
    assert "tasks=any" in told and "any number of task" in told
    assert run(["check-certificate", str(file), "--model", str(model), "--properties", str(model)]) == 0


def test_what_breaks_with_more_tasks_is_shown_with_as_few_as_break_it(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove(model, "--set", "tasks=any", "--set", "most=2", "--property", "few_references") == 1
    told = capsys.readouterr().out
    assert "few_references  VIOLATED in 3 steps" in told
    assert "with tasks=3" in " ".join(told.split())


def test_methods_that_need_numbers_say_so(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(model, *OPEN, "--method", "bmc") == 2
    assert "bmc needs given numbers of processes" in capsys.readouterr().err


def test_what_does_not_apply_is_not_held_against_the_model(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model.write_text(
        MODEL.replace("import Constant", "import Constant, after")
        + '''

@after("no_such_event")
def about_something_else(fs):
    """Says something about other models."""
    return False
'''
    )
    assert prove(model, "--format", "json") == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    (other,) = (p for p in result["properties"] if p["name"] == "about_something_else")
    assert not other["applies"] and not other["vacuous"]
    assert prove(model, "--property", "about_something_else") == 1
    assert "VACUOUS" in capsys.readouterr().out


def test_verify_writes_what_it_has_reached(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "reached.gz"
    options = [str(model), "--properties", str(model)]
    assert run(["verify", *options, "--certificate", str(file)]) == 0
    assert "3 claims" in capsys.readouterr().err
    assert run(["check-certificate", str(file), "--model", str(model), "--properties", str(model)]) == 0
    assert "proved: few_references, population exhausted, refcount below zero" in capsys.readouterr().out
    assert run(["verify", *options, "--set", "most=1", "--certificate", str(file)]) == 1
    assert run(["check-certificate", str(file)]) == 0
    assert "proved: population exhausted, refcount below zero" in capsys.readouterr().out


def test_nothing_is_certified_of_a_search_that_was_cut_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "growing.py"
    file.write_text(GROWING)
    assert (
        run(["verify", str(file), "--engine", "reference", "--certificate", str(tmp_path / "reached.gz")])
        == 2
    )
    assert "nothing to certify" in capsys.readouterr().err


GROWING = '''
"""A counter that only grows."""

from ovlcheck import Refcount, System, process


class Growing(System):
    n: Refcount

    @process(instances=1)
    def task(self):
        while True:
            self.n.inc()
'''


def test_what_no_run_comes_to_is_vacuous(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model.write_text(
        MODEL.replace("import Constant", "import Constant, after")
        + '''

@after("get")
def nothing_is_demanded(fs):
    """True of whatever happens once there are more than ten references."""
    return all(page.refs.get() <= 10 or page.refs.get() > 10 for page in fs.pages if page.refs.get() > 10)
'''
    )
    assert prove(model, "--property", "nothing_is_demanded") == 1
    assert "VACUOUS" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["", "hello", "(" * 50, "(set-logic ALL)" + "(" * 9999 + ")" * 9999, "\x1f\x8b no"]
)
def test_what_is_no_certificate_is_one_message(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_bytes(text.encode("latin-1"))
    assert run(["check-certificate", str(file)]) == 2
    told = capsys.readouterr().err
    assert "not a certificate" in told and "internal" not in told
