"""Remounting the overlay read-only: who keeps it from happening, and what nobody does afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.properties.mutants import breaks
from tests.vfs.following import possible

SETTINGS = "calls=1 readers=0 syncers=0 foreign=false mmaps=false kswapd_threads=0 remounts=1"
READ_ONLY = "remounter: reconfigure_super returns\n...\n"


def test_a_real_file_that_is_open_for_writing_keeps_the_overlay_writable() -> None:
    text = "writer: do_dentry_open\n... without writer: mnt_drop_write\nremounter: remount_fs"
    assert not possible("upstream", SETTINGS, text)


@pytest.mark.parametrize("event", ["writer: do_dentry_open", "unmounter: sync_fs"])
def test_nobody_writes_and_umount_does_not_sync_afterwards(event: str) -> None:
    assert not possible("upstream", SETTINGS, READ_ONLY + event)
    assert possible("upstream", SETTINGS, event)


def test_what_a_list_with_references_still_holds_is_left_to_put_super() -> None:
    text = f"{READ_ONLY}unmounter: put_super\n...\nunmounter: evict_inode"
    assert possible("proposed", f"{SETTINGS} gc_threads=0", text)
    assert not possible("upstream", SETTINGS, text)


@pytest.mark.parametrize("hooks", ["", "    def remount_fs(self) -> None:\n        pass\n"])
def test_umount_is_durable_only_because_remount_syncs(hooks: str, tmp_path: Path) -> None:
    awake: dict[str, object] = {"writers": 1, "umounts": 1, "remounts": 1}
    assert breaks(tmp_path, "umount_is_durable", hooks, awake) is bool(hooks)
