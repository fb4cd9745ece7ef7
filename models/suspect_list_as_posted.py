"""The suspect list as first posted to linux-unionfs (Amir Goldstein, 2020-10-15, CAOQ4uxhujP_pzguq+FJ87Mx4).

Inodes are listed from open to release; syncfs marks the dirty ones among them.  The test in release comes before
the real file is put, so it is true whenever anybody writes, the closer included.
"""

from ovlcheck import Constant
from ovlcheck.vfs import File, Inode, SuspectList, Tail


class SuspectListAsPosted(SuspectList):
    tail = Constant(Tail.WAITSB, "what sync_fs(1) does last")

    expected_violations = (
        "no_evicted_inode_has_dirty_upper",
        "dirty_upper_is_tracked",
        "syncfs_is_durable",
        "no_writeback_in_reclaim",
        "suspect_list_is_consistent",
        "umount_is_durable",
        "no_use_after_free",
    )

    def open(self, file: File) -> None:
        inode = file.inode
        if inode.upper is not None and inode.upper.i_writecount > 0:
            self.suspect_add(inode)

    def release(self, file: File) -> None:
        inode = file.inode
        if inode.upper is not None and inode.upper.i_writecount > 0:
            if inode.upper.is_dirty:
                self.mark_inode_dirty(inode)
            self.suspect_del(inode)

    def drop_inode(self, inode: Inode) -> bool:
        return inode.upper is None or (not inode.upper.is_dirty and not inode.upper.i_writecount > 0)

    def sync_fs(self, wait: bool) -> None:
        if not wait:
            self.mark_suspects_dirty()
        else:
            self.sync_fs_tail()
