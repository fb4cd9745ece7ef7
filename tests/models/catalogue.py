"""The smallest configuration of every shipped design that shows all that it breaks in any.

What that is stands in the model itself (``expected_violations``) and in the kept table (``docs/tables``), beside what
had been expected of it and why the two differ.
"""

from __future__ import annotations

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
