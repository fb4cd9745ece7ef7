"""What memory reclaim must not do."""

from ovlcheck import Observer, after, before
from ovlcheck.vfs import I_DIRTY, I_SYNC


class no_writeback_in_reclaim(Observer):
    """A task with PF_MEMALLOC neither asks for an upper inode to be written nor waits for somebody who writes it.

    Whoever it waits for may need memory, or what a task holds that is in reclaim.  To evict an overlay inode under
    writeback is to wait: its write_inode writes the upper inode.
    """

    @before("write_inode_now_upper")
    def does_not_write(self, fs, upper, memalloc):
        return not memalloc or not (upper.i_state & (I_DIRTY | I_SYNC) or upper.page_writeback)

    @before("write_inode_now_queued")
    def does_not_wait_for_a_worker(self, fs, upper, memalloc):
        return not memalloc or not (upper.i_state & (I_DIRTY | I_SYNC) or upper.page_writeback)

    @after("start_freeing")
    def does_not_wait_for_a_flusher(self, fs, inode, memalloc):
        return not memalloc or not inode.i_state & I_SYNC
