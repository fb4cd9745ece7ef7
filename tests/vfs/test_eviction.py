"""When an overlay inode goes: with its dentry, not with the last close, and never under a real file."""

from __future__ import annotations

import pytest

from tests.vfs.following import possible

WRITER = "calls=1 readers=0 syncers=0 umounts=0 foreign=false"
SETTER = "calls=1 writers=0 syncers=0 umounts=0 foreign=false"


def test_the_last_close_leaves_the_inode_to_reclaim() -> None:
    closed = "writer: fput_realfile returns\n... without kswapd\n*: evict_inode"
    assert not possible("upstream", WRITER, closed)
    assert possible("upstream", WRITER, closed.replace(" without kswapd", ""))


@pytest.mark.parametrize("pin", [True, False])
def test_a_mapping_holds_the_inode_only_through_the_path_of_the_real_file(pin: bool) -> None:
    text = (
        "writer: vma_link\n... without writer: unlink_file_vma\nwriter: fput returns\n"
        "... without writer: unlink_file_vma\nkswapd: evict_inode"
    )
    assert possible("upstream", f"{WRITER} pin={str(pin).lower()}", text) is not pin


def test_the_real_file_outlives_release() -> None:
    between = "writer: release_after_fput returns\n... without writer: fput_realfile\nreader: lookup"
    assert possible("upstream", WRITER.replace("readers=0", "readers=1"), between)


def test_the_inode_shrinker_takes_a_kept_inode_without_asking_drop_inode_again() -> None:
    text = "kswapd: drop_inode\n...\nkswapd: prune_icache_sb\n... without kswapd: drop_inode\nkswapd: evict_inode"
    assert possible("drop_inode_returns_zero", SETTER, text)


def test_eviction_waits_for_writeback_of_the_overlay_inode() -> None:
    text = (
        "overlay_flusher: write_inode\n... without overlay_flusher: inode_sync_complete\nkswapd: evict_inode"
    )
    settings = "calls=1 readers=0 syncers=1 meta_ops=false umounts=0 foreign=false mmaps=false slots=1"
    assert not possible("suspect_list_as_posted", settings, text)


def test_an_inode_that_is_being_freed_is_found_by_nobody() -> None:
    text = "kswapd: start_freeing returns\n... without kswapd: destroy_inode\n*: lookup returns"
    assert not possible("upstream", WRITER.replace("readers=0", "readers=1"), text)


def test_an_unlinked_file_goes_with_its_last_user() -> None:
    text = "unlinker: unlink returns\n...\nwriter: evict_inode"
    assert possible("upstream", f"{WRITER} unlinks=1 kswapd_threads=0 mmaps=false", text)


def test_drop_caches_3_asks_drop_inode_again_of_an_inode_that_was_kept() -> None:
    text = (
        "kswapd: drop_inode\n...\ndrop_caches: drop_pagecache_sb\n"
        "... without drop_caches: super_cache_scan\ndrop_caches: drop_inode"
    )
    settings = f"{SETTER} drop_caches_tasks=1 drop_pagecache="
    assert possible("drop_inode_returns_zero", f"{settings}true", text)
    assert not possible(
        "drop_inode_returns_zero", f"{settings}false", text.replace(": drop_pagecache_sb", "")
    )
