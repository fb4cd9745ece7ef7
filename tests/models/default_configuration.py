"""What each shipped design breaks, and what it keeps, with any number of calls.

Some minutes, so not part of a plain test run: pytest tests/models/default_configuration.py
"""

from __future__ import annotations

import pytest

from tests.models.verdicts import (
    BUSY,
    EVICTED_DIRTY,
    EVICTED_OPEN,
    FOREIGN,
    FREED,
    IMPROVED,
    LIST,
    NOT_DURABLE,
    RECLAIM,
    UMOUNT_LOSES,
    UNTRACKED,
    Row,
    declared,
    row,
    shipped,
    violated,
)

NO_PIN = "pin=false umounts=0"
NO_META = "meta_ops=false"
RIGHT_ORDER = "writers_first=true"

ROWS = (
    row("upstream", "", EVICTED_DIRTY, FOREIGN),
    row("upstream", NO_PIN, EVICTED_DIRTY, EVICTED_OPEN, FOREIGN),
    row(
        "suspect_list_as_posted",
        "",
        EVICTED_DIRTY,
        UNTRACKED,
        NOT_DURABLE,
        LIST,
        FREED,
        UMOUNT_LOSES,
        RECLAIM,
    ),
    row(
        "suspect_list_as_posted",
        NO_PIN,
        EVICTED_DIRTY,
        UNTRACKED,
        EVICTED_OPEN,
        NOT_DURABLE,
        LIST,
        FREED,
        RECLAIM,
    ),
    row("suspect_list_as_posted", "tail=ALL", EVICTED_DIRTY, LIST, FREED, FOREIGN, RECLAIM),
    row("drop_inode_returns_zero", "", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, UMOUNT_LOSES),
    row("drop_inode_returns_zero", NO_PIN, EVICTED_DIRTY, UNTRACKED, EVICTED_OPEN, NOT_DURABLE),
    row("list_holds_reference", "", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, BUSY, UMOUNT_LOSES),
    row("list_holds_reference", "gc_threads=1", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, BUSY, UMOUNT_LOSES),
    row("list_holds_reference", f"{NO_PIN} {NO_META} {RIGHT_ORDER}", UNTRACKED, NOT_DURABLE),
    row("list_holds_reference", f"{NO_META} {RIGHT_ORDER} {IMPROVED}", BUSY),
    row("list_holds_reference", f"{NO_META} {RIGHT_ORDER} {IMPROVED} gc_threads=1 put_super_drops=true"),
    row("list_holds_reference", f"umounts=0 {NO_META} {IMPROVED}", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE),
    row("list_holds_reference", f"umounts=0 {RIGHT_ORDER} {IMPROVED}", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE),
    row("list_holds_reference_gc", "", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, RECLAIM, BUSY, UMOUNT_LOSES),
    row("evict_writes_upper", "", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, RECLAIM, UMOUNT_LOSES),
    row("evict_writes_upper", "kswapd_threads=0 drop_caches_tasks=1"),
    row("evict_writes_upper", "writes_in_reclaim=true", RECLAIM),
    row("evict_writes_upper_queued", "", RECLAIM),
    row("evict_writes_upper_queued", NO_PIN, EVICTED_DIRTY, UNTRACKED, EVICTED_OPEN, NOT_DURABLE, RECLAIM),
    row("evict_writes_upper_queued", "flag_window=true", NOT_DURABLE, RECLAIM),
    row("syncfs_two_rounds", "", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, RECLAIM, UMOUNT_LOSES),
    row("syncfs_two_rounds", "tail=WAITSB", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, RECLAIM, UMOUNT_LOSES),
    row("syncfs_two_rounds", "owrite=FORCE_ALL", UNTRACKED, NOT_DURABLE, RECLAIM, UMOUNT_LOSES),
    row("syncfs_two_rounds", "tail=WAITSB owrite=FORCE_ALL", RECLAIM),
    row("syncfs_one_round_marking", "", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, RECLAIM, UMOUNT_LOSES),
    row("syncfs_one_round_writing", ""),
    row("proposed", ""),
    row("proposed", "flag_window=true"),
    row("proposed", NO_PIN),
    row("proposed", "copy_up=true"),
    row("proposed", "truncates=true"),
    row("proposed", "direct_reclaim=true"),
    row("proposed", "drop_caches_tasks=1"),
    row("proposed", "unlinks=1"),
    row("proposed", "splices=true"),
)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_design_breaks_exactly_these_properties(row: Row) -> None:
    assert violated(shipped(row.model), row.settings) == row.violated


@pytest.mark.parametrize("row", [r for r in ROWS if not r.settings], ids=str)
def test_a_design_declares_what_it_breaks(row: Row) -> None:
    assert declared(row.model) == row.violated
