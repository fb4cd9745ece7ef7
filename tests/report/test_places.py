"""Rows of a process in words: no more locals than tell them apart, and never a place that means two."""

from __future__ import annotations

from dataclasses import replace

from ovlcheck.report.places import standing
from ovlcheck.symbolic.features import AtRow
from ovlcheck.system.transition_system import TransitionSystem, Variable
from ovlcheck.system.types import Bool
from tests.hand_built import process, system


def made(*names: str) -> TransitionSystem:
    """A task with a location for each of ``names``, and two locals."""
    task, pc = process("task", 1, *([False] * len(names)))
    named = replace(
        task, locations=tuple(replace(at, name=n) for at, n in zip(task.locations, names, strict=True))
    )
    own = (Variable(f"task.f.{name}", Bool(), (1,), "local", "task") for name in ("mapped", "$2"))
    return system(variables=(pc, *own), processes=(named,))


def row(location: int, mapped: int | None = None, unnamed: int = 0) -> AtRow:
    if mapped is None:
        return AtRow("task", location)
    return AtRow("task", location, (("task.f.mapped", (), mapped), ("task.f.$2", (), unnamed)))


def test_a_place_all_of_whose_rows_are_meant_is_told_without_its_locals() -> None:
    rows = [row(0, 0), row(0, 1)]
    assert standing(made("f:1"), "task", rows, rows, True) == "at f:1"


def test_only_the_local_that_tells_rows_apart_is_told_and_rather_one_with_a_name() -> None:
    rows = [row(0, mapped, unnamed) for mapped in (0, 1) for unnamed in (0, 1)]
    assert standing(made("f:1"), "task", rows[2:], rows, True) == "at f:1 with f.mapped=True"
    alike = [row(0, 0, 0), row(0, 1, 1)]
    assert standing(made("f:1"), "task", alike[1:], alike, True) == "at f:1 with f.mapped=True"


def test_what_several_places_are_only_meant_with_is_told_once() -> None:
    seen = [row(0), *(row(n, mapped) for n in (1, 2, 3) for mapped in (0, 1))]
    rows = [seen[0], row(1, 1), row(3, 1)]
    words = made("f:1", "f:2", "f:3", "f:4")
    assert standing(words, "task", rows, seen, True) == "at f:1; with f.mapped=True at f:2, f:4"
    assert standing(words, "task", rows[1:], seen, True) == "with f.mapped=True at f:2, f:4"


def test_a_name_of_several_positions_that_is_meant_at_one_of_them_with_some_values_says_so() -> None:
    seen = [row(n, mapped) for n in (0, 1) for mapped in (0, 1)]
    words = made("f:1", "f:1")
    assert standing(words, "task", [row(0, 1)], seen, True) == "at f:1 (1 of 2 positions there) with f.mapped=True"
    assert standing(words, "task", [row(0, 1), row(1, 1)], seen, True) == "at f:1 with f.mapped=True"


def test_a_name_that_several_positions_have_says_how_many_are_meant() -> None:
    seen = [row(0), row(1), row(2)]
    assert standing(made("f:1", "f:1", "f:2"), "task", seen[1:], seen, True) == "at f:1 (1 of 2 positions there), f:2"


def test_where_nearly_every_place_is_meant_the_others_are_told() -> None:
    names = [f"f:{n}" for n in range(8)]
    seen = [row(n) for n in range(8)]
    assert standing(made(*names), "task", seen[1:], seen, True) == "except at f:0"


def test_what_a_sample_has_not_met_may_be_anywhere_so_places_are_told_one_by_one() -> None:
    names = [f"f:{n}" for n in range(8)]
    seen = [row(n) for n in range(8)]
    assert standing(made(*names), "task", seen[1:], seen, False) == f"at {', '.join(names[1:])}"
