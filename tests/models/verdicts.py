"""Designs, configurations and the properties that they break there: what the tests of verdicts have in common.

Settings keep to what a verdict needs, so that a search takes a second; ``default_configuration`` runs the same rows
with any number of calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ovlcheck.engines import make_engine
from ovlcheck.explore.search import explore
from ovlcheck.lang import build, load_model, load_properties

ROOT = Path(__file__).parents[2]

EVICTED_DIRTY = "no_evicted_inode_has_dirty_upper"
UNTRACKED = "dirty_upper_is_tracked"
EVICTED_OPEN = "no_evicted_inode_is_open_for_write"
NOT_DURABLE = "syncfs_is_durable"
LIST = "suspect_list_is_consistent"
FOREIGN = "syncfs_writes_only_own_inodes"
BUSY = "umount_leaves_no_busy_inode"
UMOUNT_LOSES = "umount_is_durable"
FREED = "no_use_after_free"

IMPROVED = "tail=WAITSB owrite=FORCE_ALL in_flight_test=true"
NO_PIN = "pin=false umounts=0"


@dataclass(frozen=True)
class Row:
    """``violated`` are all the properties that ``model`` breaks at ``settings``; the others hold."""

    model: str
    settings: str
    violated: frozenset[str]

    def __str__(self) -> str:
        return f"{self.model} {self.settings}".strip()


def row(model: str, settings: str, *violated: str) -> Row:
    return Row(model, settings, frozenset(violated))


ROWS = (
    row("upstream", "", EVICTED_DIRTY, FOREIGN),
    row("upstream", NO_PIN, EVICTED_DIRTY, EVICTED_OPEN, FOREIGN),
    row("suspect_list_as_posted", "", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, LIST, FREED, UMOUNT_LOSES),
    row("suspect_list_as_posted", NO_PIN, EVICTED_DIRTY, UNTRACKED, EVICTED_OPEN, NOT_DURABLE, LIST, FREED),
    row("suspect_list_as_posted", "tail=ALL", EVICTED_DIRTY, LIST, FREED, FOREIGN),
    row("drop_inode_returns_zero", "", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, UMOUNT_LOSES),
    row("drop_inode_returns_zero", NO_PIN, EVICTED_DIRTY, UNTRACKED, EVICTED_OPEN, NOT_DURABLE),
    row("list_holds_reference", "", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, BUSY, UMOUNT_LOSES),
    row("list_holds_reference", "gc_threads=1", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE, BUSY, UMOUNT_LOSES),
    row("list_holds_reference", f"{NO_PIN} meta_ops=false writers_first=true", UNTRACKED, NOT_DURABLE),
    row("list_holds_reference", f"umounts=0 meta_ops=false {IMPROVED} writers_first=true"),
    row("list_holds_reference", f"meta_ops=false {IMPROVED} writers_first=true put_super_drops=true"),
    row("list_holds_reference", f"umounts=0 meta_ops=false {IMPROVED}", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE),
    row("list_holds_reference", f"umounts=0 {IMPROVED} writers_first=true", EVICTED_DIRTY, UNTRACKED, NOT_DURABLE),
    row("proposed", ""),
    row("proposed", "flag_window=true"),
    row("proposed", NO_PIN),
    row("proposed", "copy_up=true"),
    row("proposed", "truncates=true"),
    row("proposed", "direct_reclaim=true"),
)


@lru_cache(maxsize=None)
def violated(path: Path, settings: str) -> frozenset[str]:
    """The properties that the model in ``path`` breaks at ``settings``, after a search of all that is reachable."""
    constants = dict(pair.split("=") for pair in settings.split())
    declared = load_properties([ROOT / "properties"])
    system = build(load_model(path), constants, declared)
    system, result = explore(system, make_engine("auto"))
    assert result.complete, result.stopped
    names = {info.check or info.name: info.name for info in system.properties}
    found = {violation.name for violation in result.violations}
    assert found <= set(names), f"unasked checks fail: {found - set(names)}"
    return frozenset(names[name] for name in found)


def shipped(model: str) -> Path:
    return ROOT / "models" / f"{model}.py"
