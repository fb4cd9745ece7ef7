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

    def reconfigure_super(self) -> None:
        """fs/super.c:reconfigure_super to read-only, tried until nobody may write through the mount."""
        with atomic:
            wait(self.mounted and self.mnt_writers.get() == 0)
            if self.umounts:
                self.mnt_count.inc()
                self.s_umount.down_write()
            self.sb_rdonly = True
        self.remount_fs()
        if self.umounts:
            self.s_umount.up_write()
            self.mnt_count.dec()

    def remount_fs(self) -> None:
        """``super_operations.remount_fs`` to read-only; upstream: fs/overlayfs/super.c:ovl_remount.

        It syncs the whole upper filesystem, since neither syncfs nor umount will come by again.
        """
        self.sync_filesystem_upper()

    def generic_shutdown_super(self) -> None:
        """fs/super.c:generic_shutdown_super: dentries, sync, then every inode that has no reference left."""
        self.shrink_dcache_for_umount()
        self.sync_filesystem()
        self.sb_active = False
        self.evict_inodes()
        self.put_super()
