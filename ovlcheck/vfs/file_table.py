"""fs/open.c, fs/file_table.c and fs/overlayfs/file.c (v5.9): files of the overlay and the real files behind them.

The last fput of a file only queues its end, which the closing task runs before it returns to user mode: other
tasks run between ``release`` and the end of the real file.
"""

from __future__ import annotations

from ovlcheck import atomic, choose
from ovlcheck.vfs.copy_up import CopyUp
from ovlcheck.vfs.objects import WB_SYNC_ALL, Dentry, File, Inode, Upper


class Files(CopyUp):
    def mnt_want_write(self) -> bool:
        """fs/namespace.c:mnt_want_write of the overlay mount; false where it is read-only."""
        writable = True
        if self.remounts:
            with atomic:
                writable = not self.sb_rdonly
                if writable:
                    self.mnt_writers.inc()
        return writable

    def mnt_drop_write(self) -> None:
        """fs/namespace.c:mnt_drop_write."""
        if self.remounts:
            self.mnt_writers.dec()

    def do_dentry_open(self, file: File) -> None:
        """fs/overlayfs/file.c:ovl_open: copy-up, then open_with_fake_path, then the variant.

        The real file takes the *overlay* path: with ``pin`` it holds the overlay dentry for as long as it lives.
        """
        if file.writable:
            self.copy_up_inode(file.inode, file.dentry)
        with atomic:
            if self.pin:
                file.dentry.d_count.inc()
            if file.writable:
                file.upper.i_writecount.inc()
        self.open(file)

    def fput(self, file: File, mapped: bool) -> None:
        """fs/file_table.c:__fput of the overlay file: ``release``, then its reference to the dentry.

        ovl_release puts the real file between the two hooks; its end comes later, in ``fput_realfile``.
        """
        self.release(file)
        if self.synchronous_fput and not mapped:
            self.fput_realfile(file.upper, file.dentry, file.writable)
        self.release_after_fput(file)
        self.dput(file.dentry)

    def fput_realfile(self, upper: Upper, dentry: Dentry, writable: bool) -> None:
        """fs/file_table.c:__fput of the real file, once neither the overlay file nor a mapping holds it."""
        if writable:
            upper.i_writecount.dec()
            self.mnt_drop_write()
        if self.pin:
            self.dput(dentry)

    def write_iter(self, file: File, inode: Inode) -> None:
        """fs/overlayfs/file.c:ovl_write_iter, under the overlay inode's i_rwsem; or ovl_splice_write, which has no
        ovl_copyattr.
        """
        if self.direct_reclaim:
            inode.i_rwsem.acquire()
            if self.reclaim_in_transaction:
                self.journal_handles.inc()
            self.allocate()
            with atomic:
                self.generic_perform_write(file.upper)
            if self.reclaim_in_transaction:
                self.journal_handles.dec()
        else:
            with atomic:
                inode.i_rwsem.acquire()
                self.generic_perform_write(file.upper)
        if self.splices and choose():
            inode.i_rwsem.release()
        else:
            self.copyattr(inode)
            inode.i_rwsem.release()

    def generic_perform_write(self, upper: Upper) -> None:
        """mm/filemap.c:generic_perform_write on the upper inode: the page, and the times with it."""
        self.set_page_dirty(upper)

    def read_iter(self, file: File, inode: Inode) -> None:
        """fs/overlayfs/file.c:ovl_read_iter: its ovl_file_accessed writes the access time to the upper inode."""
        if inode.upper is not None:
            self.touch_atime(file.upper)
            self.copyattr(inode)

    def touch_atime(self, upper: Upper) -> None:
        """fs/inode.c:touch_atime: dirties an inode that nobody has opened for writing."""
        with atomic:
            if not self.sb_rdonly:
                if self.metadata:
                    self.set_attributes_dirty(upper)
                else:
                    self.set_page_dirty(upper)

    def fsync(self, file: File) -> None:
        """fs/overlayfs/file.c:ovl_fsync: writes the upper inode, and leaves the overlay inode dirty and listed."""
        self.writeback_single_inode(file.upper, WB_SYNC_ALL, False)

    def setattr(self, inode: Inode, dentry: Dentry) -> None:
        """fs/overlayfs/inode.c:ovl_setattr: copy-up, then the change of the upper inode, without any open."""
        self.copy_up_inode(inode, dentry)
        if self.truncates:
            inode.i_rwsem.acquire()
            inode.i_upper.i_writecount.inc()
            with atomic:
                self.notify_change(inode.i_upper)
            inode.i_upper.i_writecount.dec()
        else:
            with atomic:
                inode.i_rwsem.acquire()
                self.notify_change(inode.i_upper)
        self.copyattr(inode)
        inode.i_rwsem.release()

    def notify_change(self, upper: Upper) -> None:
        """fs/attr.c:notify_change of the upper inode."""
        if self.metadata:
            self.set_attributes_dirty(upper)
        else:
            self.set_page_dirty(upper)
