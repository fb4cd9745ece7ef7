"""Every shipped design against what was expected of it before anything was run.

What a design breaks stands in the model itself (``expected_violations``).  Here: the smallest configuration that
shows all of it, what reading the mails and the kernel had led to expect, and why the two differ where they do.
"""

from __future__ import annotations

from tests.models.verdicts import (
    BUSY,
    EVICTED_DIRTY,
    FOREIGN,
    FREED,
    LIST,
    NOT_DURABLE,
    RECLAIM,
    UMOUNT_LOSES,
    UNBALANCED,
    UNTRACKED,
)

READER = "calls=1 writers=0"
WRITER = "calls=1 readers=0 mmaps=false"
MAPPING = "calls=1 readers=0"
BOTH = "calls=1 mmaps=false foreign=false"

SMALLEST = {
    "drop_inode_returns_zero": READER,
    "evict_writes_upper": READER,
    "evict_writes_upper_queued": READER,
    "goal_best": WRITER,
    "goal_compromise": WRITER,
    "list_holds_reference": WRITER,
    "list_holds_reference_gc": WRITER,
    "maybe_writably_mapped": MAPPING,
    "pin_in_drop_inode": BOTH,
    "proposed": "calls=1",
    "suspect_list_as_posted": BOTH,
    "suspect_list_corrected": WRITER,
    "suspect_list_intended": MAPPING,
    "syncfs_one_round_marking": READER,
    "syncfs_one_round_writing": READER,
    "syncfs_two_rounds": READER,
    "upstream": READER,
}
"""The configuration of each shipped model."""

_LISTED = {EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, LIST, UMOUNT_LOSES, FREED}
_REFERENCED = {EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, BUSY, UMOUNT_LOSES}

EXPECTED = {
    "upstream": {EVICTED_DIRTY, FOREIGN},
    "evict_writes_upper": {EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, RECLAIM},
    "evict_writes_upper_queued": {RECLAIM},
    "suspect_list_as_posted": _LISTED,
    "suspect_list_corrected": _LISTED,
    "drop_inode_returns_zero": {EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, UMOUNT_LOSES},
    "pin_in_drop_inode": _LISTED - {EVICTED_DIRTY} | {BUSY, UNBALANCED},
    "list_holds_reference": _REFERENCED,
    "list_holds_reference_gc": _REFERENCED,
    "proposed": set[str](),
}
"""What each was expected to break; of the designs that are not here nobody had said anything."""

_WAITS_FOR_A_FLUSHER = (
    "drop_inode lets an inode go as soon as the upper's flags are clear, which is while write_inode of the overlay "
    "inode may still run; whoever puts the last reference waits for its I_SYNC, kswapd as well.  A filesystem whose "
    "drop_inode is generic never waits there: it keeps the inode, and the shrinker passes over one under I_SYNC."
)

REASONS = {
    ("evict_writes_upper", UMOUNT_LOSES): (
        "An inode that was evicted dirty by reclaim is on no list when umount syncs, as it is on none for syncfs."
    ),
    ("suspect_list_as_posted", RECLAIM): _WAITS_FOR_A_FLUSHER,
    ("suspect_list_corrected", RECLAIM): _WAITS_FOR_A_FLUSHER,
    ("pin_in_drop_inode", RECLAIM): _WAITS_FOR_A_FLUSHER,
    ("list_holds_reference_gc", RECLAIM): _WAITS_FOR_A_FLUSHER
    + "  Without gc only syncfs takes inodes off, and by then no flusher runs.",
    ("pin_in_drop_inode", UNBALANCED): (
        "A pin that nobody gives back is still a reference that somebody holds.  It is one too many with "
        "put_super_unpins=true: drop_inode then takes it again while SB_ACTIVE is clear, and iput_final evicts."
    ),
}
"""Why a design breaks what it was not expected to, or keeps what it was expected to break."""
