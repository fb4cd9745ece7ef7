"""Which properties stand in the table, in which order, and under which short names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ovlcheck.errors import UsageError, did_you_mean
from ovlcheck.lang.declarations import Unasked
from ovlcheck.lang.declared import Declared, behaviour_marks
from ovlcheck.report.table import Column

SHORT = {
    "no_evicted_inode_has_dirty_upper": "P1",
    "dirty_upper_is_tracked": "P1T",
    "no_evicted_inode_is_open_for_write": "P2",
    "syncfs_is_durable": "P3",
    "no_clean_unreferenced_inode_stays_pinned": "P4",
    "no_clean_unreferenced_inode_stays_pinned_under_syncfs": "P4s",
    "suspect_list_is_consistent": "P5",
    "no_writeback_in_reclaim": "P6",
    "syncfs_writes_only_own_inodes": "P7",
    "clean_inode_stays_evictable": "P8",
    "umount_leaves_no_busy_inode": "P9a",
    "umount_is_durable": "P9b",
    "refcounts_are_balanced": "P10",
    "no_use_after_free": "P11",
    "syncfs_terminates": "P12",
    "no_deadlock": "P13",
}
"""The names that stand for the shipped properties at the head of the table, in the order of its columns."""

OTHERS = "X"
"""What the short names of other properties begin with."""

WEAK, STRONG = "weak", "strong"


def columns_of(declared: Iterable[Declared]) -> tuple[Column, ...]:
    """A column for each property, the shipped ones first; two for one that asks for strong fairness, without it and
    with it.
    """
    items = {item.name: item for item in declared}
    others = [name for name in items if name not in SHORT]
    shorts = {**SHORT, **{name: f"{OTHERS}{n}" for n, name in enumerate(others, start=1)}}
    return tuple(column for name in shorts if name in items for column in _columns(items[name], shorts[name]))


def _columns(item: Declared, short: str) -> Iterator[Column]:
    marks = behaviour_marks(item.value)
    if any(mark.strong for mark in marks):
        yield Column(f"{short}w", weakly(item.name), item.name, item.doc, True, WEAK)
        yield Column(short, item.name, item.name, item.doc, True, STRONG)
    else:
        check = item.value.check if isinstance(item.value, Unasked) else ""
        yield Column(short, item.name, item.name, item.doc, bool(marks), check=check)


def weakly(name: str) -> str:
    """What the property ``name`` is called where the strong fairness that it asks for is left out."""
    return f"{name} (weak fairness)"


def choose_columns(columns: Sequence[Column], wanted: Sequence[str]) -> tuple[Column, ...]:
    """The columns that the user names, by short names or names of properties; all where nothing is named.

    Raises ``UsageError`` for a name that is neither.
    """
    known = dict.fromkeys(word for column in columns for word in (column.short, column.name))
    for word in wanted:
        if word not in known:
            raise UsageError(
                f"no property is called {word!r}{did_you_mean(word, known)}", f"known: {', '.join(known)}"
            )
    return tuple(c for c in columns if not wanted or c.short in wanted or c.name in wanted)


SCENE = {"calls": "none", "readers": "0", "umounts": "0"}
"""What a property of whole behaviours is looked at in: one writer that goes on calling, syncfs, and daemons.

Fair cycles are looked for in the graph of all states; with readers and umount it would be many times as large.
"""


def scene(columns: Iterable[Column], constants: Iterable[str], given: Mapping[str, object]) -> dict[str, str]:
    """The constants in which the search for ``columns`` differs from their row's: of those that the model has, and
    that the user has not set.
    """
    if not any(column.behaviour for column in columns):
        return {}
    known = set(constants)
    return {name: value for name, value in SCENE.items() if name in known and name not in given}
