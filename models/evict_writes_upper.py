"""Eviction writes the upper inode (Chengguang Xu, "ovl: Improving syncfs efficiency", v10).

Every overlay inode that has an upper inode is listed, without a reference, from then until it is evicted; evict_inode
writes the upper inode and waits.  syncfs writes those that it can hold, and waits for the others to be evicted.
The text of v10 was not found: this is v11 (20200210031009.61086-1) without what its changelog calls new.
"""

from ovlcheck import Constant, Set, atomic, choose
from ovlcheck import wait as wait_until
from ovlcheck.vfs import WB_SYNC_ALL, Inode, SuspectList, Tail, Upper


class EvictWritesUpper(SuspectList):
    bdi = Constant(False, "the overlay has a bdi of its own, so that its dirty inodes are written")
    tail = Constant(Tail.NONE, "what sync_fs(1) does last")
    evict_detach = Constant(True, "eviction takes the inode off the list")

    expected_violations = (
        "no_evicted_inode_has_dirty_upper",
        "dirty_upper_is_tracked",
        "syncfs_is_durable",
        "no_writeback_in_reclaim",
        "umount_is_durable",
    )

    evict_pending: Set[Inode]

    def inode_init(self, inode: Inode) -> None:
        self.suspect_add(inode)

    def inode_update(self, inode: Inode) -> None:
        self.suspect_add(inode)

    def drop_inode(self, inode: Inode) -> bool:
        """OVL_EVICT_PENDING is set under i_lock, as it is tested."""
        if inode.upper is not None:
            self.evict_pending.add(inode)
        return True

    def evict_inode(self, inode: Inode, memalloc: bool) -> None:
        upper = inode.upper
        if upper is not None:
            self.write_upper_in_evict(upper, memalloc)
            super().evict_inode(inode, memalloc)
            self.evict_pending.remove(inode)

    def write_upper_in_evict(self, upper: Upper, memalloc: bool) -> None:
        self.write_inode_now_upper(upper, memalloc)

    def sync_fs(self, wait: bool) -> None:
        if wait:
            self.ovl_sync_inodes()

    def ovl_sync_inodes(self) -> None:
        """The list is spliced to one of its own, from which each inode is moved back when its turn comes.

        ``to_sync``: those whose turn has not come.  Eviction takes inodes off whichever list they are on.
        """
        with atomic:
            with self.list_lock:
                to_sync: Set[Inode] = set(self.suspects)
        written: Set[Inode] = set()
        while True:
            with atomic:
                with self.list_lock:
                    queue = to_sync & self.suspects
                    if not queue:
                        break
                    inode = choose(queue)
                    with inode.i_lock:
                        pending = inode in self.evict_pending
                        if not pending:
                            to_sync = to_sync - {inode}
                            self.ihold(inode)
            if pending:
                wait_until(inode not in self.evict_pending)
            elif inode.i_upper.is_dirty:
                self.writeback_single_inode(inode.i_upper, WB_SYNC_ALL, True)
                written = written | {inode}
            elif inode.i_upper.page_writeback:
                written = written | {inode}
            else:
                self.iput(inode, False)
        for inode in written:
            upper = inode.i_upper
            wait_until(not upper.page_writeback)
            self.iput(inode, False)
        self.sync_fs_upper()
