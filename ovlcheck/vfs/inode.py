"""fs/inode.c (v5.9): references to overlay inodes, and how one is evicted."""

from __future__ import annotations

from ovlcheck import atomic, choose, free, may_not_happen, new, wait
from ovlcheck.vfs.fs_writeback import Writeback
from ovlcheck.vfs.objects import I_DIRTY, I_FREEING, I_SYNC, I_WILL_FREE, Dentry, Inode


class InodeCache(Writeback):
    """The inode cache.  ``memalloc`` says throughout that the caller runs with PF_MEMALLOC."""

    def iget5_locked(self, dentry: Dentry) -> Inode:
        """fs/inode.c:iget5_locked, inside the step of a lookup: found, revived or made.

        An inode that is being freed is waited for.  A new one is I_NEW, which is to say nobody sees it before the
        step is over.
        """
        found = {i for i in self.icache if i.i_dentry is dentry}
        if found:
            inode = choose(found)
            with inode.i_lock:
                wait(not inode.i_state & (I_FREEING | I_WILL_FREE))
                inode.on_lru = False
        else:
            inode = new(Inode)
            inode.i_dentry = dentry
            if inode.upper is not None:
                self.inode_init(inode)
        inode.i_count.inc()
        return inode

    def igrab(self, inode: Inode) -> bool:
        """fs/inode.c:igrab: a reference, unless the inode is being freed."""
        with atomic:
            with inode.i_lock:
                alive = not inode.i_state & (I_FREEING | I_WILL_FREE)
                if alive:
                    inode.i_count.inc()
                    self.take_over(inode)
        return alive

    def ihold(self, inode: Inode) -> None:
        """fs/inode.c:ihold: one more reference, by someone who has one."""
        with atomic:
            inode.i_count.inc()
            self.take_over(inode)

    def take_over(self, inode: Inode) -> None:
        """Nothing in the kernel: names the moment at which a reference becomes one of the task that will put it.

        Called in the step that takes it from its holder (a cached name, a list), or that counts a new one.
        """

    def iput(self, inode: Inode, memalloc: bool) -> None:
        """fs/inode.c:iput."""
        if inode.i_count.dec_and_lock(inode.i_lock):
            self.iput_final(inode, memalloc)

    def iput_in_write_inode(self, inode: Inode) -> None:
        """fs/inode.c:iput by the task that holds the inode's I_SYNC.

        If it is the last reference and the inode is not kept, both write_inode_now and evict wait for that I_SYNC:
        the task waits for itself.
        """
        if inode.i_count.dec_and_lock(inode.i_lock):
            drop = self.drop_inode(inode)
            with atomic:
                keep = not drop and self.sb_active
                if not keep:
                    inode.i_state |= I_FREEING if drop else I_WILL_FREE
                inode.i_lock.release()
            if not keep:
                wait(not inode.i_state & I_SYNC)

    def iput_final(self, inode: Inode, memalloc: bool) -> None:
        """fs/inode.c:iput_final: keep the inode on the LRU, or evict it.

        Nothing is written, unless ``drop_inode`` is false while the super block is being shut down.
        """
        drop = self.drop_inode(inode)
        with atomic:
            keep = not drop and self.sb_active
            write = not drop and not self.sb_active
            if keep:
                self.inode_add_lru(inode)
            elif write:
                may_not_happen(
                    "a reference has to be put after SB_ACTIVE is cleared, of an inode that is to be kept"
                )
                inode.i_state |= I_WILL_FREE
            else:
                self.start_freeing(inode, memalloc)
            inode.i_lock.release()
        if write:
            may_not_happen(
                "only designs that keep inodes write them at the last reference, and only in umount"
            )
            self.write_inode_now(inode)
            with atomic:
                with inode.i_lock:
                    inode.i_state &= ~I_WILL_FREE
                    self.start_freeing(inode, memalloc)
        if not keep:
            self.evict(inode, memalloc)

    def start_freeing(self, inode: Inode, memalloc: bool) -> None:
        """The point of no return, under i_lock: from here on nobody gets a reference."""
        inode.i_state |= I_FREEING
        inode.on_lru = False

    def evict(self, inode: Inode, memalloc: bool) -> None:
        """fs/inode.c:evict: waits for writeback of this inode, and looks at no dirty bit."""
        wait(not inode.i_state & I_SYNC)
        self.evict_inode(inode, memalloc)
        with atomic:
            self.destroy_inode(inode)

    def destroy_inode(self, inode: Inode) -> None:
        """fs/inode.c:destroy_inode; of an upper inode without links the pages go too."""
        if self.unlinks:
            if inode.i_upper.i_nlink == 0:
                inode.i_upper.page_dirty = False
                if self.metadata:
                    inode.i_upper.inode_dirty = False
                inode.i_upper.i_state &= ~I_DIRTY
        free(inode)

    def evict_inodes(self) -> None:
        """fs/inode.c:evict_inodes: every inode without references, dirty or not."""
        while True:
            with atomic:
                unused = {
                    i
                    for i in self.icache
                    if i.i_count.get() == 0 and not i.i_state & (I_FREEING | I_WILL_FREE)
                }
                if not unused:
                    break
                may_not_happen("upstream evicts with the dentry already")
                inode = choose(unused)
                with inode.i_lock:
                    self.start_freeing(inode, False)
            self.evict(inode, False)
