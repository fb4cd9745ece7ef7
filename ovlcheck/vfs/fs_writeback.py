"""fs/fs-writeback.c (v5.9): marking inodes dirty, and writing them in three phases.

Dirty flags are cleared before the I/O has completed, so an inode without flags is not yet durable.
"""

from __future__ import annotations

from ovlcheck import atomic, choose, daemon, idle, may_not_happen, rule, wait
from ovlcheck.vfs.hooks import Hooks
from ovlcheck.vfs.objects import (
    I_DIRTY,
    I_FREEING,
    I_SYNC,
    I_WILL_FREE,
    WB_SYNC_ALL,
    WB_SYNC_NONE,
    Inode,
    OverlayWrite,
    Remark,
    SyncMode,
    Upper,
    Work,
)


class Writeback(Hooks):
    """Writeback of upper inodes, and of overlay inodes through the overlay's private bdi."""

    def set_page_dirty(self, upper: Upper) -> None:
        """mm/page-writeback.c:__set_page_dirty: the tag and __mark_inode_dirty.  The caller makes it one step.

        With constant ``metadata`` the times of the inode change too (file_update_time).
        """
        upper.page_dirty = True
        upper.i_state |= I_DIRTY
        if self.metadata:
            upper.inode_dirty = True

    def set_attributes_dirty(self, upper: Upper) -> None:
        """With constant ``metadata``, fs/fs-writeback.c:__mark_inode_dirty(I_DIRTY_SYNC): attributes alone change."""
        upper.inode_dirty = True
        upper.i_state |= I_DIRTY

    def submit_io(self, upper: Upper) -> None:
        """mm/page-writeback.c:clear_page_dirty_for_io and set_page_writeback, inside do_writepages."""
        upper.page_dirty = False
        upper.page_writeback = True

    @rule
    def complete_io(self, upper: Upper) -> None:
        """block/bio.c:bio_endio: the device has written the page."""
        wait(upper.page_writeback)
        self.end_page_writeback(upper)

    def end_page_writeback(self, upper: Upper) -> None:
        """mm/filemap.c:end_page_writeback: what was under way is durable now."""
        upper.page_writeback = False

    def write_pages_and_clear_dirty(self, upper: Upper, mode: SyncMode, for_sync: bool) -> None:
        """fs/fs-writeback.c:__writeback_single_inode; the caller has set I_SYNC.

        ``for_sync``: wait_sb_inodes will wait for the I/O later.
        """
        with atomic:
            if mode is WB_SYNC_ALL:
                may_not_happen("a design may leave all writing to flushers in the background")
                wait(not (upper.page_dirty and upper.page_writeback))
            if upper.page_dirty and not upper.page_writeback:
                self.submit_io(upper)
        if mode is WB_SYNC_ALL and not for_sync:
            wait(not upper.page_writeback)
        if self.flag_window:
            dirty = upper.i_state.test_and_clear(I_DIRTY)
            with atomic:
                if upper.page_dirty:
                    upper.i_state |= I_DIRTY
        else:
            with atomic:
                dirty = upper.is_dirty
                if not upper.page_dirty:
                    upper.i_state &= ~I_DIRTY
        if self.metadata:
            if dirty:
                self.write_inode_upper(upper)
        if (self.metadata or self.reclaim_in_transaction) and mode is WB_SYNC_ALL and not for_sync:
            self.force_commit()

    def write_inode_upper(self, upper: Upper) -> None:
        """``write_inode`` of the upper filesystem: copies the attributes to a buffer (ext4_do_update_inode in
        fs/ext4/inode.c), which is committed later, or at once (ext4_write_inode: WB_SYNC_ALL and not for_sync).
        """
        with atomic:
            if upper.inode_dirty:
                upper.inode_dirty = False
                upper.inode_buffered = True

    def force_commit(self) -> None:
        """fs/ext4/super.c:ext4_force_commit: waits until every handle of the journal has been closed."""
        with atomic:
            wait(self.journal_handles.get() == 0)
            if self.metadata:
                self.commit_buffers()

    def commit_buffers(self) -> None:
        """What write_inode has left in buffers is durable now."""
        for upper in self.uppers:
            upper.inode_buffered = False

    def sync_fs_upper(self) -> None:
        """``sync_fs(1)`` of the upper filesystem, as in fs/ext4/super.c:ext4_sync_fs: commits its journal."""
        if self.metadata:
            self.force_commit()

    def writeback_single_inode(self, upper: Upper, mode: SyncMode, for_sync: bool) -> None:
        """fs/fs-writeback.c:writeback_single_inode, for an upper inode, in the caller's context.

        WB_SYNC_NONE does nothing to an inode that someone else is writing; WB_SYNC_ALL waits its turn.
        """
        with atomic:
            if mode is WB_SYNC_ALL:
                may_not_happen("the same")
                wait(not upper.i_state & I_SYNC)
            started = not upper.i_state & I_SYNC and (
                upper.is_dirty or (mode is WB_SYNC_ALL and upper.page_writeback)
            )
            if started:
                upper.i_state |= I_SYNC
        if started:
            self.write_pages_and_clear_dirty(upper, mode, for_sync)
            upper.i_state.clear(I_SYNC)

    def write_inode_now_upper(self, upper: Upper, memalloc: bool) -> None:
        """fs/fs-writeback.c:write_inode_now(inode, 1), for an upper inode; ``memalloc``: with PF_MEMALLOC.

        There it comes to nothing, unless constant ``writes_in_reclaim`` says otherwise: ext4_write_inode warns
        and returns (fs/ext4/inode.c), and iomap_do_writepage leaves the page dirty (fs/iomap/buffered-io.c).
        """
        if not memalloc or self.writes_in_reclaim:
            self.writeback_single_inode(upper, WB_SYNC_ALL, False)

    def write_inode_now_queued(self, upper: Upper, memalloc: bool) -> None:
        """The same by a worker (kernel/workqueue.c), for whom the caller waits: here the caller does it."""
        self.writeback_single_inode(upper, WB_SYNC_ALL, False)

    @daemon
    def upper_flusher(self) -> None:
        """The flusher of the upper's bdi: background writeback of any dirty inode, at any time."""
        while True:
            idle()
            with atomic:
                upper = choose({u for u in self.uppers if u.is_dirty and not u.i_state & I_SYNC})
                upper.i_state |= I_SYNC
            self.write_pages_and_clear_dirty(upper, WB_SYNC_NONE, False)
            upper.i_state.clear(I_SYNC)

    def dirty_foreign_inode(self) -> None:
        """Somebody who does not use this overlay writes to a file of the upper filesystem.

        It happens before each syncfs, and the upper's flusher does not come by before that returns: at other
        times it commutes with all that the overlay does.
        """
        self.foreign_dirty = True

    def write_foreign_inode(self) -> None:
        """Writeback of the whole upper filesystem comes by the foreign inode."""
        self.foreign_dirty = False

    def mark_inode_dirty(self, inode: Inode) -> None:
        """fs/fs-writeback.c:__mark_inode_dirty, for an overlay inode."""
        with atomic:
            if not inode.is_dirty:
                with inode.i_lock:
                    inode.i_state |= I_DIRTY

    def on_writeback_list(self, inode: Inode) -> bool:
        """The inode is dirty, and writeback_sb_inodes would not skip it."""
        return inode.is_dirty and not inode.i_state & (I_FREEING | I_WILL_FREE)

    @daemon(instances="bdi")
    def overlay_flusher(self) -> None:
        """The flusher of the overlay's bdi: wb_do_writeback, one work after the other, else in the background.

        A work writes what was dirty when it began (``queue_io``): what gets dirty again waits for the next.
        Overlay inodes have no pages, so nothing lies between setting I_SYNC and clearing I_DIRTY.
        """
        while True:
            idle()
            with atomic:
                may_not_happen("some designs never mark an overlay inode dirty")
                work = self.overlay_work
                wait(work is not Work.NOTHING or any(self.on_writeback_list(i) for i in self.icache))
                for queued in self.icache:
                    if self.on_writeback_list(queued):
                        queued.on_b_io = True
            while True:
                with atomic:
                    queue = {i for i in self.icache if i.on_b_io and self.on_writeback_list(i)}
                    if not queue:
                        if work is not Work.NOTHING:
                            self.overlay_work = Work.NOTHING
                        break
                    inode = choose(queue)
                    inode.on_b_io = False
                    self.start_writeback(inode)
                if work is Work.SYNC_ALL:
                    self.write_inode(inode, WB_SYNC_ALL, True)
                else:
                    self.write_inode(inode, WB_SYNC_NONE, False)
                self.inode_sync_complete(inode)

    def start_writeback(self, inode: Inode) -> None:
        """The head of writeback of an overlay inode: wait for I_SYNC, set it, clear the dirty flags."""
        wait(not inode.i_state & I_SYNC)
        with inode.i_lock:
            inode.i_state |= I_SYNC
            inode.i_state &= ~I_DIRTY

    def inode_sync_complete(self, inode: Inode) -> None:
        """fs/fs-writeback.c:inode_sync_complete: a clean inode without references goes to the LRU."""
        with atomic:
            with inode.i_lock:
                inode.i_state &= ~I_SYNC
                self.inode_add_lru(inode)

    def write_inode_now(self, inode: Inode) -> None:
        """fs/fs-writeback.c:write_inode_now(inode, 1), for an overlay inode."""
        with atomic:
            wait(not inode.i_state & I_SYNC)
            started = inode.is_dirty
            if started:
                self.start_writeback(inode)
        if started:
            self.write_inode(inode, WB_SYNC_ALL, False)
            self.inode_sync_complete(inode)

    def inode_add_lru(self, inode: Inode) -> None:
        """fs/inode.c:inode_add_lru, under i_lock.

        An inode that is found again leaves the LRU at once here, not when the shrinker next comes by.
        """
        busy = inode.i_state & (I_DIRTY | I_SYNC | I_FREEING | I_WILL_FREE)
        if not busy and inode.i_count.get() == 0 and self.sb_active:
            may_not_happen("where drop_inode keeps nothing, no inode without references is left")
            inode.on_lru = True

    def write_inode(self, inode: Inode, mode: SyncMode, for_sync: bool) -> None:
        """``super_operations.write_inode``: upstream has none, and no overlay inode is ever dirty.

        This is the one that every design needs that marks them, with what the mails leave open as constants.
        ``for_sync``: whoever asks waits for the I/O of the upper inode later.
        """
        upper = inode.upper
        if upper is None:
            return
        if self.owrite is OverlayWrite.FORCE_ALL:
            self.writeback_single_inode(upper, WB_SYNC_ALL, False)
        else:
            self.writeback_single_inode(upper, mode, for_sync)
        if self.remark is Remark.ALWAYS:
            self.mark_inode_dirty(inode)
        elif self.remark is Remark.IF_STILL_DIRTY:
            if upper.i_state & (I_DIRTY | I_SYNC) or upper.page_writeback:
                self.mark_inode_dirty(inode)
        elif self.remark is Remark.WHILE_WRITABLE:
            if upper.i_writecount.get() > 0:
                self.mark_inode_dirty(inode)
