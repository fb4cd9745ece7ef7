"""Three phases of writeback: what others can see between them, and who waits for whom."""

from __future__ import annotations

import pytest

from tests.vfs.following import possible

WRITER = "calls=1 readers=0 umounts=0 foreign=false kswapd_threads=0 mmaps=false"


def test_flags_are_cleared_before_the_io_is_complete() -> None:
    text = "upper_flusher: write_pages_and_clear_dirty returns\n... without complete_io\nupper_flusher"
    assert possible("upstream", f"{WRITER} syncers=0", text)


def test_a_page_can_get_dirty_again_while_it_is_written() -> None:
    text = "upper_flusher: submit_io returns\n... without complete_io\n*: set_page_dirty"
    assert possible("upstream", f"{WRITER} syncers=0 calls=2", text)


def test_background_writeback_skips_an_upper_inode_that_is_being_written() -> None:
    settings = f"{WRITER} meta_ops=false slots=1"
    busy = "upper_flusher: write_pages_and_clear_dirty\n... without upper_flusher\n"
    skipped = (
        "overlay_flusher: writeback_single_inode returns\n"
        "... without upper_flusher\noverlay_flusher: write_inode returns"
    )
    assert possible("suspect_list_as_posted", settings, busy + skipped)
    assert not possible("suspect_list_as_posted", f"{settings} owrite=FORCE_ALL", busy + skipped)


@pytest.mark.parametrize("window", [True, False])
def test_the_gap_between_clearing_and_setting_flags_shows_only_with_flag_window(window: bool) -> None:
    settings = f"calls=2 writers=0 syncers=0 umounts=0 foreign=false flag_window={str(window).lower()}"
    clean_at_drop = (
        "upper_flusher: submit_io\n... without upper_flusher\nreader: set_page_dirty\n"
        "... without upper_flusher: submit_io, kswapd: prune_icache_sb\nkswapd: destroy_inode"
    )
    assert possible("drop_inode_returns_zero", settings, clean_at_drop) is window


def test_syncfs_writes_inodes_before_it_calls_sync_fs_twice() -> None:
    rounds = (
        "syncer: writeback_inodes_sb\n...\nsyncer: sync_fs\n... without syncer: sync_fs\n"
        "syncer: sync_inodes_sb\n... without syncer: writeback_inodes_sb\nsyncer: sync_fs\n...\nsyncer: syncfs returns"
    )
    assert possible("suspect_list_as_posted", f"{WRITER} meta_ops=false", rounds)


def test_a_mapping_is_linked_after_its_hook() -> None:
    text = "writer: mmap\n... without writer: vma_link returns\nwriter: store"
    settings = WRITER.replace("mmaps=false", "mmaps=true")
    assert not possible("upstream", f"{settings} syncers=0", text)


def test_fsync_writes_the_upper_inode_in_the_context_of_its_caller_and_waits() -> None:
    text = "writer: fsync\n... without upper_flusher\nwriter: submit_io\n"
    settings = f"{WRITER} syncers=0 fsyncs=true"
    assert possible("upstream", settings, f"{text}...\nwriter: fsync returns")
    assert not possible("upstream", settings, f"{text}... without complete_io\nwriter: fsync returns")
