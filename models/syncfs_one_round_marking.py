"""syncfs in one round that marks, in sync_fs(1) (after Chengguang Xu, 2020-10-16, 1752f1f2c1a.c646418645575).

"Only syncing on wait==1" as one who keeps to dirty overlay inodes may read it.  By then sync_inodes_sb has been.
"""

from syncfs_two_rounds import SyncfsTwoRounds


class SyncfsOneRoundMarking(SyncfsTwoRounds):
    def sync_fs(self, wait: bool) -> None:
        if wait:
            self.mark_members_dirty()
            self.sync_fs_tail()
