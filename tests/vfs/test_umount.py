"""The order of umount, and who is kept out while it runs."""

from __future__ import annotations

from tests.vfs.following import possible

SETTINGS = "calls=1 readers=0 foreign=false mmaps=false kswapd_threads=1 meta_ops=false"


def test_dentries_go_before_the_sync_and_the_rest_after_it() -> None:
    order = (
        "unmounter: shrink_dcache_for_umount\n...\nunmounter: sync_filesystem\n...\nunmounter: evict_inodes\n"
        "...\nunmounter: put_super\n...\nunmounter: umount returns"
    )
    assert possible("upstream", SETTINGS, order)


def test_an_open_file_keeps_the_overlay_mounted() -> None:
    text = (
        "writer: do_dentry_open\n... without writer: fput_realfile returns\nunmounter: generic_shutdown_super"
    )
    assert not possible("upstream", SETTINGS, text)


def test_a_mapping_keeps_the_overlay_mounted() -> None:
    text = "writer: vma_link\n... without writer: unlink_file_vma\nunmounter: generic_shutdown_super"
    assert not possible("upstream", SETTINGS.replace("mmaps=false", "mmaps=true"), text)


def test_the_shrinkers_are_kept_out() -> None:
    text = "unmounter: generic_shutdown_super\n... without unmounter: umount returns\nkswapd: evict_inode"
    assert not possible("upstream", SETTINGS, text)


def test_nobody_opens_a_file_afterwards() -> None:
    text = "unmounter: umount returns\n...\nwriter: do_dentry_open"
    assert not possible("upstream", SETTINGS, text)
