"""What the tests of verdicts have in common: rows of a design, a configuration and what it breaks there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ovlcheck.engines import make_engine
from ovlcheck.explore.search import explore
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model, load_properties

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
RECLAIM = "no_writeback_in_reclaim"
UNBALANCED = "refcounts_are_balanced"

IMPROVED = "tail=WAITSB owrite=FORCE_ALL in_flight_test=true"
"""What the mails of the days after asked of the list with references."""


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


@cache
def violated(path: Path, settings: str) -> frozenset[str]:
    """The properties that the model in ``path`` breaks at ``settings``, after a search of all that is reachable.

    A check that every run makes, and that no property names, stands there under its own name.
    """
    constants = dict(pair.split("=") for pair in settings.split())
    declared = [p for p in load_properties([ROOT / "properties"]) if not p.on_request]
    system = build(load_model(path), constants, declared)
    system, result = explore(system, make_engine("auto"))
    assert result.complete, result.stopped
    names = {info.check or info.name: info.name for info in system.properties}
    return frozenset(names.get(violation.name, violation.name) for violation in result.violations)


def declared(model: str) -> frozenset[str]:
    """What ``model`` says that it breaks, of what is checked unasked: the rest costs more, and is in the kept table."""
    on_request = {p.name for p in load_properties([ROOT / "properties"]) if p.on_request}
    return frozenset(load_model(shipped(model)).expected_violations) - on_request


def shipped(model: str) -> Path:
    return ROOT / "models" / f"{model}.py"
