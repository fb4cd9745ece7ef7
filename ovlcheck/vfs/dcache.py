"""fs/dcache.c and fs/namei.c (v5.9): names, which hold the overlay inode for as long as they are cached.

Closing a file leaves its dentry cached; the last reference to an overlay inode usually goes with the dentry.
"""

from __future__ import annotations

from ovlcheck import atomic, may_not_happen
from ovlcheck.vfs.inode import InodeCache
from ovlcheck.vfs.objects import Dentry, Inode


class DentryCache(InodeCache):
    def lookup(self, dentry: Dentry) -> Inode | None:
        """fs/namei.c:path_lookupat: takes ``d_count``; None where the name is gone or the overlay not mounted."""
        inode: Inode | None = None
        with atomic:
            if self.mounted and not dentry.d_unhashed:
                if dentry.d_inode is None:
                    dentry.d_inode = self.iget5_locked(dentry)
                dentry.d_count.inc()
                inode = dentry.d_inode
        return inode

    def dput(self, dentry: Dentry) -> None:
        """fs/dcache.c:dput: the dentry stays cached, unless it has been unhashed.

        Whoever calls it gives back the mount afterwards (mntput): no umount before the inode has been put.
        """
        inode: Inode | None = None
        with atomic:
            dentry.d_count.dec()
            if dentry.d_unhashed and dentry.d_count.get() == 0:
                inode = self.dentry_unlink_inode(dentry)
                if self.umounts:
                    self.mnt_count.inc()
        if inode is not None:
            may_not_happen("only a dentry without a name dies with its last user")
            self.iput(inode, False)
            if self.umounts:
                self.mnt_count.dec()

    def dentry_unlink_inode(self, dentry: Dentry) -> Inode:
        """fs/dcache.c:dentry_unlink_inode: whoever kills the dentry gets its reference, to put it."""
        inode = dentry.d_inode
        dentry.d_inode = None
        self.take_over(inode)
        return inode

    def unlink(self, dentry: Dentry) -> None:
        """fs/namei.c:vfs_unlink, then d_delete: the name goes at once, the inode with its last user."""
        inode = self.lookup(dentry)
        if inode is not None:
            with atomic:
                inode.i_rwsem.acquire()
                dentry.upper.i_nlink = 0
            with atomic:
                inode.i_rwsem.release()
                dentry.d_unhashed = True
            self.dput(dentry)

    def shrink_dcache_for_umount(self) -> None:
        """fs/dcache.c:shrink_dcache_for_umount: SB_ACTIVE is still set, so ``drop_inode`` may keep inodes."""
        for dentry in self.dcache:
            with atomic:
                inode = dentry.d_inode
                if inode is not None:
                    self.dentry_unlink_inode(dentry)
            if inode is not None:
                self.iput(inode, False)
