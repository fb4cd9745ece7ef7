"""Every shipped property of single states and steps is broken by a variant with one mistake, and kept without it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from ovlcheck.lang.loading import load_properties
from tests.properties.mutants import ROOT, breaks

LISTS = """
    def open(self, file: File) -> None:
        self.suspects.add(file.inode)
"""
LEAVES_THE_LIST = """
    def evict_inode(self, inode: Inode, memalloc: bool) -> None:
        self.suspects.discard(inode)
"""
LISTS_ONCE = """
    def open(self, file: File) -> None:
        if file.inode not in self.suspects:
            self.suspects.add(file.inode)

    def members_leave_in_evict(self) -> bool:
        return True

    def evict_inode(self, inode: Inode, memalloc: bool) -> None:
        if inode in self.suspects:
            self.suspects.remove(inode)
"""
WALKS = """
    def open(self, file: File) -> None:
        self.suspect_add(file.inode)

    def sync_fs(self, wait: bool) -> None:
        self.mark_suspects_dirty()
"""
WRITES_IN_EVICT = """
    def evict_inode(self, inode: Inode, memalloc: bool) -> None:
        self.write_inode_now_upper(inode.i_upper, {memalloc})
"""
HOLDS = """
    def open(self, file: File) -> None:
        self.ihold(file.inode)
"""
PUTS = """
    def release(self, file: File) -> None:
        self.iput(file.inode, False)
"""
SYNCS_NOTHING = """
    tail = Constant(Tail.NONE, "what sync_fs(1) does last")
"""

WRITER: dict[str, object] = {"writers": 1}
READER: dict[str, object] = {"readers": 1}
KSWAPD: dict[str, object] = {"kswapd_threads": 1}
SYNCER: dict[str, object] = {"syncers": 1}
UMOUNT: dict[str, object] = {"umounts": 1}
LISTED = READER | KSWAPD | SYNCER | {"bdi": False, "evict_detach": True}


@dataclass(frozen=True)
class Case:
    """``wrong`` and ``right`` are hooks; ``wrong_only`` are constants that are part of the mistake."""

    name: str
    wrong: str
    right: str
    awake: dict[str, object]
    wrong_only: dict[str, object] | None = None
    base: str = "Upstream"

    def __str__(self) -> str:
        return self.name


CASES = (
    Case("no_evicted_inode_has_dirty_upper", "", WRITES_IN_EVICT.format(memalloc="False"), WRITER | KSWAPD),
    Case("no_evicted_inode_is_open_for_write", "", "", WRITER | KSWAPD, {"pin": False}),
    Case("dirty_upper_is_tracked", SYNCS_NOTHING, "", WRITER | SYNCER),
    Case("syncfs_is_durable", SYNCS_NOTHING, "", WRITER | SYNCER),
    Case("syncfs_writes_only_own_inodes", "", SYNCS_NOTHING, SYNCER | {"foreign": True}),
    Case(
        "no_writeback_in_reclaim",
        WRITES_IN_EVICT.format(memalloc="memalloc"),
        WRITES_IN_EVICT.format(memalloc="False"),
        WRITER | KSWAPD,
    ),
    Case("umount_leaves_no_busy_inode", HOLDS, HOLDS + PUTS, WRITER | UMOUNT),
    Case("umount_is_durable", SYNCS_NOTHING, "", WRITER | UMOUNT),
    Case("refcounts_are_balanced", HOLDS, HOLDS + PUTS, READER | {"calls": 2}),
    Case("suspect_list_is_consistent", LISTS + LEAVES_THE_LIST, LISTS_ONCE, READER | KSWAPD | {"calls": 2}),
    Case("no_use_after_free", WALKS, WALKS, LISTED, {"evict_detach": False}, base="SuspectList"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_breaks_it(case: Case, tmp_path: Path) -> None:
    assert breaks(tmp_path, case.name, case.wrong, case.awake | (case.wrong_only or {}), case.base)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_without_the_mistake_it_holds(case: Case, tmp_path: Path) -> None:
    assert not breaks(tmp_path, case.name, case.right, case.awake, case.base)


def test_no_property_is_left_out() -> None:
    declared = load_properties([ROOT / "properties"])
    assert {p.name for p in declared if not p.on_request} == {case.name for case in CASES}
