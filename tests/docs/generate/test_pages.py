"""The generated pages are those that their claims and the recorded runs make, and quick runs come out as recorded.

``every_run`` repeats the others.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from docs.generate.declared import PAGES, ClaimError, Run, load_page
from docs.generate.execute import execute
from docs.generate.outcomes import Outcome, Verdict, load_outcomes, save_outcomes
from docs.generate.pages import command, render

DECLARED = {name: load_page(name) for name in PAGES}
RUNS = {run.key: run for page in DECLARED.values() for run in page.runs}
FAST = [run for run in RUNS.values() if run.fast]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_its_claims_and_the_recorded_runs_make(name: str) -> None:
    page = DECLARED[name]
    assert page.file.read_text(encoding="utf-8") == render(page, load_outcomes()), "python -m docs.generate"


def test_every_declared_run_has_been_recorded_and_no_other() -> None:
    assert set(load_outcomes()) == set(RUNS)


@pytest.mark.parametrize("key", RUNS)
def test_what_was_recorded_is_what_the_page_is_written_for(key: str) -> None:
    assert load_outcomes()[key].surprises(RUNS[key]) == []


@pytest.mark.parametrize("run", FAST, ids=lambda run: run.key.splitlines()[0])
def test_a_quick_run_comes_out_as_recorded(run: Run) -> None:
    assert execute(run) == load_outcomes()[run.key]


def unedited(run: Run) -> list[str]:
    """The properties of ``run`` that its model breaks where nothing is replaced."""
    outcome = execute(replace(run, edit=""))
    assert outcome.complete
    return [name for name, verdict in outcome.verdicts.items() if verdict.verdict != "holds"]


@pytest.mark.parametrize("run", [r for r in FAST if r.edit], ids=lambda run: run.key.splitlines()[0])
def test_with_nothing_replaced_it_holds(run: Run) -> None:
    assert not unedited(run)


def test_no_two_runs_of_a_section_have_the_same_name() -> None:
    for page in DECLARED.values():
        for section in page.sections:
            names = [run.id for run in section.runs]
            assert len(set(names)) == len(names)


CLAIM = """
[[section]]
text = "broken in {{ a.length }}"
[[section.run]]
model = "upstream"
set = { umounts = 0, tail = "NONE", pin = true }
expect = { p = "violated", q = "holds" }
"""


def written(directory: Path, text: str) -> Path:
    (directory / "page.toml").write_text(text, encoding="utf-8")
    return directory


def test_a_run_is_the_command_line_that_does_the_same(tmp_path: Path) -> None:
    (run,) = load_page("page", written(tmp_path, CLAIM)).runs
    words = "upstream --config small --set umounts=0 --set tail=NONE --set pin=true --property p --property q"
    assert " ".join(run.command) == f"ovlcheck verify {words}"
    assert [len(line) <= 106 for line in command(run).splitlines()] == [True, True]


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        (CLAIM.replace("model", "modle"), "section 1: run 1: unknown key 'modle'"),
        (CLAIM.replace('"holds"', '"hold"'), "q = hold: a verdict is one of holds, violated"),
        (CLAIM.replace("expect = ", "#"), "has no expect"),
        (CLAIM.replace('model = "upstream"', ""), "names neither a model nor a scenario"),
        (CLAIM.replace('"broken in {{ a.length }}"', "3"), "section 1: text must be a text"),
        ("[[section", "not valid TOML"),
    ],
)
def test_a_mistake_in_the_claims_is_one_message_with_its_place(
    mistake: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(ClaimError, match=r"page\.toml") as caught:
        load_page("page", written(tmp_path, mistake))
    assert told in str(caught.value)


def test_claims_that_cannot_be_read_are_one_message(tmp_path: Path) -> None:
    with pytest.raises(ClaimError, match=r"page\.toml: cannot be read"):
        load_page("page", tmp_path)


def test_what_was_not_expected_is_told(tmp_path: Path) -> None:
    (run,) = load_page("page", written(tmp_path, CLAIM)).runs
    outcome = Outcome(10, True, verdicts={"p": Verdict("holds")})
    assert outcome.surprises(run) == [
        "p: expected violated, found holds",
        "q: expected holds, found no verdict",
    ]


def test_outcomes_are_read_as_they_were_written(tmp_path: Path) -> None:
    verdicts = {"p": Verdict("violated", "3 steps", 1, ("a", "b")), "q": Verdict("holds")}
    outcomes = {"b": Outcome(10, False, ("fusion",), verdicts), "a": Outcome(1, True)}
    file = tmp_path / "outcomes.json"
    save_outcomes(outcomes, file)
    assert load_outcomes(file) == outcomes
    assert load_outcomes(tmp_path / "none.json") == {}
