"""Exported text is the same each time, says where its steps come from, and refuses what it cannot say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ovlcheck.cli import run
from ovlcheck.export.formats import FORMATS, export
from ovlcheck.export.names import Identifiers
from ovlcheck.export.problems import NotExportable
from ovlcheck.export.promela import to_promela
from ovlcheck.system.expr import FALSE, Const, Load, Param
from ovlcheck.system.transition_system import Assume, Initial, Parameter, Variable
from ovlcheck.system.types import Bool, Int
from tests.hand_built import (
    counter,
    crossed_locks,
    die_hard,
    mcs_lock,
    one_lock,
    references,
    rule,
    set_,
    source,
    system,
)

DIE_HARD = Path(__file__).parents[1] / "lang" / "classics" / "die_hard.py"


@pytest.mark.parametrize("to", FORMATS)
def test_the_same_system_gives_the_same_text(to: str) -> None:
    assert export(mcs_lock(), to).text == export(mcs_lock(), to).text


@pytest.mark.parametrize("to", FORMATS)
def test_every_step_names_its_source_line(to: str) -> None:
    text = export(crossed_locks(bystander=True), to).text
    for name, line in (("left", 10), ("left", 12), ("right", 11), ("clock", 11)):
        assert f"model.py:{line} `{name} line {line - 10}`" in text


@pytest.mark.parametrize("to", FORMATS)
def test_source_text_cannot_end_its_comment(to: str) -> None:
    edge = replace(rule("r", set_("x", 1)), source=source(1, 'x = "*/ \\ \n -- é'))
    text = export(system(edge, variables=(Variable("x", Bool()),)), to).text
    assert text.isascii()
    (line,) = [line for line in text.splitlines() if "x = '" in line]
    assert line.count("*/") == (0 if to == "murphi" else 1)
    assert line.count('"') == (2 if to == "murphi" else 0)


def test_names_that_would_collide_are_told_apart() -> None:
    names = Identifiers({"do"}, fold_case=True)
    given = [names.of(name) for name in ("x.y", "x_y", "X_Y", "do", "Do", "1", "", "é")]
    assert len({name.lower() for name in given}) == len(given)
    assert all(re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) for name in given)
    assert names.of("x.y") == given[0]


def test_a_process_keeps_its_position_where_spin_does() -> None:
    made = one_lock()
    flat, processes = (to_promela(made, flat=flat).text for flat in (True, False))
    assert "task_pc" in flat
    assert "task_pc" not in processes
    assert "task_pc" in to_promela(made, flat=False, asserting=("mutual_exclusion",)).text


def test_what_is_asserted_is_said() -> None:
    assert "Asserted: nothing" in to_promela(die_hard(), flat=True).text
    text = to_promela(die_hard(), flat=True, asserting=("never_four",)).text
    assert "Asserted: never_four." in text
    assert text.count("assert(false)") == 1


def test_counters_are_wide_enough_to_be_left_alone() -> None:
    assert "byte refs;" in export(references(5, width=1), "promela").text


@pytest.mark.parametrize("to", FORMATS)
def test_a_system_that_cannot_start_is_refused(to: str) -> None:
    made = replace(counter(2), initial=(Initial((Assume(FALSE),)),))
    with pytest.raises(NotExportable, match="no initial state"):
        export(made, to)


@pytest.mark.parametrize("to", FORMATS)
def test_values_of_more_than_32_bits_are_refused(to: str) -> None:
    made = system(rule("r", set_("big", 0)), variables=(Variable("big", Int(0, 1 << 40)),))
    with pytest.raises(NotExportable, match="big"):
        export(made, to)


def test_processes_that_start_at_different_places_need_positions_that_are_variables() -> None:
    where = Parameter("where", 2)
    made = replace(one_lock(1), initial=(Initial((set_("task.pc", Param("where"), Const(0)),), (where,)),))
    with pytest.raises(NotExportable, match="promela-flat"):
        export(made, "promela")
    assert export(made, "promela-flat").extra_states == 1


def test_a_parameter_without_values_makes_no_step() -> None:
    nobody = rule("r", set_("x", Load("x")), parameters=(Parameter("who", 0),))
    made = system(nobody, variables=(Variable("x", Bool()),))
    for to in FORMATS:
        assert "who" not in export(made, to).text


@pytest.mark.parametrize("to", FORMATS)
def test_the_command_prints_what_the_library_makes(
    to: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["export", str(DIE_HARD), "--to", to]) == 0
    printed = capsys.readouterr().out
    assert "die_hard.py:" in printed
    file = tmp_path / "exported"
    assert run(["export", str(DIE_HARD), "--to", to, "--out", str(file)]) == 0
    assert capsys.readouterr().out == ""
    assert file.read_text() == printed


def test_the_command_refuses_a_name_that_nothing_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", str(DIE_HARD), "--to", "murphi", "--assert", "dead lock"]) == 2
    assert "did you mean 'deadlock'?" in capsys.readouterr().err
