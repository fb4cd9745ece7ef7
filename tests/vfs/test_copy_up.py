"""When a file that is being copied up may be changed: not before the design has been told."""

from __future__ import annotations

from tests.vfs.following import possible

SETTINGS = "calls=1 syncers=0 umounts=0 foreign=false mmaps=false copy_up=true slots=1 kswapd_threads=0"


def test_who_changes_a_file_waits_for_the_copy_up_by_another() -> None:
    copied = "... without reader, writer: inode_update\nwriter: set_page_dirty\n"
    text = f"{copied}... without writer: inode_update\nreader: notify_change"
    assert not possible("evict_writes_upper", SETTINGS, text)
    assert possible("evict_writes_upper", SETTINGS, f"{copied}...\nreader: notify_change")


def test_a_file_is_copied_up_once() -> None:
    text = "*: inode_update\n...\n*: inode_update"
    assert not possible("evict_writes_upper", SETTINGS, text)
