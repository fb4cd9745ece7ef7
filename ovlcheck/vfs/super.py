"""fs/super.c and fs/namespace.c (v5.9): what happens, in which order, when the overlay is unmounted."""

from __future__ import annotations

from ovlcheck import atomic, wait
from ovlcheck.vfs.sync import Sync


class Unmount(Sync):
    def umount(self) -> None:
        """fs/namespace.c:do_umount, tried until nobody has a path of the mount in use."""
        with atomic:
            wait(self.mnt_count.get() == 0 and all(dentry.d_count.get() == 0 for dentry in self.dcache))
            self.mounted = False
        self.s_umount.down_write()
        self.generic_shutdown_super()
        self.s_umount.up_write()

    def generic_shutdown_super(self) -> None:
        """fs/super.c:generic_shutdown_super: dentries, sync, then every inode that has no reference left."""
        self.shrink_dcache_for_umount()
        self.sync_filesystem()
        self.sb_active = False
        self.evict_inodes()
        self.put_super()
