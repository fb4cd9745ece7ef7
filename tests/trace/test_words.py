"""Cells by the names that the author of a model knows them by."""

from __future__ import annotations

import pytest

from ovlcheck.system.transition_system import Location, Population, Process, TransitionSystem, Variable
from ovlcheck.system.types import Bool, Int, Ref
from ovlcheck.trace.words import Words
from tests.hand_built import source

VARIABLES = (
    Variable("inode.alive", Bool(), (2,), "alive"),
    Variable("inode.count", Int(0, 3), (2,)),
    Variable("inode.pages", Bool(), (2, 2)),
    Variable("count", Int(0, 3)),
    Variable("slots", Ref("inode", 2), (2,)),
    Variable("task.pc", Int(0, 1), (2,), "pc", "task"),
    Variable("task.open.inode", Ref("inode", 2), (2,), "local", "task"),
    Variable("task.open.$1", Bool(), (2,), "local", "task"),
    Variable("task.holds.list_lock", Bool(), (2,), "held", "task"),
    Variable("task.holds.inode.i_rwsem.read", Bool(), (2, 2), "held", "task"),
    Variable("mine.seen", Bool(), (), "ghost"),
    Variable("other.seen", Bool(), (), "ghost"),
)
TASK = Process(
    "task",
    2,
    (Location("idle", source(1), rest=True), Location("busy", source(2), live=("task.open.inode",))),
    "task.pc",
)
SYSTEM = TransitionSystem(
    "s", VARIABLES, (TASK,), (), (), populations=(Population("inode", 2, "inode.alive"),)
)


def state(**cells: int) -> tuple[int, ...]:
    """Zeros but for the cells given as ``inode_alive_1=1`` by position of their variable."""
    values = [0] * SYSTEM.cells
    for name, value in cells.items():
        variable, _, index = name.rpartition("_")
        values[SYSTEM.offset[variable.replace("_", ".")] + int(index)] = value
    return tuple(values)


@pytest.mark.parametrize(
    ("variable", "index", "name"),
    [
        ("inode.alive", (1,), "inode1"),
        ("inode.count", (1,), "inode1.count"),
        ("inode.pages", (0, 1), "inode0.pages[1]"),
        ("count", (), "count"),
        ("slots", (1,), "slots[1]"),
        ("task.open.inode", (1,), "task1 open.inode"),
        ("task.holds.list_lock", (0,), "task0 holds list_lock"),
        ("task.holds.inode.i_rwsem.read", (0, 1), "task0 holds inode1.i_rwsem for read"),
    ],
)
def test_names_of_cells(variable: str, index: tuple[int, ...], name: str) -> None:
    assert Words(SYSTEM).cell(SYSTEM.variable[variable], index) == name


def test_fields_mean_something_only_while_their_object_is_allocated() -> None:
    values = Words(SYSTEM).values(state(inode_alive_1=1, inode_count_1=2))
    assert values["inode0"] == "free"
    assert "inode0.count" not in values
    assert (values["inode1"], values["inode1.count"]) == ("allocated", "2")


def test_locals_mean_something_only_where_they_are_live() -> None:
    values = Words(SYSTEM).values(state(task_pc_1=1, task_open_inode_0=1, task_open_inode_1=1))
    assert "task0 open.inode" not in values
    assert values["task1 open.inode"] == "inode0"


def test_positions_and_the_compilers_own_locals_are_no_values() -> None:
    assert not [name for name in Words(SYSTEM).values(state()) if "$" in name or "pc" in name]


def test_ghosts_of_other_properties_are_not_shown() -> None:
    assert "mine.seen" in Words(SYSTEM, "mine").values(state())
    assert "other.seen" not in Words(SYSTEM, "mine").values(state())
    assert "other.seen" in Words(SYSTEM).values(state())


def test_what_a_new_object_has_anyway_is_known() -> None:
    first = Words(SYSTEM).first_values()
    assert first["inode1.count"] == "0"
    assert "inode1" not in first
    assert "count" not in first
