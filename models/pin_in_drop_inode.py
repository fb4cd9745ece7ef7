"""One more reference, taken in drop_inode (Chengguang Xu, 2020-10-16, 1752f1f2c1a.c646418645575).

The posted list, but what ``drop_inode`` keeps does not get to the LRU, where a shrinker would take it: it has a
reference.  The mail, which calls this awkward and tricky, does not say who gives that back: ``unpin``.
"""

from enum import Enum

from suspect_list_as_posted import SuspectListAsPosted

from ovlcheck import Constant, Set, atomic
from ovlcheck.vfs import Inode, SyncMode


class Unpin(Enum):
    """Who gives back the reference of a pinned inode: nobody; write_inode at its end; sync_fs, of inodes that its
    second round finds clean."""

    NEVER = 0
    WRITE_INODE = 1
    SYNC_FS = 2


class PinInDropInode(SuspectListAsPosted):
    unpin = Constant(Unpin.NEVER, "who gives back the reference that drop_inode took")
    put_super_unpins = Constant(False, "put_super gives back what is still pinned")

    expected_violations = (
        "dirty_upper_is_tracked",
        "syncfs_is_durable",
        "no_writeback_in_reclaim",
        "suspect_list_is_consistent",
        "umount_leaves_no_busy_inode",
        "umount_is_durable",
        "no_use_after_free",
        "no_clean_unreferenced_inode_stays_pinned",
        "no_clean_unreferenced_inode_stays_pinned_under_syncfs",
        "clean_inode_stays_evictable",
    )

    pinned: Set[Inode]

    def drop_inode(self, inode: Inode) -> bool:
        drop = super().drop_inode(inode)
        if not drop:
            with atomic:
                inode.i_count.inc()
                self.pinned.add(inode)
        return drop

    def unpin_inode(self, inode: Inode) -> None:
        """The caller puts the reference."""
        with atomic:
            self.pinned.discard(inode)
            self.take_over(inode)

    def write_inode(self, inode: Inode, mode: SyncMode, for_sync: bool) -> None:
        super().write_inode(inode, mode, for_sync)
        if self.unpin is Unpin.WRITE_INODE and inode in self.pinned:
            self.unpin_inode(inode)
            self.iput_in_write_inode(inode)

    def sync_fs(self, wait: bool) -> None:
        super().sync_fs(wait)
        if self.unpin is Unpin.SYNC_FS and wait:
            for inode in self.pinned:
                if not inode.i_upper.is_dirty:
                    self.unpin_inode(inode)
                    self.iput(inode, False)

    def put_super(self) -> None:
        if self.put_super_unpins:
            for inode in self.pinned:
                self.unpin_inode(inode)
                self.iput(inode, False)

    def list_references(self, inode: Inode) -> int:
        return super().list_references(inode) + (1 if inode in self.pinned else 0)
