"""syncfs in two rounds: one marks, one writes (Amir Goldstein, 2020-10-16, CAOQ4uxgJ=soSgdWo20iNtm30hua8).

What is listed, and when it goes, is as in ``proposed``: what breaks here is broken by how syncfs writes.  It takes
``owrite=FORCE_ALL`` or ``remark=IF_STILL_DIRTY`` (a mark is not lost to background writeback that skips a busy upper
inode) and ``tail=WAITSB`` (I/O that somebody else began is waited for).
"""

from proposed import Proposed

from ovlcheck import Constant


class SyncfsTwoRounds(Proposed):
    bdi = Constant(True, "the overlay has a bdi of its own, so that its dirty inodes are written")

    expected_violations = (
        "no_evicted_inode_has_dirty_upper",
        "dirty_upper_is_tracked",
        "syncfs_is_durable",
        "no_writeback_in_reclaim",
        "umount_is_durable",
    )

    def sync_fs(self, wait: bool) -> None:
        if not wait:
            self.mark_members_dirty()
        else:
            self.sync_fs_tail()

    def mark_members_dirty(self) -> None:
        """Members stay while ``scan_lock`` is held."""
        with self.scan_lock:
            for inode in self.suspects:
                if inode.i_upper.is_dirty:
                    self.mark_inode_dirty(inode)
