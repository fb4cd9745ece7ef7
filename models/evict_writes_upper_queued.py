"""In reclaim, eviction has a worker write the upper inode (Chengguang Xu, v11, 20200210031009.61086-1)."""

from evict_writes_upper import EvictWritesUpper

from ovlcheck.vfs import Upper


class EvictWritesUpperQueued(EvictWritesUpper):
    expected_violations = ("no_writeback_in_reclaim",)

    def write_upper_in_evict(self, upper: Upper, memalloc: bool) -> None:
        if memalloc:
            self.write_inode_now_queued(upper, memalloc)
        else:
            self.write_inode_now_upper(upper, memalloc)
