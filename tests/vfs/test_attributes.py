"""Attributes that are written apart from the page: what only I_SYNC tells of, and what sync_fs commits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.properties.mutants import breaks

SYNCS = """
    tail = Constant(Tail.{tail}, "what sync_fs(1) does last")

    def sync_fs(self, wait: bool) -> None:
        if wait:
            for upper in self.uppers:
                if {test}:
                    self.writeback_single_inode(upper, WB_SYNC_ALL, {for_sync})
            {end}
"""
CHMOD: dict[str, object] = {"readers": 1, "meta_ops": True, "syncers": 1}


def loses(directory: Path, test: str, *, metadata: bool, for_sync: bool = False, end: bool = True) -> bool:
    text = SYNCS.format(
        tail="WAITSB", test=test, for_sync=for_sync, end="self.sync_fs_tail()" if end else "pass"
    )
    return breaks(directory, "syncfs_is_durable", text, {**CHMOD, "metadata": metadata})


@pytest.mark.parametrize("metadata", [True, False])
def test_clean_flags_and_no_io_are_not_durable_where_attributes_are_apart(
    metadata: bool, tmp_path: Path
) -> None:
    assert loses(tmp_path, "upper.is_dirty", metadata=metadata) is metadata


def test_who_waits_for_i_sync_finds_them_written(tmp_path: Path) -> None:
    assert not loses(tmp_path, "True", metadata=True)


@pytest.mark.parametrize("end", [True, False])
def test_what_is_written_for_sync_is_committed_by_sync_fs(end: bool, tmp_path: Path) -> None:
    assert loses(tmp_path, "True", metadata=True, for_sync=True, end=end) is not end
