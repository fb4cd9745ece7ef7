"""mm/vmscan.c, fs/super.c and fs/drop_caches.c (v5.9): the shrinkers of dentries and of inodes, and who runs them.

One pass takes one object: how many and in which order is up to the kernel's counters, which are left out.
"""

from __future__ import annotations

from ovlcheck import atomic, choose, daemon, idle, may_not_happen
from ovlcheck.vfs.dcache import DentryCache
from ovlcheck.vfs.objects import I_FREEING, I_WILL_FREE


class Shrinkers(DentryCache):
    def super_cache_scan(self, memalloc: bool) -> None:
        """fs/super.c:super_cache_scan: excluded by umount; ``memalloc``: in reclaim, not through drop_caches."""
        if choose():
            self.prune_dcache_sb(memalloc)
        else:
            self.prune_icache_sb(memalloc)
        if self.umounts:
            self.s_umount.up_read()

    def trylock_super(self) -> None:
        """fs/super.c:trylock_super, inside the step that finds something to prune."""
        if self.umounts:
            self.s_umount.down_read()

    def prune_dcache_sb(self, memalloc: bool) -> None:
        """fs/dcache.c:prune_dcache_sb: a cached dentry that nobody uses is killed, its inode put in this context."""
        with atomic:
            dentry = choose({d for d in self.dcache if d.d_count.get() == 0 and d.d_inode is not None})
            self.trylock_super()
            inode = self.dentry_unlink_inode(dentry)
        self.iput(inode, memalloc)

    def prune_icache_sb(self, memalloc: bool) -> None:
        """fs/inode.c:prune_icache_sb and inode_lru_isolate: asks neither the upper inode nor ``drop_inode``."""
        may_not_happen("an inode gets to the LRU only if drop_inode keeps it")
        with atomic:
            inode = choose({i for i in self.icache if i.on_lru})
            self.trylock_super()
            with inode.i_lock:
                inode.on_lru = False
                isolated = inode.i_count.get() == 0 and not inode.i_state
                if isolated:
                    inode.i_state |= I_FREEING
        if isolated:
            self.evict(inode, memalloc)

    def drop_pagecache_sb(self) -> None:
        """fs/drop_caches.c:drop_pagecache_sb: holds an inode while it drops its pages; its iput asks ``drop_inode``.

        Overlay inodes have no pages and are passed over, but not where need_resched() is true.
        """
        with atomic:
            inode = choose({i for i in self.icache if not i.i_state & (I_FREEING | I_WILL_FREE)})
            self.trylock_super()
            with inode.i_lock:
                inode.on_lru = False
                self.ihold(inode)
        self.iput(inode, False)
        if self.umounts:
            self.s_umount.up_read()

    def allocate(self) -> None:
        """mm/page_alloc.c:__alloc_pages_direct_reclaim: a user task reclaims memory where it allocates some."""
        if self.direct_reclaim and choose():
            self.super_cache_scan(True)

    @daemon(instances="kswapd_threads")
    def kswapd(self) -> None:
        """mm/vmscan.c:kswapd, which runs with PF_MEMALLOC."""
        while True:
            idle()
            self.super_cache_scan(True)
