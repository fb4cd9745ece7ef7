"""fs/sync.c (v5.9): syncfs, which writes inodes before it calls ``sync_fs``, and does both twice."""

from __future__ import annotations

from ovlcheck import atomic, wait
from ovlcheck.vfs.mmap import Mappings
from ovlcheck.vfs.objects import WB_SYNC_ALL, WB_SYNC_NONE, Tail, Work


class Sync(Mappings):
    def syncfs(self) -> None:
        """fs/sync.c:syncfs on a file of the overlay."""
        if self.umounts:
            self.s_umount.down_read()
        self.sync_filesystem()
        if self.umounts:
            self.s_umount.up_read()

    def sync_filesystem(self) -> None:
        """fs/sync.c:sync_filesystem of the overlay; what ``sync_fs`` returns is ignored."""
        if not self.sb_rdonly:
            self.writeback_inodes_sb()
            self.sync_fs(False)
            self.sync_inodes_sb()
            self.sync_fs(True)

    def writeback_inodes_sb(self) -> None:
        """fs/fs-writeback.c:writeback_inodes_sb: waits for the work, not for the I/O.  Nothing without a bdi."""
        if self.bdi:
            with atomic:
                wait(self.overlay_work is Work.NOTHING)
                self.overlay_work = Work.SYNC_NONE
            wait(self.overlay_work is Work.NOTHING)

    def sync_inodes_sb(self) -> None:
        """fs/fs-writeback.c:sync_inodes_sb; its wait_sb_inodes finds no page of an overlay inode to wait for."""
        if self.bdi:
            with atomic:
                wait(self.overlay_work is Work.NOTHING)
                self.overlay_work = Work.SYNC_ALL
            wait(self.overlay_work is Work.NOTHING)

    def sync_fs(self, wait: bool) -> None:
        """``super_operations.sync_fs``; upstream: fs/overlayfs/super.c:ovl_sync_fs, with constant ``tail`` ALL."""
        if wait:
            self.sync_fs_tail()

    def sync_fs_tail(self) -> None:
        """The end of ``sync_fs(1)``, as constant ``tail`` has it; the upper's own ``sync_fs(1)`` is the last of it."""
        if self.tail is Tail.ALL:
            self.sync_filesystem_upper()
        else:
            self.sync_listed_uppers()
            self.sync_fs_upper()

    def sync_listed_uppers(self) -> None:
        """What ``tail`` has ahead of that, other than all of the upper filesystem."""
        if self.tail is Tail.WAITSB:
            self.wait_sb_inodes_upper()
        elif self.tail is Tail.DIRECT:
            for inode in self.suspects:
                upper = inode.upper
                if upper is not None:
                    self.writeback_single_inode(upper, WB_SYNC_ALL, False)

    def sync_filesystem_upper(self) -> None:
        """sync_filesystem(upper_sb): all of the upper filesystem, whoever changed it.

        The upper's flusher does the writing for its caller, who waits: here the caller does it.
        """
        if self.foreign:
            self.write_foreign_inode()
        for upper in self.uppers:
            self.writeback_single_inode(upper, WB_SYNC_NONE, True)
        for upper in self.uppers:
            self.writeback_single_inode(upper, WB_SYNC_ALL, True)
        self.wait_sb_inodes_upper()
        self.sync_fs_upper()

    def wait_sb_inodes_upper(self) -> None:
        """fs/fs-writeback.c:wait_sb_inodes(upper_sb): every upper inode with pages under I/O, one by one."""
        for upper in self.uppers:
            wait(not upper.page_writeback)
