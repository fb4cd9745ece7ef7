"""The kept tables of the shipped designs: they agree with the models, with the page, and with what is found today."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.tables.__main__ import PAGE, TABLES, findings, groups, kept, kept_claims, page
from docs.tables.claims import CONFIGS, ROOT, load_claims
from ovlcheck.comparison.against import differences
from ovlcheck.comparison.compare import compare
from ovlcheck.lang.loading import load_model
from ovlcheck.report.table import Table
from ovlcheck.report.verdict import UNKNOWN, VIOLATED, ExitCode

QUICK = ("upstream",)
"""Designs that are searched again in every test run; ``whole_table`` does all of them, in ``make verdicts``."""


def table(name: str = "small") -> Table:
    found = kept(name)
    assert found is not None
    return found


def again(models: tuple[str, ...], name: str) -> Table:
    """The rows of ``models`` as they are found today."""
    paths = [Path("models", f"{model}.py") for model in models]
    return compare(paths, TABLES[name].options(), TABLES[name].asked(2))


def test_every_shipped_model_has_a_row_and_every_cell_is_decided() -> None:
    assert [row.model for row in table().rows] == sorted(file.stem for file in (ROOT / "models").glob("*.py"))
    assert [f"{row.title} {column.short}" for row, column, cell in table().marked() if cell.verdict == UNKNOWN] == []
    assert not [row.title for row in table().rows if row.error or row.failures or row.also or row.never_taken]


@pytest.mark.parametrize("model", [row.model for row in table().rows])
def test_a_design_declares_what_is_broken_in_its_row(model: str) -> None:
    broken = {
        column.name
        for row, column, cell in table().marked()
        if row.model == model and cell.verdict == VIOLATED and column.fairness != "weak"
    }
    assert broken == set(load_model(ROOT / "models" / f"{model}.py").expected_violations)


@pytest.mark.parametrize("name", ["small", "default"])
def test_a_design_declares_what_says_nothing_about_it(name: str) -> None:
    vacuous = {(row.model, column.name) for row, column, cell in table(name).marked() if cell.vacuous}
    declared = {
        (row.model, demand)
        for row in table(name).rows
        for demand in load_model(ROOT / "models" / f"{row.model}.py").expected_vacuous
    }
    assert vacuous == declared
    assert table(name).exit_code is ExitCode.OK


def test_the_page_is_what_the_kept_tables_and_claims_make_of_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_claim_that_the_checker_does_not_bear_out_has_a_reason_and_no_other() -> None:
    claims = load_claims()
    found = findings()
    assert {one.claim.key for one in found} == {claim.key for claim in claims}
    wrong = {one.claim.key for one in found if one.refuted}
    assert wrong == {claim.key for claim in claims if claim.because}


def test_a_kept_table_was_made_as_its_question_says() -> None:
    for name, question in TABLES.items():
        found = kept(name)
        if found is not None:
            assert (found.configuration, dict(found.settings)) == (question.config, dict(question.constants))
            assert found.limits["states"] == question.states
            assert {row.model for row in found.rows} == {row.model for row in table().rows}


def test_every_claim_is_decided_in_both_configurations_but_for_one_that_has_not_enough_slots() -> None:
    assert all("small" in one.found for one in findings())
    (left,) = [one for one in findings() if one.open]
    assert (left.claim.key, left.claim.evidence) == ("proposed P13 transaction", "I")
    assert "population exhausted" in left.found["default"][1].reason


@pytest.mark.parametrize("config", CONFIGS)
def test_claims_are_searched_at_their_own_constants(config: str) -> None:
    for settings, claims in groups(load_claims(), config).items():
        found = kept_claims(config)[settings]
        assert found.configuration == config
        assert dict(found.settings) == dict(claims[0].constants_in(config))
        assert {claim.settings_in(config) for claim in claims} == {settings}


def test_quick_rows_are_as_they_were_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert differences(table(), again(QUICK, "small")) == []
