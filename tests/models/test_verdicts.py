"""What each shipped design breaks, and what it keeps, in the smallest configuration that shows it.

Every row is a search of all that is reachable; ``default_configuration`` has them with any number of calls.
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
    row,
    shipped,
    violated,
)

ONCE = "calls=1 umounts=0"
WRITER = f"{ONCE} readers=0"
SETTER = "calls=1 writers=0"
IN_TRANSACTION = (
    "calls=2 inodes=2 readers=0 syncers=0 umounts=0 kswapd_threads=0 mmaps=false foreign=false "
    "direct_reclaim=true reclaim_in_transaction=true"
)

ROWS = (
    row("upstream", ONCE, EVICTED_DIRTY, FOREIGN),
    row("upstream", f"{ONCE} pin=false", EVICTED_DIRTY, EVICTED_OPEN, FOREIGN),
    row("suspect_list_as_posted", ONCE, EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, LIST, FREED, RECLAIM),
    row(
        "suspect_list_as_posted",
        f"{WRITER} pin=false",
        EVICTED_DIRTY,
        UNTRACKED,
        EVICTED_OPEN,
        NOT_DURABLE,
        RECLAIM,
    ),
    row(
        "suspect_list_as_posted", f"{ONCE} mmaps=false tail=ALL", EVICTED_DIRTY, LIST, FREED, FOREIGN, RECLAIM
    ),
    row("drop_inode_returns_zero", SETTER, EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, UMOUNT_LOSES),
    row(
        "drop_inode_returns_zero", f"{WRITER} pin=false", EVICTED_DIRTY, UNTRACKED, EVICTED_OPEN, NOT_DURABLE
    ),
    row("list_holds_reference", SETTER, EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, UMOUNT_LOSES),
    row(
        "list_holds_reference",
        "calls=1 readers=0 mmaps=false writers_first=true",
        UNTRACKED,
        NOT_DURABLE,
        BUSY,
        UMOUNT_LOSES,
    ),
    row("list_holds_reference", f"{WRITER} writers_first=true {IMPROVED}"),
    row("list_holds_reference", f"{SETTER} umounts=0 {IMPROVED}", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE),
    row("evict_writes_upper_queued", f"{ONCE} mmaps=false copy_up=true", RECLAIM),
    row("evict_writes_upper_queued", IN_TRANSACTION, RECLAIM, "deadlock"),
    row("proposed", IN_TRANSACTION),
    row("proposed", "calls=1"),
    row("proposed", f"{ONCE} pin=false"),
    row("proposed", f"{WRITER} flag_window=true"),
)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_design_breaks_exactly_these_properties(row: Row) -> None:
    assert violated(shipped(row.model), row.settings) == row.violated
